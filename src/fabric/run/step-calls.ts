/**
 * The calls of the steps of one run: each on its own, or several together to one server.
 *
 * S1 every started step answers the run with one `stepSettled`, or one `stepBack` if it was shipped with others.
 * S2 a step that came back is the same call when it is made again: its id, its tries and what went wrong are kept.
 * S3 a group that cannot be sent now sends its head alone, under the span that it has, and gives the others back; so does one that
 *    would take a step that may have run where it is `once`.
 */

import type { Clock } from '../../base/clock.ts';
import type { Offer } from '../../core/catalog/server-state.ts';
import type { Input, Payload } from '../../core/payload.ts';
import type { Experience } from '../../core/workflow/experience.ts';
import { askedKindOf } from '../../core/workflow/offer-source.ts';
import type { WireCommand } from '../../core/workflow/record.ts';
import type { Called, RunEffect, RunInput, ShippedStep, StepStart, UndoStart } from '../../core/workflow/run-io.ts';
import { HeddleError } from '../../errors.ts';
import type { LiveSpan } from '../../observe/tracing.ts';
import { toWireError } from '../../wire/error.ts';
import type { CallHistory } from '../call/call-history.ts';
import type { FusedCall } from '../call/fused-call.ts';
import type { GroupMember } from '../call/group-member.ts';
import type { CallEngine, CallHandle, CallSink, Invocation } from '../link/invocation.ts';
import type { GroupPlace } from './fuser.ts';
import { isPart, makeList, readList, unreadList } from './step-lists.ts';
import { endOf, keyOf, type StepHost, StepSink, type Tried } from './step-sink.ts';
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
  /** Whose run it is; undefined: this process' own. */
  readonly owner?: string | undefined;
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

export class StepCalls {
  readonly #options: StepCallsOptions;
  readonly #calls = new Map<string, CallHandle>();
  readonly #shipped = new Map<string, FusedCall<Offer>>();
  readonly #tried = new Map<string, Tried>();

  readonly #host: StepHost;

  constructor(options: StepCallsOptions) {
    this.#options = options;
    const over: StepHost['over'] = (key, tried) => {
      this.#calls.delete(key);
      this.#shipped.delete(key);
      if (tried) this.#tried.set(key, tried);
    };
    this.#host = { feed: options.feed, experience: options.experience, over };
  }

  /** `place`: of the plan. */
  start(start: StepStart, place?: object, span = this.#spanOf(start)): void {
    const sink = new StepSink(start, this.#host, span);
    const key = keyOf(start);
    const tried = this.#tried.get(key);
    this.#tried.delete(key);
    const route = (place as GroupPlace | undefined)?.routes[0]; // the fuser made it, which is the run's only one
    const invocation = this.#invocation(start, { tried, span, planned: route?.server.instance });
    const handle = this.#options.engine.start(invocation, sink, tried?.history);
    if (!sink.isSettled) this.#calls.set(key, handle);
  }

  startGroup({ place, steps, leftMs }: Extract<RunEffect, { kind: 'startGroup' }>): void {
    const spans = steps.map((step) => this.#spanOf(step));
    const { routes } = place as GroupPlace; // the fuser made it, which is the run's only one
    if (steps.some((step, at) => routes[at]?.effect === 'once' && this.#mayHaveRun(step))) return this.#startApart(steps, spans);
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
    const invocation = this.#invocation({ step, command, args, timeoutMs, mayHaveRun: false });
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
    const members: GroupMember<Offer>[] = [];
    for (const [at, start] of steps.entries()) {
      const route = routes[at];
      if (!route) continue;
      const span = spans[at];
      const own = this.#invocation(start, { tried: this.#tried.get(start.step), span });
      // What has to wait for others has the time of the run until it begins.
      const invocation = at === 0 ? own : { ...own, deadlineMs: this.#options.clock.nowMs() + leftMs };
      numbers.set(start.step, invocation.callNumber);
      const awaits = [...start.awaits, ...start.after.map((step) => ({ at: [], path: [], step }))].map(({ at: hole, path, step }) => ({
        at: hole,
        path,
        callNumber: numbers.get(step) ?? 0,
      }));
      members.push({
        route,
        invocation,
        step: start.step,
        awaits,
        ownTimeoutMs: start.timeoutMs,
        wayMs: route.server.way.shortestMs,
        sink: new StepSink(start, this.#host, span),
      });
    }
    return members;
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

  #mayHaveRun({ step, mayHaveRun }: StepStart): boolean {
    return mayHaveRun || this.#tried.get(step)?.history.mayHaveRun === true;
  }

  #invocation({ command, args, timeoutMs, parkOverBytes, mayHaveRun }: StepStart, how: Circumstances = {}): Invocation {
    const { tried, planned = tried?.invocation.planned } = how;
    const deadlineMs = this.#options.clock.nowMs() + timeoutMs;
    const trace = how.span?.context ?? this.#options.trace.context;
    if (tried) return { ...tried.invocation, args, timeoutMs, deadlineMs, trace, planned };
    const { caller, callerName, callNumber } = this.#options.nextCall();
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
      caller,
      callerName,
      callNumber,
      attempt: 1,
      paid: 0,
      lost: 0,
      meta: undefined,
      terms: command.attemptsMax === undefined ? undefined : { attemptsMax: command.attemptsMax },
      isJsonOnly: false,
      wantsProgress: true,
      isOverloadFinal: true,
      round: 0,
      isAgain: mayHaveRun,
      via: undefined,
      planned,
      runners: undefined,
      parkMs: this.#options.leaseMs,
      parkOverBytes,
      trace,
      identity: this.#options.owner,
      onBehalfOf: undefined,
      isStep: true,
    };
  }
}

/** How long an undo waits for a server that offers it, within its try. */
const undoWaitMs = 5_000;

/** Of the call of a step: what went before, its span, and the server that the plan has for it. */
interface Circumstances {
  readonly tried?: Tried | undefined;
  readonly span?: LiveSpan | undefined;
  readonly planned?: string | undefined;
}
