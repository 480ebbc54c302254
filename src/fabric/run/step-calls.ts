/**
 * The calls of the steps of one run: each on its own, or several together to one server.
 *
 * S1 every started step answers the run with one `stepSettled`, or one `stepBack` if it was shipped with others.
 * S2 a step that came back is the same call when it is made again: its id, its tries and what went wrong are kept.
 * S3 a group that cannot be sent now sends its head alone, under the span that it has, and gives the others back.
 */

import type { Clock } from '../../base/clock.ts';
import type { Offer } from '../../core/catalog/server-state.ts';
import { type Input, type Payload, sizeOf } from '../../core/payload.ts';
import type { Expected, Experience } from '../../core/workflow/experience.ts';
import { askedKindOf } from '../../core/workflow/offer-source.ts';
import type { WireCommand } from '../../core/workflow/record.ts';
import type { Called, RunEffect, RunInput, ShippedStep, StepEnd, StepStart, UndoStart } from '../../core/workflow/run-io.ts';
import { HeddleError } from '../../errors.ts';
import type { LiveSpan } from '../../observe/tracing.ts';
import { fromWireError, toWireError } from '../../wire/error.ts';
import type { Pulling } from '../../wire/frame.ts';
import type { CallHistory } from '../call/call-history.ts';
import type { FusedCall } from '../call/fused-call.ts';
import type { FusedSink, GroupMember, StepBack } from '../call/group-member.ts';
import type { CallEngine, CallHandle, CallSink, CallWait, Invocation, Settlement } from '../link/invocation.ts';
import type { GroupPlace } from './fuser.ts';
import { isPart, makeList, readList, unreadList } from './step-lists.ts';
import type { RunTrace } from './traced-runs.ts';

/** What carries the calls of steps. */
export interface StepEngine extends CallEngine {
  /** `history`: what went wrong with the call before. */
  start(invocation: Invocation, sink: CallSink, history?: CallHistory): CallHandle;
  /** All or none: undefined when they cannot go there now. */
  startGroup(members: readonly GroupMember<Offer>[]): readonly FusedCall<Offer>[] | undefined;
}

export interface StepCallsOptions {
  readonly engine: StepEngine;
  readonly trace: RunTrace;
  readonly clock: Clock;
  /** Identity and number of a step's call. */
  readonly nextCall: () => Pick<Invocation, 'caller' | 'callerName' | 'callNumber'>;
  readonly feed: (input: RunInput) => void;
  /** Told what steps took and gave. */
  readonly experience?: Experience | undefined;
  /** Gets a list that stayed with its producer, but for elements that are too large for so many bytes in all. */
  readonly openList?: ((list: Input, listBytes: number) => Promise<readonly Input[]>) | undefined;
  /** How long large results stay where they were made; absent: they are sent. */
  readonly leaseMs?: number | undefined;
}

/** A group as it is sent: where to, and the span of each of its steps. */
interface Sent extends GroupPlace {
  readonly spans: readonly (LiveSpan | undefined)[];
  readonly leftMs: number;
}

type Tried = NonNullable<StepBack['tried']>;
/** Told what a step took and gave, and where. */
type Note = (took: Expected, server: string) => void;

export class StepCalls {
  readonly #options: StepCallsOptions;
  readonly #calls = new Map<string, CallHandle>();
  readonly #shipped = new Map<string, FusedCall<Offer>>();
  readonly #tried = new Map<string, Tried>();

  constructor(options: StepCallsOptions) {
    this.#options = options;
  }

  /** `place`: of the plan. */
  start(start: StepStart, place?: object, span = this.#spanOf(start)): void {
    const sink = this.#sinkOf(start, span);
    const key = keyOf(start);
    const tried = this.#tried.get(key);
    this.#tried.delete(key);
    const route = (place as GroupPlace | undefined)?.routes[0]; // the fuser made it, which is the run's only one
    const invocation = this.#invocation(start, tried, span);
    const planned = route ? { ...invocation, planned: route.server.instance } : invocation;
    const handle = this.#options.engine.start(planned, sink, tried?.history);
    if (!sink.isSettled) this.#calls.set(key, handle);
  }

