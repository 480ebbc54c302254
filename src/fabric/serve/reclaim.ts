/**
 * A `once` call that a client sends again, through this server, because its session with another broke: finds out first what
 * became of it.
 *
 * M1 it is routed only when nobody it can have reached has run it, and nobody can any more: the entries that it went through
 *    say so, or, for those that are gone, every server that offers the function does; and so does each that its caller was told
 *    of (handed-back.ts), of which nothing may be known here yet. Of one that was sent long ago it proves nothing (lost-session.ts, R3).
 * M2 one who is running it, or has, tells its end instead.
 * M3 everything else is `connection_lost`, and may have run.
 * M4 a server keeps no ends of calls that are safe to run twice: where only such servers can say, the call goes where that is so.
 */

import type { Clock } from '../../base/clock.ts';
import type { CallId } from '../../core/outcome/call-id.ts';
import { HeddleError } from '../../errors.ts';
import type { ProgressFrame, ReplyFrame } from '../../wire/frame.ts';
import { Inquiry } from '../call/inquiry.ts';
import { isOld } from '../call/lost-session.ts';
import type { OfferLinks } from '../call/offer-routing.ts';
import type { SleepWatch } from '../call/sleep-watch.ts';
import type { PeerIdentity } from '../link/conversation.ts';
import type { CallHandle, Invocation } from '../link/invocation.ts';
import { failure } from '../link/responses.ts';
import { lostWith } from '../link/verdicts.ts';
import type { CallAnswer } from './call-answer.ts';

/** What is known of who may have run a call. */
export interface Witnesses {
  /** Servers that offer the function, but for this one. */
  offering(name: string): readonly PeerIdentity[];
  /** Whether the server is known, and known not to offer the function. */
  isBystander(instance: string, name: string): boolean;
  /** Whether a server that offered the function has gone since a call of it can have been sent. */
  hasDeparted(name: string): boolean;
  /** Whether every server that offers the function, this one included, does so as `once`, and so keeps how its calls end. */
  keepEnds(name: string): boolean;
}

export interface ReclaimOptions {
  readonly clock: Clock;
  readonly sleep: SleepWatch;
  /** Instance and name of this server, which has said for itself that it did not run the call. */
  readonly self: PeerIdentity;
  readonly links: OfferLinks;
  readonly witnesses: Witnesses;
  /** Routes the call. */
  readonly start: (invocation: Invocation, answer: CallAnswer) => CallHandle;
}

/** How often a call that ended unrun where it was taken up is asked for again. */
const anewMax = 3;

export class Reclaim implements CallHandle {
  readonly #options: ReclaimOptions;
  readonly #invocation: Invocation;
  readonly #answer: CallAnswer;
  readonly #inquiries = new Map<string, Inquiry>();
  /** Entries, and others that it may have gone to, that gave no answer. */
  readonly #silent: string[] = [];
  #stage: 'entries' | 'owners' | 'routed' | 'over' = 'entries';
  #chosen: Inquiry | undefined;
  #handle: CallHandle | undefined;
  #anew = 0;
  /** Even `never` from all who are asked proves nothing. */
  #isHopeless = false;
  /** It does not prove that the call has not run where that was safe (M4). */
  #mayHaveRun = false;

  constructor(options: ReclaimOptions, invocation: Invocation, answer: CallAnswer) {
    this.#options = options;
    this.#invocation = invocation;
    this.#answer = answer;
  }

  start(): this {
    this.#askAll(this.#via());
    return this;
  }

