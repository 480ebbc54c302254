import { describe, expect } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import { defineFunction } from '../../src/fabric/api/define.ts';
import { failureOf } from '../within.ts';
import { worldTest as test } from './world.ts';

/** Hangs until it is released, whatever its signal says; tells who entered. */
function stubborn(concurrency: number) {
  const released = deferred<string>();
  const entered: string[] = [];
  const hang = defineFunction({
    name: 'hang',
    effect: 'pure',
    concurrency,
    handler: (ctx): Promise<string> => {
      entered.push(ctx.server);
      return released.promise;
    },
  });
  return { hang, entered, release: () => released.resolve('released') };
}

describe('handlers that ignore their signal (fault 35)', () => {
  test('take the function off the catalog of all, and the first to return puts it back', async ({ world }) => {
    const { hang, release } = stubborn(2);
    const owner = await world.start('owner', { hang });
    const other = await world.start('other');
    const told: string[] = [];
    for (const kind of ['offer.suspended', 'offer.resumed'] as const) owner.on(kind, (event) => told.push(event.kind));
    for (const kind of ['offer.withdrawn', 'offer.appeared'] as const) other.on(kind, (event) => told.push(`${event.kind} at other`));
    const calls = [1, 2].map(() => failureOf(other.call('hang', [], { timeoutMs: 100 })));
    for (const call of calls) expect(await world.settle(call)).toMatchObject({ code: 'deadline_exceeded', executed: 'maybe' });
    await world.advance(4_500);
    expect(await other.catalog()).toHaveLength(1);
    await world.advance(1_500);
    expect([await other.catalog(), await owner.catalog()]).toEqual([[], []]);
    expect(await world.settle(failureOf(other.call('hang', [])))).toMatchObject({ code: 'no_such_function', executed: 'no' });
    release();
    await world.advance(1_000);
    expect(await other.catalog()).toHaveLength(1);
    expect(told).toEqual(['offer.suspended', 'offer.withdrawn at other', 'offer.resumed', 'offer.appeared at other']);
    expect(await world.settle(other.call('hang', []))).toBe('released');
  });

  test('send later calls to the servers that still offer it', async ({ world }) => {
    const { hang, entered } = stubborn(1);
    const free = defineFunction({ name: 'hang', effect: 'pure', handler: (ctx) => ctx.server });
    const owner = await world.start('owner', { hang });
    await world.settle(failureOf(owner.call('hang', [], { timeoutMs: 100 })));
    await world.start('second', { hang: free });
    await world.advance(6_000);
    for (let n = 0; n < 20; n += 1) expect(await world.settle(owner.call('hang', []))).toBe('second');
    expect(entered).toEqual(['owner']);
  });

  test('keep nothing offered that was withdrawn meanwhile', async ({ world }) => {
    const { hang, release } = stubborn(1);
    const owner = await world.start('owner', { hang });
    await world.settle(failureOf(owner.call('hang', [], { timeoutMs: 100 })));
    await world.advance(6_000);
    await owner.withdraw('hang');
    release();
    await world.advance(1_000);
    expect(await owner.catalog()).toEqual([]);
  });
});

describe('slots', () => {
  const gpu = (name: string, count = 1) => defineFunction({ name, uses: { gpu: count }, handler: (ctx): Promise<void> => ctx.sleep(20) });

  test('that a server does not have refuse the function, at the start and later', async ({ world }) => {
    const at = (functions: object, slots: Record<string, number>) => () => world.made('one', { ...functions }, { slots });
    expect(at({ fold: gpu('fold') }, {})).toThrow('functions.fold.uses.gpu: expected a slot of the server (this server has none)');
    expect(at({ fold: gpu('fold') }, { tpu: 1 })).toThrow('expected a slot of the server (it has tpu)');
    expect(at({ fold: gpu('fold', 3) }, { gpu: 2 })).toThrow(
      'functions.fold.uses.gpu: expected at most the 2 that the server has, found 3',
    );
    const server = await world.start('two', {}, { slots: { gpu: 2 } });
    expect(await failureOf(server.offer({ fold: gpu('fold', 3) }))).toMatchObject({ code: 'bad_argument', executed: 'no' });
    expect(await server.catalog()).toEqual([]);
  });

  test('are shared by functions, steps of runs included, which wait for them as for places', async ({ world }) => {
    let [inside, most] = [0, 0];
    const work = (name: string) =>
      defineFunction({
        name,
        uses: { gpu: 1 },
        handler: async (ctx): Promise<string> => {
          inside += 1;
          most = Math.max(most, inside);
          await ctx.sleep(20);
          inside -= 1;
          return name;
        },
      });
    const server = await world.start('one', { train: work('train'), infer: work('infer') }, { slots: { gpu: 2 } });
    const client = await world.connect(server);
    const commands = Array.from({ length: 60 }, (_, at) => ({ name: `s${at}`, fun: at % 2 === 0 ? 'train' : 'infer', args: [] }));
    const results = await world.settle(client.submit(commands).result);
    expect(Object.keys(results)).toHaveLength(60);
    expect(most).toBe(2);
  });
});

describe('priority', () => {
  test('of a call decides over its nested calls on another server', async ({ world }) => {
    const entered: string[] = [];
    const release = deferred<void>();
    const narrow = defineFunction({
      name: 'narrow',
      concurrency: 1,
      handler: async (_ctx, who: string): Promise<void> => {
        entered.push(who);
        if (who === 'holds') await release.promise;
      },
    });
    const asks = defineFunction({ name: 'asks', handler: (ctx, who: string): Promise<unknown> => ctx.call('narrow', [who]) });
    const owner = await world.start('owner', { narrow });
    const entry = await world.start('entry', { asks });
    expect(owner.name).toBe('owner');
    const holds = entry.call('narrow', ['holds']);
    await world.until('the place is taken', () => entered.length === 1);
    const batch = entry.call('asks', ['batch'], { priority: 'batch' });
    await world.advance(10);
    const critical = entry.call('asks', ['critical'], { priority: 'critical' });
    await world.advance(10);
    release.resolve();
    await world.settle(Promise.all([holds, batch, critical]));
    expect(entered).toEqual(['holds', 'critical', 'batch']);
  });
});