  startGroup({ place, steps, leftMs }: Extract<RunEffect, { kind: 'startGroup' }>): void {
    const spans = steps.map((step) => this.#spanOf(step));
    const { routes } = place as GroupPlace; // the fuser made it, which is the run's only one
    const calls = this.#options.engine.startGroup(this.#membersOf({ routes, spans, leftMs }, steps));
    if (!calls) return this.#startApart(steps, spans);
    for (const [at, call] of calls.entries()) {
      const step = steps[at]?.step ?? '';
      this.#calls.set(step, call);
      this.#shipped.set(step, call);
    }
    for (const call of calls) call.sent();
  }

  /** All that a shipped step awaited is done. */
  begin(step: string, timeoutMs: number): void {
    this.#shipped.get(step)?.begin(timeoutMs);
  }

  cancel(called: Called, reason: string): void {
    this.#calls.get(keyOf(called))?.cancel(reason);
  }

  /** The elements of a list that a step maps. */
  read({ step, list, listBytes }: Extract<RunEffect, { kind: 'readList' }>): void {
    const { feed, openList } = this.#options;
    const kept = list.inputs.find((input) => !isPart(input) && input.value.parked !== undefined);
    if (!kept || !openList) return feed({ kind: 'listRead', step, list: readList(list) });
    openList(kept, listBytes).then(
      (inputs) => feed({ kind: 'listRead', step, list: readList({ ...list, inputs }) }),
      (problem: unknown) => feed({ kind: 'listRead', step, list: unreadList(problem, kept) }),
    );
  }

  /** The list of their results. */
  make(step: string, values: readonly Payload[]): void {
    this.#options.feed({ kind: 'listMade', step, end: makeList(values) });
  }

  /** One try: what is tried again, and when, is the run's to say. */
  undo({ step, element, compensation, args, timeoutMs, idempotencyKey }: UndoStart): void {
    const { feed, engine } = this.#options;
    const called = { step, element };
    const command: WireCommand = { ...compensation, name: step, after: [] };
    const invocation = this.#invocation({ step, command, args, timeoutMs });
    const terms = { attemptsMax: 1, idempotencyKey, waitMs: undoWaitMs };
    engine.start(
      { ...invocation, kind: 'call', terms, wantsProgress: false, parkMs: undefined },
      {
        started: (server) => feed({ kind: 'undoStarted', ...called, server }),
        settled: ({ outcome, server }) => feed({ kind: 'undoSettled', ...called, end: endOf(outcome), server }),
      },
    );
  }

  #membersOf({ routes, spans, leftMs }: Sent, steps: readonly ShippedStep[]): readonly GroupMember<Offer>[] {
    const numbers = new Map<string, number>();
    return steps.flatMap((start, at) => {
      const route = routes[at];
      if (!route) return [];
      const span = spans[at];
      const own = this.#invocation(start, this.#tried.get(start.step), span);
      // What has to wait for others has the time of the run until it begins.
      const invocation = at === 0 ? own : { ...own, deadlineMs: this.#options.clock.nowMs() + leftMs };
      numbers.set(start.step, invocation.callNumber);
      const awaits = [...start.awaits, ...start.after.map((step) => ({ at: [], path: [], step }))].map(({ step, ...rest }) => ({
        ...rest,
        callNumber: numbers.get(step) ?? 0,
      }));
      return [
        {
          route,
          invocation,
          step: start.step,
          awaits,
          ownTimeoutMs: start.timeoutMs,
          wayMs: route.server.way.shortestMs,
          sink: this.#sinkOf(start, span),
        },
      ];
    });
  }

  /** S3. */
  #startApart([head, ...others]: readonly ShippedStep[], [span, ...spans]: Sent['spans']): void {
    if (head) this.start(head, undefined, span);
    for (const [at, { step }] of others.entries()) {
      const error = new HeddleError('upstream_failed', { step, upstream: head?.step ?? '' });
      spans[at]?.end(error.code);
      this.#options.feed({ kind: 'stepBack', step, error, wire: toWireError(error) });
    }
  }

