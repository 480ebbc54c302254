/**
 * What the seeds of a server that starts have answered, and whether that means that it may not join.
 *
 * Q1 it may not when every seed has said no, for reasons that do not pass by themselves; one that is down may still come.
 */

import type { JoinRefusal } from '../../core/gossip/io.ts';
import { HeddleError, type HeddleErrorOf } from '../../errors.ts';

export class SeedAnswers {
  readonly #cluster: string;
  /** Dials that ended in doubt about who is who, by address. */
  readonly #doubts = new Map<string, HeddleError>();

  constructor(cluster: string) {
    this.#cluster = cluster;
  }

  doubted(address: string, error: HeddleErrorOf<'unauthenticated'>): void {
    this.#doubts.set(address, error);
  }

  /** Why none of so many seeds took this server in, once all were tried; undefined while that may change. */
  whyNone(seeds: number, refusals: readonly JoinRefusal[]): HeddleError | undefined {
    if (refusals.length + this.#doubts.size !== seeds) return undefined;
    const [doubt] = this.#doubts.values();
    return doubt ?? mismatchOf(refusals, this.#cluster);
  }
}

/** Why nobody of those that answered wants us, where that cannot change by itself. */
function mismatchOf(refusals: readonly JoinRefusal[], cluster: string): HeddleError | undefined {
  const [first] = refusals;
  if (!first) return undefined;
  if (refusals.every(({ code }) => code === 'cluster_mismatch'))
    return new HeddleError('cluster_mismatch', { ours: cluster, theirs: first.theirs });
  if (refusals.every(({ code }) => code === 'version_mismatch'))
    return new HeddleError('version_mismatch', { ours: '1', theirs: first.theirs });
  return undefined;
}
