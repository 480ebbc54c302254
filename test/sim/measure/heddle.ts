/**
 * The production mesh as a contender: every member is the real machine behind the real pump.
 */

import type { MeshNews } from '../../../src/core/gossip/io.ts';
import { hashBytes } from '../hashes.ts';
import type { Process } from '../process.ts';
import { startSettled } from '../settled.ts';
import { Traffic } from '../traffic.ts';
import { World } from '../world.ts';
import type { Contender, ContenderOptions, Watcher } from './contender.ts';

const seeds = 3;
const formMaxMs = 600_000;
const joinMax = 3_000;
/** Everybody has its links by then. */
const linkingMs = 3_000;

interface Watched {
  readonly name: string;
  readonly bodyHash: string | undefined;
  readonly watcher: Watcher;
}

export class Heddle implements Contender {
  readonly size: number;
  readonly world: World;
  readonly #index = new Map<string, number>();
  readonly #names: readonly string[];
  readonly #silenced = new Set<string>();
  #watched: Watched | undefined;
  #offers = 0;
  #convictionsBefore = 0;

  constructor({ size, seed, loss }: ContenderOptions) {
    this.size = size;
    this.world = new World({ seed, isChecked: false });
    if (loss !== undefined) this.world.network.weather.setAll({ loss });
    this.#names = Array.from({ length: size }, (_, at) => `m${`${at}`.padStart(5, '0')}`);
    for (const [at, name] of this.#names.entries()) this.#index.set(name, at);
    this.world.onNews = (process, news) => this.#onNews(process, news);
  }

  nowMs(): number {
    return this.world.clock.nowMs();
  }

  /** Above `joinMax` members the fabric is one that has formed long ago; whether its links come up is what is waited for. */
  form(): number | undefined {
    if (this.size > joinMax) {
      startSettled(this.world, this.#names);
      this.advance(linkingMs);
    } else for (const at of this.#names.keys()) this.#start(at);
    return this.untilOneView(formMaxMs);
  }

  advance(ms: number): void {
    this.world.advance(ms);
  }

  untilOneView(ms: number): number | undefined {
    return this.world.until(() => this.world.isOneView(), ms);
  }

  announce(member: number, watcher: Watcher): void {
    this.#offers += 1;
    const body = new TextEncoder().encode(`offer ${this.#offers}`.padEnd(400, '.'));
    const bodyHash = hashBytes(body);
    this.#watched = { name: this.#name(member), bodyHash, watcher };
    this.#process(member).pump.feed({ kind: 'publish', catalog: { bodyHash, body } });
  }

  silence(member: number, watcher: Watcher): void {
    this.#watched = { name: this.#name(member), bodyHash: undefined, watcher };
    this.#silenced.add(this.#name(member));
    this.world.network.weather.isolate(this.#address(member));
  }

  split(members: number | undefined): void {
    if (members === undefined) this.world.heal();
    else this.world.split(this.#names.slice(0, members).map((_, at) => this.#address(at)));
  }

  restart(member: number, downMs: number): void {
    this.world.kill(this.#address(member));
    this.world.clock.schedule(downMs, () => this.#start(member));
  }

  falseDeads(): number {
    const buried = this.world.convictions.slice(this.#convictionsBefore).map((text) => text.split(' ')[0] ?? '');
    return new Set(buried.filter((name) => !this.#silenced.has(name))).size;
  }

  bytes(): readonly number[] {
    return this.#names.map((_, at) => this.world.traffic?.bytesOf(this.#address(at)) ?? 0);
  }

  clear(): void {
    this.world.traffic = new Traffic();
    this.#convictionsBefore = this.world.convictions.length;
  }

  notes(): string {
    const kinds = [...(this.world.traffic?.byKind ?? [])].sort((a, b) => b[1].bytes - a[1].bytes);
    const shares = kinds.map(([kind, { messages, bytes }]) => `${kind} ${messages} of ${Math.round(bytes / 1_000)} KB`).join(', ');
    return `${((2 * this.world.network.links) / this.size).toFixed(1)} links a member; sent ${shares}`;
  }

  #start(member: number): void {
    const join = Array.from({ length: Math.min(seeds, this.size) }, (_, at) => this.#address(at)).filter((_, at) => at !== member);
    this.world.start({ name: this.#name(member), address: this.#address(member), join });
  }

  #onNews(process: Process, news: MeshNews): void {
    const watched = this.#watched;
    const at = this.#index.get(process.options.name);
    if (!watched || at === undefined || process.options.name === watched.name) return;
    const { name, bodyHash, watcher } = watched;
    if (news.kind === 'body' && news.hash === bodyHash) watcher.known?.(at);
    if (news.kind === 'gone' && news.view.name === name) {
      watcher.avoided?.(at);
      watcher.dead?.(at);
    }
    if (news.kind !== 'changed' || news.view.name !== name) return;
    if (news.view.status !== 'alive') watcher.avoided?.(at);
    const hasBody = bodyHash !== undefined && news.view.bodyHash === bodyHash && process.gossip.findBody(bodyHash) !== undefined;
    if (hasBody) watcher.known?.(at);
  }

  #process(member: number): Process {
    return this.world.at(this.#address(member));
  }

  #name(member: number): string {
    return this.#names[member] ?? '';
  }

  #address(member: number): string {
    return `${this.#name(member)}:1`;
  }
}
