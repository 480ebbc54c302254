/**
 * How a call of this process ends for whoever made it: by its outcome, or given up with its signal or its parent.
 *
 * E1 the end is told once; a signal and a parent are let go of then.
 * E2 the user's own abort reason is the cause of `cancelled`, as it was given.
 */

import { onAbort } from '../../base/aborts.ts';
import { thrownText } from '../../base/thrown.ts';
import { untraced } from '../../base/untraced.ts';
import { HeddleError } from '../../errors.ts';
import { fromWireError, type WireError } from '../../wire/error.ts';
import { decodeValue } from '../../wire/value.ts';
import { peerValueError } from '../../wire/value-problem.ts';
import type { CallHandle, CallSink, Settlement } from '../link/invocation.ts';
import type { ParentCall } from '../serve/serving.ts';

/** Follows signal and parent until the call has its end. */
export class Leash {
  #reason: unknown;
  #isOver = false;
  #unfollow: (() => void) | undefined;

  /** Why the call was given up; undefined when it was not, or not by these. */
  get reason(): unknown {
    return this.#reason;
  }

  follow(handle: CallHandle, signal: AbortSignal | undefined, parent: ParentCall | undefined): void {
    if (this.#isOver || (signal === undefined && parent === undefined)) return;
    const cancel = (reason: unknown): void => {
      this.#reason = reason;
      handle.cancel(thrownText(reason));
    };
    if (signal?.aborted) return cancel(signal.reason);
    const leaveSignal = onAbort(signal, cancel);
    const leaveParent = parent?.onAbort(cancel);
    this.#unfollow = () => {
      leaveSignal();
      leaveParent?.();
    };
    // A parent that was given up already has called back at once.
    if (this.#isOver) this.#unfollow();
  }

  /** The call has its end. */
  over(): void {
    this.#isOver = true;
    this.#unfollow?.();
  }

  /** What the user is told of a call that failed (E2). Where a call was given up is told by the reason, if by any. */
  errorOf(error: WireError): HeddleError {
    const reason = this.#reason;
    if (reason === undefined || error.code !== 'cancelled') return fromWireError(error);
    return untraced(() => new HeddleError('cancelled', { reason }, { executed: error.executed, cause: reason }));
  }

  /** E2, of a stream. */
  withReason(error: HeddleError): HeddleError {
    if (this.#reason === undefined || !HeddleError.is(error, 'cancelled')) return error;
    return new HeddleError('cancelled', { ...error.detail, reason: this.#reason }, { executed: error.executed, cause: this.#reason });
  }
}

/** The end of a call, as the user's promise sees it. */
export class Ending implements CallSink {
  readonly #resolve: (value: unknown) => void;
  readonly #reject: (error: unknown) => void;
  readonly #leash = new Leash();

  constructor(resolve: (value: unknown) => void, reject: (error: unknown) => void) {
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** Gives the call up when the signal aborts or the parent is given up. */
  follow(handle: CallHandle, signal: AbortSignal | undefined, parent: ParentCall | undefined): void {
    this.#leash.follow(handle, signal, parent);
  }

  settled({ outcome }: Settlement): void {
    this.#leash.over();
    if (outcome.ok) this.#decode(outcome.value);
    else this.#reject(this.#leash.errorOf(outcome.error));
  }

  #decode(value: Parameters<typeof decodeValue>[0]): void {
    try {
      this.#resolve(decodeValue(value));
    } catch (problem) {
      this.#reject(peerValueError(problem));
    }
  }
}

/** A call that was given up before it began is not sent. */
export function refuseAborted(signal: AbortSignal | undefined, parent: ParentCall | undefined): void {
  if (signal?.aborted) throw givenUp(signal.reason);
  const before: { reason: unknown }[] = [];
  parent?.onAbort((reason) => before.push({ reason }))();
  if (before[0]) throw givenUp(before[0].reason);
}

function givenUp(reason: unknown): HeddleError {
  return new HeddleError('cancelled', { reason }, { executed: 'no', cause: reason });
}
