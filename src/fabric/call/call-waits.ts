/**
 * The waits of one call between its attempts. Most calls have none: it is made with the first.
 *
 * B1 for a provider that is absent a call waits once in all, however often somebody comes who cannot serve it either.
 * B2 whoever watches the call is told what it waits for.
 * B3 a wait that is stopped leads to nothing.
 */

import type { CancelTask } from '../../base/clock.ts';
import { type ErrorCode, HeddleError } from '../../errors.ts';
import type { CallSink, CallWait } from '../link/invocation.ts';
import type { OpenCall } from './routing-port.ts';

/** How long a call waits for a provider that was there a moment ago, unless it says otherwise, in milliseconds. */
export const waitMsDefault = 250;

export class CallWaits<Route> {
  readonly #call: OpenCall<Route>;
  readonly #sink: CallSink;
  readonly #goOn: () => void;
  /** Until when an absent provider is waited for; set with the first absence. */
  #absentUntilMs: number | undefined = undefined;
  #stop: CancelTask | undefined = undefined;

  /** `goOn`: called at the end of each wait. */
  constructor(call: OpenCall<Route>, sink: CallSink, goOn: () => void) {
    this.#call = call;
    this.#sink = sink;
    this.#goOn = goOn;
  }

  /** Waits for somebody to offer, or to be able to serve, what nobody does just now. False: there is nothing to wait for. */
  forProvider(refusal: HeddleError): boolean {
    if (!HeddleError.is(refusal, 'no_such_function', 'no_matching_offer', 'no_route')) return false;
    const { routing, context } = this.#call;
    const nowMs = context.clock.nowMs();
    const isFirst = this.#absentUntilMs === undefined;
    const untilMs = this.#absentUntilMs ?? nowMs + this.#patienceMs(nowMs);
    const leave = untilMs > nowMs ? routing.whenChanged(untilMs - nowMs, this.#goOn) : undefined;
    if (leave === undefined) return false;
    this.#absentUntilMs = untilMs;
    this.#stop = leave;
    if (isFirst) this.#sink.waiting?.(this.#reason(untilMs, refusal.code));
    return true;
  }

  /** Waits before a paid retry. */
  forRetry(waitMs: number, because: ErrorCode): void {
    const { clock } = this.#call.context;
    this.#sink.waiting?.(this.#reason(clock.nowMs() + waitMs, because));
    this.#stop = clock.schedule(waitMs, () => {
      this.#stop = undefined;
      this.#goOn();
    });
  }

  stop(): void {
    this.#stop?.();
  }

  #patienceMs(nowMs: number): number {
    const { invocation, routing } = this.#call;
    return invocation.terms?.waitMs ?? (routing.mayComeBack(invocation, nowMs) ? waitMsDefault : 0);
  }

  /** What a failure makes the call wait for, until `untilMs` at the latest. */
  #reason(untilMs: number, because: ErrorCode): CallWait {
    const { invocation, routing } = this.#call;
    if (because === 'no_such_function' || because === 'no_matching_offer') return { kind: 'no_offer', function: invocation.function };
    const breakerMs = because === 'no_route' ? routing.breakersOpenUntilMs(invocation) : undefined;
    return breakerMs === undefined ? { kind: 'retry', untilMs, because } : { kind: 'breaker', untilMs: breakerMs };
  }
}
