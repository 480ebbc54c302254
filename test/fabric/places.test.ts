import { randomUUID } from 'node:crypto';
import { describe, expect } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import type { Client } from '../../src/fabric/api/api.ts';
import { defineFunction } from '../../src/fabric/api/define.ts';
import { connect, startServer } from '../../src/index.ts';
import { heddle } from '../cli/terminal.ts';
import { failureOf, within } from '../within.ts';
import { ForeignClient, read } from './foreign-client.ts';
import { type FabricWorld, worldTest as test } from './world.ts';

/** A function with one place a server, which is held until it is let go. */
function held(options: object = { concurrency: 1 }) {
  const released = deferred<void>();
  let entered = 0;
  const train = defineFunction({
    name: 'train',
    ...options,
    handler: async (): Promise<void> => {
      entered += 1;
      await released.promise;
    },
  });
  return { train, entered: () => entered, release: () => released.resolve() };
}

const whys = async (world: FabricWorld, asked: Pick<Client, 'explain'>) => {
  const { steps } = await world.settle(asked.explain('train'));
  return {
    reasons: steps[0]?.reasons.slice(2),
    whys: steps[0]?.offers.map(({ server, why }) => `${server} ${why.replace(/^.*in flight/, '')}`),
  };
};
const waiting = 'all places are taken, and 0 calls wait for one: a call waits a moment, then it is refused (overloaded)';

