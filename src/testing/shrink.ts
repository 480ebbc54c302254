/**
 * Makes a failing plan smaller: fewer faults, fewer servers, shorter faults, for as long as it fails in the same way.
 *
 * Fault after fault is left out by halves first (delta debugging: Zeller and Hildebrandt, 2002), then one by one.
 */

import type { Fault } from './faults.ts';

/** What is made smaller. */
export interface Shrinkable {
  readonly servers: readonly string[];
  readonly faults: readonly Fault[];
}

export interface ShrinkOptions<P extends Shrinkable> {
  /** Whether the plan still fails, in the same way. */
  readonly fails: (plan: P) => boolean | Promise<boolean>;
  /** Most plans that are tried. */
  readonly runsMax: number;
  /** Fewest servers that make sense; default 1. */
  readonly serversMin?: number | undefined;
}

/** Faults shorter than this are not halved, in milliseconds. */
const forMsMin = 50;

export async function shrink<P extends Shrinkable>(plan: P, options: ShrinkOptions<P>): Promise<P> {
  const search = new Search(plan, options);
  await search.dropFaults();
  await search.dropServers(options.serversMin ?? 1);
  await search.dropFaults();
  await search.shorten();
  return search.best;
}

class Search<P extends Shrinkable> {
  best: P;
  readonly #options: ShrinkOptions<P>;
  #runs = 0;

  constructor(plan: P, options: ShrinkOptions<P>) {
    this.best = plan;
    this.#options = options;
  }

  async dropFaults(): Promise<void> {
    for (let size = Math.ceil(this.best.faults.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
      for (let at = 0; at < this.best.faults.length; ) {
        const faults = this.best.faults.filter((_, index) => index < at || index >= at + size);
        if (!(await this.#try({ faults }))) at += size;
      }
    }
  }

  async dropServers(serversMin: number): Promise<void> {
    for (const server of [...this.best.servers].reverse()) {
      if (this.best.servers.length <= serversMin) return;
      const servers = this.best.servers.filter((other) => other !== server);
      await this.#try({ servers, faults: this.best.faults.flatMap((fault) => without(fault, server)) });
    }
  }

  async shorten(): Promise<void> {
    for (let at = 0; at < this.best.faults.length; at += 1) {
      for (let fault = this.best.faults[at]; fault && 'forMs' in fault && (fault.forMs ?? 0) > forMsMin; fault = this.best.faults[at]) {
        const shorter = { ...fault, forMs: Math.round((fault.forMs ?? 0) / 2) };
        if (!(await this.#try({ faults: this.best.faults.map((other, index) => (index === at ? shorter : other)) }))) break;
      }
    }
  }

  /** True when the plan with this change still fails: it is the best from now on. */
  async #try(change: Shrinkable | Pick<Shrinkable, 'faults'>): Promise<boolean> {
    if (this.#runs >= this.#options.runsMax) return false;
    this.#runs += 1;
    const plan = { ...this.best, ...change };
    const fails = await this.#options.fails(plan);
    if (fails) this.best = plan;
    return fails;
  }
}

/** The fault as it is where a server does not exist: none, if it is about that server. */
function without(fault: Fault, server: string): readonly Fault[] {
  if ('server' in fault) return fault.server === server ? [] : [fault];
  if ('from' in fault) return fault.from === server || fault.to === server ? [] : [fault];
  if (fault.kind !== 'split') return [fault];
  const servers = fault.servers.filter((other) => other !== server);
  return servers.length === 0 ? [] : [{ ...fault, servers }];
}
