/**
 * One run on its coordinator: its machine, the calls of its steps, its events and who follows them.
 *
 * A1 a follower gets every kept event from the one it asks for, then the new ones, in order.
 * A2 a run that nobody has followed for `unfollowedMs` is cancelled, unless it is detached.
 * A3 of a run that has settled only its events and what they are about are kept: a thousand of them are remembered.
 * The rules of the run are core/workflow/run.ts; which runs there are is runner.ts.
 */

import { present } from '../../base/assert.ts';
import type { CancelTask, Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { Input } from '../../core/payload.ts';
import type { Experience } from '../../core/workflow/experience.ts';
import { EventLog } from '../../core/workflow/log.ts';
import type { WireRunEvent } from '../../core/workflow/record.ts';
import { RunMachine } from '../../core/workflow/run.ts';
import type { LeaseEffect, RunEffect, RunInput, RunSettings } from '../../core/workflow/run-io.ts';
import { bytesOfRun } from '../../core/workflow/run-size.ts';
import type { ViewedRun } from '../../core/workflow/run-view.ts';
import type { EventKind } from '../../observe/events.ts';
import type { Observer } from '../../observe/observer.ts';
import type { Invocation } from '../link/invocation.ts';
import { Pump } from '../link/pump.ts';
import type { RunFollower, Unfollow } from './run-engine.ts';
import { StepCalls, type StepEngine } from './step-calls.ts';
import type { RunTrace } from './traced-runs.ts';

export interface ActiveRunOptions {
  readonly settings: RunSettings;
  /** Of the workflow, for people. */
  readonly name: string | undefined;
  /** Whose it is (`Identity.text`); undefined: its coordinator's own. */
  readonly owner: string | undefined;
  readonly isDetached: boolean;
  readonly trace: RunTrace;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: Observer;
  readonly engine: StepEngine;
  /** Told what steps took and gave. */
  readonly experience?: Experience | undefined;
  /** Identity and number of a step's call. */
  readonly nextCall: () => Pick<Invocation, 'caller' | 'callerName' | 'callNumber'>;
  /** Gets a list that stayed with its producer, but for elements that are too large for so many bytes in all. */
  readonly openList?: ((list: Input, listBytes: number) => Promise<readonly Input[]>) | undefined;
  /** Tells a server about results that it keeps. */
  readonly lease?: ((lease: LeaseEffect) => void) | undefined;
  /** Called once, when the last event is out. */
  readonly onSettled: () => void;
}

/** How long a run outlives its last follower. */
const unfollowedMs = 10_000;
/** What an event shows of a workflow's name. */
const nameShown = 128;

const wakes: readonly RunInput[] = [{ kind: 'wake' }];

/** What a run has until it settles. */
interface Work {
  readonly options: ActiveRunOptions;
  readonly machine: RunMachine;
  readonly pump: Pump<RunInput, RunEffect>;
}

export class ActiveRun {
  readonly runId: string;
  /** Whose it is. */
  readonly owner: string | undefined;
  readonly #subject: Pick<ViewedRun, 'runId' | 'name' | 'coordinator' | 'workflow'>;
  readonly #clock: Clock;
  readonly #log = new EventLog();
  readonly #followers = new Set<RunFollower>();
  /** A3. */
  #work: Work | undefined;
  #cancelUnfollowed: CancelTask | undefined;

  constructor(options: ActiveRunOptions) {
    const { settings, name, clock } = options;
    const { runId, coordinator, workflow } = settings;
    this.runId = runId;
    this.owner = options.owner;
    this.#subject = { runId, name, coordinator, workflow };
    this.#clock = clock;
    const { engine, trace, owner, nextCall, experience, openList } = options;
    const feed = (input: RunInput): void => this.#feed(input);
    const calls = new StepCalls({ engine, trace, owner, clock, nextCall, feed, experience, openList, leaseMs: settings.leaseMs });
    const machine = new RunMachine(settings);
    const execute = (effect: RunEffect): void => {
      if (effect.kind === 'event') this.#onEvent(effect.event);
      else if (effect.kind === 'lease') options.lease?.(effect);
      else carryOut(effect, calls);
    };
    const pump = new Pump({ machine, clock, wake: () => wakes, execute });
    this.#work = { options, machine, pump };
  }

  get isSettled(): boolean {
    return this.#log.isComplete;
  }

  /** About how much memory its events and its workflow take. Linear in both. */
  get bytes(): number {
    return bytesOfRun(this.#subject.workflow, this.#log.since(0));
  }

  /** What a view of it is made of, now. */
  viewed(): ViewedRun {
    const findWait = (step: string) => this.#work?.machine.findWait(step);
    const countElements = (step: string) => this.#work?.machine.countElements(step);
    const now = { nowMs: this.#clock.nowMs(), wallMs: this.#clock.wallMs() };
    return { ...this.#subject, events: this.#log.since(0), findWait, countElements, ...now };
  }

  start(): void {
    this.#feed({ kind: 'started' });
  }

  cancel(reason: string): void {
    this.#feed({ kind: 'cancelled', reason });
  }

  /** This coordinator stops: the run ends with `coordinator_lost`. */
  abandon(): void {
    this.#feed({ kind: 'abandoned' });
  }

  /** Drops its timers. */
  close(): void {
    this.#cancelUnfollowed?.();
    this.#work?.pump.close();
  }

  /** Tells the events from number `fromSequence` on; whoever asks beyond the end of a run that is over is told its end. */
  follow(fromSequence: number, follower: RunFollower): Unfollow {
    this.#cancelUnfollowed?.();
    const first = this.isSettled ? Math.min(fromSequence, this.#log.last) : fromSequence;
    for (const event of this.#log.since(first - 1)) follower.onEvent(event);
    if (this.isSettled) return () => {};
    this.#followers.add(follower);
    return () => this.#unfollow(follower);
  }

  #unfollow(follower: RunFollower): void {
    if (!this.#followers.delete(follower) || this.#followers.size > 0 || this.#work?.options.isDetached !== false) return;
    this.#cancelUnfollowed = this.#clock.schedule(unfollowedMs, () => {
      if (this.#followers.size === 0) this.cancel('nobody follows the run any more');
    });
  }

  #feed(input: RunInput): void {
    this.#work?.pump.feed(input);
  }

  #onEvent(event: WireRunEvent): void {
    const work = present(this.#work, 'a settled run has events');
    this.#log.add(event);
    this.#observe(event, work.options);
    for (const follower of [...this.#followers]) follower.onEvent(event);
    if (event.kind !== 'run.settled') return;
    work.options.trace.end(event.ok);
    this.#followers.clear();
    this.close();
    this.#work = undefined;
    work.options.onSettled();
  }

  /** What the fabric's own observers hear of a run. */
  #observe(event: WireRunEvent, { observer, name, trace }: ActiveRunOptions): void {
    if (!isTold(event) || !observer.wants(event.kind)) return;
    const place = { runId: this.runId, traceparent: trace.context?.traceparent };
    if (event.kind === 'run.accepted')
      observer.emit({ kind: event.kind, ...place, name: name?.slice(0, nameShown), steps: event.steps.length });
    else if (event.kind === 'run.settled') observer.emit({ kind: event.kind, ...place, ok: event.ok, elapsedMs: event.elapsedMs });
    else if (event.kind === 'step.started')
      observer.emit({ kind: event.kind, ...place, step: event.step, element: event.element, server: event.server, attempt: event.attempt });
    else if (event.kind === 'step.settled') {
      const { step, outcome, server, elapsedMs } = event;
      observer.emit({ kind: event.kind, ...place, step, outcome, server, elapsedMs });
    } else {
      const { step, element, outcome, server, elapsedMs } = event;
      observer.emit({ kind: event.kind, ...place, step, element, outcome, server, elapsedMs });
    }
  }
}

/** Events of a run that are the fabric's too. */
const told: ReadonlySet<string> = new Set<EventKind>(['run.accepted', 'run.settled', 'step.started', 'step.settled', 'element.settled']);

function isTold(event: WireRunEvent): event is Extract<WireRunEvent, { readonly kind: EventKind }> {
  return told.has(event.kind);
}

function carryOut(effect: Exclude<RunEffect, { kind: 'event' | 'lease' }>, calls: StepCalls): void {
  switch (effect.kind) {
    case 'startStep':
      return calls.start(effect, effect.place);
    case 'startGroup':
      return calls.startGroup(effect);
    case 'beginStep':
      return calls.begin(effect.step, effect.timeoutMs);
    case 'cancelStep':
      return calls.cancel(effect, effect.reason);
    case 'readList':
      return calls.read(effect);
    case 'makeList':
      return calls.make(effect.step, effect.values);
    case 'startUndo':
      return calls.undo(effect);
  }
}
