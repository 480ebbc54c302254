import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import type { Offer } from '../../../src/core/catalog/server-state.ts';
import { latencyOf, loadOf, noteAnswer, noteFailure, noteShed, noteWait, relearn } from '../../../src/core/routing/latency.ts';
import { catalogOf, offerOf } from '../catalog/fixtures.ts';

/** An offer that has answered 16 times in `ms`, the last time at 0. */
function learnt(ms: number): Offer {
  const offer = offerOf(catalogOf('a'), 'a');
  for (let sample = 0; sample < 16; sample += 1) noteAnswer(offer, ms, 0);
  return offer;
}

describe('a new offer', () => {
  test('starts at 1 ms when nothing is known, at 1.5 x the round trip of its link when that is', () => {
    const offer = offerOf(catalogOf('a'), 'a');
    expect(latencyOf(offer, 0)).toBe(1.5);
    offer.server.roundTripMs = 20;
    expect(latencyOf(offer, 0)).toBe(30);
  });

  test('starts at 1.5 x what the function usually takes', () => {
    const catalog = catalogOf('a', 'b');
    for (let sample = 0; sample < 200; sample += 1) noteAnswer(offerOf(catalog, 'a'), 40, sample);
    expect(latencyOf(offerOf(catalog, 'b'), 0) / 60).toBeCloseTo(1, 0);
  });

  test('is not judged by slow answers while it is learning, and by its best one when that is fast (L2)', () => {
    const catalog = catalogOf('a', 'b');
    for (let sample = 0; sample < 200; sample += 1) noteAnswer(offerOf(catalog, 'a'), 10, 0);
    const newcomer = offerOf(catalog, 'b');
    noteAnswer(newcomer, 500, 0);
    expect(latencyOf(newcomer, 0)).toBeLessThan(20);
    noteAnswer(newcomer, 5, 0);
    noteAnswer(newcomer, 9, 0);
    expect(latencyOf(newcomer, 0)).toBe(5);
  });
});

describe('a peak', () => {
  test('alone hardly moves the average; confirmed by the next answer it counts, by the lower of the two (L1)', () => {
    const offer = learnt(10);
    noteAnswer(offer, 400, 10);
    expect(latencyOf(offer, 10)).toBeLessThan(11);
    noteAnswer(offer, 300, 20);
    expect(latencyOf(offer, 20)).toBe(300);
  });

  test('is not confirmed by an ordinary answer in between', () => {
    const offer = learnt(10);
    for (let at = 1; at < 50; at += 1) noteAnswer(offer, at % 2 === 0 ? 400 : 10, at);
    expect(latencyOf(offer, 50)).toBeLessThan(20);
  });

  test('fades slowly by single fast answers, and is over when two in a row say so (L1)', () => {
    const offer = learnt(10);
    noteAnswer(offer, 90, 1);
    noteAnswer(offer, 90, 2);
    noteAnswer(offer, 10, 3);
    expect(latencyOf(offer, 3)).toBeCloseTo(80);
    noteAnswer(offer, 90, 4);
    noteAnswer(offer, 10, 5);
    expect(latencyOf(offer, 5)).toBeGreaterThan(60);
    noteAnswer(offer, 12, 6);
    expect(latencyOf(offer, 6)).toBe(12);
  });
});

test('a deadline makes its server slow, and says nothing of what the function takes', () => {
  const offer = offerOf(catalogOf('a'), 'a');
  for (let sample = 0; sample < 20; sample += 1) noteWait(offer, 5_000, sample);
  expect([latencyOf(offer, 20), offer.stats.p95Ms, offer.stats.typicalMs]).toEqual([5_000, 0, 0]);
});

