/**
 * One seeded history of calls and faults over a whole fabric, on virtual time; what every caller was told is held against what
 * the handlers themselves wrote down.
 *
 * T1 `no` never ran, `yes` ran; a `once` call ran once at most, whatever its caller was told, or whether it is still there.
 * T2 `maybe` is said only past a deadline, or of a call during which a connection was lost; without faults of none.
 * The handlers' log is the truth: it is written when a handler is entered, by whichever process that is.
 */

import { type Random, seededRandom } from '../../src/base/random.ts';
import { HeddleError } from '../../src/errors.ts';
import type { Server } from '../../src/fabric/api.ts';
import type { FabricClient } from '../../src/fabric/client.ts';
import { defineFunction } from '../../src/fabric/define.ts';
import { FabricWorld } from '../fabric/fabric-world.ts';

export interface TruthOptions {
  readonly seed: string;
  readonly calls: number;
  readonly hasFaults: boolean;
}

export interface TruthReport {
  readonly problems: readonly string[];
  /** Calls by what they were told: `ok`, or code and executed. */
  readonly verdicts: Readonly<Record<string, number>>;
  readonly faults: Readonly<Record<string, number>>;
  readonly maybes: number;
}

interface Told {
  readonly id: number;
  readonly effect: 'once' | 'idempotent';
  readonly startMs: number;
  endMs: number;
  verdict: 'yes' | 'no' | 'maybe' | undefined;
  code: string;
}

const names = ['s1', 's2', 's3', 'gate'] as const;
const clientsMax = 3;
const callEveryMs = 12;
const faultEveryMs = 350;

export async function runTruth(options: TruthOptions): Promise<TruthReport> {
  const story = new Story(options);
  try {
    await story.run();
    return story.report();
  } finally {
    await story.close();
  }
}

class Story {
  readonly #options: TruthOptions;
  readonly #world = new FabricWorld();
  readonly #random: Random;
  readonly #told: Told[] = [];
  /** Call -> the attempts that entered a handler. */
  readonly #ran = new Map<number, string[]>();
  readonly #faults: Record<string, number> = {};
  readonly #lossesMs: number[] = [];
  readonly #servers = new Map<string, { stop(): Promise<void> }>();
  readonly #clients: FabricClient[] = [];

  constructor(options: TruthOptions) {
    this.#options = options;
    this.#random = seededRandom(`truth ${options.seed}`);
  }

  async run(): Promise<void> {
    const { calls, hasFaults } = this.#options;
    const world = this.#world;
    for (const name of names) await this.#start(name);
    for (let at = 0; at < clientsMax; at += 1) await this.#connect(at);
    const { clock } = world;
    for (let id = 0; id < calls; id += 1) clock.schedule(this.#random.next() * calls * callEveryMs, () => this.#call(id));
    const faults = hasFaults ? Math.floor((calls * callEveryMs) / faultEveryMs) : 0;
    for (let at = 0; at < faults; at += 1) clock.schedule(at * faultEveryMs + this.#random.next() * faultEveryMs, () => this.#fault());
    const isOver = (): boolean => this.#told.length === calls && this.#told.every(({ verdict }) => verdict !== undefined);
    await world.until('every call has its end', isOver, calls * callEveryMs + 60_000);
    // What comes late comes now.
    await world.advance(3_000);
  }

  report(): TruthReport {
    const verdicts: Record<string, number> = {};
    for (const { code, verdict } of this.#told) {
      const key = code === 'ok' ? 'ok' : `${code} ${verdict}`;
      verdicts[key] = (verdicts[key] ?? 0) + 1;
    }
    const maybes = this.#told.filter(({ verdict }) => verdict === 'maybe').length;
    return { problems: this.#told.flatMap((told) => this.#problemsOf(told)), verdicts, faults: this.#faults, maybes };
  }

  async close(): Promise<void> {
    const stopping = [...this.#clients.map((client) => client.close()), ...[...this.#servers.values()].map((server) => server.stop())];
    await this.#world.settle(Promise.all(stopping));
    await this.#world.close();
  }

  #problemsOf({ id, effect, verdict, code, startMs, endMs }: Told): readonly string[] {
    const ran = this.#ran.get(id) ?? [];
    const what = `call ${id} (${effect}): ${code}, executed ${verdict}, ran at [${ran.join(', ')}]`;
    const problems: string[] = [];
    if (verdict === 'no' && ran.length > 0) problems.push(`${what}: told no, and it ran`);
    if (verdict === 'yes' && ran.length === 0) problems.push(`${what}: told yes, and it never ran`);
    if (effect === 'once' && ran.length > 1) problems.push(`${what}: ran more than once`);
    const hasLoss = this.#lossesMs.some((atMs) => atMs >= startMs && atMs <= endMs);
    if (verdict === 'maybe' && code !== 'deadline_exceeded' && !hasLoss) problems.push(`${what}: told maybe, and no connection was lost`);
    return problems;
  }

  #functions(server: string) {
    const work = (name: string, effect: 'once' | 'idempotent', concurrency: number) =>
      defineFunction({
        name,
        effect,
        concurrency,
        handler: async (ctx, id: number, workMs: number): Promise<number> => {
          this.#ran.set(id, [...(this.#ran.get(id) ?? []), `${server} at ${Math.round(this.#world.clock.nowMs())}`]);
          if (workMs > 0) await ctx.sleep(workMs);
          return id;
        },
      });
    return server === 'gate' ? {} : { once: work('once', 'once', 100), idempotent: work('idempotent', 'idempotent', 2) };
  }

  async #start(name: string): Promise<void> {
    const join = name === names[0] ? [] : ['127.0.0.1:7001'];
    const port = 7001 + names.indexOf(name as (typeof names)[number]);
    const server: Server = await this.#world.start(name, this.#functions(name), { port, join });
    this.#watch(server);
  }

  #watch(server: Pick<Server, 'on'>): void {
    const lost = (): void => void this.#lossesMs.push(this.#world.clock.nowMs());
    server.on('link.closed', lost);
    server.on('session.closed', lost);
  }

