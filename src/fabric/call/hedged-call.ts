/**
 * A call that may go to a second server while the first one is slow: two calls of one callId, and the better end of them.
 *
 * Q1 the second goes out once, when the first has been in flight for longer than 95 % of its function's calls, if somebody
 *    else could take it and the budget pays for it.
 * Q2 the first result is the call's, and the other is cancelled; an error is, when both have ended.
 * Q3 the second takes the place of the free failover, and one that has been used takes its: a call that kills its server takes
 *    two at most, or a third where its caller's session is lost as well.
 * Q4 from then on neither goes to an offer that must not run twice, however late that was announced; nor through an entry that is not
 *    told that the call may have run.
 * Who may be hedged, and what it costs, is the routing's (offer-routing.ts).
 */

import type { CancelTask } from '../../base/clock.ts';
import { HeddleError } from '../../errors.ts';
import { fromWireError } from '../../wire/error.ts';
import type { CallHandle, CallSink, Invocation, Settlement } from '../link/invocation.ts';
import { CallHistory } from './call-history.ts';
import type { CallContext, Routing } from './routing-port.ts';

/** One of the two. */
export interface HedgeLeg extends CallHandle {
  /** Instance of the server that it was sent to last. */
  readonly instance: string | undefined;
}

export interface HedgeOptions<Route> {
  readonly routing: Routing<Route>;
  readonly context: CallContext;
  /** Starts one of the two; what went wrong with either is kept in one history. */
  readonly start: (invocation: Invocation, sink: CallSink, history: CallHistory) => HedgeLeg;
  /** Milliseconds in flight after which the second goes out. */
  readonly afterMs: number;
}

export class HedgedCall<Route> implements CallHandle {
  readonly #options: HedgeOptions<Route>;
  readonly #invocation: Invocation;
  readonly #sink: CallSink;
  readonly #history: CallHistory;
  readonly #legs = new Set<HedgeLeg>();
  #underWay = 0;
  #isSettled = false;
  #isInFlight = false;
  #hasHedged = false;
  #nextAttempt: number;
  #stopTimer: CancelTask | undefined;

  constructor(options: HedgeOptions<Route>, invocation: Invocation, sink: CallSink) {
    this.#options = options;
    this.#invocation = invocation;
    this.#sink = sink;
    this.#history = new CallHistory(invocation.lost);
    this.#nextAttempt = invocation.attempt;
  }

  start(): this {
    this.#begin(this.#invocation);
    return this;
  }

  cancel(reason: string): void {
    for (const leg of [...this.#legs]) leg.cancel(reason);
  }

  /** Never called: a call with a stream is not hedged. */
  stream(): void {}

  #begin(invocation: Invocation): void {
    this.#underWay += 1;
    const leg = this.#options.start(
      invocation,
      {
        settled: (end) => this.#onSettled(end),
        progress: (value) => this.#sink.progress?.(value),
        pulling: (pulling) => this.#sink.pulling?.(pulling),
        dropped: () => this.#onDropped(),
        started: (server, attempt) => this.#onStarted(server, attempt),
        waiting: (reason) => {
          this.#isInFlight = false;
          this.#sink.waiting?.(reason);
        },
      },
      this.#history,
    );
    this.#legs.add(leg);
  }

  #onStarted(server: string, attempt: number): void {
    this.#isInFlight = true;
    this.#nextAttempt = attempt + 1;
    this.#sink.started?.(server, attempt);
    if (this.#hasHedged) return;
    this.#stopTimer?.();
    this.#stopTimer = this.#options.context.clock.schedule(this.#options.afterMs, () => this.#hedge());
  }

  #hedge(): void {
    const [first] = this.#legs;
    const { routing, context } = this.#options;
    if (first?.instance === undefined || !this.#isInFlight) return;
    const nowMs = context.clock.nowMs();
    const tried = new Map([...(this.#history.tried ?? []), [first.instance, 'deadline_exceeded' as const]]);
    if (HeddleError.is(routing.choose(this.#invocation, tried, nowMs)) || !routing.mayHedge(this.#invocation, nowMs)) return;
    this.#history.avoid(first.instance, 'deadline_exceeded');
    this.#history.noteHedge();
    this.#hasHedged = true;
    // Only what is safe to run twice is hedged: lost with its session, this half is not sent through the next entry as a `once` call is.
    const { paid, terms, effect = 'idempotent' } = this.#invocation;
    const second = { effect, attempt: this.#nextAttempt, paid: paid + 1, terms: { ...terms, waitMs: 0, attemptsMax: 1 } };
    this.#begin({ ...this.#invocation, ...second });
  }

  #onDropped(): void {
    this.#isSettled = true;
    this.#stopTimer?.();
    this.#sink.dropped?.();
  }

  #onSettled(end: Settlement): void {
    this.#underWay -= 1;
    if (this.#isSettled) return;
    if (!end.outcome.ok) this.#history.add(end.outcome.error, fromWireError(end.outcome.error).code);
    if (!end.outcome.ok && this.#underWay > 0) return;
    this.#isSettled = true;
    this.#stopTimer?.();
    if (end.outcome.ok) this.cancel('another server answered first');
    this.#sink.settled(end.outcome.ok ? end : { ...end, outcome: { ...end.outcome, error: this.#history.verdict(end.outcome.error) } });
  }
}
