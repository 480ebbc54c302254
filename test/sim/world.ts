/**
 * Members in virtual time: the production machine and the production pump over a simulated network, with the
 * invariants M1-M10 (test/README.md) checked as they run.
 */

import { createHash } from 'node:crypto';

import { assert, present } from '../../src/base/assert.ts';
import { type Random, seededRandom } from '../../src/base/random.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { Arena } from '../../src/core/gossip/arena.ts';
import type { MeshEffect, MeshNews } from '../../src/core/gossip/io.ts';
import type { MeshNote } from '../../src/core/gossip/note.ts';
import type { MeshSettings } from '../../src/core/gossip/settings.ts';
import type { MeshRules } from '../../src/core/gossip/state.ts';
import { Checks } from './checks.ts';
import { hashText } from './hashes.ts';
import { Host, Network } from './network.ts';
import { viewProblem } from './one-view.ts';
import { endpointOf, makeProcess, type Process, type StartOptions } from './process.ts';
import { Traffic } from './traffic.ts';

export interface WorldOptions {
  readonly seed: string;
  readonly rules?: Partial<MeshRules> | undefined;
  readonly settings?: Partial<MeshSettings> | undefined;
  /** Keep a digest of everything that is done; costs as much as the rest. */
  readonly isTraced?: boolean | undefined;
  /** Count bytes (and check M8). */
  readonly isMetered?: boolean | undefined;
  /** The invariants are checked as it runs; default true. */
  readonly isChecked?: boolean | undefined;
  /** Frames of a broken link come again over the next one. */
  readonly hasDuplicates?: boolean | undefined;
}

const sampleMs = 250;
/** News kept of one member: what tests ask for is young. In a large world, only the last words. */
const newsMax = 256;
const newsMaxOfMany = 8;
/** Messages of one member within a second; a join storm takes a few hundred. */
const messagesMax = 600;
/** From this size on `until` looks less often, because a look costs more. */
const largeMembers = 100;

