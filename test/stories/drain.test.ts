import { expect, test } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import { defineFunction } from '../../src/fabric/api/define.ts';
import { connect } from '../../src/fabric/client/client.ts';
import { startServer } from '../../src/fabric/server/server.ts';

/** A function whose first call waits until the test has started to drain. */
function slowFirst() {
  const entered = deferred<void>();
  const released = deferred<void>();
  const next = defineFunction({
    name: 'next',
    handler: async (_ctx, n: number): Promise<number> => {
      entered.resolve();
      await released.promise;
      return n + 1;
    },
  });
  return { next, entered: entered.promise, release: released.resolve };
}

test('a drain finishes what was accepted, with the functions that only this server has (fault 36)', async () => {
  const { next, entered, release } = slowFirst();
  const outer = defineFunction({
    name: 'outer',
    handler: async (ctx): Promise<unknown> => [await ctx.call(next, [1]), await ctx.call(next, [5])],
  });
  await using server = await startServer({ functions: { next, outer } });
  await using client = await connect([server.url]);
  const run = client.submit([
    { name: 'a', fun: 'next', args: [1] },
    { name: 'b', fun: 'next', args: [{ $ref: 'a' }] },
  ]);
  const nested = client.call('outer', []);
  await entered;
  await run.accepted;
  const refusing = deferred<void>();
  server.on('server.draining', () => refusing.resolve());
  const drained = server.drain();
  await refusing.promise;
  release();
  expect(await run.result).toEqual({ b: 3 });
  expect(await nested).toEqual([2, 6]);
  await drained;
});

test('an abandoned call on this very server is one attempt that ended once', async () => {
  const { next, entered, release } = slowFirst();
  await using server = await startServer({ functions: { next } });
  const ends: unknown[] = [];
  server.on('attempt.settled', ({ code }) => ends.push(code));
  const caller = new AbortController();
  const call = server.call(next, [1], { signal: caller.signal });
  const failed = expect(call).rejects.toMatchObject({ code: 'cancelled', executed: 'maybe' });
  await entered;
  caller.abort(new Error('enough'));
  await failed;
  release();
  expect(ends).toEqual(['cancelled']);
});