  cancel(reason: string): void {
    if (this.#handle) return this.#handle.cancel(reason);
    if (this.#stage === 'over') return;
    this.#stage = 'over';
    for (const inquiry of this.#inquiries.values()) inquiry.giveUp(reason);
    this.#answer.settled({ outcome: failure(new HeddleError('cancelled', { reason })), server: this.#options.self.name });
  }

  /** Never called: a call with a stream is not sent again. */
  stream(): void {}

  #askAll(servers: readonly PeerIdentity[]): void {
    for (const server of servers) this.#inquiries.set(server.instance, this.#inquiryOf(server));
    for (const inquiry of [...this.#inquiries.values()]) if (!this.#isDecided) inquiry.start();
    this.#proceed();
  }

  get #isDecided(): boolean {
    return this.#chosen !== undefined || this.#stage === 'over';
  }

  #inquiryOf(server: PeerIdentity): Inquiry {
    const { links } = this.#options;
    const { caller, callNumber, round, deadlineMs, timeoutMs } = this.#invocation;
    const id: CallId = { caller, callNumber };
    return new Inquiry(
      this.#options,
      {
        id,
        round: round - 1,
        deadlineMs,
        sinceMs: deadlineMs - timeoutMs,
        find: () => links.find(server.instance),
        reach: (done) => links.whenLinked(server, done),
      },
      {
        onReply: (frame) => this.#onReply(server.instance, frame),
        onProgress: (frame: ProgressFrame) => this.#answer.progress(frame.value),
        onRunning: () => this.#choose(server.instance),
        onNever: () => this.#settle(server.instance, true),
        onUnknown: () => this.#settle(server.instance, false),
      },
    );
  }

  /** One of them has run it, or is running it. */
  #choose(instance: string): void {
    if (this.#chosen) return;
    this.#chosen = this.#inquiries.get(instance);
    for (const inquiry of this.#inquiries.values())
      if (inquiry !== this.#chosen) inquiry.giveUp('another server tells the end of this call');
  }

  #settle(instance: string, isFenced: boolean): void {
    const inquiry = this.#inquiries.get(instance);
    this.#inquiries.delete(instance);
    if (this.#stage === 'over') return;
    if (this.#chosen) return inquiry === this.#chosen ? this.#lose() : undefined;
    if (!isFenced && this.#stage === 'owners') return this.#lose();
    if (!isFenced) this.#silent.push(instance);
    this.#proceed();
  }

  #proceed(): void {
    if (this.#isDecided || this.#inquiries.size > 0 || this.#stage === 'routed') return;
    const { witnesses } = this.#options;
    const { function: name, runners } = this.#invocation;
    const wasLongAgo = isOld(this.#invocation);
    if (this.#stage === 'owners' || (this.#silent.length === 0 && !wasLongAgo)) return this.#route();
    const isBystander = (instance: string): boolean => !runners?.includes(instance) && witnesses.isBystander(instance, name);
    const canTell = !wasLongAgo && this.#silent.every(isBystander) && !witnesses.hasDeparted(name);
    if (!canTell && !this.#mayBeRunning()) return this.#lose();
    this.#stage = 'owners';
    this.#isHopeless = !canTell;
    this.#mayHaveRun ||= !witnesses.keepEnds(name);
    this.#askAll(witnesses.offering(name));
  }

  /** Even where `never` from all of them proves nothing, one of them may have it. */
  #mayBeRunning(): boolean {
    return this.#options.witnesses.offering(this.#invocation.function).length > 0;
  }

  #route(): void {
    if (this.#isHopeless) return this.#lose();
    this.#stage = 'routed';
    const { lost, isAgain } = this.#invocation;
    const known = this.#mayHaveRun ? { lost, isAgain } : { lost: 0, isAgain: false };
    this.#handle = this.#options.start({ ...this.#invocation, ...known }, this.#answer);
  }

  #onReply(instance: string, frame: ReplyFrame): void {
    if (this.#stage === 'over') return;
    if (!frame.outcome.ok && frame.outcome.error.executed === 'no') return this.#askAnew(instance);
    this.#stage = 'over';
    const { outcome, server, freeSlots, serverMicros } = frame;
    this.#answer.settled({ outcome, server, freeSlots, serverMicros });
  }

  /** It ended there without having run: who is asked once more fences it, and the others are asked after all. */
  #askAnew(instance: string): void {
    this.#chosen = undefined;
    this.#inquiries.clear();
    this.#anew += 1;
    if (this.#anew > anewMax) return this.#lose();
    const servers = this.#stage === 'owners' ? this.#options.witnesses.offering(this.#invocation.function) : this.#via();
    this.#silent.length = 0;
    this.#askAll(servers.length === 0 ? [{ instance, name: instance }] : servers);
  }

  #via(): readonly PeerIdentity[] {
    const { via = [], runners = [], caller } = this.#invocation;
    const others = new Set([...via, ...runners]);
    for (const asking of [this.#options.self.instance, caller]) others.delete(asking);
    return [...others].map((instance) => ({ instance, name: instance }));
  }

  #lose(): void {
    this.#stage = 'over';
    for (const inquiry of this.#inquiries.values()) inquiry.giveUp('nobody waits for the end of this call');
    this.#answer.settled(lostWith(this.#options.self.name));
  }
}
