/**
 * Members in virtual time: the production machine and the production pump over a simulated network, with the
 * invariants of the mesh design page checked as they run.
 */

import { createHash } from 'node:crypto';

import { assert, present } from '../../src/base/assert.ts';
import { type Random, seededRandom } from '../../src/base/random.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { Gossip } from '../../src/core/gossip/gossip.ts';
import type { MeshEffect, MeshInput, MeshNews } from '../../src/core/gossip/io.ts';
import type { MeshNote } from '../../src/core/gossip/note.ts';
import { type MeshSettings, meshDefaults } from '../../src/core/gossip/settings.ts';
import { allRules, type MeshRules } from '../../src/core/gossip/state.ts';
import { Pump } from '../../src/fabric/pump.ts';
import { Checks } from './checks.ts';
import { hashBytes, hashText } from './hashes.ts';
import { Host, Network } from './network.ts';
import type { Process, StartOptions } from './process.ts';

export interface WorldOptions {
  readonly seed: string;
  readonly rules?: Partial<MeshRules> | undefined;
  readonly settings?: Partial<MeshSettings> | undefined;
  /** Keep a digest of everything that is done; costs as much as the rest. */
  readonly isTraced?: boolean | undefined;
}

const sampleMs = 250;

export class World {
  readonly clock = new VirtualClock();
  readonly network: Network;
  /** By address; the one that runs there last. */
  readonly processes = new Map<string, Process>();
  readonly checks: Checks;
  /** Members that were buried while their process ran, was not paused and was cut off from nobody but one. */
  readonly convictions: string[] = [];
  /** Own evidence that somebody noted against somebody. */
  readonly accusations: { readonly by: string; readonly of: string; readonly atMs: number }[] = [];
  readonly #options: WorldOptions;
  readonly #random: Random;
  readonly #trace = createHash('sha256');
  readonly #epochs = new Map<string, number>();
  readonly #counts = new Map<string, number>();
  #nextSampleMs = sampleMs;
  #starts = 0;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
    this.network = new Network(this.clock, this.#random.fork('network'));
    this.checks = new Checks(this);
  }

