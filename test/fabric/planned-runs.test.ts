import { describe, expect } from 'vitest';
import type { Command } from '../../src/core/workflow/data.ts';
import type { RunEvent, Server } from '../../src/fabric/api/api.ts';
import { defineFunction } from '../../src/fabric/api/define.ts';
import { type FabricWorld, worldTest as test } from './world.ts';

const work = defineFunction({
  name: 'work',
  effect: 'pure',
  handler: async (ctx, ms: number, _inputs: readonly unknown[]): Promise<string> => {
    await ctx.sleep(ms);
    return ctx.server;
  },
});

/** Three chains of three steps, and one step that takes them all: with three servers that may run each of them there is much to choose. */
const commands: readonly Command[] = [
  ...['x', 'y', 'z'].flatMap((chain) => [
    { name: `${chain}1`, fun: 'work', args: [3, []] },
    { name: `${chain}2`, fun: 'work', args: [5, [{ $ref: `${chain}1` }]] },
    { name: `${chain}3`, fun: 'work', args: [2, [{ $ref: `${chain}2` }]], fuse: false },
  ]),
  { name: 'all', fun: 'work', args: [1, ['x', 'y', 'z'].map((chain) => ({ $ref: `${chain}3` }))] },
];

async function fabric(world: FabricWorld): Promise<Server> {
  const entry = await world.start('entry');
  for (const name of ['a', 'b', 'c']) await world.start(name, { work });
  for (const name of ['a', 'b', 'c']) world.network.weather.setDelay('entry', name, 5);
  await world.advance(20_000);
  return entry;
}

type Places = Readonly<Record<string, string | undefined>>;

async function plannedBy(world: FabricWorld, entry: Server): Promise<Places> {
  return Object.fromEntries((await world.settle(entry.explain(commands))).steps.map(({ name, server }) => [name, server]));
}

async function ranAt(world: FabricWorld, entry: Server, during: () => void = () => {}): Promise<Places> {
  const run = entry.submit(commands);
  const events = settledOf(run.events);
  during();
  await world.settle(run.result);
  return Object.fromEntries((await world.settle(events)).map(({ step, server }) => [step, server]));
}

async function settledOf(events: AsyncIterable<RunEvent>) {
  const settled: Extract<RunEvent, { kind: 'step.settled' }>[] = [];
  for await (const event of events) if (event.kind === 'step.settled') settled.push(event);
  return settled;
}

describe('a run', () => {
  test('goes where its plan said, as long as nothing changes', async ({ world }) => {
    const entry = await fabric(world);
    const seen = new Set<string>();
    for (let turn = 0; turn < 6; turn += 1) {
      const planned = await plannedBy(world, entry);
      expect(await ranAt(world, entry)).toEqual(planned);
      seen.add(JSON.stringify(planned));
    }
    // Equal servers take turns at being first.
    expect(seen.size).toBeGreaterThan(1);
  });

  test('of one step takes equal servers in turn', async ({ world }) => {
    const entry = await fabric(world);
    const answers = new Map<unknown, number>();
    for (let turn = 0; turn < 30; turn += 1) {
      const { one } = (await world.settle(entry.submit([{ name: 'one', fun: 'work', args: [1, []] }]).result)) as { one: string };
      answers.set(one, (answers.get(one) ?? 0) + 1);
    }
    expect([...answers].sort()).toEqual([
      ['a', 10],
      ['b', 10],
      ['c', 10],
    ]);
  });

  test('is planned anew, step by step, when a server that it was to go to is gone', async ({ world }) => {
    const entry = await fabric(world);
    const planned = await plannedBy(world, entry);
    const lost = planned['x1'] ?? '';
    const ran = await ranAt(world, entry, () => world.kill(lost));
    expect(Object.keys(ran)).toHaveLength(commands.length);
    expect(Object.values(ran)).not.toContain(lost);
  });

  test('leaves a server that the plan named once it is far slower than another', async ({ world }) => {
    const entry = await fabric(world);
    const slow = defineFunction({
      name: 'work',
      effect: 'pure',
      handler: async (ctx): Promise<string> => ctx.sleep(400).then(() => ctx.server),
    });
    await world.start('d', { work: slow });
    world.network.weather.setDelay('entry', 'd', 5);
    await world.advance(20_000);
    const shares: number[] = [];
    for (let turn = 0; turn < 8; turn += 1) shares.push(Object.values(await ranAt(world, entry)).filter((server) => server === 'd').length);
    expect(shares.slice(4)).toEqual([0, 0, 0, 0]);
    expect(Object.values(await plannedBy(world, entry))).not.toContain('d');
  });

  test('counts the bytes of its input: a large one stays where the coordinator is', async ({ world }) => {
    const here = await world.start('here', { work });
    await world.start('there', { work });
    await world.advance(20_000);
    const flow: readonly Command[] = [{ name: 'one', fun: 'work', args: [1, [{ $input: true }]] }];
    const input = new Uint8Array(2_000_000);
    const plan = await world.settle(here.explain(flow, { input }));
    expect(plan.steps[0]?.server).toBe('here');
    for (let turn = 0; turn < 4; turn += 1) expect(await world.settle(here.submit(flow, { input }).result)).toEqual({ one: 'here' });
  });

  test('gives many short steps to all that may run them, though one of those is the server that was asked', async ({ world }) => {
    const quick = defineFunction({ name: 'quick', effect: 'pure', handler: (ctx): string => ctx.server });
    const here = await world.start('here', { quick });
    for (const name of ['near', 'far']) await world.start(name, { quick });
    world.network.weather.setDelay('here', 'near', 0.5);
    world.network.weather.setDelay('here', 'far', 2);
    await world.advance(20_000);
    const wide = Array.from({ length: 600 }, (_unused, at) => ({ name: `s${at}`, fun: 'quick' }));
    for (let turn = 0; turn < 3; turn += 1) {
      const ran = Object.values((await world.settle(here.submit(wide, { returns: 'all' }).result)) as Record<string, string>);
      for (const name of ['here', 'near', 'far']) expect(ran.filter((server) => server === name).length).toBeGreaterThan(120);
    }
  });
});
