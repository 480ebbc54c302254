/**
 * How long things took, as counts in fixed buckets: small, mergeable, and subtractable, so that whoever reads it twice knows
 * what lies between.
 *
 * H1 counting costs a search of a dozen numbers at the most, and no memory.
 */

/** Upper bounds in milliseconds, those of a call's usual life; one more bucket lies above the last. */
export const boundsMs = [0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000] as const;

export class Histogram {
  /** What lies in each bucket, and above the last bound. */
  readonly buckets: number[] = [...boundsMs, 0].map(() => 0);
  #sumMs = 0;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  get sumMs(): number {
    return this.#sumMs;
  }

  add(ms: number): void {
    let at = 0;
    while (ms > (boundsMs[at] ?? Number.POSITIVE_INFINITY)) at += 1;
    this.buckets[at] = (this.buckets[at] ?? 0) + 1;
    this.#sumMs += ms;
    this.#count += 1;
  }
}

/**
 * The time, in milliseconds, under which the part `q` (0 to 1) of what is in the buckets lies, by straight lines between their
 * bounds (as `histogram_quantile` of Prometheus does); of what lies above the last bound that bound. Undefined without any.
 */
export function quantileMs(buckets: readonly number[], q: number): number | undefined {
  const total = buckets.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  const wanted = q * total;
  let below = 0;
  for (const [at, count] of buckets.entries()) {
    const highMs = boundsMs[at];
    if (highMs === undefined) break;
    if (count > 0 && below + count >= wanted) {
      const lowMs = boundsMs[at - 1] ?? 0;
      return lowMs + ((highMs - lowMs) * (wanted - below)) / count;
    }
    below += count;
  }
  return boundsMs[boundsMs.length - 1];
}
