/**
 * The replies of one link: how many went out and came in, and what was said in those that may not have arrived.
 *
 * R1 both ends count the same replies in the same order: the link keeps order, and a reply counts when it is whole.
 * R2 an outcome is held until a later frame of the other end covers its reply, or its time is over; at most `heldMax` of them and
 *    `heldBytesMax`.
 * R3 entering and acknowledging cost the same however many there are.
 */

/** What is held of a reply. */
export interface Held {
  readonly bytes: number;
  readonly untilMs: number;
}

interface Entry<T> {
  readonly sequence: number;
  readonly held: T;
}

export interface ReplyLedgerLimits {
  readonly heldMax?: number | undefined;
  readonly heldBytesMax?: number | undefined;
}

const heldMaxDefault = 10_000;
const heldBytesMaxDefault = 16 * 1024 * 1024;
/** So many places at the front of the list may be empty before it is cut. */
const slackMax = 1_024;

export class ReplyLedger<T extends Held> {
  readonly #heldMax: number;
  readonly #heldBytesMax: number;
  #sent = 0;
  #seen = 0;
  /** Replies that came in part, oldest first. */
  readonly #partial: number[] = [];
  /** From `#first` on; what is before it has been let go. */
  #entries: (Entry<T> | undefined)[] = [];
  #first = 0;
  #bytes = 0;

  constructor(limits: ReplyLedgerLimits = {}) {
    this.#heldMax = limits.heldMax ?? heldMaxDefault;
    this.#heldBytesMax = limits.heldBytesMax ?? heldBytesMaxDefault;
  }

  /** A reply went out. */
  sent(): void {
    this.#sent += 1;
  }

  /** A reply came in; when it is not whole yet, `whole` must be told the number that this gives. */
  seen(isWhole: boolean): number {
    this.#seen += 1;
    if (!isWhole) this.#partial.push(this.#seen);
    return this.#seen;
  }

  whole(sequence: number): void {
    const at = this.#partial.indexOf(sequence);
    if (at >= 0) this.#partial.splice(at, 1);
  }

  /** Replies that came in whole, without a gap. */
  get received(): number {
    const [first] = this.#partial;
    return first === undefined ? this.#seen : first - 1;
  }

  /** Holds what the reply that went out last has said; calls `evicted` with each that has to make room for it. */
  hold(held: T, evicted: (held: T) => void): void {
    this.#entries.push({ sequence: this.#sent, held });
    this.#bytes += held.bytes;
    for (let entry = this.#entries[this.#first]; entry && this.#isOverfull; entry = this.#entries[this.#first]) {
      this.#drop(entry);
      evicted(entry.held);
    }
  }

  /** The other end has so many replies: calls `told` with each outcome that it knows now. */
  acknowledge(received: number, told: (held: T) => void): void {
    for (let entry = this.#entries[this.#first]; entry && entry.sequence <= received; entry = this.#entries[this.#first]) {
      this.#drop(entry);
      told(entry.held);
    }
  }

  /** Lets go of the oldest whose time is over: calls `late` with each. */
  expire(nowMs: number, late: (held: T) => void): void {
    for (let entry = this.#entries[this.#first]; entry && entry.held.untilMs <= nowMs; entry = this.#entries[this.#first]) {
      this.#drop(entry);
      late(entry.held);
    }
  }

  /** Empties it; oldest first. */
  takeAll(): readonly T[] {
    const all = this.held();
    this.#entries = [];
    this.#first = 0;
    this.#bytes = 0;
    return all;
  }

  /** The one that was held last of those that pass. Linear. */
  findLast(test: (held: T) => boolean): T | undefined {
    for (let at = this.#entries.length - 1; at >= this.#first; at -= 1) {
      const held = this.#entries[at]?.held;
      if (held && test(held)) return held;
    }
    return undefined;
  }

  /** Oldest first. Linear. */
  held(): readonly T[] {
    return this.#entries.slice(this.#first).flatMap((entry) => (entry ? [entry.held] : []));
  }

  get isEmpty(): boolean {
    return this.#size === 0;
  }

  get #size(): number {
    return this.#entries.length - this.#first;
  }

  get #isOverfull(): boolean {
    return this.#size > this.#heldMax || this.#bytes > this.#heldBytesMax;
  }

  /** Lets go of the oldest, which is `entry`. */
  #drop(entry: Entry<T>): void {
    this.#entries[this.#first] = undefined;
    this.#first += 1;
    this.#bytes -= entry.held.bytes;
    if (this.#first <= slackMax && this.#first < this.#entries.length) return;
    this.#entries.splice(0, this.#first);
    this.#first = 0;
  }
}
