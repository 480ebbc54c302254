/**
 * One name, one server: what happens when two instances claim a name.
 *
 * N1 whoever meets its own name under another instance at an epoch >= its own asks the other's address who is there.
 *    No answer: it takes that epoch + 1, at most `takeoversPerMinute` times a minute.
 * N2 if both live, the one with less uptime stops with `name_taken`; exactly one stops, because one of the two judges:
 *    the lower instance compares once and keeps to its word, the higher instance asks and obeys.
 * N3 an end of our name (final, another instance, an epoch >= ours) and an obituary of our own instance are passed by:
 *    we take the epoch above.
 */

import { setBounded } from '../../base/bounded-map.ts';
import type { Dials } from './dials.ts';
import type { Greeter, HelloAck, NameHolder } from './message.ts';
import { compareHeads, type RecordHead } from './record.ts';
import { meshLimits } from './settings.ts';
import type { MeshState } from './state.ts';

/** What the judge said, per opponent; the oldest makes room. */
const verdictsMax = 64;

export class Naming {
  readonly #state: MeshState;
  readonly #dials: Dials;
  readonly #raised: () => void;
  readonly #verdicts = new Map<string, 'stays' | 'stops'>();
  readonly #asked = new Map<string, number>();
  readonly #takeoversAtMs: number[] = [];
  #hasStopped = false;

  /** `raised` is called after every change of our own epoch, to spread it. */
  constructor(state: MeshState, dials: Dials, raised: () => void) {
    this.#state = state;
    this.#dials = dials;
    this.#raised = raised;
  }

  /** A record under our own name. True when ours stands and the sender should hear it. */
  meetRecord(record: RecordHead & { readonly url?: string | undefined }): boolean {
    const own = this.#state.self.record;
    if (record.instance === own.instance) {
      if (record.final === 'dead' && record.epoch >= own.epoch) this.raiseAbove(record.epoch, 'an obituary of this server went round');
      return true;
    }
    if (record.final !== 'none') {
      if (compareHeads(record, own) > 0) this.raiseAbove(record.epoch, 'an earlier server of this name had the epoch');
      return true;
    }
    if (record.epoch < own.epoch) return true;
    this.contest({ instance: record.instance, epoch: record.epoch, url: record.url ?? '' });
    return compareHeads(own, record) > 0;
  }

  /** Asks who is there, unless that was asked within the last second. */
  contest(holder: NameHolder): void {
    const { nowMs, settings, self } = this.#state;
    if (holder.instance === self.instance) return;
    if (holder.url === self.url || holder.url === '') return this.takeOver(holder);
    const askedAtMs = this.#asked.get(holder.instance);
    if (askedAtMs !== undefined && nowMs - askedAtMs < settings.dialTimeoutMs) return;
    if (this.#asked.size >= verdictsMax) this.#asked.clear();
    const { instance, epoch } = holder;
    if (this.#dials.dial(holder.url, { kind: 'name', name: self.name, instance, epoch })) this.#asked.set(instance, nowMs);
  }

  /** The holder did not answer: its name is ours. */
  takeOver(holder: { readonly instance: string; readonly epoch: number }): void {
    if (holder.epoch < this.#state.self.record.epoch) return;
    const { nowMs } = this.#state;
    while ((this.#takeoversAtMs[0] ?? nowMs) < nowMs - 60_000) this.#takeoversAtMs.shift();
    if (this.#takeoversAtMs.length >= meshLimits.takeoversPerMinute) return;
    this.#takeoversAtMs.push(nowMs);
    this.raiseAbove(holder.epoch, 'another server of this name does not answer');
  }

  /** The holder answered our probe. */
  onAnswer(ack: HelloAck): void {
    if (this.#isJudge(ack.instance)) return this.#enforce(this.judge(ack), ack);
    if (ack.refusal?.code === 'name_taken') this.stop(ack.url);
  }

  /**
   * What the judge says of an opponent: whether *this* member stays. Made once, then kept.
   * Only for the judge; the other side asks.
   */
  judge(opponent: Greeter): 'stays' | 'stops' {
    const held = this.#verdicts.get(opponent.instance);
    if (held) return held;
    const verdict = this.#state.self.uptimeMs(this.#state.nowMs) >= opponent.uptimeMs ? 'stays' : 'stops';
    setBounded(this.#verdicts, verdictsMax, [opponent.instance, verdict]);
    return verdict;
  }

  /** Somebody greets us under our own name: true when it is told `name_taken`. */
  isTakenFor(greeter: Greeter): boolean {
    if (!this.#isJudge(greeter.instance)) {
      this.contest({ instance: greeter.instance, epoch: greeter.epoch, url: greeter.url });
      return false;
    }
    const verdict = this.judge(greeter);
    this.#enforce(verdict, greeter);
    return verdict === 'stays';
  }

  raiseAbove(epoch: number, why: string): void {
    const { self } = this.#state;
    if (epoch < self.record.epoch || self.record.final !== 'none') return;
    // A lie about a later epoch must not leave its victim without a number to take; what is true is reached in steps.
    self.raiseEpoch(Math.min(epoch, self.record.epoch + meshLimits.epochStep) + 1);
    this.#state.emit({ kind: 'persist', epoch: self.record.epoch });
    this.#state.note({ kind: 'epoch.raised', epoch: self.record.epoch, why });
    this.#raised();
  }

  stop(address: string): void {
    if (this.#hasStopped) return;
    this.#hasStopped = true;
    this.#state.tell({ kind: 'nameTaken', address });
  }

  #isJudge(opponent: string): boolean {
    return this.#state.self.instance < opponent;
  }

  #enforce(verdict: 'stays' | 'stops', opponent: Greeter): void {
    if (verdict === 'stops') this.stop(opponent.url);
    else if (opponent.epoch >= this.#state.self.record.epoch) this.raiseAbove(opponent.epoch, 'another server of this name must stop');
  }
}
