import { describe, expect } from 'vitest';
import type { RunEvent } from '../../src/fabric/api/api.ts';
import { defineFunction } from '../../src/fabric/api/define.ts';
import { failureOf } from '../within.ts';
import { type FabricWorld, worldTest as test } from './world.ts';

const state = { runs: 0, aborts: 0 };
const work = defineFunction({
  name: 'work',
  handler: async (ctx, ms: number): Promise<string> => {
    state.runs += 1;
    ctx.signal.addEventListener('abort', () => {
      state.aborts += 1;
    });
    await ctx.sleep(ms);
    return ctx.server;
  },
});

/** Ten steps in turns at two servers: from afar ten trips, from one of them five and the way there. */
function chain(ms = 1) {
  return Array.from({ length: 10 }, (_unused, at) => ({
    name: `s${at}`,
    fun: 'work',
    args: [ms],
    after: at === 0 ? [] : [`s${at - 1}`],
    target: at % 2 === 0 ? 'cloud-1' : 'cloud-2',
  }));
}

/** A laptop 40 ms away from two servers that are 1 ms apart. */
async function fabric(world: FabricWorld) {
  for (const name of ['cloud-1', 'cloud-2']) world.network.weather.setDelay('laptop', name, 20);
  const laptop = await world.start('laptop');
  const clouds = [await world.start('cloud-1', { work }), await world.start('cloud-2', { work })] as const;
  await world.advance(20_000);
  // What the way takes is known from calls.
  for (const target of ['cloud-1', 'cloud-2']) await world.settle(laptop.call('work', [1], { target }));
  state.runs = 0;
  state.aborts = 0;
  return { laptop, clouds };
}

async function eventsOf(events: AsyncIterable<RunEvent>): Promise<readonly RunEvent[]> {
  const all: RunEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

function coordinatorIn(events: readonly RunEvent[]): string | undefined {
  return events.flatMap((event) => (event.kind === 'run.accepted' ? [event.coordinator] : []))[0];
}

async function whenStarted(world: FabricWorld, events: AsyncIterable<RunEvent>, step: string): Promise<void> {
  await world.settle(
    (async () => {
      for await (const event of events) if (event.kind === 'step.started' && event.step === step) return;
    })(),
  );
}

describe('a run that was asked for far away from its steps', () => {
  test('is coordinated where they are, as explain says; each event is told once, in order', async ({ world }) => {
    const { laptop } = await fabric(world);
    const plan = await world.settle(laptop.explain(chain()));
    expect(plan.coordinator).toMatchObject({ server: 'cloud-1' });
    expect(plan.coordinator?.why).toMatch(/^\d+(\.\d+)? ms coordinated there, the way to it included; \d+(\.\d+)? ms from laptop$/);
    const run = laptop.submit(chain(), { returns: 'all' });
    const result = await world.settle(run.result);
    expect(result).toEqual(Object.fromEntries(chain().map(({ name, target }) => [name, target])));
    const events = await world.settle(eventsOf(run.events));
    expect(coordinatorIn(events)).toBe('cloud-1');
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_event, at) => at + 1));
    // Ten trips of 40 ms are 400 ms.
    expect(events.find((event) => event.kind === 'run.settled')?.elapsedMs).toBeLessThan(60);
    expect(plan.steps.map(({ name, server }) => [name, server])).toEqual(
      events.flatMap((event) => (event.kind === 'step.settled' ? [[event.step, event.server]] : [])),
    );
  });

  test('stays where it was asked for when that costs next to nothing', async ({ world }) => {
    const { laptop } = await fabric(world);
    // A chain at one server goes there as one frame, from wherever.
    const near = chain().map((command) => ({ ...command, target: 'cloud-1' }));
    expect((await world.settle(laptop.explain(near))).coordinator).toEqual({
      server: 'laptop',
      why: 'it was asked, and no other server would be clearly faster',
    });
    const run = laptop.submit(near);
    await world.settle(run.result);
    expect(coordinatorIn(await world.settle(eventsOf(run.events)))).toBe('laptop');
  });

  test('is found, told of and cancelled through any server and by its client', async ({ world }) => {
    const { laptop, clouds } = await fabric(world);
    const client = await world.connect(laptop);
    const run = client.submit(chain(10_000));
    await whenStarted(world, run.events, 's0');
    const [wait] = await world.settle(client.why({ run: run.runId, step: 's1' }));
    expect(wait).toMatchObject({ kind: 'input', step: 's0' });
    const other = await world.connect(clouds[1]);
    expect(await world.settle(other.why({ run: run.runId, step: 's1' }))).toEqual([wait]);
    await world.settle(run.cancel('enough'));
    expect(await world.settle(failureOf(run.result))).toMatchObject({ code: 'cancelled' });
    expect(state).toEqual({ runs: 1, aborts: 1 });
    expect(coordinatorIn(await world.settle(eventsOf(other.attach(run.runId).events)))).toBe('cloud-1');
  });

  test('is run once when its runId is submitted again', async ({ world }) => {
    const { laptop } = await fabric(world);
    const first = laptop.submit(chain(), { runId: 'mine' });
    await world.settle(first.accepted);
    // Just now it could not be handed over.
    world.network.reset('laptop', 'cloud-1');
    const second = laptop.submit(chain(), { runId: 'mine' });
    expect(await world.settle(second.result)).toEqual(await world.settle(first.result));
    expect(state.runs).toBe(10);
  });

  test('is run all the same while its best coordinator drains', async ({ world }) => {
    const { laptop, clouds } = await fabric(world);
    void clouds[0].drain();
    const run = laptop.submit(
      chain().map((command, at) => ({ ...command, target: at % 2 === 0 ? 'cloud-2' : 'cloud-1', onFailure: 'continue' })),
      { returns: ['s0'] },
    );
    expect(await world.settle(run.result)).toEqual({ s0: 'cloud-2' });
  });

  test('fails as coordinator_lost when its coordinator is killed, and its steps are cancelled within 2 s (fault 3)', async ({ world }) => {
    world.network.weather.setDelay('laptop', 'cloud-3', 20);
    const { laptop } = await fabric(world);
    await world.start('cloud-3', { work });
    const steps = [...chain().slice(0, 9), { name: 'long', fun: 'work', args: [60_000], after: ['s8'], target: 'cloud-3' }];
    expect((await world.settle(laptop.explain(steps))).coordinator?.server).toBe('cloud-1');
    const run = laptop.submit(steps);
    await whenStarted(world, run.events, 'long');
    world.kill('cloud-1');
    const failed = await world.settle(failureOf(run.result));
    expect(failed).toMatchObject({ code: 'coordinator_lost', executed: 'yes', detail: { steps: { s8: 'done', long: 'maybe' } } });
    await world.advance(2_000);
    expect(state).toEqual({ runs: 10, aborts: 1 });
  });

  test('goes on over a link that was cut and came back', async ({ world }) => {
    const { laptop } = await fabric(world);
    const run = laptop.submit(chain(500), { returns: 'all' });
    await whenStarted(world, run.events, 's2');
    world.network.reset('laptop', 'cloud-1');
    expect(Object.keys((await world.settle(run.result)) as object)).toHaveLength(10);
    const events = await world.settle(eventsOf(run.events));
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_event, at) => at + 1));
    expect(state.runs).toBe(10);
  });
});
