import { readFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { analysisText, workflowText } from '../../src/cli/plan-text.ts';
import type { RunEvent, Server } from '../../src/fabric/api/api.ts';
import { defineFunction } from '../../src/fabric/api/define.ts';
import { failureOf } from '../within.ts';
import { type FabricWorld, worldTest as test } from './world.ts';

const asleep = (name: string, ms: number, give: (...args: unknown[]) => unknown) =>
  defineFunction({
    name,
    effect: 'pure',
    handler: async (ctx, ...args: unknown[]): Promise<unknown> => {
      await ctx.sleep(ms);
      return give(...args);
    },
  });

const load = asleep('rows.load', 4, () => Array.from({ length: 100 }, (_unused, at) => ({ id: at, grams: at % 7 })));
const clean = asleep('rows.clean', 2, (rows) => (rows as { grams: number }[]).filter(({ grams }) => grams > 0));
const mean = asleep('rows.mean', 1, (rows) => (rows as { grams: number }[]).length);
const predict = asleep('predict', 8, (count) => Number(count) * 2);

/** What docs/planning.md shows. */
const commands = [
  { name: 'load', fun: 'rows.load', args: ['s3://weights'], need: ['db'] },
  { name: 'clean', fun: 'rows.clean', args: [{ $ref: 'load' }], need: ['db'] },
  { name: 'mean', fun: 'rows.mean', args: [{ $ref: 'clean' }] },
  { name: 'forecast', fun: 'predict', args: [{ $ref: 'mean' }], need: ['gpu'] },
];

async function fabric(world: FabricWorld): Promise<Server> {
  const entry = await world.start('entry');
  await world.start('db-1', { load, clean, mean }, { resources: ['db'] });
  await world.start('gpu-1', { predict }, { resources: ['gpu'] });
  await world.start('cpu-1', { predict }, { resources: ['cpu'] });
  for (const name of ['db-1', 'gpu-1', 'cpu-1']) world.network.weather.setDelay('entry', name, 5);
  // Links have measured their way.
  await world.advance(20_000);
  return entry;
}

async function eventsOf(events: AsyncIterable<RunEvent>): Promise<readonly RunEvent[]> {
  const all: RunEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

/** A page shows exactly this output. */
function isShown(text: string): boolean {
  return readFileSync(new URL('../../docs/planning.md', import.meta.url), 'utf8').includes(`\`\`\`text\n${text}\n\`\`\``);
}

describe('explain of a workflow', () => {
  test('shows the order, the server of each step, what goes together, and who is refused and why', async ({ world }) => {
    const entry = await fabric(world);
    await world.settle(entry.submit(commands).result);
    const plan = await world.settle(entry.explain(commands));
    expect(plan.steps.map(({ name, server, group }) => [name, server, group])).toEqual([
      ['load', 'db-1', 1],
      ['clean', 'db-1', 1],
      ['mean', 'db-1', 1],
      ['forecast', 'gpu-1', undefined],
    ]);
    expect(plan.steps[3]?.offers).toMatchObject([
      { server: 'gpu-1', isCandidate: true },
      { server: 'cpu-1', isCandidate: false, why: 'lacks gpu (has cpu)' },
    ]);
    expect(plan.predicted).toMatchObject({ trips: 2, unknown: 0 });
    const text = workflowText(plan);
    expect(isShown(text), `docs/planning.md does not show:\n${text}`).toBe(true);
  });

  test('what was predicted is near what comes, and is shown beside it', async ({ world }) => {
    const entry = await fabric(world);
    await world.settle(entry.submit(commands).result);
    const plan = await world.settle(entry.explain(commands));
    const run = entry.submit(commands);
    await world.settle(run.result);
    const events = await world.settle(eventsOf(run.events));
    const took = events.find((event) => event.kind === 'run.settled')?.elapsedMs ?? 0;
    expect(Math.abs((plan.predicted?.ms ?? 0) - took)).toBeLessThan(took * 0.25);
    const text = analysisText(plan, events);
    expect(isShown(text), `docs/planning.md does not show:\n${text}`).toBe(true);
  });

  test('says the same through a client, and of a built workflow what it says of its data', async ({ world }) => {
    const entry = await fabric(world);
    const client = await world.connect(entry);
    expect(await world.settle(client.explain(commands))).toEqual(await world.settle(entry.explain(commands)));
    expect(await world.settle(client.explain({ commands }, { input: [1, 2] }))).toEqual(await world.settle(entry.explain(commands)));
  });

  test('predicts where the steps then run, and which go together', async ({ world }) => {
    const entry = await fabric(world);
    const plan = await world.settle(entry.explain(commands));
    const run = entry.submit(commands);
    await world.settle(run.result);
    const ran = (await world.settle(eventsOf(run.events))).flatMap((event) =>
      event.kind === 'step.settled' ? [[event.step, event.server]] : [],
    );
    expect(plan.steps.map(({ name, server }) => [name, server])).toEqual(ran);
  });

  test('a step that nobody would take has a plan without a server, with what stands in the way', async ({ world }) => {
    const entry = await fabric(world);
    const plan = await entry.explain([
      { name: 'a', fun: 'predict', args: [], need: ['tpu'] },
      { name: 'b', fun: 'predcit', args: [{ $ref: 'a' }] },
    ]);
    expect(plan.steps.map(({ server }) => server)).toEqual([undefined, undefined]);
    expect(plan.steps[0]?.reasons[0]).toMatch(/^no offer of 2 offers matches tpu/);
    expect(plan.steps[1]?.reasons).toEqual(['no server offers it; the nearest names are predict']);
  });

  test('refuses a workflow that is wrong in itself, with every problem, and runs nothing', async ({ world }) => {
    const entry = await fabric(world);
    const circle = [
      { name: 'a', fun: 'predict', args: [{ $ref: 'b' }] },
      { name: 'b', fun: 'predict', args: [{ $ref: 'a' }] },
    ];
    expect(await world.settle(failureOf(entry.explain(circle)))).toMatchObject({ code: 'bad_workflow', executed: 'no' });
  });
});
