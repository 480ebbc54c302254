/** Case 28: a sole provider restarts, and a call that waits is answered by the new one. */
import { describe, expect } from 'vitest';
import type { Server } from '../../src/fabric/api/api.ts';
import { defineFunction } from '../../src/fabric/api/define.ts';
import { failureOf } from '../within.ts';
import { type FabricWorld, worldTest as test } from './world.ts';

const whoami = (which: string) => ({ whoami: defineFunction({ name: 'whoami', effect: 'idempotent', handler: () => which }) });

/** An entry with a client, and a provider that is about to go. */
async function entryAndProvider(world: FabricWorld) {
  const entry = await world.start('entry');
  const provider = await world.start('provider', whoami('old'));
  const client = await world.connect(entry);
  expect(await world.settle(client.call('whoami', []))).toBe('old');
  return { entry, provider, client };
}

const goings: readonly (readonly [string, (world: FabricWorld, provider: Server) => Promise<void>])[] = [
  ['stops', (world, provider) => world.settle(provider.stop())],
  ['drains and stops', (world, provider) => world.settle(provider[Symbol.asyncDispose]())],
  ['is killed', async (world) => world.kill('provider')],
];

describe('case 28: a sole provider', () => {
  test.for(goings)('%s and starts again: a call that waits is answered by the new one', async ([, go], { world }) => {
    const { provider, client } = await entryAndProvider(world);
    await go(world, provider);
    const call = client.call('whoami', [], { waitMs: 20_000 });
    await world.advance(3_000);
    const startedAtMs = world.clock.nowMs();
    await world.start('provider', whoami('new'));
    expect(await world.settle(call)).toBe('new');
    console.log(`case 28: answered ${world.clock.nowMs() - startedAtMs} ms after the new provider began to start`);
  });

  test('that nobody has ever seen is waited for when the caller says so, and only then', async ({ world }) => {
    const entry = await world.start('entry');
    const client = await world.connect(entry);
    expect(await world.settle(failureOf(client.call('whoami', [])))).toMatchObject({ code: 'no_such_function', executed: 'no' });
    const call = client.call('whoami', [], { waitMs: 5_000 });
    const early = failureOf(client.call('whoami', [], { waitMs: 500 }));
    const startMs = world.clock.nowMs();
    expect(await world.settle(early)).toMatchObject({ code: 'no_such_function', executed: 'no' });
    expect(world.clock.nowMs() - startMs).toBeLessThan(520);
    await world.start('provider', whoami('first'));
    expect(await world.settle(call)).toBe('first');
  });

  test('that has gone is waited for 250 ms by default', async ({ world }) => {
    const { provider, client } = await entryAndProvider(world);
    await world.settle(provider.stop());
    const startMs = world.clock.nowMs();
    expect(await world.settle(failureOf(client.call('whoami', [])))).toMatchObject({ executed: 'no' });
    expect(world.clock.nowMs() - startMs).toBeLessThan(300);
    expect(world.clock.nowMs() - startMs).toBeGreaterThanOrEqual(250);
  });
});
