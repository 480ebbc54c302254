/**
 * Floods: a record or report that is news here goes to every other link once.
 *
 * Records wait `batchMs` for company, or until a batch is full; a record that changes again while it waits is sent
 * once, as it is then. What a peer knows better is not repeated to it: it hears the newer word back (an older record
 * is answered, a final one included).
 */

import type { LinkState } from './links.ts';
import type { Push } from './message.ts';
import type { OwnerRecord, Report } from './record.ts';
import { slotOf } from './record.ts';
import { meshLimits } from './settings.ts';
import type { MeshState } from './state.ts';

/** Fixed part of an encoded record: epoch, instance, version, tags. */
const recordOverheadBytes = 64;

export class Spread {
  readonly #state: MeshState;
  /** Slots that wait, by link. */
  readonly #queues = new Map<number, Map<string, number>>();
  #dueMs = Number.POSITIVE_INFINITY;

  constructor(state: MeshState) {
    this.#state = state;
  }

  dueMs(): number {
    return this.#dueMs;
  }

  /** Sends a record to every mesh link but the one it came over. */
  flood(record: OwnerRecord, from?: number): void {
    for (const link of this.#state.links.mesh()) {
      if (link.id !== from) this.tell(link.id, record);
    }
  }

  /** Sends a record to one link. */
  tell(link: number, record: OwnerRecord): void {
    const queue = this.#queues.get(link) ?? new Map<string, number>();
    this.#queues.set(link, queue);
    queue.set(slotOf(record), sizeOf(record));
    let bytes = 0;
    for (const size of queue.values()) bytes += size;
    if (bytes >= meshLimits.batchBytes || queue.size >= meshLimits.recordsPerMessage) this.#flushLink(link, queue);
    else this.#dueMs = Math.min(this.#dueMs, this.#state.nowMs + this.#state.settings.batchMs);
  }

  /** Sends reports to every mesh link but the one they came over; the accused hear theirs first, over any link, so that they can refute. */
  report(reports: readonly Report[], from?: number): void {
    if (reports.length === 0) return;
    const accused = new Set(reports.map((report) => report.instance));
    for (const isTurn of [true, false]) {
      for (const link of this.#state.links.used()) {
        const isOther = link.id !== from && accused.has(link.instance) === isTurn;
        if (isOther && (isTurn || link.use.isMesh)) this.#state.send(link.id, { kind: 'suspect', reports });
      }
    }
  }

  /** Sends what has waited long enough; `isAll`: everything. */
  flush(isAll = false): void {
    if (!isAll && this.#state.nowMs < this.#dueMs) return;
    this.#dueMs = Number.POSITIVE_INFINITY;
    for (const [link, queue] of this.#queues) this.#flushLink(link, queue);
  }

  /** Closes a link that nothing more shall be said over. */
  hangUp(link: LinkState): void {
    this.#state.links.remove(link.id);
    this.drop(link.id);
    this.#state.emit({ kind: 'close', link: link.id, isRetired: false });
  }

  /** The link is gone. */
  drop(link: number): void {
    this.#queues.delete(link);
  }

  #flushLink(link: number, queue: ReadonlyMap<string, number>): void {
    this.#queues.delete(link);
    const records = [...queue.keys()].map((slot) => this.#state.records.find(slot)).filter((record) => record !== undefined);
    const push: Push = { kind: 'push', records };
    if (records.length > 0) this.#state.send(link, push);
  }
}

/** About what a record takes on the wire. */
export function sizeOf(record: OwnerRecord): number {
  if (record.raw) return record.raw.length;
  const own = record.kind === 'member' ? record.url.length + record.bodyHash.length + record.resources.join().length : 0;
  return recordOverheadBytes + record.owner.length + own;
}
