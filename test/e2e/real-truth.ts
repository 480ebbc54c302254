/**
 * A call never lies, with real processes: two entries, two owners and three clients, each a process of its own, killed, stopped
 * and started again by a seed; what the clients were told is held against the log that the handlers write on disk.
 *
 * T1 `no` never ran, `yes` ran, `once` ran once at most, also of a client that was killed before it was told.
 * T2 `maybe` is said of lost connections and deadlines only.
 */

import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from 'heddle';
import { type Random, seededRandom } from '../../src/base/random.ts';
import { within } from '../within.ts';
import { builtModule } from './built-module.ts';
import { functionsModule, type ServerProcess, type Spawned, type Stage } from './processes.ts';

const clientModule = builtModule('truth-client.ts');
const entries = ['e1', 'e2'];
const owners = ['o1', 'o2'];
const names = [...entries, ...owners];
const clients = ['entry', 'entry', 'direct'] as const;
/** Between two strikes, in milliseconds: the calls go on. */
const restMs = 700;

export interface RealTruth {
  readonly problems: readonly string[];
  /** Calls by what they were told. */
  readonly told: Readonly<Record<string, number>>;
  readonly struck: readonly string[];
}

export class RealTruthRun {
  readonly #stage: Stage;
  readonly #random: Random;
  readonly #servers = new Map<string, ServerProcess>();
  readonly #clients: Spawned[] = [];
  readonly #ended: Spawned[] = [];
  readonly #struck: string[] = [];
  #log = '';

  constructor(stage: Stage, seed: string) {
    this.#stage = stage;
    this.#random = seededRandom(`real truth ${seed}`);
  }

  async run(strikes: number): Promise<RealTruth> {
    this.#log = await this.#stage.file('truth.log', '');
    for (const name of names) await this.#serve(name);
    await this.#allThere();
    for (let at = 0; at < clients.length; at += 1) await this.#connect(at);
    for (let strike = 0; strike < strikes; strike += 1) await this.#strike(strike);
    // Whoever waits is told within the time of its call.
    await pause(restMs);
    await Promise.all(this.#clients.map((client) => client.kill('SIGKILL')));
    return this.#report();
  }

  async #strike(turn: number): Promise<void> {
    // Every kind comes; where, is drawn.
    const kind = (['owner', 'entry', 'client', 'stop'] as const)[turn % 4] ?? 'stop';
    const name = this.#oneOf(kind === 'entry' ? entries : kind === 'owner' ? owners : names);
    this.#struck.push(kind === 'client' ? kind : `${kind} ${name}`);
    await pause(restMs * (0.5 + this.#random.next()));
    if (kind === 'stop') await this.#stop(name);
    else if (kind === 'client') await this.#killClient();
    else await this.#kill(name);
    await this.#allThere();
  }

  async #kill(name: string): Promise<void> {
    await this.#servers.get(name)?.process.kill('SIGKILL');
    await pause(this.#random.next() * restMs);
    await this.#serve(name);
  }

  async #stop(name: string): Promise<void> {
    const server = this.#servers.get(name);
    server?.process.signal('SIGSTOP');
    await pause(200 + this.#random.next() * 2_500);
    server?.process.signal('SIGCONT');
  }

  async #killClient(): Promise<void> {
    const at = this.#random.integer(clients.length);
    const client = this.#clients[at];
    if (client) this.#ended.push(client);
    await client?.kill('SIGKILL');
    await this.#connect(at);
  }

  async #serve(name: string): Promise<void> {
    const before = this.#servers.get(name);
    const port = before === undefined ? [] : ['--port', before.url.split(':').at(-1) ?? ''];
    const others = [...this.#servers.values()].filter((server) => server !== before).map(({ url }) => url);
    const join = others.length === 0 ? [] : ['--join', ...others];
    const modules = owners.includes(name) ? [functionsModule] : [];
    this.#servers.set(name, await this.#stage.serve(name, ...modules, ...join, ...port));
  }

  async #connect(at: number): Promise<void> {
    const urls = [...this.#servers.values()].map(({ url }) => url);
    const first = urls[at % entries.length] ?? '';
    const name = `c${at}x${this.#ended.length}`;
    const others = urls.filter((url) => url !== first);
    const client = this.#stage.run(clientModule, name, clients[at] ?? 'entry', this.#log, first, ...others);
    this.#clients[at] = client;
    await client.line(/^ready/);
  }

  /** Resolves when every server knows both owners' functions. */
  async #allThere(): Promise<void> {
    for (const { name, url } of this.#servers.values()) {
      await within(`${name} knows all owners`, 15_000, async () => {
        const client = await connect(url);
        const offers = (await client.catalog()).filter((offer) => offer.function === 'keepOnce');
        await client.close();
        return offers.length === owners.length;
      });
    }
  }

  async #report(): Promise<RealTruth> {
    const runs = new Map<string, number>();
    for (const id of (await readFile(this.#log, 'utf8')).trim().split('\n')) runs.set(id, (runs.get(id) ?? 0) + 1);
    const problems = [...runs]
      .filter(([id, count]) => id.startsWith('keepOnce-') && count > 1)
      .map(([id, count]) => `${id} ran ${count} times`);
    const told: Record<string, number> = {};
    for (const line of [...this.#ended, ...this.#clients].flatMap(({ lines }) => lines)) {
      const [id = '', executed = '', code = ''] = line.split(' ');
      if (!id.startsWith('keep')) continue;
      told[`${executed} ${code}`] = (told[`${executed} ${code}`] ?? 0) + 1;
      const hasRun = runs.has(id);
      if (executed === 'no' && hasRun) problems.push(`${line}: it ran`);
      if (executed === 'yes' && !hasRun) problems.push(`${line}: it never ran`);
      if (executed === 'maybe' && !['connection_lost', 'deadline_exceeded'].includes(code)) problems.push(`${line}: of no lost connection`);
    }
    return { problems, told, struck: this.#struck };
  }

  #oneOf(some: readonly string[]): string {
    return some[this.#random.integer(some.length)] ?? 'e1';
  }
}
