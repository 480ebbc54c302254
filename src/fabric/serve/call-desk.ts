/**
 * The calls that come over links and sessions: run here, routed on, or, when they were sent before, found again.
 *
 * D1 a direct call goes to the dispatcher; any other is routed on, its payloads untouched.
 * D2 a call that was said never to have run here is refused.
 * D3 one that is sent again is joined to itself where it is running. Otherwise a `once` call is routed when it is known not to
 *    have run (reclaim.ts), and another at once, unless two connections were lost under it already: one that ends its servers
 *    takes two at most (handed-back.ts). Refused at the door, it may have run (refusals.ts).
 * D4 `once` is a call that may have gone to an offer of that effect, by all that this server, its caller and the former entry know
 *    of: those that have gone, or are known elsewhere, count as well; and so does what it cannot have heard of yet (witnesses.ts).
 */

import type { Catalog } from '../../core/catalog/catalog.ts';
import { stricter } from '../../core/catalog/offer.ts';
import type { MemberView } from '../../core/gossip/view.ts';
import type { HeddleError } from '../../errors.ts';
import type { CallFrame, GroupFrame } from '../../wire/frame.ts';
import { invocationOf } from '../call/call-frame.ts';
import { SleepWatch } from '../call/sleep-watch.ts';
import type { Gate } from '../link/gate.ts';
import type { CallEngine } from '../link/invocation.ts';
import type { Peer } from '../link/peer.ts';
import { refuseCall } from '../link/refusals.ts';
import { refuse } from '../link/responses.ts';
import { lostWith } from '../link/verdicts.ts';
import { asAsked, askerOfCall, noteAsker } from './admitted-call.ts';
import { type CallAnswer, isPartOf } from './call-answer.ts';
import type { Contact } from './contact.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { Outcomes } from './outcomes.ts';
import { Reclaim, type ReclaimOptions } from './reclaim.ts';
import { ServedGroup } from './served-group.ts';
import { KnownWitnesses, type KnownWitnessesOptions } from './witnesses.ts';

export interface CallDeskOptions extends Omit<ReclaimOptions, 'start' | 'witnesses' | 'sleep'> {
  readonly catalog: Catalog;
  readonly contact: Contact;
  readonly refusedOffers: KnownWitnessesOptions['refusedOffers'];
  readonly dispatcher: Dispatcher;
  readonly engine: CallEngine;
  readonly members: () => readonly MemberView[];
  readonly outcomes: Outcomes;
  /** Who may call what. */
  readonly gate: Gate;
  /** Set while no new work is taken. */
  readonly refusal: () => HeddleError | undefined;
}

/** Who asks, and when it was. */
interface Asked {
  readonly peer: Peer;
  readonly nowMs: number;
  readonly asker: string;
}

export class CallDesk {
  readonly outcomes: Outcomes;
  readonly #options: CallDeskOptions;
  readonly #witnesses: KnownWitnesses;
  readonly #sleep: SleepWatch;

  constructor(options: CallDeskOptions) {
    this.outcomes = options.outcomes;
    this.#options = options;
    this.#witnesses = new KnownWitnesses({ ...options, instance: options.self.instance });
    this.#sleep = new SleepWatch(options.clock);
  }

  take(sent: CallFrame, peer: Peer, nowMs: number): void {
    if (sent.acked > 0) this.outcomes.acknowledge(peer, sent.acked);
    const asker = askerOfCall(this.#options.gate, sent, peer);
    if (typeof asker !== 'string') return refuseCall(peer, sent, asker);
    const frame = asAsked(sent, peer);
    const fenced = this.outcomes.refusal(frame, peer);
    if (fenced) return refuse(peer, frame.id, fenced);
    const { load } = this.#options.dispatcher;
    // Known to whoever admits it, here and now, be it by way of the router.
    load.waitedMs = peer.waitedMs;
    if (frame.isDirect) this.#dispatch(frame, peer, asker);
    else this.#relay(frame, { peer, nowMs, asker });
    load.waitedMs = 0;
  }

  /** Several calls of one run: they are served together. */
  takeGroup({ calls }: GroupFrame, peer: Peer): void {
    const [first] = calls;
    if (first && first.call.acked > 0) this.outcomes.acknowledge(peer, first.call.acked);
    const { dispatcher, self, clock, gate } = this.#options;
    dispatcher.load.waitedMs = peer.waitedMs;
    new ServedGroup({ outcomes: this.outcomes, dispatcher, clock, server: self.name, gate }, peer).start(calls);
    dispatcher.load.waitedMs = 0;
  }

  #dispatch(frame: CallFrame, peer: Peer, asker: string): void {
    if (frame.isAgain && this.outcomes.attach(frame, peer)) return;
    const answer = this.#enter(frame, peer, asker);
    answer.handle = this.#options.dispatcher.dispatch(frame, answer);
  }

