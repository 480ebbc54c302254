import { describe, expect, test } from 'vitest';
import { around, queueing, type ServiceTime, sharesUnder } from './load.ts';

const seeds = ['one', 'two', 'three', 'four', 'five'];

function percentOf(shares: Readonly<Record<string, number>>, name: string): number {
  const all = Object.values(shares).reduce((sum, share) => sum + share, 0);
  return (100 * (shares[name] ?? 0)) / all;
}

/** For about 5 ms in every 100 it is 5 ms slower, as a process that has to wait for its core. */
function stalling(ms: number): ServiceTime {
  let isStalled = false;
  let untilMs = 0;
  return (_, random, nowMs) => {
    while (untilMs <= nowMs) {
      isStalled = !isStalled;
      untilMs -= (isStalled ? 5 : 100) * Math.log(1 - random.next());
    }
    return ms * (0.7 + 0.6 * random.next()) + (isStalled ? 5 * (0.5 + random.next()) : 0);
  };
}

/** Answers come ever faster, as from a process that has just started. */
function warmingUp(ms: number): ServiceTime {
  let calls = 0;
  return (_, random) => ms * (0.7 + 0.6 * random.next()) * (1 + 30 / ++calls);
}

/** Answers of two kinds, as from a function whose arguments decide. */
function either(quickMs: number, slowMs: number): ServiceTime {
  return (_, random) => (random.next() < 0.5 ? quickMs : slowMs);
}

describe('two equal servers', () => {
  const kinds: readonly (readonly [string, () => ServiceTime])[] = [
    ['0.3 ms', () => around(0.3)],
    ['16 ms, where a power of two lies between them', () => around(16)],
    ['300 ms', () => around(300)],
    ['now 1 ms, now 100 ms', () => either(1, 100)],
    ['a slow start', () => warmingUp(0.4)],
    ['a queue', () => queueing(2)],
  ];
  for (const [text, service] of kinds) {
    test.each(seeds)(`${text}: both get 40-60 % of 1,000 calls, one at a time and 16 at a time (cases 18, 27; seed %s)`, (seed) => {
      for (const callers of [1, 16]) {
        const share = percentOf(sharesUnder({ servers: { a: service(), b: service() }, calls: 1_000, callers, seed }), 'a');
        expect(share).toBeGreaterThanOrEqual(40);
        expect(share).toBeLessThanOrEqual(60);
      }
    });
  }
});

describe('equal servers', () => {
  test.each([1, 4, 16, 64])('none gets more than 1.3 / N of the calls with %d in flight', (callers) => {
    for (const [at, servers] of [2, 3, 5, 8].entries()) {
      const names = Array.from({ length: servers }, (_, number) => [`s${number}`, queueing(1)] as const);
      const shares = sharesUnder({ servers: Object.fromEntries(names), calls: 4_000, callers, seed: `share ${at}` });
      expect(Math.max(...Object.values(shares))).toBeLessThanOrEqual((1.3 * 4_000) / servers);
    }
  });
});

test('case 27: equal servers that stall now and then still share what is asked one at a time', () => {
  const larger = Array.from({ length: 200 }, (_, at) => {
    const shares = sharesUnder({ servers: { a: stalling(1), b: stalling(1) }, calls: 600, callers: 1, seed: `stall ${at}` });
    return Math.max(percentOf(shares, 'a'), percentOf(shares, 'b'));
  }).sort((a, b) => a - b);
  const [middle = 0, most = 0] = [larger[100], larger[197]];
  console.log(`case 27, stalling: larger share ${middle.toFixed(0)} % in the middle, ${most.toFixed(0)} % in one of 100`);
  expect(middle).toBeLessThan(60);
  expect(most).toBeLessThan(76);
});

describe('a server 50 ms farther', () => {
  test.each([0.3, 1, 5])('gets under 5 %% where the near one answers in %d ms and is free (case 18)', (nearMs) => {
    for (const seed of seeds) {
      const shares = sharesUnder({ servers: { near: around(nearMs), far: around(nearMs + 50) }, calls: 1_000, callers: 1, seed });
      expect(percentOf(shares, 'far')).toBeLessThan(5);
      expect(shares['far']).toBeGreaterThan(0);
    }
  });

  test('takes its part when the near ones have a queue', () => {
    const shares = sharesUnder({ servers: { near: queueing(10), far: around(60) }, calls: 2_000, callers: 64, seed: 'busy' });
    expect(percentOf(shares, 'far')).toBeGreaterThan(30);
  });
});

describe('a slow server that becomes fast', () => {
  test('is found again', () => {
    let calls = 0;
    const slowAtFirst: ServiceTime = (inFlight, random, nowMs) => around(calls++ < 20 ? 4 : 1)(inFlight, random, nowMs);
    const shares = sharesUnder({ servers: { steady: around(1), slowAtFirst }, calls: 5_000, callers: 1, seed: 'found' });
    expect(percentOf(shares, 'slowAtFirst')).toBeGreaterThan(35);
  });
});
