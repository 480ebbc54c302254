/**
 * Five servers restarted one after the other while clients of both routings call without pause, on virtual time: delays,
 * load, order and pauses by the seed. What each call did is read from the handlers' own log.
 */
import { expect } from 'vitest';
import { type Random, seededRandom } from '../../src/base/random.ts';
import type { Client, Server } from '../../src/fabric/api/api.ts';
import { defineFunction } from '../../src/fabric/api/define.ts';
import { FabricWorld } from './world.ts';

const names = ['one', 'two', 'three', 'four', 'five'];

/** How often each call ran, by its own word. */
class Log {
  readonly runs = new Map<string, number>();

  readonly functions = {
    pure: defineFunction({
      name: 'pure',
      effect: 'pure',
      handler: async (ctx, id: string, ms: number): Promise<string> => {
        await ctx.sleep(ms);
        return id;
      },
    }),
    once: defineFunction({
      name: 'once',
      handler: async (ctx, id: string, ms: number): Promise<string> => {
        this.runs.set(id, (this.runs.get(id) ?? 0) + 1);
        await ctx.sleep(ms);
        return id;
      },
    }),
    outer: defineFunction({
      name: 'outer',
      effect: 'idempotent',
      handler: async (ctx, id: string, ms: number): Promise<unknown> => {
        await ctx.sleep(ms);
        return ctx.call('pure', [id, ms]);
      },
    }),
  };
}

interface Ended {
  readonly fn: string;
  readonly id: string;
  readonly error?: { readonly code: string; readonly executed: string };
}

class Load {
  readonly ends: Promise<Ended>[] = [];
  readonly #world: FabricWorld;
  readonly #clients: readonly Client[];
  readonly #random: Random;

  constructor(world: FabricWorld, clients: readonly Client[], random: Random) {
    this.#world = world;
    this.#clients = clients;
    this.#random = random;
  }

  /** Calls now and then until `isOver`, and for at least `ms`. */
  async go(ms: number, isOver: () => boolean = () => true): Promise<void> {
    const untilMs = this.#world.clock.nowMs() + ms;
    while (this.#world.clock.nowMs() < untilMs || !isOver()) {
      for (const client of this.#clients) this.#call(client);
      await this.#world.advance(5 + this.#random.integer(20));
    }
  }

  #call(client: Client): void {
    const fn = ['pure', 'once', 'outer'][this.#random.integer(3)] ?? 'pure';
    const id = `${fn} ${this.ends.length}`;
    this.ends.push(
      client.call(fn, [id, this.#random.integer(150)]).then(
        () => ({ fn, id }),
        (error: { readonly code: string; readonly executed: string }) => ({ fn, id, error }),
      ),
    );
  }
}

/** Fails unless every call succeeded, and every `once` call ran once. Gives how many calls there were. */
export async function restartAll(seed: string): Promise<number> {
  const world = new FabricWorld(seed);
  const random = seededRandom(seed);
  const log = new Log();
  const servers = new Map<string, Server>();
  for (const [at, name] of names.entries()) servers.set(name, await world.start(name, log.functions, { port: 7_001 + at }));
  const clients: Client[] = [];
  for (const routing of ['entry', 'direct', 'entry', 'direct'] as const) {
    world.routing = routing;
    clients.push(await world.connect(...shuffled([...servers.values()], random)));
  }
  const processes = [...names, ...clients.map((_, at) => `client-${at + 1}`)];
  for (const a of processes)
    for (const b of processes) if (a < b) world.network.weather.setDelay(a, b, random.integer(random.next() < 0.2 ? 200 : 40));
  const load = new Load(world, clients, random.fork('load'));
  for (const name of shuffled(names, random)) {
    await load.go(random.integer(300));
    let hasStopped = false;
    const stopping = servers
      .get(name)
      ?.[Symbol.asyncDispose]()
      .then(() => {
        hasStopped = true;
      });
    await load.go(0, () => hasStopped);
    await stopping;
    const join = [...servers.values()].map(({ url }) => url);
    servers.set(name, await world.start(name, log.functions, { join, port: 7_001 + names.indexOf(name) }));
  }
  await load.go(200);
  const ends = await world.settle(Promise.all(load.ends));
  const failed = ends.filter(({ error }) => error !== undefined);
  expect(failed.filter(({ fn }) => fn !== 'once')).toEqual([]);
  expect([...log.runs].filter(([, runs]) => runs > 1)).toEqual([]);
  // Nothing broke, so nothing is uncertain either.
  expect(failed).toEqual([]);
  expect(ends.filter(({ fn, id }) => fn === 'once' && log.runs.get(id) !== 1)).toEqual([]);
  expect(ends.length).toBeGreaterThan(200);
  await world.close();
  return ends.length;
}

function shuffled<T>(values: readonly T[], random: Random): readonly T[] {
  return values
    .map((value) => ({ value, place: random.next() }))
    .sort((a, b) => a.place - b.place)
    .map(({ value }) => value);
}
