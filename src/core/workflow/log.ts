/**
 * The events of one run, kept for whoever follows later.
 *
 * E1 `since(n)` gives every kept event after number n, in order: a follower that comes back misses nothing that
 *    is not superseded.
 * E2 at most `eventsMax` events and `progressBytesMax` of progress are kept, or a quarter of that beside what nothing
 *    supersedes. At a limit, what a later event of the same step (or element) supersedes is dropped: older progress, and waits
 *    and attempts that are over. Of 10,000 steps that leaves at most an attempt, the last progress and the end each, and of
 *    10,000 elements one event each: 40,000 events and those of the run itself.
 */

import { assert } from '../../base/assert.ts';
import { positionAfter } from '../../base/search.ts';
import type { WireRunEvent } from './record.ts';

export const eventsMax = 40_000;
const progressBytesMax = 8 * 1024 * 1024;

interface LogSize {
  readonly events: number;
  readonly progressBytes: number;
}

export class EventLog {
  #events: WireRunEvent[] = [];
  #progressBytes = 0;
  readonly #limits: LogSize;
  /** When the next look for what is superseded is due. */
  #compactAt: LogSize;

  constructor({ events = eventsMax, progressBytes = progressBytesMax }: Partial<LogSize> = {}) {
    this.#limits = { events, progressBytes };
    this.#compactAt = this.#limits;
  }

  get size(): number {
    return this.#events.length;
  }

  /** Whether `run.settled` is in it: nothing comes after. */
  get isComplete(): boolean {
    return this.#events.at(-1)?.kind === 'run.settled';
  }

  /** Number of the last event; 0: there is none yet. */
  get last(): number {
    return this.#events.at(-1)?.seq ?? 0;
  }

  /** Keeps the next event; its number must be above all before. Amortised constant. */
  add(event: WireRunEvent): void {
    assert(event.seq > this.last, 'an event is out of order');
    this.#events.push(event);
    this.#progressBytes += progressBytes(event);
    if (this.#events.length > this.#compactAt.events || this.#progressBytes > this.#compactAt.progressBytes) this.#compact();
  }

  /** The kept events with a number above `seq`. Logarithmic, and linear in what it gives. */
  since(seq: number): readonly WireRunEvent[] {
    return this.#events.slice(positionAfter(this.#events, seq, (event) => event.seq));
  }

  #compact(): void {
    const superseded = new Superseded();
    const kept: WireRunEvent[] = [];
    for (const event of this.#events.reverse()) if (!superseded.has(event)) kept.push(event);
    this.#events = kept.reverse();
    this.#progressBytes = kept.reduce((sum, event) => sum + progressBytes(event), 0);
    // What nothing supersedes may be near a limit or over it by itself: not every event may look through all others.
    const { events, progressBytes: bytes } = this.#limits;
    this.#compactAt = {
      events: Math.max(events, kept.length + events / 4),
      progressBytes: Math.max(bytes, this.#progressBytes + bytes / 4),
    };
  }
}

/** Seen from the end: which events a later one of their step makes stale. */
class Superseded {
  readonly #progressed = new Set<string>();
  readonly #started = new Set<string>();
  readonly #heard = new Set<string>();
  readonly #undoing = new Set<string>();
  readonly #undoWaiting = new Set<string>();

  has(event: WireRunEvent): boolean {
    switch (event.kind) {
      case 'step.progress':
        return !isFirst(this.#progressed, event.step);
      case 'step.started':
        this.#heard.add(keyOf(event));
        return !isFirst(this.#started, keyOf(event));
      case 'step.waiting':
        return !isFirst(this.#heard, keyOf(event));
      case 'step.settled':
        this.#heard.add(event.step);
        return false;
      case 'element.settled':
        this.#heard.add(keyOf(event));
        this.#started.add(keyOf(event));
        return false;
      case 'compensation.started':
        return !isFirst(this.#undoing, keyOf(event));
      case 'compensation.waiting':
        return !isFirst(this.#undoWaiting, keyOf(event));
      case 'compensation.settled':
      case 'step.opened':
      case 'run.accepted':
      case 'reference.looksBare':
      case 'run.settled':
        return false;
    }
  }
}

/** Of a step, or of one of its elements: no name holds a line break. */
function keyOf({ step, element }: { readonly step: string; readonly element?: number | undefined }): string {
  return element === undefined ? step : `${step}\n${element}`;
}

function isFirst(seen: Set<string>, step: string): boolean {
  if (seen.has(step)) return false;
  seen.add(step);
  return true;
}

function progressBytes(event: WireRunEvent): number {
  return event.kind === 'step.progress' ? event.value.bytes.length : 0;
}