  #spanOf(start: StepStart): LiveSpan | undefined {
    return this.#options.trace.step(start, start.command.function);
  }

  #sinkOf({ step, element, command }: StepStart, span: LiveSpan | undefined): StepSink {
    const note: Note = (took, server) => this.#options.experience?.note(command.function, took, server);
    const called = { step, element };
    const key = keyOf(called);
    return new StepSink(called, { feed: this.#options.feed, note, span }, (tried) => {
      this.#calls.delete(key);
      this.#shipped.delete(key);
      if (tried) this.#tried.set(key, tried);
    });
  }

  #invocation({ command, args, timeoutMs, parkOverBytes }: StepStart, tried?: Tried, span?: LiveSpan): Invocation {
    const deadlineMs = this.#options.clock.nowMs() + timeoutMs;
    const trace = span?.context ?? this.#options.trace.context;
    if (tried) return { ...tried.invocation, args, timeoutMs, deadlineMs, trace };
    return {
      function: command.function,
      kind: askedKindOf(command),
      credit: 0,
      hasStreamInput: false,
      version: command.version,
      effect: undefined,
      need: command.need,
      target: command.target,
      args,
      timeoutMs,
      deadlineMs,
      ...this.#options.nextCall(),
      attempt: 1,
      paid: 0,
      lost: 0,
      meta: undefined,
      isJsonOnly: false,
      wantsProgress: true,
      terms: command.attemptsMax === undefined ? undefined : { attemptsMax: command.attemptsMax },
      isOverloadFinal: true,
      round: 0,
      isAgain: false,
      via: undefined,
      parkMs: this.#options.leaseMs,
      parkOverBytes,
      trace,
    };
  }
}

/** How long an undo waits for a server that offers it, within its try. */
const undoWaitMs = 5_000;

/** Of a step, or of one of its elements: no name holds a line break. */
function keyOf({ step, element }: Called): string {
  return element === undefined ? step : `${step}\n${element}`;
}

function endOf(outcome: Settlement['outcome']): StepEnd {
  return outcome.ok ? { ok: true, value: outcome.value } : { ok: false, error: fromWireError(outcome.error), wire: outcome.error };
}

/** Turns what happens to a step's call into inputs of the run. */
class StepSink implements FusedSink {
  isSettled = false;
  readonly #called: Called;
  readonly #feed: (input: RunInput) => void;
  readonly #note: Note;
  readonly #over: (tried?: Tried) => void;
  readonly #span: LiveSpan | undefined;

  constructor(
    called: Called,
    told: Pick<StepCallsOptions, 'feed'> & { readonly note: Note; readonly span: LiveSpan | undefined },
    over: (tried?: Tried) => void,
  ) {
    this.#called = called;
    this.#feed = told.feed;
    this.#note = told.note;
    this.#span = told.span;
    this.#over = over;
  }

  started(server: string, attempt: number): void {
    this.#feed({ kind: 'stepStarted', ...this.#called, server, attempt });
  }

  progress(value: Payload): void {
    this.#feed({ kind: 'stepProgress', ...this.#called, value });
  }

  pulling({ step: of, server }: Pulling): void {
    const { step, element } = this.#called;
    // Of elements the step tells what most of them wait for.
    if (element === undefined) this.#feed({ kind: 'stepPulling', step, of, server });
  }

  waiting(reason: CallWait): void {
    this.#feed({ kind: 'stepWaiting', ...this.#called, reason });
  }

  settled({ outcome, server, freeSlots, serverMicros }: Settlement): void {
    this.isSettled = true;
    if (outcome.ok && serverMicros !== undefined && server !== undefined)
      this.#note({ runMs: serverMicros / 1000, bytes: sizeOf(outcome.value) }, server);
    this.#span?.end(outcome.ok ? undefined : outcome.error.code, { 'heddle.server': server });
    this.#over();
    this.#feed({ kind: 'stepSettled', ...this.#called, end: endOf(outcome), server, freeSlots });
  }

  back({ error: wire, server, freeSlots, tried }: StepBack): void {
    this.isSettled = true;
    // It has not run, and is called again: that is another span.
    this.#span?.end(wire.code, { 'heddle.server': server });
    this.#over(tried);
    this.#feed({ kind: 'stepBack', step: this.#called.step, error: fromWireError(wire), wire, server, freeSlots });
  }
}
