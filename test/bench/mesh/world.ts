/**
 * One mesh of processes on this machine, with what its members say written down as it comes.
 *
 * All share a host but the last two, which get addresses of their own where network namespaces can be made: their
 * link is the one that is cut.
 */

import { randomUUID } from 'node:crypto';
import { Namespaces } from '../../e2e/namespaces.ts';
import { CrewMember, type MeshName, nowMs, type Said } from './crew.ts';
import type { Report } from './main-member.ts';
import type { Opinion } from './member.ts';

/** Members that start at once. */
const startingMax = 4;
const seedsMax = 3;
const pollMs = 5;
/** How long members may take to know one another. */
const wholeMs = 120_000;

export interface WorldOptions {
  readonly whose: MeshName;
  readonly members: number;
  readonly hasNamespaces: boolean;
  readonly onProgress: (text: string) => void;
}

export class World {
  readonly #options: WorldOptions;
  readonly #network: Namespaces | undefined;
  readonly #cluster = `bench-${randomUUID()}`;
  readonly members = new Map<string, CrewMember>();
  readonly said: Said = { opinions: [], known: new Map() };

  constructor(options: WorldOptions) {
    this.#options = options;
    this.#network = options.hasNamespaces ? new Namespaces('bench', ['x', 'y']) : undefined;
  }

  /** Names of the two whose link can be cut; undefined without namespaces. */
  get pair(): readonly [string, string] | undefined {
    return this.#network ? ['mx', 'my'] : undefined;
  }

  /** Loses every packet between the two, and ends the connections that they have. */
  cutPair(): void {
    this.#network?.reset('x', 'y');
    this.#network?.cut('x', 'y');
  }

  healPair(): void {
    this.#network?.heal('x', 'y');
  }

  /** Starts every member; resolves once each knows all, with the milliseconds from the last start until then. */
  async start(): Promise<number> {
    const names = Array.from({ length: this.#options.members }, (_, at) => `m${at}`);
    if (this.pair) names.splice(-2, 2, ...this.pair);
    const seeds = await this.#startSeeds(names.splice(0, seedsMax));
    const lanes = Array.from({ length: startingMax }, async () => {
      for (let name = names.shift(); name !== undefined; name = names.shift()) {
        await this.#startOne(name, seeds);
        this.#options.onProgress(`${this.#options.whose}: ${this.members.size} of ${this.#options.members} started`);
      }
    });
    await Promise.all(lanes);
    const startMs = nowMs();
    await this.untilWhole();
    return nowMs() - startMs;
  }

  /** Resolves when every living member lists every other one and its function, and doubts none. */
  async untilWhole(): Promise<void> {
    let seen = '';
    for (const untilMs = nowMs() + wholeMs; nowMs() < untilMs; await pause(200)) {
      const living = this.living();
      const counts = await Promise.all(living.map((member) => member.count()));
      const areAllThere = counts.every(({ alive, working }) => alive === living.length && working === living.length);
      if (areAllThere && !this.#hasDoubts(living)) return;
      seen = counts.map(({ alive, working }, at) => `${living[at]?.name} ${alive}/${working}`).join(', ');
    }
    throw new Error(`of ${this.living().length} members not all know one another after ${wholeMs} ms (alive/offering: ${seen})`);
  }

  living(): CrewMember[] {
    return [...this.members.values()].filter((member) => !member.hasEnded);
  }

  member(name: string): CrewMember {
    const member = this.members.get(name);
    if (!member) throw new Error(`there is no member ${name}`);
    return member;
  }

  /** Milliseconds from `startMs` until `count` gives as many as are wanted; undefined when that takes over `capMs`. */
  async until(startMs: number, capMs: number, isOver: () => number | undefined): Promise<number | undefined> {
    for (const untilMs = startMs + capMs; nowMs() < untilMs; await pause(pollMs)) {
      const atMs = isOver();
      if (atMs !== undefined) return atMs - startMs;
    }
    return undefined;
  }

  /** Some living member holds another living one for anything but alive. */
  #hasDoubts(living: readonly CrewMember[]): boolean {
    const names = new Set(living.map(({ name }) => name));
    const last = new Map<string, Opinion>();
    for (const { by, about, opinion } of this.said.opinions) if (names.has(by) && names.has(about)) last.set(`${by} ${about}`, opinion);
    return [...last.values()].some((opinion) => opinion !== 'alive');
  }

  async close(): Promise<void> {
    await Promise.all([...this.members.values()].map((member) => member.end()));
    this.#network?.close();
  }

  async #startSeeds(names: readonly string[]): Promise<string[]> {
    const seeds: string[] = [];
    for (const name of names) {
      await this.#startOne(name, seeds);
      seeds.push(this.member(name).address);
    }
    return seeds;
  }

  async #startOne(name: string, seeds: readonly string[]): Promise<void> {
    const [x, y] = this.pair ?? [];
    const space = name === x ? 'x' : name === y ? 'y' : 'hub';
    const host = this.#network?.addressOf(space) ?? '127.0.0.1';
    const member = new CrewMember(
      this.#options.whose,
      { name, host, cluster: this.#cluster, seeds: [...seeds] },
      { before: this.#network?.on(space) ?? [], onReport: (report) => this.#write(name, report) },
    );
    this.members.set(name, member);
    const { address } = await member.next('joined');
    member.address = address;
  }

  #write(by: string, report: Report): void {
    if (report.kind === 'opinion') {
      this.said.opinions.push({ by, about: report.server, opinion: report.opinion, atMs: Number(report.nanos) / 1e6 });
    } else if (report.kind === 'known') {
      const times = this.said.known.get(report.fn) ?? new Map<string, number>();
      this.said.known.set(report.fn, times.set(by, Number(report.nanos) / 1e6));
    }
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
