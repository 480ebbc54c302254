/**
 * What goes into the gossip machine and what comes out of it.
 */

import type { Hello, HelloAck, MeshMessage } from './message.ts';
import type { MeshNote, RefusalCode } from './note.ts';
import type { MemberView } from './view.ts';

/**
 * Why a dial failed or a link closed; the words of the transport. `untrusted`: we do not believe who answers. `unwelcome`: they do not
 * believe us.
 */
export type LinkEvidence = 'refused' | 'silent' | 'stalled' | 'reset' | 'unresolved' | 'local' | 'remote' | 'untrusted' | 'unwelcome';

/** What a dial came to. `link` names the link that is open now; absent when it was refused. */
export type DialOutcome =
  | { readonly kind: 'answered'; readonly ack: HelloAck; readonly link?: number | undefined }
  | { readonly kind: 'failed'; readonly evidence: LinkEvidence };

/** The catalog as this server announces it. */
export interface LocalCatalog {
  /** Content hash of the body in hex; empty for no functions. */
  readonly bodyHash: string;
  readonly body: Uint8Array;
}

export type MeshInput =
  | { readonly kind: 'wake' }
  /** First input; `join` are the seeds. */
  | { readonly kind: 'start'; readonly join: readonly string[] }
  /** A peer greets over a link that is numbered `link`. Answered by an `answer` effect; accepted, the link is up. */
  | { readonly kind: 'greeted'; readonly link: number; readonly hello: Hello }
  | { readonly kind: 'dialled'; readonly dial: number; readonly outcome: DialOutcome }
  /** Some frame came over the link, at `atMs`. */
  | { readonly kind: 'heard'; readonly link: number; readonly atMs: number }
  /** A call is in flight on the link; told at every wake for as long as that lasts. */
  | { readonly kind: 'busy'; readonly link: number }
  /** A call waits for a link to this member. */
  | { readonly kind: 'want'; readonly name: string; readonly instance: string }
  | { readonly kind: 'received'; readonly link: number; readonly message: MeshMessage }
  | { readonly kind: 'linkDown'; readonly link: number; readonly evidence: LinkEvidence }
  | { readonly kind: 'publish'; readonly catalog: LocalCatalog }
  /** What an owner announced cannot be used. */
  | { readonly kind: 'reject'; readonly name: string; readonly why: string }
  | { readonly kind: 'leave' }
  | { readonly kind: 'finish' };

/** News for the rooms above. */
export type MeshNews =
  | { readonly kind: 'changed'; readonly view: MemberView }
  | { readonly kind: 'gone'; readonly view: MemberView }
  | { readonly kind: 'body'; readonly hash: string; readonly body: Uint8Array }
  /** A seed has taken us in and its members are known; or there is no seed to ask. */
  | { readonly kind: 'joined' }
  /** Every seed was tried once, in vain; `refusals` are those that answered. */
  | { readonly kind: 'roundFailed'; readonly seeds: number; readonly refusals: readonly JoinRefusal[] }
  /** `leaving` has had time to spread. */
  | { readonly kind: 'spread' }
  /** Another live server has our name; this one must stop. */
  | { readonly kind: 'nameTaken'; readonly address: string };

export interface JoinRefusal {
  readonly address: string;
  readonly code: RefusalCode;
  readonly theirs: string;
}

export type MeshEffect =
  | { readonly kind: 'send'; readonly link: number; readonly message: MeshMessage }
  | { readonly kind: 'persist'; readonly epoch: number }
  | { readonly kind: 'note'; readonly note: MeshNote }
  | { readonly kind: 'answer'; readonly link: number; readonly ack: HelloAck }
  | { readonly kind: 'dial'; readonly dial: number; readonly address: string; readonly hello: Hello; readonly timeoutMs: number }
  /** `isRetired`: another link to the same server stays; calls on this one may settle. */
  | { readonly kind: 'close'; readonly link: number; readonly isRetired: boolean }
  | { readonly kind: 'tell'; readonly news: MeshNews };
