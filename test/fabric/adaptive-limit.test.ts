import { describe, expect, test } from 'vitest';
import { type Random, seededRandom } from '../../src/base/random.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { AdaptiveLimit, placesMin } from '../../src/fabric/serve/adaptive-limit.ts';

const most = 1_024;

interface Outcome {
  /** Over the second half. */
  readonly perSecond: number;
  readonly meanMs: number;
  readonly limitMean: number;
}

/** Always as many calls in flight as the limit allows, each as long as `serve` says. */
function saturate(limit: AdaptiveLimit, forMs: number, serve: (nowMs: number) => number): Outcome {
  const clock = new VirtualClock();
  let [places, inFlight, done, sumMs, sumPlaces] = [most, 0, 0, 0, 0];
  const fill = (): void => {
    while (inFlight < places) {
      inFlight += 1;
      const startMs = clock.nowMs();
      clock.schedule(serve(startMs), () => {
        const nowMs = clock.nowMs();
        inFlight -= 1;
        if (nowMs > forMs / 2) {
          done += 1;
          sumMs += nowMs - startMs;
          sumPlaces += places;
        }
        places = limit.ended(nowMs - startMs, nowMs, true);
        fill();
      });
    }
  };
  fill();
  while (clock.step(forMs));
  return { perSecond: done / (forMs / 2_000), meanMs: sumMs / done, limitMean: sumPlaces / done };
}

/** So many servers behind the function, one queue before them. */
function behind(servers: number, draw: () => number, wayMs: number): (nowMs: number) => number {
  const freeAtMs: number[] = Array.from({ length: servers }, () => 0);
  return (nowMs) => {
    const next = freeAtMs.indexOf(Math.min(...freeAtMs));
    const endMs = Math.max(nowMs + wayMs / 2, freeAtMs[next] ?? 0) + draw();
    freeAtMs[next] = endMs;
    return endMs + wayMs / 2 - nowMs;
  };
}

function exponential(random: Random, meanMs: number): () => number {
  return () => -Math.log(1 - random.next()) * meanMs;
}

describe('an adaptive limit', () => {
  test.each([
    ['one server of 1 ms, 10 ms away', 1, 10, () => () => 1, 1_000, 11],
    ['sixteen of 10 ms, exponential', 16, 0, (random: Random) => exponential(random, 10), 1_600, 10],
    ['sixteen of 10 ms, exponential, 5 ms away', 16, 5, (random: Random) => exponential(random, 10), 1_600, 15],
    ['one of 1 ms, exponential, 10 ms away', 1, 10, (random: Random) => exponential(random, 1), 1_000, 11],
  ])('before %s keeps the throughput and loses the queue', (_what, servers, wayMs, draw, capacity, alone) => {
    const outcome = saturate(new AdaptiveLimit(most), 60_000, behind(servers, draw(seededRandom('served')), wayMs));
    expect(outcome.perSecond).toBeGreaterThan(0.9 * capacity);
    // At the most it would be a second.
    expect(outcome.meanMs).toBeLessThan(3 * alone);
  });

  test('of a function that only waits stays at the most (D3)', () => {
    const random = seededRandom('waits');
    const twoKinds = (): number => (random.next() < 0.9 ? 5 : 2_000);
    for (const draw of [exponential(random, 1_000), twoKinds, () => 100]) {
      expect(saturate(new AdaptiveLimit(most), 120_000, draw).limitMean).toBeGreaterThan(0.9 * most);
    }
  });

  test('follows when there is ten times the room', () => {
    const limit = new AdaptiveLimit(most);
    const [narrow, wide] = [behind(4, () => 10, 0), behind(40, () => 10, 0)];
    const outcome = saturate(limit, 60_000, (nowMs) => (nowMs < 20_000 ? narrow(nowMs) : wide(nowMs)));
    expect(outcome.perSecond).toBeGreaterThan(0.9 * 4_000);
  });

  test('is the most while it is never full, and again ten seconds after the last full moment (D1)', () => {
    const limit = new AdaptiveLimit(most);
    for (let n = 0; n < 10_000; n += 1) expect(limit.ended(n, n, false)).toBe(most);
    saturate(
      limit,
      10_000,
      behind(1, () => 1, 10),
    );
    expect(limit.ended(10, 15_000, false)).toBeLessThan(most);
    expect(limit.ended(10, 20_500, false)).toBe(most);
  });

  test('never leaves its bounds (D2)', () => {
    const random = seededRandom('bounds');
    for (const top of [1, 3, 5, 50]) {
      const limit = new AdaptiveLimit(top);
      const found = { most: 0, least: Number.POSITIVE_INFINITY };
      for (let nowMs = 0; nowMs < 50_000; nowMs += 1) {
        const places = limit.ended(random.next() * 1_000 * (random.next() < 0.5 ? 0 : 1), nowMs, random.next() < 0.99);
        found.most = Math.max(found.most, places);
        found.least = Math.min(found.least, places);
      }
      expect(found.most).toBeLessThanOrEqual(top);
      expect(found.least).toBeGreaterThanOrEqual(Math.min(placesMin, top));
    }
  });
});
