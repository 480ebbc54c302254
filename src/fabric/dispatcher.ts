/**
 * From a frame to the handler and back: admits, decodes, validates, runs, encodes, replies.
 *
 * S1 every dispatched call is replied to exactly once, at its deadline at the latest.
 * S2 `executed` of a refusal is exact: `no` until the handler is entered, `yes` once it has returned, between them `maybe`.
 * S3 with a synchronous handler and schemas a call makes no promise, no timer and no AbortController; its reply is given
 *    before `dispatch` returns.
 * S4 an argument's or result's value never leaves in an error, nor does a stack: those go to the observer here.
 * One call's life is served-call.ts; who may run at the same time is admission.ts; where replies go is the origin's.
 */

import type { Clock } from '../base/clock.ts';
import type { DeadlineWheel } from '../base/deadline-wheel.ts';
import type { Random } from '../base/random.ts';
import type { Payload } from '../core/payload.ts';
import type { Observer } from '../observe/observer.ts';
import type { CallFrame } from '../wire/frame.ts';
import type { NestedCall } from './context.ts';
import type { Settlement } from './invocation.ts';
import type { Registry } from './registry.ts';

/** Where a call came from and where its answers go. */
export interface CallOrigin {
  /** Name and instance of the process that asked first, where the frame does not say. */
  readonly callerName: string;
  readonly callerInstance: string;
  /** Called exactly once, often before `dispatch` returns. Must not throw. */
  reply(settlement: Settlement): void;
  /** Only for frames with `wantsProgress`; never after `reply`. Must not throw. */
  progress(value: Payload): void;
}

/** A call that was dispatched. */
export interface IncomingCall {
  /** Whether its reply has been given. */
  readonly isSettled: boolean;
  /** Aborts the handler's signal and replies `cancelled`; harmless after the reply. */
  cancel(reason: string): void;
}

export interface DispatcherOptions {
  readonly registry: Registry;
  /** Name of this server. */
  readonly server: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly wheel: DeadlineWheel;
  readonly observer: Observer;
  /** Carries `ctx.call`. */
  readonly nestedCall: NestedCall;
}

export class Dispatcher {
  constructor(_options: DispatcherOptions) {}

  /** Calls without a reply. */
  get inFlight(): number {
    return 0;
  }

  /** Serves one call. Its `version` is exact; absent: the highest offered here. */
  dispatch(_frame: CallFrame, _origin: CallOrigin): IncomingCall {
    throw new Error('not yet');
  }

  /** Refuses every further call with `draining`; those under way go on. */
  drain(): void {}

  /** Resolves when no call is without a reply. */
  idle(): Promise<void> {
    return Promise.resolve();
  }

  /** Ends every call: those that wait with `draining`, those that run with their signal and `connection_lost`, as if the link broke. */
  abortAll(_reason: string): void {}
}
