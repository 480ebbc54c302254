/**
 * What a member may send (M8): three times its share in any ten seconds, a megabyte in a minute in which much is lost or comes
 * back, and of every newcomer what telling a bounded number of others takes.
 *
 * The mesh page leaves joining out of the first two: how many come is not for the fabric to decide. What each of them may cost
 * a member is: its record to every link of that member's own, and to so many other newcomers as are no crowd (crowd.ts); and the
 * few beats until both know that their link is none of the rings.
 */

import type { MeshMessage } from '../../src/core/gossip/message.ts';
import type { OwnerRecord } from '../../src/core/gossip/record.ts';
import type { Process } from './process.ts';
import type { Sending, TrafficOptions } from './traffic.ts';
import type { World } from './world.ts';

/** Three times 5 KB/s over ten seconds; 10 KB/s from this size on. */
const calmBytesMax = 150_000;
const largeMembers = 5_000;
const stormBytesMax = 1_000_000;
/** How long a storm lasts beyond its last repair. */
const stormMs = 60_000;
/** A record of 125 bytes to eight links and sixteen newcomers. */
const bytesPerNewcomer = 3_000;
const newcomersMin = 10;
/** For so long somebody has just come; and so long may others speak of it within ten seconds. */
const newcomerMs = 10_000;
const joiningMs = 2 * newcomerMs;
/** Much is lost when more is than freezes convictions (mass-guard.ts), in the eyes of some member. */
const lostMin = 3;
const lostPart = 0.2;
const witnesses = 5;

export class Budgets implements TrafficOptions {
  readonly #world: World;
  /** When members started, of the last ones. */
  readonly #startsMs: number[] = [];
  #newcomersMost = newcomersMin;
  #stormUntilMs = Number.NEGATIVE_INFINITY;

  constructor(world: World) {
    this.#world = world;
    world.network.weather.onChange(() => this.#onWeather());
  }

  readonly isOfNewcomer = (record: OwnerRecord): boolean => this.#isNew(record.instance);

  readonly isStormy = (): boolean => this.#nowMs() <= this.#stormUntilMs;

  sendingOf({ gossip }: Process, { link, message }: { readonly link: number; readonly message: MeshMessage }): Sending {
    const peer = message.kind === 'beat' ? gossip.inspection.links.find(link) : undefined;
    return { nowMs: this.#nowMs(), isToNewcomer: peer !== undefined && this.#isNew(peer.instance) };
  }

  started(): void {
    const starts = this.#startsMs;
    starts.push(this.#nowMs());
    while ((starts[0] ?? 0) < this.#nowMs() - joiningMs) starts.shift();
    this.#newcomersMost = Math.max(this.#newcomersMost, starts.length);
  }

  /** What a member has sent too much of, in words. */
  problemOf({ options: { name }, host }: Process, size: number): string | undefined {
    const most = this.#world.traffic?.mostOf(host.address);
    if (!most) return undefined;
    const limits = {
      calm: size >= largeMembers ? 2 * calmBytesMax : calmBytesMax,
      storm: stormBytesMax,
      joins: this.#newcomersMost * bytesPerNewcomer,
    };
    const sent = (bytes: number): string => `M8 ${name} sent ${Math.round(bytes)} bytes`;
    if (most.calm > limits.calm) return `${sent(most.calm)} within ten seconds, at most ${limits.calm}`;
    if (most.storm > limits.storm) return `${sent(most.storm)} in a minute of storm, at most ${limits.storm}`;
    if (most.joins > limits.joins) return `${sent(most.joins)} about ${this.#newcomersMost} newcomers, at most ${limits.joins}`;
    return undefined;
  }

  #isNew(instance: string): boolean {
    const lastMs = this.#startsMs.at(-1);
    if (lastMs !== undefined && this.#nowMs() - lastMs > newcomerMs) return false;
    const owner = this.#world.findInstance(instance);
    return owner !== undefined && this.#nowMs() - owner.startedAtMs <= newcomerMs;
  }

  #onWeather(): void {
    if (!this.#world.traffic) return;
    const live = this.#world.live().map(({ host }) => host.address);
    const limit = Math.max(lostMin, lostPart * live.length);
    if (lostOf(live, (a, b) => this.#world.network.weather.isWhole(a, b)) > limit) this.#stormUntilMs = Number.POSITIVE_INFINITY;
    else if (this.#stormUntilMs === Number.POSITIVE_INFINITY) this.#stormUntilMs = this.#nowMs() + stormMs;
  }

  #nowMs(): number {
    return this.#world.clock.nowMs();
  }
}

/** The most that are apart from the rest in the eyes of a few. Cost: all of them, for each of those few. */
function lostOf(live: readonly string[], isWhole: (a: string, b: string) => boolean): number {
  let most = 0;
  for (let at = 0; at < witnesses; at += 1) {
    const witness = live[Math.floor((at * live.length) / witnesses)];
    if (witness === undefined) continue;
    const apart = live.filter((other) => !isWhole(witness, other)).length;
    most = Math.max(most, Math.min(apart, live.length - apart));
  }
  return most;
}
