import fc from 'fast-check';
import { expect, test } from 'vitest';
import { seededRandom, systemRandom } from '../../src/base/random.ts';

const draws = (seed: string, count = 20): readonly number[] => {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => random.next());
};

test('equal seeds give equal streams, others do not', () => {
  expect(draws('a')).toEqual(draws('a'));
  expect(draws('a')).not.toEqual(draws('b'));
});

test('every draw lies within its bounds', () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 1_000_000 }), (seed, below) => {
      const random = seededRandom(seed);
      for (let count = 0; count < 20; count += 1) {
        const next = random.next();
        const integer = random.integer(below);
        expect(next >= 0 && next < 1).toBe(true);
        expect(Number.isInteger(integer) && integer >= 0 && integer < below).toBe(true);
      }
    }),
  );
});

test('a fork depends on seed and label alone, not on what was drawn before', () => {
  const fresh = seededRandom('seed');
  const used = seededRandom('seed');
  for (let count = 0; count < 100; count += 1) used.next();
  expect(used.fork('mesh').next()).toBe(fresh.fork('mesh').next());
  expect(fresh.fork('mesh').next()).not.toBe(fresh.fork('pick').next());
});

test('ten buckets fill evenly', () => {
  const random = seededRandom('buckets');
  const buckets = Array.from({ length: 10 }, () => 0);
  for (let count = 0; count < 10_000; count += 1) {
    const bucket = random.integer(10);
    buckets[bucket] = (buckets[bucket] ?? 0) + 1;
  }
  // Ten standard deviations of a binomial(10,000, 0.1) are 300.
  for (const filled of buckets) expect(Math.abs(filled - 1_000)).toBeLessThan(300);
});

test('bytes are as many as asked', () => {
  expect(seededRandom('x').bytes(16)).toHaveLength(16);
  expect(seededRandom('x').bytes(16)).toEqual(seededRandom('x').bytes(16));
});

test('two streams of the system differ', () => {
  expect(systemRandom().bytes(16)).not.toEqual(systemRandom().bytes(16));
});
