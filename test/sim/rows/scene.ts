/**
 * Where a row of the fault page is played: a fabric of random size that has formed, and what must hold when the fault is over.
 *
 * R1 everything follows from the seed: members, weather, small troubles beside the fault, the fault itself.
 * R2 whatever the row says for itself, the invariants of the mesh hold (checks.ts), one view is there within 30 s of the last
 *    repair (M6) and stays for 5 s of quiet (M4).
 */

import { type Random, seededRandom } from '../../../src/base/random.ts';
import type { MeshRules } from '../../../src/core/gossip/state.ts';
import type { MemberStatus } from '../../../src/core/gossip/view.ts';
import { healMaxMs } from '../patterns.ts';
import type { Process, StartOptions } from '../process.ts';
import { World } from '../world.ts';

const quietMs = 5_000;
const seedsMax = 3;
const problemsMax = 10;
/** Sizes are drawn with a weight on the small ones: a member costs time, and most of what can go wrong needs few. */
const sizePower = 2.5;

export interface SceneOptions {
  readonly seed: string;
  readonly sizeMin: number;
  readonly sizeMax: number;
  /** They are not there yet; the row starts them. */
  readonly isEmpty?: boolean | undefined;
  /** Rules that are switched off, to see the row fail. */
  readonly rules?: Partial<MeshRules> | undefined;
}

/** What is counted over all seeds of a row. */
export interface Tally {
  memberHours: number;
  falseDeads: number;
}

export class Scene {
  readonly seed: string;
  readonly world: World;
  readonly random: Random;
  /** All members of the beginning. */
  readonly names: readonly string[];
  readonly problems: string[] = [];
  readonly tally: Tally = { memberHours: 0, falseDeads: 0 };

  constructor({ seed, sizeMin, sizeMax, isEmpty, rules }: SceneOptions) {
    this.seed = seed;
    this.random = seededRandom(`row ${seed}`);
    const size = sizeMin + Math.floor((sizeMax - sizeMin + 1) * this.random.next() ** sizePower);
    this.names = Array.from({ length: size }, (_, at) => `m${at}`);
    this.world = new World({ seed, isMetered: true, hasDuplicates: this.random.next() < 0.5, rules });
    if (isEmpty !== true) this.#form();
  }

  addressOf(name: string): string {
    return `${name}:1`;
  }

  process(name: string): Process {
    return this.world.at(this.addressOf(name));
  }

  one(among: readonly string[] = this.names): string {
    return among[this.random.integer(among.length)] ?? '';
  }

  /** So many different ones. */
  some(count: number, among: readonly string[] = this.names): readonly string[] {
    const left = [...among];
    return Array.from({ length: Math.min(count, left.length) }, () => left.splice(this.random.integer(left.length), 1)[0] ?? '');
  }

  others(...names: readonly string[]): readonly string[] {
    return this.names.filter((name) => !names.includes(name));
  }

  between(lowMs: number, highMs: number): number {
    return Math.round(lowMs + (highMs - lowMs) * this.random.next());
  }

  start(name: string, options: Partial<StartOptions> = {}): Process {
    const address = this.addressOf(name);
    const join = this.names.slice(0, seedsMax).map((seed) => this.addressOf(seed));
    return this.world.start({ name, address, join: join.filter((seed) => seed !== address), ...options });
  }

  /** What `by` thinks of `name`; undefined: it lists none such. */
  statusOf(name: string, by: string): MemberStatus | undefined {
    return this.process(by)
      .gossip.views()
      .find((view) => view.name === name)?.status;
  }

  areAlive(names: readonly string[], by: readonly string[]): boolean {
    return by.every((observer) => {
      const alive = new Set(
        this.process(observer)
          .gossip.views()
          .flatMap((view) => (view.status === 'alive' ? [view.name] : [])),
      );
      return names.every((name) => alive.has(name));
    });
  }

  /** None of them is alive in the eyes of any of those. */
  areAvoided(names: readonly string[], by: readonly string[]): boolean {
    return by.every((observer) => {
      const views = this.process(observer).gossip.views();
      return !views.some((view) => view.status === 'alive' && names.includes(view.name));
    });
  }

  /** Nobody of those lists any of them any more. */
  areGone(names: readonly string[], by: readonly string[]): boolean {
    return by.every(
      (observer) =>
        !this.process(observer)
          .gossip.views()
          .some((view) => names.includes(view.name)),
    );
  }

  /** Waits for it, at most `ms`; otherwise that is a problem. */
  within(what: string, ms: number, isSo: () => boolean): void {
    if (this.world.until(isSo, ms) !== undefined) return;
    const lateMs = this.world.until(isSo, ms);
    this.wrong(`${what}: not within ${ms} ms${lateMs === undefined ? ', nor twice that' : `, but ${Math.round(lateMs)} ms later`}`);
  }

  oneViewWithin(what: string, ms: number): void {
    if (this.world.until(() => this.world.isOneView(), ms) === undefined)
      this.wrong(`${what}: no one view within ${ms} ms: ${this.world.viewProblem()}`);
  }

  /** Must be so. */
  expect(isSo: boolean, what: string): void {
    if (!isSo) this.wrong(what);
  }

  wrong(what: string): void {
    if (this.problems.length < problemsMax)
      this.problems.push(`${what} (at ${Math.round(this.world.clock.nowMs())} of ${this.names.length})`);
  }

  nobodyBuried(): void {
    if (this.world.convictions.length > 0) this.wrong(`buried while it ran: ${this.world.convictions[0]}`);
  }

  /** A new offer of one member; gives the hash of its body. */
  publish(name: string, text: string): string {
    const body = new TextEncoder().encode(text.padEnd(200, '.'));
    const bodyHash = Buffer.from(text).toString('hex').padStart(64, '0').slice(-64);
    this.process(name).pump.feed({ kind: 'publish', catalog: { bodyHash, body } });
    return bodyHash;
  }

  /** Small things that happen all the time and must not matter: new offers, and connections that a router forgets. */
  trouble(untilMs: number, among: readonly string[] = this.names): void {
    for (let atMs = this.between(0, 4_000); atMs < untilMs; atMs += this.between(500, 8_000)) {
      const [a, b] = [this.one(among), this.one(among)];
      const isReset = this.random.next() < 0.5;
      this.world.clock.schedule(atMs, () => {
        if (a !== b && isReset) this.world.reset(this.addressOf(a), this.addressOf(b));
        if (!isReset && this.process(a).host.isAlive && !this.process(a).host.isPaused) this.publish(a, `${a} at ${atMs}`);
      });
    }
  }

  /** The fault is over: everybody must come to one view. */
  close(): void {
    const { world } = this;
    world.heal();
    world.network.weather.setAll({ loss: 0 });
    this.oneViewWithin('M6', healMaxMs);
    world.advance(quietMs);
    const late = world.viewProblem();
    if (late !== undefined && this.problems.length === 0) this.wrong(`M4 after ${quietMs} ms of quiet: ${late}`);
    for (const violation of world.checks.violations) this.wrong(violation);
  }

  #form(): void {
    for (const name of this.names) this.world.clock.schedule(this.random.next() * 1_000, () => this.start(name));
    this.world.advance(1_000);
    this.oneViewWithin('no fabric to begin with', healMaxMs);
    this.world.advance(this.between(1_000, 4_000));
  }
}
