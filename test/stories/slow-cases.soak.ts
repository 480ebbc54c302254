/**
 * The slow behaviour cases at their real times (`npm run soak`); `npm test` holds them scaled down.
 */

import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import { defineFunction } from '../../src/index.ts';
import { test } from './story.ts';

const whoami = defineFunction({ name: 'whoami', effect: 'pure', handler: (ctx) => ctx.server });

test('case 20: after two minutes of quiet a client has its session, and what it follows', async ({ fabric }) => {
  const go = deferred<void>();
  const waits = defineFunction({ name: 'waits', handler: () => go.promise });
  const server = await fabric.start('one', [], { whoami, waits });
  const ends: string[] = [];
  server.on('session.closed', (event) => ends.push(event.client));
  const client = await fabric.connect(server);
  const run = client.submit([{ name: 'held', fun: 'waits' }]);
  const kinds: string[] = [];
  const followed = (async () => {
    for await (const event of run.events) kinds.push(event.kind);
  })();
  await run.accepted;
  await pause(120_000); // the quiet is the case
  go.resolve();
  await followed;
  expect(kinds).toEqual(['run.accepted', 'step.started', 'step.settled', 'run.settled']);
  expect(await client.call(whoami, [])).toBe('one');
  expect(ends).toEqual([]);
});

test('case 21: a step of 45 s within a deadline of 60 s is fine', async ({ fabric }) => {
  const slow = defineFunction({
    name: 'slow',
    handler: async (ctx) => {
      await ctx.sleep(45_000); // the time is the case
      return ctx.remainingMs();
    },
  });
  const owner = await fabric.start('owner', [], { slow });
  const entry = await fabric.start('entry', []);
  const client = await fabric.connect(entry);
  expect(owner.name).toBe('owner');
  const { step } = await client.submit([{ name: 'step', fun: 'slow' }], { timeoutMs: 60_000 }).result;
  expect(step).toBeGreaterThan(13_000);
  expect(step).toBeLessThan(15_100);
});
