/**
 * What M1, M2 and M4 of the targets page ask, put to a contender.
 */

import type { Random } from '../../../src/base/random.ts';
import type { Contender, Watcher } from './contender.ts';

/** Times in milliseconds after the event, one for each member that came to it, ascending. */
export interface Spreading {
  readonly timesMs: readonly number[];
  /** Members that never did while it was watched. */
  readonly missing: number;
}

export interface Silence {
  readonly avoided: Spreading;
  readonly dead: Spreading;
  /** From the return of its packets to one view; undefined: not within `forMs`. */
  readonly backMs: number | undefined;
}

export interface Cost {
  readonly bytesPerSecond: { readonly mean: number; readonly most: number };
  readonly falseDeads: number;
  readonly notes: string;
}

/** Between two looks at who has come to it. */
const lookMs = 1_000;
/** A member that fell silent is watched for so long at the least: whoever else is taken for dead meanwhile is counted. */
const silenceMinMs = 8_000;

/** One member announces a new offer; everybody else is waited for. */
export function measureNews(fabric: Contender, member: number, forMs = 10_000): Spreading {
  const watch = new Watch(fabric, 1);
  fabric.announce(member, { known: watch.on() });
  watchUntilAll(fabric, [watch], { minMs: 1_000, maxMs: forMs });
  return watch.result();
}

/** One member falls silent: its host lost its cable; it comes back when it is dead for all, after `forMs` at the latest. */
export function measureSilence(fabric: Contender, member: number, forMs: number): Silence {
  const [avoided, dead] = [new Watch(fabric, 1), new Watch(fabric, 1)];
  const watcher: Watcher = { avoided: avoided.on(), dead: dead.on() };
  fabric.silence(member, watcher);
  watchUntilAll(fabric, [avoided, dead], { minMs: silenceMinMs, maxMs: forMs });
  const seen = { avoided: avoided.result(), dead: dead.result() };
  fabric.split(undefined);
  return { ...seen, backMs: fabric.untilOneView(forMs) };
}

/** A minute in which one in a hundred members is killed and comes back five seconds later. */
export function measureCost(fabric: Contender, random: Random, options: { readonly churn: number; readonly forMs: number }): Cost {
  fabric.clear();
  const restarts = Math.round((fabric.size * options.churn * options.forMs) / 60_000);
  const everyMs = options.forMs / Math.max(restarts, 1);
  for (let at = 0; at < restarts; at += 1) {
    fabric.restart(3 + random.integer(fabric.size - 3), 5_000);
    fabric.advance(everyMs);
  }
  if (restarts === 0) fabric.advance(options.forMs);
  const bytes = fabric.bytes().map((sent) => (sent * 1_000) / options.forMs);
  const mean = bytes.reduce((sum, one) => sum + one, 0) / bytes.length;
  return { bytesPerSecond: { mean, most: Math.max(...bytes) }, falseDeads: fabric.falseDeads(), notes: fabric.notes() };
}

/** Two halves for `forMs`; how long they take to be one again, undefined: longer than `maxMs`. */
export function measureHeal(fabric: Contender, options: { readonly forMs: number; readonly maxMs: number }): number | undefined {
  fabric.split(Math.floor(fabric.size / 2));
  fabric.advance(options.forMs);
  fabric.split(undefined);
  return fabric.untilOneView(options.maxMs);
}

/** Goes on until nobody is missing any more, and for `minMs` at the least. */
function watchUntilAll(
  fabric: Contender,
  watches: readonly Watch[],
  { minMs, maxMs }: { readonly minMs: number; readonly maxMs: number },
): void {
  for (let atMs = 0; atMs < maxMs; atMs += lookMs) {
    if (atMs >= minMs && watches.every((watch) => watch.result().missing === 0)) return;
    fabric.advance(lookMs);
  }
}

/** The value below which a share of the values lies; undefined where not so many members came to it. */
export function percentile({ timesMs, missing }: Spreading, share: number): number | undefined {
  return timesMs[Math.ceil((timesMs.length + missing) * share) - 1];
}

/** Notes when each of the others came to something first. */
class Watch {
  readonly #fabric: Contender;
  readonly #startMs: number;
  readonly #others: number;
  readonly #times = new Map<number, number>();

  constructor(fabric: Contender, left: number) {
    this.#fabric = fabric;
    this.#startMs = fabric.nowMs();
    this.#others = fabric.size - left;
  }

  on(): (member: number) => void {
    return (member) => {
      if (!this.#times.has(member)) this.#times.set(member, this.#fabric.nowMs() - this.#startMs);
    };
  }

  result(): Spreading {
    const timesMs = [...this.#times.values()].sort((a, b) => a - b);
    return { timesMs, missing: this.#others - timesMs.length };
  }
}
