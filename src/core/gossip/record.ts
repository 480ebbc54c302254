/**
 * What is known of an owner: its own record, or the obituary that ends it; and which of two is newer.
 *
 * R1 the order is (epoch, instance, final, version): total on what one owner can say, so a merge takes the
 *    greater and is associative, commutative and idempotent (invariant M1).
 * R2 `left` (the owner's word) stands over `dead` (an obituary), which stands over everything else of that epoch
 *    and instance: no refutation that is still in flight undoes an end.
 * R3 `raw` are the owner's bytes as they came: relays pass them on verbatim, fields that this build does not know
 *    included. A record that was made here has none.
 *    `seal` is a part of them: whoever passes a record on does not make it its own.
 * R4 a record of an unknown kind has the same order and is kept and relayed like the others.
 */

/** How an epoch ended, if it did. */
export type Final = 'none' | 'dead' | 'left';

const finalRank: Readonly<Record<Final, number>> = { none: 0, dead: 1, left: 2 };

/** Whose key a word is signed with, and what is signed. */
export interface Seal {
  /** SHA-256 over the statement about the key, in hex: it is asked for like a catalog body. */
  readonly key: string;
  /** The bytes that are signed, as they came. */
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
}

/** What every record states, whatever its kind. */
export interface RecordHead {
  /** Name of the member that it is about. */
  readonly owner: string;
  /** Persisted or learned, never read off a clock. */
  readonly epoch: number;
  /** Random 128 bits in lower-case hex, one per process. */
  readonly instance: string;
  readonly final: Final;
  /** Counts everything that the owner says. */
  readonly version: number;
  readonly raw?: Uint8Array | undefined;
  /** By its owner, where members have certificates. */
  readonly seal?: Seal | undefined;
}

/** The owner's word about itself. Only the owner makes one (single writer). */
export interface MemberRecord extends RecordHead {
  readonly kind: 'member';
  readonly final: 'none' | 'left';
  /** Raised to refute a suspicion. */
  readonly incarnation: number;
  /** `host:port` where the owner listens. */
  readonly url: string;
  /** No new work: the owner is about to go. */
  readonly isLeaving: boolean;
  /** The server's resources. */
  readonly resources: readonly string[];
  /** Content hash of its catalog body in hex; empty while it offers nothing. */
  readonly bodyHash: string;
  /** Names of those that observe it beside its observers on the rings, because too few of these reach it (adopting.ts). */
  readonly adopters: readonly string[];
}

/** What an observer can say against a member: a sorted set. `reset` with `refused` is hard evidence. */
export type Accusation = 'reset' | 'refused' | 'silent' | 'stalled' | 'untrusted';

/** One observer's word about one incarnation of a member. */
export interface Report {
  readonly target: string;
  readonly epoch: number;
  readonly instance: string;
  readonly incarnation: number;
  /** Name of the observer. */
  readonly observer: string;
  /** Sorted, without duplicates. */
  readonly evidence: readonly Accusation[];
  /** How long ago the observer saw it first, when this was written. */
  readonly ageMs: number;
  /** By the observer; of all but the age. */
  readonly seal?: Seal | undefined;
}

/** The end of a member that did not say goodbye, with the reports that convicted it. */
export interface Obituary extends RecordHead {
  readonly kind: 'obituary';
  readonly final: 'dead';
  /** Where it listened, so that it can be found when it comes back. */
  readonly url: string;
  readonly reports: readonly Report[];
}

/** A record of a kind that a newer build knows. */
export interface UnknownRecord extends RecordHead {
  readonly kind: 'unknown';
  readonly kindNumber: number;
  readonly raw: Uint8Array;
}

export type OwnerRecord = MemberRecord | Obituary | UnknownRecord;

/**
 * The place that a record competes for: one per owner, and one per owner and unknown kind. The latter begins with a space, as
 * no name does (core/names.ts): whatever a server is called, it is not the slot of another one's record.
 */
export function slotOf(record: OwnerRecord): string {
  return record.kind === 'unknown' ? ` ${record.kindNumber}/${record.owner}` : record.owner;
}

/** Negative when `a` is older than `b`, positive when newer, 0 when they are the same word. */
export function compareHeads(a: RecordHead, b: RecordHead): number {
  if (a.epoch !== b.epoch) return a.epoch - b.epoch;
  if (a.instance !== b.instance) return a.instance < b.instance ? -1 : 1;
  if (a.final !== b.final) return finalRank[a.final] - finalRank[b.final];
  return a.version - b.version;
}

/**
 * The newer of two records for one slot. Two obituaries of one instance are the same word; the one whose reporters
 * sort first stays, so that the merge does not depend on the order of arrival.
 */
export function newer(a: OwnerRecord, b: OwnerRecord): OwnerRecord {
  const order = compareHeads(a, b);
  if (order !== 0) return order > 0 ? a : b;
  if (a.kind === 'obituary' && b.kind === 'obituary') return reportsText(a) <= reportsText(b) ? a : b;
  return a;
}

function reportsText(obituary: Obituary): string {
  return obituary.reports.map((r) => `${r.observer} ${r.incarnation} ${r.evidence.join('+')} ${r.ageMs}`).join(', ');
}
