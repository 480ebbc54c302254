import { describe, expect } from 'vitest';
import type { Functions, RunEvent, Server } from '../../src/fabric/api/api.ts';
import { defineFunction } from '../../src/fabric/api/define.ts';
import { type FabricWorld, worldTest as test } from './world.ts';

const inc = (effect: 'pure' | 'once') =>
  defineFunction({ name: 'inc', effect, handler: (ctx, value: number) => ({ value: value + 1, at: ctx.server }) });
const chain = (length: number) =>
  Array.from({ length }, (_unused, at) => ({
    name: `s${at}`,
    fun: 'inc',
    args: [at === 0 ? 0 : { $ref: `s${at - 1}`, path: ['value'] }],
  }));

async function pair(world: FabricWorld, functions: Functions): Promise<readonly [Server, Server]> {
  const here = await world.start('here');
  const there = await world.start('there', functions);
  return [here, there];
}

async function eventsOf(events: AsyncIterable<RunEvent>): Promise<readonly string[]> {
  const seen: string[] = [];
  for await (const event of events) seen.push('step' in event ? `${event.kind} ${event.step}` : event.kind);
  return seen;
}

describe('steps that land on one server', () => {
  test.for(['pure', 'once'] as const)('%s: go there together, and cost one trip', async (effect, { world }) => {
    const [here] = await pair(world, { inc: inc(effect) });
    world.network.weather.setDelay('here', 'there', 20);
    const startMs = world.clock.nowMs();
    const run = here.submit(chain(10), { returns: ['s9'] });
    expect(await world.settle(run.result)).toEqual({ s9: { value: 10, at: 'there' } });
    expect(world.clock.nowMs() - startMs).toBeLessThan(60);
    const steps = Array.from({ length: 10 }, (_unused, at) => [`step.started s${at}`, `step.settled s${at}`]).flat();
    expect(await world.settle(eventsOf(run.events))).toEqual(['run.accepted', ...steps, 'run.settled']);
  });

  test('a step that has an undo is the last of its group, and what stands behind it goes on its own', async ({ world }) => {
    const undone: unknown[] = [];
    const undo = defineFunction({ name: 'undo', effect: 'idempotent', handler: (_ctx, given: unknown) => void undone.push(given) });
    const [here] = await pair(world, { inc: inc('once'), undo });
    world.network.weather.setDelay('here', 'there', 20);
    const startMs = world.clock.nowMs();
    const commands = chain(6).map((command) =>
      command.name === 's2' ? { ...command, compensate: { fun: 'undo', args: [{ $ref: 's2' }] } } : command,
    );
    expect(await world.settle(here.submit(commands, { returns: ['s5'] }).result)).toEqual({ s5: { value: 6, at: 'there' } });
    // s0 to s2 in one trip, s3 to s5 in another.
    expect(world.clock.nowMs() - startMs).toBeGreaterThanOrEqual(80);
    expect(world.clock.nowMs() - startMs).toBeLessThan(110);
    expect(undone).toEqual([]);
  });

  test('go one by one with `fuse: false`', async ({ world }) => {
    const [here] = await pair(world, { inc: inc('pure') });
    world.network.weather.setDelay('here', 'there', 20);
    const startMs = world.clock.nowMs();
    const apart = chain(5).map((command) => ({ ...command, fuse: false }));
    expect(await world.settle(here.submit(apart, { returns: ['s4'] }).result)).toEqual({ s4: { value: 5, at: 'there' } });
    expect(world.clock.nowMs() - startMs).toBeGreaterThanOrEqual(200);
  });
});
