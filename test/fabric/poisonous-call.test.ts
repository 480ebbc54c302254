/** A call that kills whoever runs it takes two servers at most, and costs the others nothing. */
import { describe, expect } from 'vitest';
import type { Effect } from '../../src/core/catalog/offer.ts';
import { defineFunction } from '../../src/fabric/api/define.ts';
import { failureOf } from '../within.ts';
import { worldTest as test } from './world.ts';

const names = ['a', 'b', 'c', 'd', 'e'];

describe('a call that kills its server', () => {
  test.for<readonly [Effect, number]>([
    ['pure', 2],
    ['idempotent', 2],
    ['once', 1],
  ])('takes no more than its one failover allows: %s, %i', async ([effect, most], { world }) => {
    const killed: string[] = [];
    const poison = defineFunction({
      name: 'poison',
      effect,
      handler: (ctx): Promise<never> => {
        killed.push(ctx.server);
        world.kill(ctx.server);
        return new Promise(() => undefined);
      },
    });
    const whoami = defineFunction({ name: 'whoami', effect: 'pure', handler: (ctx) => ctx.server });
    const entry = await world.start('entry');
    for (const name of names) await world.start(name, { poison, whoami });
    const client = await world.connect(entry);
    const end = await world.settle(failureOf(client.call('poison', [])));
    expect(end).toMatchObject({ code: 'connection_lost', executed: 'maybe' });
    await world.advance(10_000);
    expect(killed).toHaveLength(most);
    expect(names).toContain(await world.settle(client.call(whoami, [])));
  });

  test('takes no more when one of the two is the entry of its caller (D3)', async ({ world }) => {
    const killed: string[] = [];
    const poison = (effect: Effect) =>
      defineFunction({
        name: effect,
        effect,
        handler: (ctx): Promise<never> => {
          killed.push(ctx.server);
          world.kill(ctx.server);
          return new Promise(() => undefined);
        },
      });
    const functions = { pure: poison('pure'), idempotent: poison('idempotent') };
    const entry = await world.start('entry', functions, { resources: ['here'] });
    await world.start('first', functions, { resources: ['here', 'rather'] });
    const others = [];
    for (const name of names) others.push(await world.start(name, functions));
    const client = await world.connect(entry, ...others);
    const end = await world.settle(failureOf(client.call('idempotent', [], { need: { prefer: ['here', 'rather'] } })));
    expect(end).toMatchObject({ code: 'connection_lost', executed: 'maybe' });
    await world.advance(10_000);
    expect(killed).toEqual(['first', 'entry']);
  });

  test('takes no more when its caller allows many tries', async ({ world }) => {
    const killed: string[] = [];
    const poison = defineFunction({
      name: 'poison',
      effect: 'idempotent',
      handler: (ctx): Promise<never> => {
        killed.push(ctx.server);
        world.kill(ctx.server);
        return new Promise(() => undefined);
      },
    });
    const entry = await world.start('entry');
    for (const name of names) await world.start(name, { poison });
    const client = await world.connect(entry);
    await world.settle(failureOf(client.call('poison', [], { retry: { attempts: 10 }, waitMs: 5_000 })));
    await world.advance(10_000);
    expect(killed).toHaveLength(2);
  });
});
