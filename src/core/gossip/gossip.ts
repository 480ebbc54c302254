/**
 * The membership machine: records, greetings, beats, reports and obituaries in; sends, dials and news out.
 *
 * It keeps the machine contract (base/machine.ts) and the invariants M1-M10 (test/README.md). Who holds a link to
 * whom is overlay.ts. Bytes, sockets and timers belong to fabric/mesh/mesh.ts and fabric/link/pump.ts; encoding to
 * wire/mesh-codec.ts.
 */

import { unreachable } from '../../base/assert.ts';
import type { Machine } from '../../base/machine.ts';
import { type Activities, activitiesOf } from './activities.ts';
import type { MeshEffect, MeshInput } from './io.ts';
import { type MeshMachineOptions, MeshState } from './state.ts';
import type { MemberView } from './view.ts';
import { Views } from './views.ts';

/** Ticks in one beat: a member notices its own lateness at this grain. */
const ticksPerBeat = 5;
/** Beats between two rounds of forgetting. */
const tendEveryBeats = 4;

export type { MeshMachineOptions } from './state.ts';

export class Gossip implements Machine<MeshInput, MeshEffect> {
  readonly #state: MeshState;
  readonly #parts: Activities;
  readonly #views: Views;
  readonly #tickMs: number;
  #nextTickMs = Number.POSITIVE_INFINITY;
  #ticks = 0;

  constructor(options: MeshMachineOptions) {
    const state = new MeshState(options);
    this.#state = state;
    this.#tickMs = options.settings.beatIntervalMs / ticksPerBeat;
    this.#parts = activitiesOf(state);
    this.#views = new Views(state);
  }

  handle(input: MeshInput, nowMs: number): void {
    const state = this.#state;
    state.nowMs = Math.max(state.nowMs, nowMs);
    if (state.phase === 'finished') return this.#handleFinished(input);
    this.#noticeStall();
    const { uid } = state.self.uid;
    this.#dispatch(input);
    if (state.self.uid.uid !== uid) this.#parts.beating.beat();
    this.#parts.spread.flush();
    this.#parts.rumours.flush();
    this.#parts.judging.tend();
    this.#views.tell();
  }

  takeEffects(): readonly MeshEffect[] {
    return this.#state.takeEffects();
  }

  nextWakeMs(): number {
    if (this.#state.phase !== 'running') return Number.POSITIVE_INFINITY;
    return Math.min(
      this.#nextTickMs,
      this.#parts.spread.dueMs(),
      this.#parts.judging.dueMs(),
      this.#parts.rumours.dueMs(),
      this.#parts.announcing.dueMs(),
    );
  }

  /** Every member that has not left or died, as it is seen now, by name. */
  views(): readonly MemberView[] {
    return this.#views.current();
  }

  /** The body of this hash, if it is here. */
  findBody(hash: string): Uint8Array | undefined {
    return this.#parts.bodies.find(hash);
  }

  /** For the simulator's checkers; nothing in it may be changed. */
  get inspection(): MeshState {
    return this.#state;
  }

  #dispatch(input: MeshInput): void {
    switch (input.kind) {
      case 'wake':
        return this.#wake();
      case 'start':
        return this.#start(input.join);
      case 'greeted':
        return this.#parts.greeting.greet(input.link, input.hello);
      case 'dialled':
        return this.#parts.meeting.dialled(input.dial, input.outcome);
      case 'heard':
        return this.#parts.reading.heard(input.link, input.atMs);
      case 'busy':
        return this.#state.links.find(input.link)?.use.keepBusy(this.#state.nowMs);
      case 'want':
        return this.#parts.callLinks.want(input);
      case 'received':
        return this.#parts.reading.received(input.link, input.message);
      case 'linkDown':
        return this.#parts.meeting.linkDown(input.link, input.evidence);
      case 'publish':
        return this.#parts.announcing.publish(input.catalog);
      case 'reject':
        return this.#state.note({ kind: 'member.rejected', name: input.name, why: input.why });
      case 'leave':
        return this.#parts.announcing.leave();
      case 'finish':
        return this.#parts.announcing.finish();
      default:
        return unreachable(input);
    }
  }

  #handleFinished(input: MeshInput): void {
    if (input.kind === 'greeted') this.#parts.greeting.greet(input.link, input.hello);
    if (input.kind === 'dialled' && input.outcome.kind === 'answered' && input.outcome.link !== undefined) {
      this.#state.emit({ kind: 'close', link: input.outcome.link, isRetired: false });
    }
  }

  #start(join: readonly string[]): void {
    const state = this.#state;
    state.phase = 'running';
    this.#nextTickMs = state.nowMs + this.#tickMs;
    this.#parts.dials.join.push(...join.filter((address, at) => address !== state.self.url && join.indexOf(address) === at));
    state.emit({ kind: 'persist', epoch: state.self.record.epoch });
    this.#parts.announcing.useKey(false);
    if (this.#parts.dials.join.length === 0) this.#parts.joining.join();
    this.#parts.dialling.tend();
  }

  #wake(): void {
    const { nowMs } = this.#state;
    this.#parts.announcing.tend();
    if (nowMs < this.#nextTickMs) return;
    this.#nextTickMs = nowMs + this.#tickMs;
    this.#ticks += 1;
    this.#parts.guard.tend();
    this.#parts.probing.tend();
    this.#state.overlay.assign(nowMs);
    this.#parts.trusting.tend();
    this.#parts.detector.inspect();
    this.#parts.dialling.tend();
    this.#parts.healing.tend();
    this.#parts.intake.tend();
    this.#parts.reading.tend();
    this.#parts.sampling.tend();
    this.#parts.sync.tend();
    this.#parts.firstSync.tend();
    this.#parts.joining.check();
    if (this.#ticks % ticksPerBeat === 0) {
      for (const name of this.#state.flaps.tend(nowMs)) this.#state.touched.add(name);
      this.#parts.adopting.tend();
      this.#parts.beating.beat();
    }
    if (this.#ticks % (ticksPerBeat * tendEveryBeats) === 0) {
      this.#state.records.forgetFinals(nowMs - this.#state.settings.graveMs);
      this.#state.crowd.tend(nowMs);
      if (this.#state.seals?.renew()) this.#parts.announcing.useKey(true);
      this.#parts.provenance.tend();
      this.#parts.bodies.tend();
      this.#parts.callLinks.tend();
    }
  }

  /** Our own loop was late: told before anything else is judged, whichever input comes first. */
  #noticeStall(): void {
    const lateMs = this.#state.nowMs - this.#nextTickMs;
    if (!(lateMs > 2 * this.#tickMs)) return;
    this.#nextTickMs = this.#state.nowMs;
    this.#parts.detector.onStall(lateMs);
  }
}
