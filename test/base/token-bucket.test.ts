import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TokenBucket } from '../../src/base/token-bucket.ts';

const rate = { perSecond: 4, atOnce: 10 };

describe('a token bucket', () => {
  test('is full to begin with, fills so fast a second, and never beyond what is there at once', () => {
    const bucket = new TokenBucket(rate, 5_000);
    expect(bucket.countAt(5_000)).toBe(10);
    expect(bucket.countAt(60_000)).toBe(10);
    for (let taken = 0; taken < 10; taken += 1) bucket.take();
    expect(bucket.countAt(60_000)).toBe(0);
    expect(bucket.countAt(60_125)).toBe(0.5);
    expect(bucket.countAt(61_000)).toBe(4);
    expect(bucket.countAt(90_000)).toBe(10);
  });

  test('can be owed, and what comes pays for that first (B2)', () => {
    const bucket = new TokenBucket(rate, 0);
    for (let taken = 0; taken < 14; taken += 1) bucket.take();
    expect(bucket.countAt(0)).toBe(-4);
    expect(bucket.countAt(1_000)).toBe(0);
    expect(bucket.countAt(1_250)).toBe(1);
  });

  test('whenever it is asked, no more is taken of it than its rate allows (B1)', () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 100 });
    fc.assert(
      fc.property(gaps, fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 }), (waitsMs, perSecond, atOnce) => {
        const bucket = new TokenBucket({ perSecond, atOnce }, 0);
        const takenMs: number[] = [];
        let nowMs = 0;
        for (const waitMs of waitsMs) {
          nowMs += waitMs;
          if (bucket.countAt(nowMs) < 1) continue;
          bucket.take();
          takenMs.push(nowMs);
        }
        for (const [first, fromMs] of takenMs.entries())
          for (const [more, toMs] of takenMs.slice(first).entries())
            expect(more + 1).toBeLessThanOrEqual(atOnce + ((toMs - fromMs) * perSecond) / 1_000 + 1e-9);
      }),
    );
  });
});
