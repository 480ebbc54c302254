/**
 * What a member of a mesh is to the side-by-side script, whoever made it: types only.
 */

/** Where a member listens, and whom it knows to begin with. */
export interface Place {
  readonly name: string;
  /** The address of its host. */
  readonly host: string;
  /** Random for every world, so that only its members can meet. */
  readonly cluster: string;
  /** Of members that may be up already, as their own `address`. */
  readonly seeds: readonly string[];
}

/** What a member thinks of another one. `avoided`: no new calls while there are others; `dead`: given up. */
export type Opinion = 'alive' | 'avoided' | 'dead';

export interface Member {
  /** What later members are given as a seed. */
  readonly address: string;
  /** Offers one more function from now on. */
  offer(fn: string): Promise<void>;
  /** Who is held alive here, this one included. */
  alive(): readonly string[];
  /** Servers that offer a function, as far as is known here. */
  offering(fn: string): readonly string[];
  /** One call of `work` at that server. */
  call(server: string): Promise<unknown>;
  stop(): Promise<void>;
}

/** Told by a member, at once. */
export interface MemberListener {
  /** Which functions are offered may have changed. */
  readonly onCatalog: () => void;
  readonly onOpinion: (server: string, opinion: Opinion) => void;
}

export type Join = (place: Place, listener: MemberListener) => Promise<Member>;
