/**
 * The calls of others at this server, run here or routed on, while they are under way and for as long as somebody may have to
 * ask what became of them.
 *
 * O1 of a call without an end everybody who asks is told the end, when it comes.
 * O2 the outcome of a `once` call, of one that is routed on, and of one that came in a group, is held until its receiver has confirmed
 *    it, and passes into the table when the link breaks before. One that ran is never said not to have run.
 * O3 a call whose last connection is lost goes on for `orphanMs`; unclaimed, it is given up and its outcome kept.
 * O4 a call of which no link was lost costs no look-up: those under way are a list, and asking walks it.
 * O5 an outcome is kept for as long as its caller may ask: a server that stood still takes calls for older than they are, and the
 *    time that their callers have left for shorter (stall-watch.ts).
 */

import type { CancelTask, Clock } from '../../base/clock.ts';
import type { CallId } from '../../core/outcome/call-id.ts';
import { OutcomeTable } from '../../core/outcome/outcome-table.ts';
import { HeddleError } from '../../errors.ts';
import { fromWireError } from '../../wire/error.ts';
import type { CallFrame, OutcomeFrame } from '../../wire/frame.ts';
import { againMsMax } from '../call/lost-session.ts';
import type { HeldOutcome } from '../link/held-outcome.ts';
import type { Settlement } from '../link/invocation.ts';
import type { Peer } from '../link/peer.ts';
import { unattended } from '../link/responses.ts';
import { lostWith } from '../link/verdicts.ts';
import { type AnswerKeeper, CallAnswer, type FollowAs, type Follower, isPartOf } from './call-answer.ts';
import { type KeptHow, keptBytes, keptSettlement } from './kept-settlement.ts';

/** How long a call goes on after the connection of the last one who waits for it is lost, in milliseconds. */
export const orphanMs = 1_500;
/** How often what nobody can ask for any more is looked for, in milliseconds. */
const sweepMs = 10_000;
/** Until it is confirmed: most replies come in messages that are no larger. */
const untilConfirmed: KeptHow = { memoryBytesMax: 16 * 1024, isGiven: false };
const givenUntilConfirmed: KeptHow = { ...untilConfirmed, isGiven: true };
const forLong: KeptHow = { memoryBytesMax: 0, isGiven: false };

/** What an asker is told; the answer to wait for when it is running. */
export type LocalStanding =
  | { readonly state: 'running'; readonly answer: CallAnswer }
  | { readonly state: 'done'; readonly outcome: Settlement }
  | { readonly state: 'never' | 'forgotten' };

export interface OutcomesOptions {
  readonly clock: Clock;
  /** Name of this server. */
  readonly server: string;
  readonly table?: OutcomeTable<Settlement> | undefined;
}

export class Outcomes implements AnswerKeeper {
  readonly #clock: Clock;
  readonly #server: string;
  readonly #table: OutcomeTable<Settlement>;
  readonly #peers = new Set<Peer>();
  #first: CallAnswer | undefined;
  readonly #orphans = new Map<CallAnswer, CancelTask>();
  #stopSweeping: CancelTask | undefined;

  constructor({ clock, server, table }: OutcomesOptions) {
    this.#clock = clock;
    this.#server = server;
    this.#table = table ?? new OutcomeTable();
  }