describe('a failure', () => {
  test('is charged one second at once, more when it took longer or the function usually does', () => {
    const quick = learnt(10);
    noteFailure(quick, 3, 5);
    expect(latencyOf(quick, 5)).toBe(1_000);
    const slow = learnt(10);
    noteFailure(slow, 7_000, 5);
    expect(latencyOf(slow, 5)).toBe(7_000);
    const usual = learnt(4_000);
    noteFailure(usual, 3, 5);
    expect(latencyOf(usual, 5)).toBeGreaterThanOrEqual(4_000);
  });

  test('is charged to an offer that is still learning', () => {
    const offer = offerOf(catalogOf('a'), 'a');
    noteFailure(offer, 3, 5);
    expect(latencyOf(offer, 5)).toBe(1_000);
  });

  test('is void once a breaker has closed after it', () => {
    const offer = learnt(10);
    noteFailure(offer, 3, 5);
    relearn(offer, 6);
    expect(latencyOf(offer, 6)).toBe(1_000);
    offer.server.gate.closedAtMs = 7;
    relearn(offer, 8);
    expect(latencyOf(offer, 8)).toBeLessThan(20);
    noteFailure(offer, 3, 9);
    relearn(offer, 10);
    expect(latencyOf(offer, 10)).toBe(1_000);
  });
});

describe('time without samples', () => {
  test('halves the average every ten seconds, down to 1 ms (L3)', () => {
    const offer = learnt(80);
    expect(latencyOf(offer, 9_999)).toBe(80);
    expect(latencyOf(offer, 10_000)).toBe(40);
    expect(latencyOf(offer, 39_000)).toBe(10);
    expect(latencyOf(offer, 3_600_000)).toBe(1);
  });
});

describe('load', () => {
  test('is what is in flight and the next call itself', () => {
    const offer = learnt(1);
    offer.inFlight = 7;
    expect(loadOf(offer, 0)).toBe(8);
  });

  test('rises with every overloaded answer to a bound, and halves every second', () => {
    const offer = learnt(1);
    const added = (nowMs: number): number => loadOf(offer, nowMs) - 1;
    noteShed(offer, 0);
    expect(added(0)).toBe(4);
    noteShed(offer, 0);
    expect(added(0)).toBe(12);
    for (let again = 0; again < 10; again += 1) noteShed(offer, 0);
    expect(added(0)).toBe(64);
    expect(added(1_000)).toBe(32);
    expect(added(10_000)).toBe(0);
  });
});

describe('whatever the samples', () => {
  test('latency is finite and at least 1, and stays between the extremes of what was seen', () => {
    const sample = fc.tuple(fc.double({ min: 0, max: 1e6, noNaN: true }), fc.integer({ min: 0, max: 60_000 }));
    fc.assert(
      fc.property(fc.array(sample, { minLength: 20 }), (samples) => {
        const offer = offerOf(catalogOf('a'), 'a');
        let nowMs = 0;
        for (const [ms, pauseMs] of samples) {
          nowMs += pauseMs;
          noteAnswer(offer, ms, nowMs);
        }
        const seen = samples.map(([ms]) => ms);
        expect(latencyOf(offer, nowMs)).toBeGreaterThanOrEqual(Math.max(1, Math.min(...seen)) * (1 - 1e-9));
        expect(latencyOf(offer, nowMs)).toBeLessThanOrEqual(Math.max(1, ...seen) * (1 + 1e-9));
        expect(offer.stats.p95Ms).toBeGreaterThan(0);
      }),
    );
  });

  test('the p95 settles near the 95th percentile, the typical latency near the median', () => {
    const offer = offerOf(catalogOf('a'), 'a');
    const seen: { p95: number; typical: number }[] = [];
    const random = seededRandom('quantiles');
    for (let at = 0; at < 20_000; at += 1) {
      noteAnswer(offer, 1_000 * random.next(), at);
      if (at > 10_000) seen.push({ p95: offer.stats.p95Ms, typical: offer.stats.typicalMs });
    }
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean(seen.map(({ p95 }) => p95))).toBeGreaterThan(850);
    expect(mean(seen.map(({ p95 }) => p95))).toBeLessThan(1_050);
    expect(mean(seen.map(({ typical }) => typical))).toBeGreaterThan(400);
    expect(mean(seen.map(({ typical }) => typical))).toBeLessThan(600);
  });
});