  #relay(frame: CallFrame, asked: Asked): void {
    const { peer, asker } = asked;
    const refusal = this.#options.refusal();
    if (refusal) return refuse(peer, frame.id, refusal);
    if (frame.isAgain) return this.#again(frame, asked);
    const answer = this.#enter(frame, peer, asker);
    answer.handle = this.#options.engine.start(invocationOf(frame, answer, asked.nowMs), answer);
  }

  /** D3. */
  #again(frame: CallFrame, asked: Asked): void {
    const { peer, nowMs, asker } = asked;
    // One that was lost behind an entry, or without any, was safe to run twice then; where it is not, it does not go (call-history.ts).
    if (frame.via !== undefined && this.#mayBeOnce(frame)) return this.#reclaim(frame, asked);
    if (this.outcomes.attach(frame, peer)) return;
    const answer = this.#enter(frame, peer, asker);
    if (frame.lost > 1) return this.#lose(answer);
    answer.handle = this.#options.engine.start(invocationOf(frame, answer, nowMs), answer);
  }

  /** D4. */
  #mayBeOnce({ function: name, effect, runners, via }: CallFrame): boolean {
    // Its caller is told of servers for the sake of a call that is `once` there (handed-back.ts).
    if (runners !== undefined || this.#witnesses.isNewTo(via ?? [])) return true;
    const offered = this.#witnesses.effectOf(name);
    return offered === undefined ? (effect ?? 'once') === 'once' : stricter(offered, effect ?? 'pure') === 'once';
  }

  #reclaim(frame: CallFrame, { peer, nowMs, asker }: Asked): void {
    // Nobody can say of a stream whether it has begun: its items went to whoever is gone.
    if (frame.isStream || frame.hasStreamInput) return this.#lose(this.#enter(frame, peer, asker));
    const { self, engine } = this.#options;
    const id = { caller: frame.caller ?? peer.identity.instance, callNumber: frame.callNumber };
    const here = this.outcomes.standing(id, { round: frame.round - 1, asker: self.instance });
    if (here.state === 'running') return this.outcomes.join(here.answer, peer, { id: frame.id, isPart: isPartOf(here.answer, frame) });
    const answer = this.#enter(frame, peer, asker);
    if (here.state === 'done') return answer.settled(here.outcome);
    if (here.state !== 'never') return this.#lose(answer);
    const invocation = invocationOf(frame, answer, nowMs);
    // Its caller takes the word of this entry for the lost session: one that may have run, where that was safe, keeps `via`
    // (call-history.ts).
    const start: ReclaimOptions['start'] = (call, sink) => engine.start(call.isAgain ? call : { ...call, via: undefined }, sink);
    const reclaim = new Reclaim({ ...this.#options, witnesses: this.#witnesses, sleep: this.#sleep, start }, invocation, answer);
    answer.handle = reclaim;
    reclaim.start();
  }

  #enter(frame: CallFrame, peer: Peer, asker: string): CallAnswer {
    const answer = this.outcomes.enter(frame, peer);
    noteAsker(this.#options.gate, answer, { frame, peer, asker });
    return answer;
  }

  #lose(answer: CallAnswer): void {
    answer.settled(lostWith(this.#options.self.name));
  }
}
