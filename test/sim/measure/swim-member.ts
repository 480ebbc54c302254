/**
 * A MODEL of one member of SWIM with Lifeguard, as hashicorp/memberlist does it by default on a LAN; not its code.
 *
 * Das, Gupta and Motivala, SWIM (DSN 2002); Dadgar, Phillips and Currey, Lifeguard (DSN-W 2018); numbers of memberlist's
 * DefaultLANConfig. Modelled: probes with three indirect ones and the TCP fallback, suspicion with confirmations, own
 * health, refutation, piggybacked and gossiped updates, push/pull. Left out: encryption, compression, leaving.
 */

import type { CancelTask } from '../../../src/base/clock.ts';
import type { Random } from '../../../src/base/random.ts';

/** memberlist v0.5 config.go, DefaultLANConfig. */
export const lan = {
  probeIntervalMs: 1_000,
  probeTimeoutMs: 500,
  indirectChecks: 3,
  retransmitMult: 4,
  suspicionMult: 4,
  suspicionMaxMult: 6,
  gossipIntervalMs: 200,
  gossipNodes: 3,
  gossipToTheDeadMs: 30_000,
  pushPullIntervalMs: 30_000,
  awarenessMax: 8,
  packetBytesMax: 1_400,
} as const;

export type SwimState = 'alive' | 'suspect' | 'dead';
const [alive, suspect, dead] = [0, 1, 2];

export interface Update {
  readonly state: SwimState;
  readonly about: number;
  readonly incarnation: number;
  readonly from: number;
}

export type SwimPacket = { readonly updates: readonly Update[] } & (
  | { readonly kind: 'ping' | 'ack' | 'nack'; readonly probe: number }
  | { readonly kind: 'pingRequest'; readonly probe: number; readonly target: number }
  | { readonly kind: 'gossip' }
);

/** What the harness gives a member. */
export interface SwimHost {
  readonly size: number;
  readonly random: Random;
  nowMs(): number;
  schedule(delayMs: number, task: () => void): CancelTask;
  send(from: number, to: number, packet: SwimPacket): void;
  /** A stream both ways, for the fallback ping; false: it does not get through. */
  reaches(from: number, to: number): boolean;
  pushPull(from: number, to: number): void;
  changed(by: number, about: number, state: SwimState): void;
}

interface Doubt {
  readonly confirmedBy: Set<number>;
  readonly sinceMs: number;
  cancel: CancelTask;
}

export class SwimMember {
  readonly index: number;
  readonly states: Uint8Array;
  readonly incarnations: Int32Array;
  isUp = true;
  readonly #host: SwimHost;
  readonly #order: number[];
  readonly #queue = new Map<number, { readonly update: Update; left: number }>();
  readonly #doubts = new Map<number, Doubt>();
  readonly #diedAtMs = new Map<number, number>();
  readonly #acks = new Map<number, () => void>();
  #at = 0;
  #awareness = 0;
  #probe = 0;

