/**
 * What has happened in one server, counted: a subscriber of its events. `/metrics`, `heddle top` and the dashboard read it.
 *
 * M1 a call that is counted costs a look-up and a few additions; nothing is kept of it.
 * M2 at most `labelsMax` functions have figures of their own; all later ones share those of `other`.
 * M3 every figure is a total since `attach`: whoever reads twice takes the difference.
 */

import { type EventKind, eventTable } from './events.ts';
import { Histogram } from './histogram.ts';
import type { Observer } from './observer.ts';

/** Functions with figures of their own, and the name under which all others are counted. */
export const labelsMax = 100;
export const otherLabel = 'other';

/** Calls of one function: how they ended, and how long they took. */
export interface CallFigures {
  /** By error code; `ok` for those that gave a result. */
  readonly ends: Map<string, number>;
  readonly elapsed: Histogram;
}

/** Calls by function (M2). */
export class CallMeter {
  readonly all = new Histogram();
  #failed = 0;
  readonly #byFunction = new Map<string, CallFigures>();

  /** Of all functions: those that gave an error. */
  get failed(): number {
    return this.#failed;
  }

  /** By name, in the order of their first call. */
  get functions(): ReadonlyMap<string, CallFigures> {
    return this.#byFunction;
  }

  count(name: string, code: string | undefined, elapsedMs: number): void {
    const { ends, elapsed } = this.#byFunction.get(name) ?? this.#figuresOf(name);
    const end = code ?? 'ok';
    ends.set(end, (ends.get(end) ?? 0) + 1);
    elapsed.add(elapsedMs);
    this.all.add(elapsedMs);
    if (code !== undefined) this.#failed += 1;
  }

  #figuresOf(name: string): CallFigures {
    const label = this.#byFunction.size < labelsMax ? name : otherLabel;
    const figures = this.#byFunction.get(label) ?? { ends: new Map(), elapsed: new Histogram() };
    this.#byFunction.set(label, figures);
    return figures;
  }
}

/** Those that come with calls, steps and results have figures of their own. */
const countedElsewhere: ReadonlySet<EventKind> = new Set<EventKind>([
  'attempt.settled',
  'call.served',
  'run.accepted',
  'run.settled',
  'step.started',
  'step.settled',
  'element.settled',
  'handler.logged',
  'result.parked',
  'result.released',
]);

export class Meters {
  /** Attempts of calls that this server sent, its own and those that it passes on. */
  readonly attempts = new CallMeter();
  /** Calls that it ran, or refused to. */
  readonly served = new CallMeter();
  readonly runs = new Histogram();
  /** By how they ended. */
  readonly steps = new Map<string, number>();
  /** Of every other kind; those that have not happened are 0, so that the first one is seen as one more. */
  readonly events = new Map<string, number>(rareKinds().map((kind) => [kind, 0]));
  #runsFailed = 0;
  #parkedBytes = 0;

  /** Of the runs that have ended. */
  get runsFailed(): number {
    return this.#runsFailed;
  }

  /** Of all large results that stayed here. */
  get parkedBytes(): number {
    return this.#parkedBytes;
  }

  /** Counts from now on; gives what ends that. */
  attach(observer: Observer): () => void {
    const leave = [
      observer.on('call.served', ({ function: name, code, elapsedMs }) => this.served.count(name, code, elapsedMs)),
      observer.on('attempt.settled', ({ function: name, code, elapsedMs }) => this.attempts.count(name, code, elapsedMs)),
      observer.on('run.settled', ({ ok, elapsedMs }) => this.#runSettled(ok, elapsedMs)),
      observer.on('step.settled', ({ outcome }) => add(this.steps, outcome, 1)),
      observer.on('result.parked', ({ bytes }) => {
        this.#parkedBytes += bytes;
      }),
      ...rareKinds().map((kind) => observer.on(kind, () => add(this.events, kind, 1))),
    ];
    return () => {
      for (const stop of leave) stop();
    };
  }

  #runSettled(ok: boolean, elapsedMs: number): void {
    this.runs.add(elapsedMs);
    if (!ok) this.#runsFailed += 1;
  }
}

function rareKinds(): readonly EventKind[] {
  const kinds = Object.keys(eventTable) as EventKind[]; // its own keys, and no others are there
  return kinds.filter((kind) => !countedElsewhere.has(kind));
}

function add(counts: Map<string, number>, key: string, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}
