/**
 * What members say to each other, as values. `wire/mesh-codec.ts` turns them into the bytes of
 * proto/heddle/v1/mesh.proto and back.
 */

import type { AdoptionRefusal, RefusalCode } from './note.ts';
import type { Accusation, Final, OwnerRecord, Report } from './record.ts';

/** A hash of everything non-final that a member knows: two unsigned 32-bit lanes. */
export interface Root {
  readonly high: number;
  readonly low: number;
}

/** The random tie-breaker of a cluster. Provisional until its server has had a peer. */
export interface ClusterUid {
  /** 128 bits in lower-case hex. */
  readonly uid: string;
  readonly isSettled: boolean;
}

/** What both sides of a greeting say of themselves. */
export interface Greeter {
  readonly cluster: string;
  readonly uid: ClusterUid;
  readonly name: string;
  readonly epoch: number;
  readonly instance: string;
  /** Advertised `host:port`. */
  readonly url: string;
  readonly uptimeMs: number;
  readonly protocolMin: number;
  readonly protocolMax: number;
  readonly features: readonly string[];
  readonly root: Root;
  /** Where members have certificates: the random bytes, in hex, of which the instance is made together with the name. */
  readonly instanceProof?: string | undefined;
}

/** `probe`: only asks who is there; it is answered and never becomes a link. */
export type HelloPurpose = 'link' | 'probe';

export interface Hello extends Greeter {
  readonly purpose: HelloPurpose;
  /** The dialled address stands in the dialler's own `join` list. */
  readonly isConfigured: boolean;
  /** The dialler has had no peer yet. */
  readonly isJoining: boolean;
}

/** Who holds a name that a greeting claims. */
export interface NameHolder {
  readonly instance: string;
  readonly url: string;
  readonly epoch: number;
}

export interface Refusal {
  readonly code: RefusalCode;
  readonly message: string;
  /** With `name_taken`. */
  readonly holder?: NameHolder | undefined;
}

export interface HelloAck extends Greeter {
  /** Absent: accepted. */
  readonly refusal?: Refusal | undefined;
  /** The dialler must take an epoch above this one: another instance of its name, or its own obituary, has it. */
  readonly epochSeen: number;
}

export interface Beat {
  readonly kind: 'beat';
  readonly sequence: number;
  /** The last beat that came the other way; 0 for none. */
  readonly ackedSequence: number;
  /** How long ago it came. */
  readonly ackDelayMs: number;
  readonly root: Root;
  /** 1 is well; up to 8 for a member whose own loop is late. */
  readonly health: number;
  readonly uid: ClusterUid;
  /** The sender's overlay needs the link; otherwise it is there for calls. */
  readonly isMesh: boolean;
  /** The sender has a call in flight on it. */
  readonly isBusy: boolean;
}

/** Records that changed. */
export interface Push {
  readonly kind: 'push';
  readonly records: readonly OwnerRecord[];
}

export interface Suspect {
  readonly kind: 'suspect';
  readonly reports: readonly Report[];
}

/** First of three: my root and the hashes of my 256 buckets (two words each, high then low). */
export interface SyncDigest {
  readonly kind: 'syncDigest';
  readonly root: Root;
  readonly buckets: readonly number[];
  /** Compare these buckets alone: the sender asks others for the rest. Absent: all. */
  readonly only?: readonly number[] | undefined;
  /** A newcomer asks: whoever holds very many records may name others to ask instead of giving them all. */
  readonly mayRefer?: boolean | undefined;
}

/** Instead of an answer: members that know as much, to be asked for a share each; none: ask somebody else. */
export interface SyncReferral {
  readonly kind: 'syncReferral';
  readonly records: readonly OwnerRecord[];
}

/** A record without what it says. */
export interface Head {
  readonly slot: string;
  readonly epoch: number;
  readonly instance: string;
  readonly final: Final;
  readonly version: number;
}

/** Second: which buckets differ, and what I hold in them. */
export interface SyncHeads {
  readonly kind: 'syncHeads';
  readonly buckets: readonly number[];
  readonly heads: readonly Head[];
}

/** Third: what you lack, and the slots that I lack (answered by a push, also when that is empty). */
export interface SyncRecords {
  readonly kind: 'syncRecords';
  readonly records: readonly OwnerRecord[];
  readonly wants: readonly string[];
}

export interface BodyWanted {
  readonly kind: 'bodyWanted';
  readonly hash: string;
}

/** One piece of a catalog body. `pieces` 0: it is not here. */
export interface BodyPiece {
  readonly kind: 'body';
  readonly hash: string;
  readonly piece: number;
  readonly pieces: number;
  readonly bytes: Uint8Array;
}

/** Asks a peer to try a member by a dial of its own. */
export interface ProbeRequest {
  readonly kind: 'probeRequest';
  /** The asker's number; the answer repeats it. */
  readonly request: number;
  readonly target: string;
  readonly instance: string;
}

/** The member answered the peer's dial. */
export interface ProbeAck {
  readonly kind: 'probeAck';
  readonly request: number;
}

/** It did not; a nack is as mandatory as an ack. */
export interface ProbeNack {
  readonly kind: 'probeNack';
  readonly request: number;
  readonly evidence: Accusation;
}

/** While too many are lost to speak of each: the ids that the sender has come to doubt (doubt-ids.ts). */
export interface DoubtSet {
  readonly kind: 'doubts';
  /** Eight bytes each, in hex. */
  readonly ids: readonly string[];
}

/** Asks the reader to observe the sender, which too few of its own observers reach. */
export interface Adopt {
  readonly kind: 'adopt';
}

/** The answer to `Adopt`. */
export interface Adopted {
  readonly kind: 'adopted';
  /** Absent: the sender observes the reader from now on. */
  readonly refusal?: AdoptionRefusal | undefined;
}

export type MeshMessage =
  | Beat
  | Push
  | Suspect
  | SyncDigest
  | SyncHeads
  | SyncRecords
  | SyncReferral
  | BodyWanted
  | BodyPiece
  | ProbeRequest
  | ProbeAck
  | ProbeNack
  | DoubtSet
  | Adopt
  | Adopted;
