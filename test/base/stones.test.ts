import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AssertionError, assert, present, unreachable } from '../../src/base/assert.ts';
import { backoffMs } from '../../src/base/backoff.ts';
import { deferred, quiet, unlessRejected } from '../../src/base/deferred.ts';
import { seededRandom } from '../../src/base/random.ts';

test('a backoff is spread over everything from zero to its step, and its step doubles up to the limit', () => {
  const backoff = { baseMs: 100, maxMs: 5_000 };
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10_000 }), fc.string(), (attempt, seed) => {
      const ms = backoffMs(backoff, attempt, seededRandom(seed));
      expect(ms).toBeGreaterThanOrEqual(0);
      expect(ms).toBeLessThan(Math.min(5_000, 100 * 2 ** attempt));
    }),
  );
  const most = { ...seededRandom('x'), next: () => 0.999_999 };
  expect([0, 1, 2, 6, 30, 1_000].map((attempt) => Math.round(backoffMs(backoff, attempt, most)))).toEqual([
    100, 200, 400, 5_000, 5_000, 5_000,
  ]);
});

test('a deferred settles as its levers say, once', async () => {
  const fine = deferred<number>();
  fine.resolve(1);
  fine.reject(new Error('late'));
  await expect(fine.promise).resolves.toBe(1);
  const failed = deferred<number>();
  failed.reject(new Error('wanted'));
  await expect(failed.promise).rejects.toThrow('wanted');
});

test('work ends with what a callback rejects with meanwhile, and with nothing else of it', async () => {
  const work = deferred<number>();
  const broken = unlessRejected(Promise.reject(new Error('told wrong')), work.promise);
  await expect(broken).rejects.toThrow('told wrong');
  await expect(unlessRejected(Promise.reject(new Error('at once')), Promise.resolve(1))).rejects.toThrow('at once');
  const others = [undefined, 7, Promise.resolve(), new Promise(() => {})].map((given) => unlessRejected(given, work.promise));
  work.resolve(1);
  expect(await Promise.all(others)).toEqual([1, 1, 1, 1]);
});

test('a quiet promise rejects for who looks, and raises nothing when nobody does', async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): number => unhandled.push(reason);
  process.on('unhandledRejection', note);
  const silent = quiet(Promise.reject(new Error('unseen')));
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', note);
  expect(unhandled).toEqual([]);
  await expect(silent).rejects.toThrow('unseen');
});

test('an assertion names what was not so', () => {
  expect(() => assert(false, 'two owners')).toThrow(AssertionError);
  expect(present(0, 'missing')).toBe(0);
  expect(() => present(undefined, 'missing')).toThrow('missing');
  expect(() => unreachable('x' as never)).toThrow('unreachable: x');
});
