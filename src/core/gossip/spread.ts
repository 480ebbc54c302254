/**
 * Floods: a record that is news here goes to every other mesh link once.
 *
 * Records wait `batchMs` for company, or until a batch is full; a record that changes again while it waits is sent
 * once, as it is then, and not at all to a peer that has sent it meanwhile. What a peer knows better is not repeated to
 * it: it hears the newer word back (an older record is answered, a final one included).
 */

import type { LinkState } from './links.ts';
import type { Push } from './message.ts';
import type { OwnerRecord } from './record.ts';
import { slotOf } from './record.ts';
import { meshLimits } from './settings.ts';
import type { MeshState } from './state.ts';

/** Fixed part of an encoded record: epoch, instance, version, tags. */
const recordOverheadBytes = 64;
/** About what one report in an obituary takes. */
const reportBytes = 64;

/** What waits for one link. */
interface Outbox {
  /** Bytes by slot. */
  readonly sizes: Map<string, number>;
  bytes: number;
}

export class Spread {
  readonly #state: MeshState;
  readonly #outboxes = new Map<number, Outbox>();
  #dueMs = Number.POSITIVE_INFINITY;
  #duplicates = 0;

  constructor(state: MeshState) {
    this.#state = state;
  }

  dueMs(): number {
    return this.#dueMs;
  }

  /** Records that came though they were known. */
  get duplicates(): number {
    return this.#duplicates;
  }

  /** Sends a record to every mesh link but the one it came over. */
  flood(record: OwnerRecord, from?: number): void {
    const slot = slotOf(record);
    const bytes = sizeOf(record);
    for (const link of this.#state.links.mesh()) {
      if (link.id !== from && !this.#isSpared(link)) this.#add(link.id, slot, bytes);
    }
  }

  /** Sends a record to one link. */
  tell(link: number, record: OwnerRecord): void {
    this.#add(link, slotOf(record), sizeOf(record));
  }

  /** The peer has sent what we knew: it need not hear it from us. */
  onDuplicate(record: OwnerRecord, from: number): void {
    this.#duplicates += 1;
    const outbox = this.#outboxes.get(from);
    const bytes = outbox?.sizes.get(slotOf(record));
    if (!outbox || bytes === undefined) return;
    outbox.sizes.delete(slotOf(record));
    outbox.bytes -= bytes;
  }

  /** Sends what has waited long enough; `isAll`: everything. */
  flush(isAll = false): void {
    if (!isAll && this.#state.nowMs < this.#dueMs) return;
    this.#dueMs = Number.POSITIVE_INFINITY;
    for (const [link, outbox] of this.#outboxes) this.#flushLink(link, outbox);
  }

  /** Closes a link that nothing more shall be said over. */
  hangUp(link: LinkState): void {
    this.#state.links.remove(link.id);
    this.drop(link.id);
    this.#state.emit({ kind: 'close', link: link.id, isRetired: false });
  }

  /** The link is gone. */
  drop(link: number): void {
    this.#state.crowd.drop(link);
    this.#outboxes.delete(link);
  }

  /** One of a crowd of newcomers (crowd.ts): it hears of the news from its neighbours. */
  #isSpared(link: LinkState): boolean {
    const { crowd, overlay, nowMs, rules } = this.#state;
    return rules.sparesCrowds && crowd.isIn(link, nowMs) && !overlay.isNeighbour(link.name);
  }

  #add(link: number, slot: string, bytes: number): void {
    let outbox = this.#outboxes.get(link);
    if (!outbox) {
      outbox = { sizes: new Map(), bytes: 0 };
      this.#outboxes.set(link, outbox);
    }
    outbox.bytes += bytes - (outbox.sizes.get(slot) ?? 0);
    outbox.sizes.set(slot, bytes);
    if (outbox.bytes >= meshLimits.batchBytes || outbox.sizes.size >= meshLimits.recordsPerMessage) this.#flushLink(link, outbox);
    else this.#dueMs = Math.min(this.#dueMs, this.#state.nowMs + this.#state.settings.batchMs);
  }

  #flushLink(link: number, { sizes }: Outbox): void {
    this.#outboxes.delete(link);
    const records = [...sizes.keys()].map((slot) => this.#state.records.find(slot)).filter((record) => record !== undefined);
    const push: Push = { kind: 'push', records };
    if (records.length > 0) this.#state.send(link, push);
  }
}

/** About what a record takes on the wire. */
export function sizeOf(record: OwnerRecord): number {
  if (record.raw) return record.raw.length;
  let bytes = recordOverheadBytes + record.owner.length;
  if (record.kind === 'obituary') return bytes + record.url.length + record.reports.length * reportBytes;
  if (record.kind === 'unknown') return bytes;
  bytes += record.url.length + record.bodyHash.length / 2;
  for (const text of [...record.resources, ...record.adopters]) bytes += text.length + 2;
  return bytes;
}