describe('a function whose places are all taken', () => {
  test('is told of by why and explain of every server, until a call has ended', async ({ world }) => {
    const { train, entered, release } = held();
    const one = await world.start('one');
    await world.start('two', { train });
    const client = await world.connect(one);
    expect(await world.settle(client.why({ function: 'train' }))).toEqual([]);
    const call = one.call('train', []);
    await world.until('it runs', () => entered() === 1);
    const ends = `the end of any call of train at its servers; ${waiting}`;
    for (const asked of [one, client] as const) {
      expect(await world.settle(asked.why({ function: 'train' }))).toEqual([
        { kind: 'concurrency_full', function: 'train', of: 'train', ends },
      ]);
    }
    expect(await whys(world, one)).toEqual({ reasons: [waiting], whys: ['two ; its only place is taken'] });
    release();
    await world.settle(call);
    expect(await world.settle(client.why({ function: 'train' }))).toEqual([]);
    expect(await whys(world, one)).toEqual({ reasons: [], whys: ['two '] });
  });

  test('refuses the next call where as many wait as may', async ({ world }) => {
    const { train, entered, release } = held();
    const one = await world.start('one', { train });
    const calls = [one.call('train', [])];
    await world.until('it runs', () => entered() === 1);
    calls.push(one.call('train', []), one.call('train', []));
    await world.advance(1);
    const refused = 'all places are taken, and as many calls wait as may (2): a call is refused now (overloaded)';
    expect(await one.why({ function: 'train' })).toMatchObject([{ kind: 'concurrency_full', ends: expect.stringContaining(refused) }]);
    expect(await whys(world, one)).toEqual({
      reasons: [refused],
      whys: ['one ; its only place is taken, 2 calls wait, and no more may: it refuses a call now'],
    });
    // And so it does.
    expect(await world.settle(failureOf(one.call('train', [], { retry: { attempts: 1 } })))).toMatchObject({ code: 'overloaded' });
    release();
    await world.settle(Promise.allSettled(calls));
  });

  test('at one server of two holds nothing back; explain says it of that one alone', async ({ world }) => {
    const { train, entered, release } = held();
    const one = await world.start('one', { train });
    await world.start('two', { train });
    const call = one.call('train', [], { target: 'two' });
    await world.until('it runs', () => entered() === 1);
    expect(await world.settle(one.why({ function: 'train' }))).toEqual([]);
    const { reasons, whys: said } = await whys(world, one);
    expect(reasons).toEqual([]);
    expect(said?.sort()).toEqual(['one ', 'two ; its only place is taken']);
    release();
    await world.settle(call);
  });

  test('for want of a slot that another function holds says which', async ({ world }) => {
    const { train, entered, release } = held({ uses: { gpu: 1 } });
    const infer = defineFunction({ name: 'infer', uses: { gpu: 1 }, concurrency: 4, handler: () => 1 });
    const one = await world.start('one', { train, infer }, { slots: { gpu: 1 } });
    const call = one.call('train', []);
    await world.until('it runs', () => entered() === 1);
    expect(await one.why({ function: 'infer' })).toMatchObject([{ kind: 'concurrency_full', function: 'infer' }]);
    const { steps } = await one.explain('infer');
    expect(steps[0]?.offers[0]?.why).toContain('; its slots are taken (gpu)');
    release();
    await world.settle(call);
  });

  test('K2: is not told of where its server does not answer', async ({ world }) => {
    const { train, entered, release } = held();
    const one = await world.start('one');
    await world.start('two', { train });
    const call = one.call('train', []);
    await world.until('it runs', () => entered() === 1);
    world.network.weather.cut('two', 'one');
    expect(await world.settle(one.why({ function: 'train' }))).toEqual([]);
    world.network.weather.heal('two', 'one');
    release();
    await world.settle(call.catch(() => undefined));
  });

  test('is told of for the steps of a workflow, which would wait', async ({ world }) => {
    const { train, entered, release } = held();
    const one = await world.start('one', { tell: () => 1 });
    await world.start('two', { train });
    const client = await world.connect(one);
    const commands = ['train', 'tell', 'nobody'].map((fun) => ({ name: fun, fun, args: [] }));
    const told = async (asked: Pick<Client, 'explain'>) => {
      const { steps } = await world.settle(asked.explain(commands));
      return steps.map(({ name, reasons, offers }) => [
        name,
        reasons.filter((reason) => reason.startsWith('all places')),
        offers.map(({ why }) => why.replace(/^.*in flight/, '')),
      ]);
    };
    const call = one.call('train', []);
    await world.until('it runs', () => entered() === 1);
    for (const asked of [one, client] as const)
      expect(await told(asked)).toEqual([
        ['train', ['all places are taken, and 0 calls wait for one: the step would wait for one, too'], ['; its only place is taken']],
        ['tell', [], ['']],
        ['nobody', [], []],
      ]);
    release();
    await world.settle(call);
    expect((await told(one))[0]).toEqual(['train', [], ['']]);
  });

  test('is told of by a direct client itself, which asks over its own connections', async ({ world }) => {
    world.routing = 'direct';
    const { train, entered, release } = held();
    const one = await world.start('one');
    await world.start('two', { train });
    const client = await world.connect(one);
    await world.until('it knows', async () => (await world.settle(client.explain('train'))).steps[0]?.server === 'two');
    expect(await whys(world, client)).toEqual({ reasons: [], whys: ['two '] });
    const call = client.call('train', []);
    await world.until('it runs', () => entered() === 1);
    expect(await whys(world, client)).toEqual({ reasons: [waiting], whys: ['two ; its only place is taken'] });
    world.network.weather.cut('two', 'client-1');
    expect(await whys(world, client)).toEqual({ reasons: [], whys: ['two '] });
    world.network.weather.heal('two', 'client-1');
    release();
    await world.settle(call.catch(() => undefined));
  });

  test('is told of over gRPC: to a client, to one in another language, and on the command line', async () => {
    const { train, entered, release } = held();
    const cluster = randomUUID();
    await using owner = await startServer({ name: 'owner', cluster, functions: { train } });
    await using entry = await startServer({ name: 'entry', cluster, join: [owner.url] });
    await using client = await connect(entry.url);
    await within('the entry knows it', 1_000, async () => (await entry.catalog()).length === 1);
    const call = client.call('train', []);
    await within('it runs', 1_000, () => entered() === 1);
    const wait = { kind: 'concurrency_full', function: 'train', of: 'train', ends: expect.stringContaining(waiting) };
    expect(await client.why({ function: 'train' })).toEqual([wait]);
    const foreign = new ForeignClient(entry.url);
    expect(read((await foreign.ask('Why', { function: 'train' })).waits)).toEqual([wait]);
    expect(JSON.stringify(read((await foreign.ask('Explain', { function: 'train' })).plan))).toContain('its only place is taken');
    foreign.close();
    const why = await heddle('why', 'train', '--url', entry.url);
    expect([why.code, why.outs.join()]).toEqual([0, expect.stringMatching(/train +concurrency full \(train\) +the end of any call/)]);
    const explained = await heddle('explain', 'train', '--url', entry.url);
    expect(explained.outs.join()).toContain(`  ${waiting}`);
    expect(explained.outs.join()).toContain('its only place is taken');
    release();
    await call;
  });
});
