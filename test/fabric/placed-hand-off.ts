/** A run that is handed over to another coordinator and has large results: at a laptop far away from the servers that do the work. */

import type { Command } from '../../src/core/workflow/data.ts';
import type { RunEvent, Server } from '../../src/fabric/api/api.ts';
import { defineFunction } from '../../src/fabric/api/define.ts';
import { digest, mebibyte } from '../mebibytes.ts';
import type { FabricWorld } from './world.ts';

export const large = 80_000;

/** Gives bytes of an item, many for an even one. */
const make = defineFunction({
  name: 'make',
  effect: 'pure',
  handler: (_ctx, item: number) => new Uint8Array(item % 2 === 0 ? large : 10).fill(item),
});
const sum = defineFunction({
  name: 'sum',
  effect: 'pure',
  handler: (_ctx, bytes: Uint8Array) => bytes.reduce((all, byte) => all + byte, 0),
});
const lengths = defineFunction({
  name: 'lengths',
  effect: 'pure',
  handler: (_ctx, list: readonly Uint8Array[]) => list.map((bytes) => bytes.length),
});
const step = defineFunction({ name: 'step', effect: 'pure', handler: (ctx) => ctx.sleep(1) });
const wait = defineFunction({ name: 'wait', effect: 'pure', handler: (ctx) => ctx.sleep(5_000) });
const fail = defineFunction({
  name: 'fail',
  effect: 'pure',
  handler: () => {
    throw new Error('no');
  },
});
const dump = defineFunction({
  name: 'dump',
  effect: 'pure',
  handler: async function* (_ctx, mebibytes: number) {
    for (let at = 0; at < mebibytes; at += 1) yield new Uint8Array(mebibyte).fill(at);
  },
});
/** Ten short steps in turns at the two servers, after which `then` may come: for these it is worth to coordinate there. */
export function chained(...then: readonly Command[]): readonly Command[] {
  const turns = Array.from({ length: 10 }, (_unused, at) => ({
    name: `s${at}`,
    fun: 'step',
    args: [],
    after: at === 0 ? [] : [`s${at - 1}`],
    target: at % 2 === 0 ? 'cloud-1' : 'cloud-2',
  }));
  return [...turns, ...then.map((command) => ({ ...command, after: [...(command.after ?? []), 's9'] }))];
}

/** The laptop, and three servers 20 ms away from it. */
export async function farAway(world: FabricWorld): Promise<{ readonly laptop: Server; readonly clouds: readonly Server[] }> {
  const functions = { make, sum, lengths, step, wait, fail, dump, digest };
  for (const name of ['cloud-1', 'cloud-2', 'cloud-3']) world.network.weather.setDelay('laptop', name, 20);
  const laptop = await world.start('laptop');
  const clouds = [];
  for (const name of ['cloud-1', 'cloud-2', 'cloud-3']) clouds.push(await world.start(name, functions));
  await world.advance(20_000);
  // What the way takes is known from calls.
  for (const target of ['cloud-1', 'cloud-2', 'cloud-3']) await world.settle(laptop.call('step', [], { target }));
  return { laptop, clouds };
}

export async function coordinatorOf(events: AsyncIterable<RunEvent>): Promise<string> {
  for await (const event of events) if (event.kind === 'run.accepted') return event.coordinator;
  return '';
}
