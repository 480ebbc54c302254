/**
 * What the mesh needs of the rooms around it, and what it tells them: types only.
 */

import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { CatalogBody } from '../../core/catalog/offer.ts';
import type { MeshNote } from '../../core/gossip/note.ts';
import type { Seals } from '../../core/gossip/seals.ts';
import type { MeshSettings } from '../../core/gossip/settings.ts';
import type { MemberView } from '../../core/gossip/view.ts';
import type { HeddleError } from '../../errors.ts';
import type { Dialled, Evidence, Link } from '../../transport/transport.ts';

/** Who is at the other end of an accepted link. */
export interface LinkIdentity {
  readonly name: string;
  readonly instance: string;
  /** Its advertised `host:port`. */
  readonly url: string;
  /** This side dialled. */
  readonly isDialler: boolean;
}

/** Given to whoever opens a link, who calls them for as long as it is open. */
export interface MeshLinkCallbacks {
  /** A mesh frame's message. */
  readonly onMesh: (message: Uint8Array) => void;
  /** Any frame came in; costs one store. */
  readonly onHeard: () => void;
  readonly onClosed: (evidence: Evidence, message: string) => void;
}

/** The mesh's hold on a link that calls share. */
export interface MeshLink {
  /** Queues one mesh message; after the link has closed it goes nowhere. */
  sendMesh(message: Uint8Array): void;
  /** A call is in flight over it, either way. */
  readonly isBusy: () => boolean;
  /** No new calls; closes when the last one has settled (another link to the same server stays). */
  retire(): void;
  /** Sends what is queued, then closes. */
  close(): void;
}

/** Made by the server, over its transport. */
export interface MeshPorts {
  /** Dials with kind `link`. Rejects with `unreachable`, whose detail says the evidence. */
  dial(address: string, hello: Uint8Array, timeoutMs: number): Promise<Dialled>;
  /** Opens an accepted link, dialled or arrived, in the turn in which it is called. */
  openLink(link: Link, identity: LinkIdentity, callbacks: MeshLinkCallbacks): MeshLink;
}

export interface MeshListeners {
  /** A member appeared or anything in its view changed (self included). */
  readonly memberChanged: (view: MemberView) => void;
  /** The functions of another instance are known, or changed. */
  readonly bodyKnown: (view: MemberView, body: CatalogBody) => void;
  /** The instance left, died or was replaced: its offers are gone. */
  readonly memberGone: (view: MemberView) => void;
  /** A server that has started must stop (`name_taken`); called at most once. Before that `start` rejects. */
  readonly stopped: (error: HeddleError) => void;
}

export interface MeshOptions {
  readonly name: string;
  /** Random 128 bits in hex, one per process. */
  readonly instance: string;
  readonly cluster: string;
  /** Signs and verifies what members say; absent: nothing is signed. */
  readonly seals?: Seals | undefined;
  /** Refuse every cluster uid but this one. */
  readonly pinUid?: string | undefined;
  /** Advertised `host:port`, really bound. */
  readonly url: string;
  readonly join: readonly string[];
  readonly resources: readonly string[];
  /** Last epoch that was persisted under this name; default 0. */
  readonly epoch?: number | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly ports: MeshPorts;
  readonly listeners: MeshListeners;
  /** Keeps the epoch where a restart finds it; default: in memory only. Frames wait for its promise. */
  readonly saveEpoch?: ((epoch: number) => void | Promise<void>) | undefined;
  /** Told every note of the machine, and those of the mesh itself. */
  readonly observe?: ((note: MeshNote) => void) | undefined;
  readonly settings?: Partial<MeshSettings> | undefined;
}
