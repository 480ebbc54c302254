/** What a caller asks beyond the usual, over client, entry and owner, and what nested calls make of it. */
import { describe, expect } from 'vitest';
import { defineFunction } from '../../src/fabric/api/define.ts';
import { termsOf } from '../../src/fabric/call/call-terms.ts';
import { worldTest as test } from './world.ts';

describe('the idempotency key', () => {
  const keyed = defineFunction({ name: 'keyed', handler: (ctx) => [ctx.idempotencyKey, ctx.callId] });

  test('that the caller chose reaches the handler over an entry; without one it is the callId', async ({ world }) => {
    const entry = await world.start('entry');
    await world.start('owner', { keyed });
    const client = await world.connect(entry);
    const [chosen] = await world.settle(client.call(keyed, [], { idempotencyKey: 'order 7' }));
    expect(chosen).toBe('order 7');
    const [made, callId] = await world.settle(client.call(keyed, []));
    expect(made).toBe(callId);
  });

  test('is not inherited by nested calls, which are other calls', async ({ world }) => {
    const outer = defineFunction({ name: 'outer', handler: async (ctx): Promise<string[]> => ctx.call(keyed, []) });
    const one = await world.start('one', { keyed, outer });
    const [key, callId] = await world.settle(one.call(outer, [], { idempotencyKey: 'order 7' }));
    expect(key).toBe(callId);
  });
});

describe('the key', () => {
  const whoami = defineFunction({ name: 'whoami', effect: 'pure', handler: (ctx) => ctx.server });

  test('sends calls to one server, from every entry the same, and `explain` says which', async ({ world }) => {
    const entries = [await world.start('entry'), await world.start('other')];
    for (const name of ['a', 'b', 'c']) await world.start(name, { whoami });
    const homes = new Set<string>();
    for (const key of ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight']) {
      const servers = new Set<string | undefined>();
      for (const entry of entries) {
        const client = await world.connect(entry);
        for (let call = 0; call < 5; call += 1) servers.add(await world.settle(client.call(whoami, [], { key })));
        for (const asked of [client, entry]) {
          const { steps } = await world.settle(asked.explain('whoami', { key }));
          servers.add(steps[0]?.server);
          expect(steps[0]?.reasons).toContain('the one that the key prefers is taken');
        }
      }
      expect([...servers]).toHaveLength(1);
      for (const server of servers) homes.add(String(server));
    }
    expect(homes.size).toBe(3);
  });
});

describe('the terms of a call', () => {
  test('are not sent when they say nothing', () => {
    expect(termsOf({})).toBeUndefined();
    expect(termsOf({ priority: 'default', timeoutMs: 5 })).toBeUndefined();
    expect(termsOf({ idempotencyKey: undefined, priority: undefined })).toBeUndefined();
  });

  test('hold the priority, by default that of the calling call', () => {
    expect(termsOf({ priority: 'batch' })).toEqual({ priority: 'batch' });
    expect(termsOf({}, 'critical')).toEqual({ priority: 'critical' });
    expect(termsOf({ priority: 'batch' }, 'critical')).toEqual({ priority: 'batch' });
    expect(termsOf({ priority: 'default' }, 'critical')).toBeUndefined();
  });
});