  constructor(index: number, host: SwimHost) {
    this.index = index;
    this.#host = host;
    this.states = new Uint8Array(host.size);
    this.incarnations = new Int32Array(host.size);
    this.#order = [];
    host.schedule(host.random.next() * lan.probeIntervalMs, () => this.#probeNext());
    host.schedule(host.random.next() * lan.gossipIntervalMs, () => this.#gossip());
    host.schedule(host.random.next() * this.#pushPullMs(), () => this.#exchange());
  }

  /** Says something new about itself: a higher incarnation. */
  announce(): number {
    this.incarnations[this.index] = this.#incarnation(this.index) + 1;
    this.#broadcast({ state: 'alive', about: this.index, incarnation: this.#incarnation(this.index), from: this.index });
    return this.#incarnation(this.index);
  }

  receive(from: number, packet: SwimPacket): void {
    if (!this.isUp) return;
    for (const update of packet.updates) this.learn(update);
    switch (packet.kind) {
      case 'ping':
        return this.#send(from, { kind: 'ack', probe: packet.probe, updates: [] });
      case 'ack':
        return this.#acks.get(packet.probe)?.();
      case 'pingRequest':
        return this.#relay(from, packet.probe, packet.target);
      case 'nack':
      case 'gossip':
        return undefined;
    }
  }

  learn(update: Update): void {
    const { state, about, incarnation } = update;
    if (about === this.index) return this.#hearOfMyself(state, incarnation);
    const [held, heldState] = [this.#incarnation(about), this.states[about] ?? alive];
    if (state === 'alive') {
      if (incarnation > held) this.#set(update);
    } else if (incarnation >= held && heldState !== dead) {
      if (state === 'dead' || heldState === alive) this.#set(update);
      else this.#confirm(update);
    }
  }

  #hearOfMyself(state: SwimState, incarnation: number): void {
    if (state === 'alive' || incarnation < this.#incarnation(this.index)) return;
    this.incarnations[this.index] = incarnation;
    this.#awareness = Math.min(lan.awarenessMax - 1, this.#awareness + 1);
    this.announce();
  }

  #set(update: Update): void {
    const { state, about, incarnation, from } = update;
    this.incarnations[about] = incarnation;
    this.states[about] = state === 'alive' ? alive : state === 'suspect' ? suspect : dead;
    this.#doubts.get(about)?.cancel();
    this.#doubts.delete(about);
    if (state === 'dead') this.#diedAtMs.set(about, this.#host.nowMs());
    else this.#diedAtMs.delete(about);
    this.#broadcast(update);
    if (state === 'suspect') this.#doubt(about, from);
    this.#host.changed(this.index, about, state);
  }

  #doubt(about: number, from: number): void {
    const doubt: Doubt = { confirmedBy: new Set([from]), sinceMs: this.#host.nowMs(), cancel: () => {} };
    this.#doubts.set(about, doubt);
    this.#armDoubt(about, doubt);
  }

  #confirm(update: Update): void {
    const doubt = this.#doubts.get(update.about);
    if (!doubt || doubt.confirmedBy.size > lan.suspicionMult - 2 || doubt.confirmedBy.has(update.from)) return;
    doubt.confirmedBy.add(update.from);
    this.#broadcast(update);
    doubt.cancel();
    this.#armDoubt(update.about, doubt);
  }

  /** suspicion.go: between max and min, by the logarithm of the confirmations. */
  #armDoubt(about: number, doubt: Doubt): void {
    const minMs = lan.suspicionMult * Math.max(1, Math.log10(Math.max(1, this.#host.size))) * lan.probeIntervalMs;
    const maxMs = lan.suspicionMaxMult * minMs;
    const k = Math.min(lan.suspicionMult - 2, this.#host.size - 2);
    const share = k < 1 ? 1 : Math.log(doubt.confirmedBy.size) / Math.log(k + 1);
    const waitMs = Math.max(minMs, maxMs - share * (maxMs - minMs)) - (this.#host.nowMs() - doubt.sinceMs);
    doubt.cancel = this.#host.schedule(Math.max(0, waitMs), () => {
      if (this.isUp && this.states[about] === suspect)
        this.#set({ state: 'dead', about, incarnation: this.#incarnation(about), from: this.index });
    });
  }

  #probeNext(): void {
    if (!this.isUp) return;
    const intervalMs = lan.probeIntervalMs * (this.#awareness + 1);
    this.#host.schedule(intervalMs, () => this.#probeNext());
    const target = this.#nextTarget();
    if (target === undefined) return;
    const probe = this.#begin();
    let isAcked = false;
    this.#acks.set(probe, () => {
      isAcked = true;
    });
    this.#send(target, { kind: 'ping', probe, updates: [] });
    this.#host.schedule(lan.probeTimeoutMs * (this.#awareness + 1), () => {
      if (isAcked || !this.isUp) return;
      for (const helper of this.#pick(lan.indirectChecks, target)) this.#send(helper, { kind: 'pingRequest', probe, target, updates: [] });
      if (this.#host.reaches(this.index, target)) this.#host.schedule(3, () => this.#acks.get(probe)?.());
    });
    this.#host.schedule(intervalMs - 1, () => {
      this.#acks.delete(probe);
      if (!this.isUp) return;
      this.#awareness = Math.min(lan.awarenessMax - 1, Math.max(0, this.#awareness + (isAcked ? -1 : 1)));
      if (!isAcked && this.states[target] !== dead)
        this.learn({ state: 'suspect', about: target, incarnation: this.#incarnation(target), from: this.index });
    });
  }

  #relay(asker: number, probe: number, target: number): void {
    const own = this.#begin();
    this.#acks.set(own, () => {
      this.#acks.delete(own);
      this.#send(asker, { kind: 'ack', probe, updates: [] });
    });
    this.#send(target, { kind: 'ping', probe: own, updates: [] });
    this.#host.schedule(lan.probeTimeoutMs, () => {
      if (this.#acks.delete(own) && this.isUp) this.#send(asker, { kind: 'nack', probe, updates: [] });
    });
  }

  #gossip(): void {
    if (!this.isUp) return;
    this.#host.schedule(lan.gossipIntervalMs, () => this.#gossip());
    if (this.#queue.size === 0) return;
    for (const target of this.#pick(lan.gossipNodes)) {
      const updates = this.#take(lan.packetBytesMax);
      if (updates.length > 0) this.#host.send(this.index, target, { kind: 'gossip', updates });
    }
  }

  #exchange(): void {
    if (!this.isUp) return;
    this.#host.schedule(this.#pushPullMs(), () => this.#exchange());
    const [target] = this.#pick(1);
    if (target !== undefined && this.#host.reaches(this.index, target)) this.#host.pushPull(this.index, target);
  }

  /** Packets carry what there is to say. */
  #send(to: number, packet: SwimPacket): void {
    this.#host.send(this.index, to, { ...packet, updates: this.#take(lan.packetBytesMax - 100) });
  }

  #broadcast(update: Update): void {
    this.#queue.set(update.about, { update, left: lan.retransmitMult * Math.ceil(Math.log10(this.#host.size + 1)) });
  }

  /** Those first that were sent least. */
  #take(bytesMax: number): readonly Update[] {
    if (this.#queue.size === 0) return [];
    const entries = [...this.#queue.values()].sort((a, b) => b.left - a.left).slice(0, Math.floor(bytesMax / updateBytes));
    for (const entry of entries) {
      entry.left -= 1;
      if (entry.left <= 0) this.#queue.delete(entry.update.about);
    }
    return entries.map(({ update }) => update);
  }

  /** Round robin over a shuffled list, shuffled anew after each round. */
  #nextTarget(): number | undefined {
    for (let tried = 0; tried <= this.#host.size; tried += 1) {
      if (this.#at >= this.#order.length) this.#shuffle();
      const target = this.#order[this.#at++];
      if (target !== undefined && target !== this.index && this.states[target] !== dead) return target;
    }
    return undefined;
  }

  #shuffle(): void {
    this.#order.length = 0;
    for (let at = 0; at < this.#host.size; at += 1) {
      const other = this.#host.random.integer(at + 1);
      this.#order[at] = this.#order[other] ?? at;
      this.#order[other] = at;
    }
    this.#at = 0;
  }

  #pick(count: number, but = -1): readonly number[] {
    const picked = new Set<number>();
    for (let tried = 0; tried < 3 * this.#host.size && picked.size < count; tried += 1) {
      const one = this.#host.random.integer(this.#host.size);
      const diedAtMs = this.#diedAtMs.get(one);
      const isLongDead = diedAtMs !== undefined && this.#host.nowMs() - diedAtMs > lan.gossipToTheDeadMs;
      if (one !== this.index && one !== but && !isLongDead) picked.add(one);
    }
    return [...picked];
  }

  #begin(): number {
    this.#probe += 1;
    return this.#probe;
  }

  #incarnation(about: number): number {
    return this.incarnations[about] ?? 0;
  }

  /** util.go pushPullScale: doubled for each doubling above 32 members. */
  #pushPullMs(): number {
    return lan.pushPullIntervalMs * (this.#host.size <= 32 ? 1 : Math.ceil(Math.log2(this.#host.size) - Math.log2(32)) + 1);
  }
}

/** A suspicion is about 60 bytes in msgpack, an alive message with an address and some metadata about 120. */
export const updateBytes = 90;