export class World {
  readonly clock = new VirtualClock();
  readonly network: Network;
  readonly arena = new Arena(hashText);
  /** Undefined: bytes are not counted. */
  traffic: Traffic | undefined;
  /** By address; the one that runs there last. */
  readonly processes = new Map<string, Process>();
  readonly checks: Checks;
  /** Members that were buried while their process ran and was not paused. */
  readonly convictions: string[] = [];
  /** Own evidence that somebody noted against somebody. */
  readonly accusations: { readonly by: string; readonly of: string; readonly atMs: number }[] = [];
  /** Records of kinds that this build does not know, put about by a test. */
  unknownRecords = 0;
  /** Called with all that a machine tells the rooms above. */
  onNews: (process: Process, news: MeshNews) => void = () => {};
  readonly #options: WorldOptions;
  readonly #random: Random;
  readonly #trace = createHash('sha256');
  readonly #instances = new Map<string, Process>();
  readonly #names = new Set<string>();
  readonly #epochs = new Map<string, number>();
  readonly #counts = new Map<string, number>();
  #nextSampleMs = sampleMs;
  #starts = 0;
  #second = 0;
  #sentInSecond = 0;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
    this.network = new Network({ clock: this.clock, random: this.#random.fork('network'), hasDuplicates: options.hasDuplicates });
    this.checks = new Checks(this);
    this.traffic = options.isMetered === true ? new Traffic(this.checks.budgets) : undefined;
    this.network.weather.onChange(() => this.#change());
  }

  start(options: StartOptions): Process {
    const process = this.made(options);
    process.pump.feed({ kind: 'start', join: options.join });
    return process;
  }

  /** A process that listens and has not been told to start. */
  made(options: StartOptions): Process {
    assert(!this.processes.get(options.address)?.host.isAlive, `somebody listens at ${options.address}`);
    const host = new Host(options.address, this.clock);
    const { rules, settings } = this.#options;
    const process = makeProcess(options, {
      host,
      random: this.#random.fork(`process ${this.#starts++}`),
      arena: this.arena,
      epoch: this.#epochs.get(options.address) ?? 0,
      settings,
      rules,
      execute: (by, effect) => this.#execute(by, effect),
    });
    host.endpoint = endpointOf(process);
    this.processes.set(options.address, process);
    this.#instances.set(process.instance, process);
    this.#names.add(options.name);
    if (this.#options.isChecked !== false) this.checks.watch(process);
    this.network.bind(host);
    this.#change();
    return process;
  }

  kill(address: string): void {
    this.#change();
    const process = this.at(address);
    this.network.kill(process.host);
    process.pump.close();
  }

  pause(address: string): void {
    this.checks.restartPatience({ isPause: true });
    const process = this.at(address);
    process.pausedAtMs = this.clock.nowMs();
    process.host.clock.pause();
  }

  resume(address: string): void {
    this.checks.restartPatience({ isPause: true });
    const process = this.at(address);
    process.steadySinceMs = this.clock.nowMs();
    process.host.clock.resume();
  }

  cut(from: string, to: string): void {
    this.network.weather.cut(from, to);
  }

  /** Connections between two are forgotten on the way. */
  reset(a: string, b: string): void {
    this.#change();
    this.network.reset(a, b);
  }

  /** These addresses against all others. */
  split(side: readonly string[]): void {
    this.network.weather.split(side);
  }

  heal(): void {
    this.network.weather.healAll();
  }

  leave(address: string): void {
    this.#change();
    this.at(address).pump.feed({ kind: 'leave' });
  }

  at(address: string): Process {
    return present(this.processes.get(address), `nobody was ever at ${address}`);
  }

  findInstance(instance: string): Process | undefined {
    return this.#instances.get(instance);
  }

  /** How many names were ever started. */
  get namesEver(): number {
    return this.#names.size;
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
      if (this.#options.isChecked !== false) this.checks.sample(this.live().filter((process) => !process.host.isPaused));
    }
  }

  /** Waits for `isSo`, at most `ms`; gives how long it took, or undefined. */
  until(isSo: () => boolean, ms: number): number | undefined {
    const startMs = this.clock.nowMs();
    while (!isSo()) {
      if (this.clock.nowMs() - startMs >= ms) return undefined;
      this.advance(this.processes.size > largeMembers ? sampleMs : 50);
    }
    return this.clock.nowMs() - startMs;
  }

  /** Everybody who runs sees exactly those who run, alive, and all have one root. */
  isOneView(): boolean {
    return this.viewProblem() === undefined;
  }

  viewProblem(): string | undefined {
    return viewProblem(this.live());
  }

  /** A digest of every effect that was executed, with its time; of none where the world is not traced. */
  trace(): string {
    return this.#trace.copy().digest('hex');
  }

  #execute(process: Process, effect: MeshEffect): void {
    const { host } = process;
    if (this.#options.isTraced) this.#trace.update(`${this.clock.nowMs()} ${host.address} ${JSON.stringify(effect)}\n`);
    switch (effect.kind) {
      case 'send':
        if (this.#options.isChecked !== false) this.checks.send(process, effect.link);
        this.traffic?.sent(host.address, effect.message, this.checks.budgets.sendingOf(process, effect));
        this.#boundStorm();
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
        return this.#noted(process, effect.note);
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

  /** A flood that feeds itself would never let time go on (M8). */
  #boundStorm(): void {
    const second = Math.floor(this.clock.nowMs() / 1_000);
    if (second !== this.#second) this.#sentInSecond = 0;
    this.#second = second;
    this.#sentInSecond += 1;
    if (this.#sentInSecond > messagesMax * (this.processes.size + 10))
      throw new Error(`M8 ${this.#sentInSecond} messages of ${this.processes.size} members within a second (at ${this.clock.nowMs()})`);
  }

  #count(what: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
  }

  #noted(process: Process, note: MeshNote): void {
    this.#count(`note ${note.kind}`);
    if (note.kind === 'member.suspected' && note.isOwnEvidence) this.#accused(process, note);
    if (note.kind !== 'member.died') return;
    const subject = this.#instances.get(note.instance);
    if (!subject?.host.isAlive || subject.host.isPaused) return;
    this.convictions.push(`${note.name} at ${this.clock.nowMs()}`);
    if (this.#options.isChecked !== false) this.checks.burial(subject);
  }

  #accused(process: Process, { name, instance }: { readonly name: string; readonly instance: string }): void {
    this.accusations.push({ by: process.options.name, of: name, atMs: this.clock.nowMs() });
    const subject = this.#instances.get(instance);
    if (subject) this.checks.accusation(process, subject);
  }

  #told(process: Process, news: MeshNews): void {
    process.news.push(news);
    if (process.news.length > (this.processes.size > largeMembers ? newsMaxOfMany : newsMax)) process.news.shift();
    this.onNews(process, news);
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

  #change(): void {
    this.checks.restartPatience();
  }
}