  start(options: StartOptions): Process {
    assert(!this.processes.get(options.address)?.host.isAlive, `somebody listens at ${options.address}`);
    const host = new Host(options.address, this.clock);
    const random = this.#random.fork(`process ${this.#starts++}`);
    const instance = hex(random.fork('instance').bytes(16));
    const gossip = new Gossip({
      name: options.name,
      instance,
      cluster: options.cluster ?? 'default',
      uid: hex(random.fork('cluster').bytes(16)),
      pinUid: options.pinUid,
      url: options.address,
      resources: [],
      epoch: options.hasMemory === true ? (this.#epochs.get(options.address) ?? 0) : 0,
      startedAtMs: this.clock.nowMs(),
      settings: { ...meshDefaults, ...this.#options.settings },
      random: random.fork('machine'),
      rules: { ...allRules, ...this.#options.rules },
      hash64: hashText,
      hashBody: (body) => hashBytes(body),
    });
    const pump = new Pump<MeshInput, MeshEffect>({
      machine: gossip,
      clock: host.clock,
      wake: () => [{ kind: 'wake' }],
      execute: (effect) => this.#execute(process, effect),
    });
    const process: Process = {
      options,
      host,
      gossip,
      pump,
      instance,
      news: [],
      startedAtMs: this.clock.nowMs(),
      steadySinceMs: this.clock.nowMs(),
      hasStopped: false,
    };
    host.endpoint = this.#endpoint(process);
    this.processes.set(options.address, process);
    this.network.bind(host);
    this.#change();
    pump.feed({ kind: 'start', join: options.join });
    return process;
  }

  kill(address: string): void {
    this.#change();
    const process = this.at(address);
    this.network.kill(process.host);
    process.pump.close();
  }

  pause(address: string): void {
    this.#change();
    this.at(address).host.isPaused = true;
  }

  resume(address: string): void {
    this.#change();
    const process = this.at(address);
    process.steadySinceMs = this.clock.nowMs();
    process.host.resume();
  }

  cut(from: string, to: string): void {
    this.#change();
    this.network.cut(from, to);
  }

  heal(): void {
    this.#change();
    this.network.heal();
  }

  leave(address: string): void {
    this.#change();
    this.at(address).pump.feed({ kind: 'leave' });
  }

  at(address: string): Process {
    return present(this.processes.get(address), `nobody was ever at ${address}`);
  }

  /** Processes that run. */
  live(): readonly Process[] {
    return [...this.processes.values()].filter((process) => process.host.isAlive);
  }

  advance(ms: number): void {
    const untilMs = this.clock.nowMs() + ms;
    while (this.clock.nowMs() < untilMs) {
      this.clock.advance(Math.min(this.#nextSampleMs, untilMs) - this.clock.nowMs());
      if (this.clock.nowMs() < this.#nextSampleMs) continue;
      this.#nextSampleMs += sampleMs;
      this.#sample();
    }
  }

  /** Waits for `isSo`, at most `ms`; gives how long it took, or undefined. */
  until(isSo: () => boolean, ms: number): number | undefined {
    const startMs = this.clock.nowMs();
    while (!isSo()) {
      if (this.clock.nowMs() - startMs >= ms) return undefined;
      this.advance(50);
    }
    return this.clock.nowMs() - startMs;
  }

  /** Everybody who runs sees exactly those who run, alive, and all have one root. */
  isOneView(): boolean {
    return this.viewProblem() === undefined;
  }

  viewProblem(): string | undefined {
    const live = this.live();
    const expected = live
      .map((process) => `${process.options.name}=${process.instance}`)
      .sort()
      .join();
    const roots = new Set(live.map((process) => JSON.stringify(process.gossip.inspection.records.root())));
    for (const process of live) {
      const alive = process.gossip.views().filter((view) => view.status === 'alive');
      const seen = alive
        .map((view) => `${view.name}=${view.instance}`)
        .sort()
        .join();
      if (seen !== expected)
        return `${process.options.name} sees [${process.gossip
          .views()
          .map((v) => `${v.name}:${v.status}`)
          .join(' ')}] of ${live.map((p) => p.options.name).join(' ')}`;
    }
    return roots.size <= 1 ? undefined : 'the roots differ';
  }

  /** A digest of every effect that was executed, with its time; of none where the world is not traced. */
  trace(): string {
    return this.#trace.copy().digest('hex');
  }

  #endpoint({ pump }: Process): Host['endpoint'] {
    return {
      greeted: (link, hello) => pump.feed({ kind: 'greeted', link, hello }),
      dialled: (dial, result) => {
        const outcome =
          typeof result === 'string' ? { kind: 'failed' as const, evidence: result } : { kind: 'answered' as const, ...result };
        pump.feed({ kind: 'dialled', dial, outcome });
      },
      received: (link, message) => pump.feed({ kind: 'received', link, message }),
      linkDown: (link, evidence) => pump.feed({ kind: 'linkDown', link, evidence }),
    };
  }

  #execute(process: Process, effect: MeshEffect): void {
    const { host } = process;
    if (this.#options.isTraced) this.#trace.update(`${this.clock.nowMs()} ${host.address} ${JSON.stringify(effect)}\n`);
    switch (effect.kind) {
      case 'send':
        this.checks.send(process, effect.link);
        return this.network.send(host, effect.link, effect.message);
      case 'dial':
        this.#count(`dial ${effect.address}`);
        return this.network.dial(host, effect);
      case 'answer':
        return this.network.answer(host, effect.link, effect.ack);
      case 'close':
        return this.network.close(host, effect.link);
      case 'persist':
        this.#epochs.set(host.address, effect.epoch);
        return undefined;
      case 'tell':
        return this.#told(process, effect.news);
      case 'note':
        this.#count(`note ${effect.note.kind}`);
        if (effect.note.kind === 'member.died') this.#noteDeath(effect.note);
        if (effect.note.kind === 'member.suspected' && effect.note.isOwnEvidence) {
          this.accusations.push({ by: process.options.name, of: effect.note.name, atMs: this.clock.nowMs() });
        }
        return this.checks.records(process);
    }
  }

  /** How often an address was dialled, by anybody. */
  dialsTo(address: string): number {
    return this.#counts.get(`dial ${address}`) ?? 0;
  }

  /** How often something was noted, by anybody. */
  notesOf(kind: MeshNote['kind']): number {
    return this.#counts.get(`note ${kind}`) ?? 0;
  }

  #count(what: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
  }

  #told(process: Process, news: MeshNews): void {
    process.news.push(news);
    this.checks.records(process);
    if (news.kind !== 'nameTaken') return;
    process.hasStopped = true;
    // As the server does: it says goodbye and ends.
    this.clock.schedule(0, () => {
      if (!process.host.isAlive) return;
      process.pump.feed({ kind: 'finish' });
      this.clock.schedule(5, () => {
        this.#change();
        this.network.kill(process.host);
        process.pump.close();
      });
    });
  }

  #noteDeath({ name, instance }: { readonly name: string; readonly instance: string }): void {
    const subject = [...this.processes.values()].find((process) => process.instance === instance);
    if (!subject?.host.isAlive || subject.host.isPaused) return;
    this.convictions.push(`${name} at ${this.clock.nowMs()}`);
  }

  #sample(): void {
    const live = this.live().filter((process) => !process.host.isPaused);
    for (const process of live) this.checks.tables(process);
    for (const observer of live) {
      for (const subject of live) this.checks.falseDeath(observer, subject);
    }
  }

  #change(): void {
    this.checks.restartPatience();
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
