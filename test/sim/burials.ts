/**
 * Q1 nobody is buried whom all others but one at the most could reach: one observer alone convicts nobody, whatever it sees.
 *
 * What was seen before may still count until it expires, so the subject must have been in reach for as long as that.
 */

import { meshDefaults } from '../../src/core/gossip/settings.ts';
import type { Process } from './process.ts';
import type { World } from './world.ts';

/** Above this share of loss one can be out of reach for several by chance. */
const lossMax = 0.05;
/** A report counts for so long, and took a while to be made. */
const memoryMs = meshDefaults.reportExpiryMs + 2_000;

export class Burials {
  readonly #world: World;
  /** When a process was last out of reach for more than one other, by instance. */
  readonly #awayAtMs = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Looks who reaches whom. Cost: nothing while the network is whole, else the pairs. */
  sample(): void {
    const { clock, network } = this.#world;
    const nowMs = clock.nowMs();
    const live = this.#world.live();
    const { weather } = network;
    const isStorm = weather.loss > lossMax;
    for (const process of live) {
      if (isStorm || process.host.isPaused || (!weather.isClear && this.#awayFrom(process, live) > 1))
        this.#awayAtMs.set(process.instance, nowMs);
    }
  }

  /** What is wrong with this burial, if anything is. */
  problemOf(subject: Process): string | undefined {
    const nowMs = this.#world.clock.nowMs();
    const calmSinceMs = Math.max(this.#awayAtMs.get(subject.instance) ?? 0, subject.startedAtMs, subject.steadySinceMs);
    if (nowMs - calmSinceMs <= memoryMs) return undefined;
    return `Q1 ${subject.options.name} is buried, which all but one at the most could reach`;
  }

  #awayFrom({ host }: Process, live: readonly Process[]): number {
    const { weather } = this.#world.network;
    let away = 0;
    // An observer that stands still sees nothing, and blames nobody afterwards.
    for (const other of live) if (other.host !== host && !weather.isWhole(host.address, other.host.address)) away += 1;
    return away;
  }
}