  /** A call has come: makes what answers it. `isHeld`: its end is held until it is confirmed, whatever its effect. */
  enter(frame: CallFrame, peer: Peer, isHeld = false): CallAnswer {
    const answer = new CallAnswer(frame, peer, this);
    answer.isHeld ||= isHeld;
    answer.next = this.#first;
    if (this.#first) this.#first.previous = answer;
    this.#first = answer;
    answer.serve();
    return answer;
  }

  /** Why a frame must not run: its call was said never to have run here. */
  refusal(frame: CallFrame, peer: Peer): HeddleError | undefined {
    if (!this.#table.hasFences || !this.#table.refuses(idOf(frame, peer), frame.round)) return undefined;
    return new HeddleError('cancelled', { reason: 'whoever asked about this call goes on with it' }, { executed: 'no' });
  }

  /** The end of the same call, run or routed on here likewise, is told to this peer too. False when there is none. */
  attach(frame: CallFrame, peer: Peer): boolean {
    const id = idOf(frame, peer);
    const relayed = frame.isDirect ? undefined : this.#find(id, ({ isRelay, isStreamed }) => isRelay && !isStreamed);
    const running = relayed ?? this.#find(id, ({ isRelay, isStreamed }) => !isRelay && !isStreamed);
    if (running) this.join(running, peer, { id: frame.id, isPart: isPartOf(running, frame) });
    return running !== undefined;
  }

  /** What became of a call here; one that has not run is fenced. Whoever asks in an older round has been overtaken. */
  standing(id: CallId, asked: { readonly round: number; readonly asker: string }): LocalStanding {
    const known = (answer: CallAnswer): boolean => answer.round <= asked.round && !answer.isStreamed;
    const running = this.#find(id, (answer) => known(answer) && answer.isRelay) ?? this.#find(id, known);
    if (running) return { state: 'running', answer: running };
    if (this.#find(id, () => true)) return { state: 'forgotten' };
    const held = this.#held(id);
    if (!held) return this.#table.ask(id, asked, this.#clock.nowMs());
    held.isShared = true;
    return held.round <= asked.round ? { state: 'done', outcome: held.outcome } : { state: 'forgotten' };
  }

  /** Answers what another server asks. */
  answer(frame: OutcomeFrame, peer: Peer): void {
    const found = this.standing(frame, { round: frame.round, asker: peer.identity.instance });
    peer.send({ kind: 'standing', id: frame.id, state: found.state });
    if (found.state === 'running') this.join(found.answer, peer, { id: frame.id, isPart: false });
    if (found.state !== 'done') return;
    peer.serve(frame.id, unattended);
    peer.reply(frame.id, found.outcome);
  }

  /** Somebody waits for a call that is running. */
  join(answer: CallAnswer, peer: Peer, as: FollowAs): void {
    this.#claim(answer);
    answer.join(peer, as);
  }

  opened(peer: Peer): void {
    this.#peers.add(peer);
  }

  /** What the peer may not have been told is kept for whoever asks. */
  closed(peer: Peer): void {
    this.#peers.delete(peer);
    for (const held of peer.ledger.takeAll()) this.#keep(peer.identity.instance, held);
  }

  ended(answer: CallAnswer, settlement: Settlement, told: readonly Follower[]): void {
    this.#unlink(answer);
    if (this.#orphans.size > 0) this.#claim(answer);
    if (!mayHaveRun(settlement)) return;
    if (answer.isStreamed) return this.#table.spend(answer, this.#askedUntilMs(answer));
    const first = told.find(({ peer }) => peer.closed === undefined);
    if (!first) this.#keep(answer.from, this.#heldOf(answer, answer.isAborted ? lostVerdict(settlement, this.#server) : settlement));
    else if (answer.isHeld) this.#hold(first.peer, this.#heldOf(answer, settlement));
  }

  left(answer: CallAnswer): void {
    this.#unlink(answer);
    if (this.#orphans.size > 0) this.#claim(answer);
  }

  orphaned(answer: CallAnswer): void {
    const abort = (): void => {
      this.#orphans.delete(answer);
      answer.abort();
    };
    this.#orphans.set(answer, this.#clock.schedule(orphanMs, abort));
  }

  /** The other end of the link has so many replies. */
  acknowledge(peer: Peer, received: number): void {
    peer.ledger.acknowledge(received, this.#told);
  }

  /** Drops every timer. */
  close(): void {
    this.#stopSweeping?.();
    for (const stop of this.#orphans.values()) stop();
    this.#orphans.clear();
  }

  readonly #evicted = ({ id, untilMs }: HeldOutcome): void => this.#table.spend(id, untilMs);

  readonly #late = ({ id, untilMs }: HeldOutcome): void => this.#table.spendLate(id, untilMs);

  /**
   * A relay that has been told may be lost before it passes the outcome on: its client's next entry must not hear `never`. Nor must
   * a relay that goes on asking when its client has the end by another way.
   */
  readonly #told = (held: HeldOutcome): void => {
    if (held.isShared) this.#table.spend(held.id, held.untilMs);
  };

  #find(id: CallId, test: (answer: CallAnswer) => boolean): CallAnswer | undefined {
    for (let answer = this.#first; answer; answer = answer.next) {
      if (answer.callNumber === id.callNumber && answer.caller === id.caller && test(answer)) return answer;
    }
    return undefined;
  }

  #held(id: CallId): HeldOutcome | undefined {
    const isOfCall = (held: HeldOutcome): boolean => held.id.callNumber === id.callNumber && held.id.caller === id.caller;
    for (const { ledger } of this.#peers) {
      const found = ledger.findLast(isOfCall);
      if (found) return found;
    }
    return undefined;
  }

  #hold(peer: Peer, held: HeldOutcome): void {
    peer.ledger.hold(held, this.#evicted);
    this.#sweepLater();
  }

  #keep(instance: string, held: HeldOutcome): void {
    // Its link is lost: that is rare, and it may be kept for long.
    this.#table.keep(instance, { ...held, outcome: keptSettlement(held.outcome, forLong) });
    this.#sweepLater();
  }

  #heldOf(answer: CallAnswer, outcome: Settlement): HeldOutcome {
    return {
      id: answer,
      round: answer.round,
      outcome: keptSettlement(outcome, answer.isRelay ? untilConfirmed : givenUntilConfirmed),
      bytes: keptBytes(outcome),
      untilMs: this.#askedUntilMs(answer),
      isShared: answer.isShared,
    };
  }

  /** From then on nobody can ask for a call that ends now (O5). A stream is asked for by nobody, and may have no end of its time. */
  #askedUntilMs({ isStreamed, timeoutMs }: CallAnswer): number {
    return this.#clock.nowMs() + (isStreamed ? againMsMax : Math.max(2 * timeoutMs, againMsMax));
  }

  /** It is no orphan any more. */
  #claim(answer: CallAnswer): void {
    this.#orphans.get(answer)?.();
    this.#orphans.delete(answer);
  }

