/**
 * What is measured: a fabric of some protocol in virtual time, under the same weather and the same script as any other.
 */

export interface ContenderOptions {
  readonly size: number;
  readonly seed: string;
  /** Share of packets lost. */
  readonly loss?: number | undefined;
}

/** Called as members come to know something about the one that is watched. */
export interface Watcher {
  /** `member` knows the new offer, and could call it. */
  readonly known?: (member: number) => void;
  /** `member` sends it no new work. */
  readonly avoided?: (member: number) => void;
  /** `member` holds it dead. */
  readonly dead?: (member: number) => void;
}

export interface Contender {
  readonly size: number;
  nowMs(): number;
  /** Starts everybody at once, from three seeds; how long until there is one view, undefined: not within ten minutes. */
  form(): number | undefined;
  advance(ms: number): void;
  /** Waits until there is one view; undefined: not within `ms`. */
  untilOneView(ms: number): number | undefined;
  /** The member says something new. */
  announce(member: number, watcher: Watcher): void;
  /** From now on no packet reaches or leaves it. */
  silence(member: number, watcher: Watcher): void;
  /** The first half against the second; `undefined`: nobody is cut off any more. */
  split(members: number | undefined): void;
  /** Kills a member, and starts another process of its name after `downMs`. */
  restart(member: number, downMs: number): void;
  /** Members that were held dead by somebody while they ran and could be reached, since the last `clear`. */
  falseDeads(): number;
  /** Bytes that each member has sent since the last `clear`. */
  bytes(): readonly number[];
  /** Starts to count bytes and false deads anew. */
  clear(): void;
  /** Whatever else is worth a line. */
  notes(): string;
}