  async #connect(at: number): Promise<void> {
    const first = [3, 0, 1][at] ?? 0;
    const addresses = names.map((_, turn) => `127.0.0.1:${7001 + ((first + turn) % names.length)}`);
    const client = this.#world.madeClient(...addresses);
    this.#clients.push(client);
    await this.#world.settle(client.open());
  }

  #call(id: number): void {
    const random = this.#random;
    const effect = random.next() < 0.75 ? 'once' : 'idempotent';
    const client = this.#clients[random.integer(this.#clients.length)];
    const workMs = random.next() < 0.5 ? 0 : Math.floor(random.next() * 300);
    const startMs = this.#world.clock.nowMs();
    const told: Told = { id, effect, startMs, endMs: startMs, verdict: undefined, code: 'ok' };
    this.#told.push(told);
    const settle = (verdict: Told['verdict'], code: string): void => {
      Object.assign(told, { verdict, code, endMs: this.#world.clock.nowMs() });
    };
    client?.call(effect, [id, workMs], { timeoutMs: 1_500 + Math.floor(random.next() * 4_000) }).then(
      () => settle('yes', 'ok'),
      (error: unknown) => (HeddleError.is(error) ? settle(error.executed, error.code) : settle('maybe', String(error))),
    );
  }

  #fault(): void {
    const faults = { kill: 2, reset: 4, pause: 1, cut: 1, late: 4, client: 3 } as const;
    const total = Object.values(faults).reduce((a, b) => a + b, 0);
    let drawn = this.#random.next() * total;
    for (const kind of Object.keys(faults) as (keyof typeof faults)[]) {
      drawn -= faults[kind];
      if (drawn > 0) continue;
      this.#faults[kind] = (this.#faults[kind] ?? 0) + 1;
      return this.#strike(kind);
    }
  }

  #strike(kind: 'kill' | 'reset' | 'pause' | 'cut' | 'late' | 'client'): void {
    const { network, clock } = this.#world;
    const [a, b] = this.#pair();
    const client = `client-${1 + this.#random.integer(clientsMax)}`;
    const forMs = 100 + this.#random.next() * 1_200;
    switch (kind) {
      case 'kill':
        return this.#kill(a, forMs);
      case 'reset':
        return this.#break(a);
      case 'client':
        return this.#random.next() < 0.5 ? this.#late(client, a) : this.#break(client);
      case 'pause':
        network.weather.pause(a);
        clock.schedule(forMs, () => network.weather.resume(a));
        return;
      case 'cut':
        network.weather.cut(a, b);
        clock.schedule(2 * forMs, () => network.weather.heal(a, b));
        return;
      case 'late':
        return this.#late(a, b);
    }
  }

  /** What is sent from now on is slow; then its connections are lost, and new ones overtake it. */
  #late(a: string, b: string): void {
    const { network, clock } = this.#world;
    network.weather.setDelay(a, b, 600);
    clock.schedule(60, () => {
      network.weather.setDelay(a, b, 1);
      this.#break(a);
      this.#break(b);
    });
  }

  #break(name: string): void {
    this.#lossesMs.push(this.#world.clock.nowMs());
    this.#world.breakLinks(name);
  }

  /** Kills a server and starts it anew, in the same place, a while later. Never the last one. */
  #kill(name: string, forMs: number): void {
    const up = names.filter((other) => this.#world.processes.get(other)?.isAlive);
    if (!up.includes(name as (typeof names)[number]) || up.length < 3) return;
    this.#world.kill(name);
    this.#lossesMs.push(this.#world.clock.nowMs());
    this.#servers.delete(name);
    this.#world.clock.schedule(forMs, () => {
      const join = names.filter((other) => other !== name).map((other) => `127.0.0.1:${7001 + names.indexOf(other)}`);
      const port = 7001 + names.indexOf(name as (typeof names)[number]);
      const server = this.#world.made(name, this.#functions(name), { port, join });
      this.#servers.set(name, server);
      this.#watch(server);
      server.start().catch(() => undefined);
    });
  }

  #pair(): readonly [string, string] {
    const first = this.#random.integer(names.length);
    const second = (first + 1 + this.#random.integer(names.length - 1)) % names.length;
    return [names[first] ?? 's1', names[second] ?? 's2'];
  }
}
