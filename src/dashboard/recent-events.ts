/**
 * What has happened lately at this server, kept for whoever opens the page: the events that are rare.
 *
 * R1 what feed.ts keeps (F2); what comes with every call, step or result is not among them, and costs nothing.
 * R2 what handlers log, and the stacks of what they throw, stay in the log of their server.
 */

import type { Clock } from '../base/clock.ts';
import { type EventKind, eventTable, type FabricEvent } from '../observe/events.ts';
import type { Observer } from '../observe/observer.ts';
import { type EventRow, eventsKept, keptOf } from './feed.ts';

const leftOut: ReadonlySet<EventKind> = new Set<EventKind>([
  'attempt.settled',
  'call.served',
  'step.started',
  'step.settled',
  'element.settled',
  'result.parked',
  'result.spilled',
  'result.released',
  'handler.logged',
]);

export class RecentEvents {
  readonly #clock: Clock;
  readonly #leave: readonly (() => void)[];
  #rows: EventRow[] = [];
  #sequence = 0;
  #listener: ((row: EventRow) => void) | undefined;

  constructor(clock: Clock, observer: Observer) {
    this.#clock = clock;
    const kinds = Object.keys(eventTable) as EventKind[]; // its own keys, and no others are there
    this.#leave = kinds.filter((kind) => !leftOut.has(kind)).map((kind) => observer.on(kind, (event) => this.#add(event)));
  }

  get rows(): readonly EventRow[] {
    return keptOf(this.#rows);
  }

  /** The one who is told of each as it comes. */
  set listener(listener: ((row: EventRow) => void) | undefined) {
    this.#listener = listener;
  }

  close(): void {
    this.#listener = undefined;
    for (const leave of this.#leave) leave();
  }

  #add(event: FabricEvent): void {
    const { kind, ...rest } = event;
    const fields: Record<string, unknown> = { ...rest };
    if (kind === 'handler.failed') delete fields['stack'];
    this.#sequence += 1;
    const row = { sequence: this.#sequence, atMs: this.#clock.wallMs(), kind, fields };
    this.#rows.push(row);
    // Cut in blocks: a copy for every event would cost as much as all of them.
    if (this.#rows.length > 2 * eventsKept) this.#rows = keptOf(this.#rows);
    this.#listener?.(row);
  }
}
