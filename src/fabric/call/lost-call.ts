/**
 * A call under which a connection was lost: finds out what became of it, here or through the next entry.
 *
 * B1 of a `once` call the server that it was sent to is asked, over a new connection: its end is the call's; one that never ran
 *    there is fenced and may go anywhere; otherwise it may have run, and that is the end.
 * B2 one whose session was lost goes through the next entry, which asks before it routes a `once` call (reclaim.ts). Until that
 *    entry has answered, the call may have run; without a session within `sessionMsMax` that is the end. One that is old, or during
 *    which this machine slept, is asked for and not routed (lost-session.ts).
 * B3 what is pure or idempotent goes on at once, as a call that may have run: a server that is running it already attaches whoever
 *    asks again, and where it must not run twice it does not go. A stream is asked for by nobody: it goes on so, or ends.
 */

import type { CancelTask } from '../../base/clock.ts';
import type { Effect } from '../../core/catalog/offer.ts';
import { HeddleError } from '../../errors.ts';
import type { ProgressFrame, ReplyFrame } from '../../wire/frame.ts';
import { type Invocation, isStreamed } from '../link/invocation.ts';
import { Inquiry, questionAt } from './inquiry.ts';
import { asOfNow, sentAgain } from './lost-session.ts';
import type { OpenCall } from './routing-port.ts';

/** What it needs of the call. */
export interface LosingCall<Route> extends OpenCall<Route> {
  /** Instance of the server that it was sent to last. */
  readonly instance: string | undefined;
  /** What of it is sent. */
  invocation: Invocation;
  /** Stops waiting for a connection. False: a frame is out. */
  stopReaching(): boolean;
  onReply(frame: ReplyFrame): void;
  onProgress(frame: ProgressFrame): void;
  /** What of it is sent from now on is `call`. The attempt failed with `error`, or is made again at once. */
  goOn(call: Invocation, error?: HeddleError): void;
}

/** How long a `once` call waits for another session, in milliseconds. */
const sessionMsMax = 1_000;

export class LostCall<Route> {
  readonly #call: LosingCall<Route>;
  #inquiry: Inquiry | undefined = undefined;
  /** A lost session of which nobody has said yet what became of the call. */
  #unresolved: HeddleError | undefined = undefined;
  #stopWaiting: CancelTask | undefined = undefined;

  constructor(call: LosingCall<Route>) {
    this.#call = call;
  }

  /** The loss of a session, until an entry has answered. */
  get unresolved(): HeddleError | undefined {
    return this.#unresolved;
  }

  /** Nobody has said yet what became of it. */
  get isOpen(): boolean {
    return this.#inquiry !== undefined || this.#unresolved !== undefined;
  }

  /** A connection broke while a frame of the call was out. */
  onLost(error: HeddleError, route: Route, effect: Effect): void {
    const { invocation, routing } = this.#call;
    const hasStreams = isStreamed(invocation);
    if (!routing.isDirect(route)) return this.#onSessionLost(error, hasStreams ? 'pure' : effect);
    if (hasStreams || effect !== 'once') return this.#call.goOn({ ...invocation, isAgain: true }, error);
    this.#ask(error, route);
  }

  /** It goes out again, and may have waited for a session: for as long as this machine slept, at worst. */
  onSending(): void {
    this.#call.invocation = asOfNow(this.#call.invocation, this.#call.context);
  }

  /** An entry has said what became of the call. */
  resolve(): void {
    this.#unresolved = undefined;
  }

  giveUp(reason: string): void {
    this.#inquiry?.giveUp(reason);
  }

  /** The call has its end, or is forgotten: nothing is asked or waited for any more. */
  leave(): void {
    this.#stopWaiting?.();
    this.#inquiry?.leave();
  }

  #onSessionLost(error: HeddleError, effect: Effect): void {
    const { invocation, instance = '', context } = this.#call;
    const again = sentAgain(invocation, instance);
    if (effect !== 'once') return this.#call.goOn(again, error);
    this.#unresolved = error;
    this.#stopWaiting?.();
    this.#stopWaiting = context.clock.schedule(sessionMsMax, () => this.#onNoSession(error));
    this.#call.goOn(again);
  }

  #onNoSession(error: HeddleError): void {
    if (this.#unresolved === undefined || !this.#call.stopReaching()) return;
    this.#call.goOn(this.#call.invocation, error);
  }

  #ask(error: HeddleError, route: Route): void {
    const { invocation, routing, context } = this.#call;
    this.#inquiry = new Inquiry(context, questionAt(route, this.#call), {
      onReply: (frame) => {
        this.#inquiry = undefined;
        this.#call.onReply(frame);
      },
      onProgress: (frame) => this.#call.onProgress(frame),
      onNever: () => this.#onFenced(routing.serverOf(route).name),
      onUnknown: () => {
        this.#inquiry = undefined;
        this.#call.goOn(invocation, error);
      },
    });
    this.#inquiry.start();
  }

  /** It never ran at the server that was asked, and cannot any more: the next frames are of a new round. */
  #onFenced(server: string): void {
    const { invocation } = this.#call;
    this.#inquiry = undefined;
    const error = new HeddleError('connection_lost', { server }, { executed: 'no' });
    this.#call.goOn({ ...invocation, round: invocation.round + 1 }, error);
  }
}
