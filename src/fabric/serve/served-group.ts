/**
 * The calls of one group at the server that runs them: each begins when those that it awaits have given their results.
 *
 * G1 each is answered, cancelled and asked for as if it had come alone (CallAnswer); its answer is held until it is known to
 *    have arrived, whatever its effect: whoever loses the link asks for every one of them.
 * G2 one whose awaited call gives no result is answered with `upstream_failed`, and one that would wait over
 *    `placeWaitMs` for a place with `overloaded`: neither has run, and whoever sent them goes on with them.
 * G3 all earlier answers have been written before a `once` call begins: if it ends this process, they are known.
 * G4 a group costs no timer: a call that waits has whoever sent it, who cancels it, or the loss of the link.
 */

import type { Clock } from '../../base/clock.ts';
import type { Input } from '../../core/payload.ts';
import { HeddleError } from '../../errors.ts';
import type { CallFrame, GroupedCall } from '../../wire/frame.ts';
import type { Gate } from '../link/gate.ts';
import type { Settlement } from '../link/invocation.ts';
import type { Peer } from '../link/peer.ts';
import { failure, refuse } from '../link/responses.ts';
import { cancelledVerdict } from '../link/verdicts.ts';
import { askerOfCall, noteAsker } from './admitted-call.ts';
import type { CallAnswer } from './call-answer.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { Outcomes } from './outcomes.ts';
import type { CallOrigin } from './serving.ts';

/** How long a call of a group waits for a place at most, in milliseconds: others stand behind it. */
const placeWaitMs = 5;

export interface ServedGroupParts {
  readonly outcomes: Outcomes;
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
  /** Name of this server. */
  readonly server: string;
  readonly gate: Gate;
}

interface Member {
  readonly grouped: GroupedCall;
  readonly answer: CallAnswer;
  /** Calls that await it. */
  readonly dependents: Member[];
  readonly inputs: Input[];
  missing: number;
  state: 'waiting' | 'begun' | 'over';
}

export class ServedGroup {
  readonly #parts: ServedGroupParts;
  readonly #peer: Peer;
  readonly #arrivedAtMs: number;
  readonly #members = new Map<number, Member>();
  readonly #ready: Member[] = [];
  #isProceeding = false;
  /** An answer went out that may not have been written. */
  #hasUnwritten = false;

  constructor(parts: ServedGroupParts, peer: Peer) {
    this.#parts = parts;
    this.#peer = peer;
    this.#arrivedAtMs = parts.clock.nowMs();
  }

  start(calls: readonly GroupedCall[]): void {
    const entered = calls.flatMap((grouped) => this.#enter(grouped) ?? []);
    for (const member of entered) if (member.state === 'waiting' && member.missing === 0) this.#ready.push(member);
    this.#proceed();
  }

  #enter(grouped: GroupedCall): Member | undefined {
    const { call, awaits, step } = grouped;
    const { outcomes, gate } = this.#parts;
    const asker = askerOfCall(gate, call, this.#peer);
    if (typeof asker !== 'string') return void refuse(this.#peer, call.id, asker);
    const fenced = outcomes.refusal(call, this.#peer);
    if (fenced) return void refuse(this.#peer, call.id, fenced);
    const answer = outcomes.enter(call, this.#peer, true);
    noteAsker(gate, answer, { frame: call, peer: this.#peer, asker });
    const member: Member = { grouped, answer, dependents: [], inputs: [], missing: 0, state: 'waiting' };
    this.#members.set(call.callNumber, member);
    answer.handle = { cancel: (reason) => this.#cancel(member, reason), stream: () => {} };
    for (const number of new Set(awaits.map(({ callNumber }) => callNumber))) {
      const awaited = this.#members.get(number);
      if (!awaited || awaited === member || awaited.state === 'over') this.#giveBack(member, step);
      else {
        awaited.dependents.push(member);
        member.missing += 1;
      }
    }
    return member;
  }

  /** A loop, not a recursion: calls that end at once make the next ones ready while they begin. */
  #proceed(): void {
    if (this.#isProceeding) return;
    this.#isProceeding = true;
    for (let next = this.#ready.shift(); next; next = this.#ready.shift()) this.#begin(next);
    this.#isProceeding = false;
  }

  /** G3. */
  #begin(member: Member): void {
    const { effect } = member.grouped.call;
    const mustWait = this.#hasUnwritten && (effect === undefined || effect === 'once');
    if (!mustWait) return this.#dispatch(member);
    this.#peer.whenWritten(() => {
      this.#hasUnwritten = false;
      this.#dispatch(member);
    });
  }

  #dispatch(member: Member): void {
    if (member.state !== 'waiting') return;
    member.state = 'begun';
    member.answer.handle = this.#parts.dispatcher.dispatch(this.#frameOf(member), this.#originOf(member));
  }

  #frameOf({ grouped: { call, ownTimeoutMs }, inputs }: Member): CallFrame {
    const leftMs = call.timeoutMs - (this.#parts.clock.nowMs() - this.#arrivedAtMs);
    const args = { template: call.args.template, inputs: [...call.args.inputs, ...inputs] };
    return { ...call, timeoutMs: Math.max(0, Math.min(leftMs, ownTimeoutMs)), args };
  }

  #originOf(member: Member): CallOrigin {
    const { answer } = member;
    return {
      callerName: answer.callerName,
      callerInstance: answer.callerInstance,
      identity: answer.identity,
      onBehalfOf: answer.onBehalfOf,
      placeWaitMs,
      settled: (settlement) => this.#settled(member, settlement),
      progress: (value) => answer.progress(value),
      pulling: (pulling) => answer.pulling(pulling),
    };
  }

  #settled(member: Member, settlement: Settlement): void {
    member.state = 'over';
    this.#hasUnwritten = true;
    member.answer.settled(settlement);
    if (settlement.outcome.ok) this.#release(member, settlement.outcome.value);
    else this.#giveBackDependents(member);
    this.#proceed();
  }

  #release(member: Member, value: Input['value']): void {
    const { call, step } = member.grouped;
    for (const dependent of member.dependents) {
      for (const { callNumber, at, path } of dependent.grouped.awaits)
        if (callNumber === call.callNumber && at.length > 0) dependent.inputs.push({ at, path, value, name: step });
      dependent.missing -= 1;
      if (dependent.missing === 0 && dependent.state === 'waiting') this.#ready.push(dependent);
    }
  }

  #giveBackDependents(member: Member): void {
    for (const dependent of member.dependents) if (dependent.state === 'waiting') this.#giveBack(dependent, member.grouped.step);
  }

  /** It has not run, and will not here. */
  #giveBack(member: Member, upstream: string): void {
    this.#end(member, new HeddleError('upstream_failed', { step: member.grouped.step, upstream }));
  }

  #cancel(member: Member, reason: string): void {
    if (member.state === 'waiting') this.#end(member, cancelledVerdict(reason, 'no'));
  }

  #end(member: Member, error: HeddleError): void {
    if (member.state !== 'waiting') return;
    member.state = 'over';
    member.answer.settled({ outcome: failure(error), server: this.#parts.server });
    this.#giveBackDependents(member);
  }
}
