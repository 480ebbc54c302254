/**
 * Asks one server what became of a call whose connection was lost under it, and takes its end if there is one.
 *
 * I1 the owner is told once: the end, that it never ran (and cannot any more), or that nobody knows.
 * I2 asking takes at most `askMsMax`, and no longer than the call has; waiting for the end of one that is running takes as long
 *    as that runs.
 * I3 when the connection is lost again, it is asked for again, at most `asksMax` times.
 * I4 a machine that slept meanwhile does not believe that it never ran: whoever was asked may have let go of it (sleep-watch.ts).
 */

import type { CancelTask } from '../../base/clock.ts';
import type { CallId } from '../../core/outcome/call-id.ts';
import { HeddleError } from '../../errors.ts';
import type { ProgressFrame, ReplyFrame, StandingFrame } from '../../wire/frame.ts';
import type { Conversation } from '../link/conversation.ts';
import type { CallContext, CallPeer, OpenCall } from './routing-port.ts';

const askMsMax = 1_000;
const asksMax = 4;

/** What is asked, of whom. */
export interface Question {
  readonly id: CallId;
  /** The highest round in which the call can have been sent there. */
  readonly round: number;
  readonly deadlineMs: number;
  /** When the call was made, or came here. */
  readonly sinceMs: number;
  find(): CallPeer | undefined;
  /** Waits for a connection; gives what takes the wish back. */
  reach(done: (reached: CallPeer | HeddleError) => void): CancelTask;
}

/** What became of a call is asked where its last attempt went. */
export function questionAt<Route>(route: Route, { invocation, routing }: Pick<OpenCall<Route>, 'invocation' | 'routing'>): Question {
  const { round, deadlineMs, timeoutMs } = invocation;
  const find = (): CallPeer | undefined => routing.peerOf(route);
  return { id: invocation, round, deadlineMs, sinceMs: deadlineMs - timeoutMs, find, reach: (done) => routing.reach(route, done) };
}

export interface Inquirer {
  onReply(frame: ReplyFrame): void;
  onProgress(frame: ProgressFrame): void;
  /** It has run or is running, and its end will be told. */
  onRunning?(): void;
  onNever(): void;
  onUnknown(): void;
}

export class Inquiry implements Conversation {
  readonly #clock: CallContext['clock'];
  readonly #sleep: CallContext['sleep'];
  readonly #question: Question;
  readonly #inquirer: Inquirer;
  #peer: CallPeer | undefined;
  #id = 0;
  #asks = 0;
  #isOver = false;
  #hasEnd = false;
  #stopReaching: CancelTask | undefined;
  #stopTimer: CancelTask | undefined;

  constructor({ clock, sleep }: Pick<CallContext, 'clock' | 'sleep'>, question: Question, inquirer: Inquirer) {
    this.#clock = clock;
    this.#sleep = sleep;
    this.#question = question;
    this.#inquirer = inquirer;
  }

  start(): this {
    this.#ask();
    return this;
  }

  onStanding({ state }: StandingFrame): void {
    if (this.#isOver) return;
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    switch (state) {
      case 'never':
        if (this.#sleep.hasSlept(this.#question.sinceMs)) return this.#unknown();
        this.#end();
        return this.#inquirer.onNever();
      case 'forgotten':
        this.#end();
        return this.#inquirer.onUnknown();
      case 'done':
      case 'running':
        this.#hasEnd = true;
        return this.#inquirer.onRunning?.();
    }
  }

  onReply(frame: ReplyFrame): void {
    if (this.#isOver) return;
    this.#end();
    // A server that does not know the question says so in a reply.
    if (this.#hasEnd) this.#inquirer.onReply(frame);
    else this.#inquirer.onUnknown();
  }

  onProgress(frame: ProgressFrame): void {
    this.#inquirer.onProgress(frame);
  }

  onLost(): void {
    if (this.#isOver) return;
    this.#peer = undefined;
    this.#hasEnd = false;
    this.#ask();
  }

  /** Waits no longer: whoever runs the call is told `reason`. */
  giveUp(reason: string): void {
    if (this.#isOver) return;
    this.#peer?.send({ kind: 'cancel', id: this.#id, reason, hasLeft: false });
    this.leave();
  }

  /** The same, and nobody is told. */
  leave(): void {
    this.#peer?.release(this.#id);
    this.#end();
  }

  #ask(): void {
    this.#asks += 1;
    const leftMs = this.#question.deadlineMs - this.#clock.nowMs();
    if (this.#asks > asksMax || leftMs <= 0) return this.#unknown();
    this.#stopTimer ??= this.#clock.schedule(Math.min(askMsMax, leftMs), () => {
      this.#stopTimer = undefined;
      this.#peer?.release(this.#id);
      this.#unknown();
    });
    const peer = this.#question.find();
    if (peer) return this.#send(peer);
    this.#stopReaching = this.#question.reach((reached) => {
      this.#stopReaching = undefined;
      if (HeddleError.is(reached)) this.#unknown();
      else this.#send(reached);
    });
  }

  #send(peer: CallPeer): void {
    const { id, round, deadlineMs } = this.#question;
    this.#peer = peer;
    this.#id = peer.reserve(this);
    const timeoutMs = Math.max(1, deadlineMs - this.#clock.nowMs());
    peer.send({ kind: 'outcome', id: this.#id, caller: id.caller, callNumber: id.callNumber, round, timeoutMs });
  }

  #unknown(): void {
    this.#end();
    this.#inquirer.onUnknown();
  }

  #end(): void {
    this.#isOver = true;
    this.#stopTimer?.();
    this.#stopReaching?.();
  }
}