  #unlink(answer: CallAnswer): void {
    if (answer.previous) answer.previous.next = answer.next;
    else if (this.#first === answer) this.#first = answer.next;
    if (answer.next) answer.next.previous = answer.previous;
    answer.next = undefined;
    answer.previous = undefined;
  }

  #sweepLater(): void {
    this.#stopSweeping ??= this.#clock.schedule(sweepMs, () => {
      this.#stopSweeping = undefined;
      const nowMs = this.#clock.nowMs();
      this.#table.expire(nowMs);
      let isEmpty = this.#table.isEmpty;
      for (const { ledger } of this.#peers) {
        ledger.expire(nowMs, this.#late);
        isEmpty &&= ledger.isEmpty;
      }
      if (!isEmpty) this.#sweepLater();
    });
  }
}

function idOf(frame: CallFrame, peer: Peer): CallId {
  return { caller: frame.caller ?? peer.identity.instance, callNumber: frame.callNumber };
}

function mayHaveRun({ outcome }: Settlement): boolean {
  return outcome.ok || outcome.error.executed !== 'no';
}

/** An orphan was not cancelled by its caller: to whoever asks, it broke with its connection. */
function lostVerdict(settlement: Settlement, server: string): Settlement {
  const { outcome } = settlement;
  if (outcome.ok || outcome.error.executed !== 'maybe' || fromWireError(outcome.error).code !== 'cancelled') return settlement;
  return lostWith(server);
}
