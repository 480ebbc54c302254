import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';

import { type Builder, defineFunction, remote, workflow } from '../../src/index.ts';
import { type Fault, simulate } from '../../src/testing.ts';

const add = (a: number, b: number): number => a + b;

const slow = defineFunction({
  name: 'slow',
  effect: 'idempotent',
  handler: async (_ctx, ms: number): Promise<readonly number[]> => {
    const before = [Date.now(), performance.now(), process.hrtime.bigint(), process.hrtime()] as const;
    await new Promise((resolve) => setTimeout(resolve, ms));
    await sleep(ms);
    const nanoseconds = Number(process.hrtime.bigint() - before[2]);
    const [seconds, rest] = process.hrtime(before[3]);
    return [Date.now() - before[0], Math.round(performance.now() - before[1]), nanoseconds / 1e6, seconds * 1e3 + rest / 1e6];
  },
});

const three = { a: { functions: { add, slow } }, b: { functions: { add, slow } }, c: { functions: { add, slow } } };

describe('simulate', () => {
  test('runs whole servers, clients and workflows on virtual time', async () => {
    const startedMs = performance.now();
    const { result } = await simulate({ seed: 1, servers: three }, async (world) => {
      const client = await world.connect();
      const sum = await client.call('add', [1, 2]);
      const fn = remote<{ add: typeof add }>();
      const flow = workflow('twice', ({ step, input }: Builder<number>) => {
        const first = step('first', fn('add'), [input, 1]);
        return { last: step('last', fn('add'), [first, 1]) };
      });
      const { last } = await client.run(flow, 40).result;
      await world.sleep(500_000);
      return [sum, last, world.nowMs()];
    });
    expect(result.slice(0, 2)).toEqual([3, 42]);
    expect(result[2]).toBeGreaterThan(500_000);
    expect(performance.now() - startedMs).toBeLessThan(60_000);
  });

  test('puts timers and dates of handlers on virtual time, and leaves those outside alone', async () => {
    const outside = Date.now();
    const { result } = await simulate({ seed: 1, servers: three }, async (world) => {
      const client = await world.connect();
      return client.call(slow, [10_000], { timeoutMs: 60_000 });
    });
    expect(result).toEqual([20_000, 20_000, 20_000, 20_000]);
    expect(Date.now() - outside).toBeLessThan(15_000);
    expect(new Date().getFullYear()).toBeGreaterThan(2024);
    expect(Date.prototype.constructor).toBe(Date);
  });

  test('gives the same trace under the same seed, and another under another (U1, M10)', async () => {
    const run = (seed: number) =>
      simulate({ seed, servers: three, faults: { everyMs: 500, untilMs: 5_000 } }, async (world) => {
        const client = await world.connect();
        const told: unknown[] = [];
        for (let at = 0; at < 40; at += 1) {
          told.push(await client.call('add', [at, Math.random()], { timeoutMs: 500 }).catch((error: Error) => error.message));
          await world.sleep(100);
        }
        return told;
      });
    const [first, again, other] = [await run(7), await run(7), await run(8)];
    expect(again).toEqual(first);
    expect(again.trace).toMatch(/^[0-9a-f]{64}$/);
    expect(other.trace).not.toBe(first.trace);
    expect(first.faults.length).toBeGreaterThan(3);
  });

  test('kills and restarts with a memory of its own each time; the disk decides about the epoch', async () => {
    const faults: readonly Fault[] = [
      { kind: 'kill', server: 'b', atMs: 1_000, forMs: 500, disk: 'kept' },
      { kind: 'kill', server: 'c', atMs: 1_000, forMs: 500, disk: 'lost' },
    ];
    const counting = () => {
      let calls = 0;
      return { count: () => (calls += 1) };
    };
    const servers = { a: { functions: counting }, b: { functions: counting }, c: { functions: counting } };
    const { result } = await simulate({ seed: 3, servers, faults }, async (world) => {
      const client = await world.connect({ to: ['a'] });
      const counts = async () => {
        const all: unknown[] = [];
        for (const target of ['a', 'b', 'c']) all.push(await client.call('count', [], { target }));
        return all;
      };
      const before = await counts();
      await world.sleep(1_100);
      expect(() => world.server('b')).toThrow('no server "b" runs now');
      await world.until(
        'all are back',
        async () => (await client.members()).every(({ status, epoch }) => status === 'alive' && epoch <= 2) && world.nowMs() > 2_500,
      );
      const epochs = (await client.members()).map(({ name, epoch }) => `${name} ${epoch}`).sort();
      return { before, after: await counts(), epochs };
    });
    expect(result).toEqual({ before: [1, 1, 1], after: [2, 1, 1], epochs: ['a 1', 'b 2', 'c 2'] });
  });

  test.each([
    ['a file operation .*simulate', () => readFile(import.meta.filename)],
    ['a name lookup|a TCP connection', () => fetch('http://localhost:7999/')],
    ['a TCP server', () => new Promise((resolve) => createServer().listen(0, '127.0.0.1', () => resolve(1)))],
  ])('ends a run whose handler begins %s, naming the server (U4)', async (what, io) => {
    const bad = async (): Promise<string> => {
      await io();
      return 'done';
    };
    const running = simulate({ seed: 1, servers: { a: { functions: { bad } } } }, async (world) => {
      const client = await world.connect();
      return client.call('bad', []);
    });
    await expect(running).rejects.toThrow(new RegExp(`a handler on server "a" began (${what})[\\s\\S]*cannot repeat real input`));
  });

  test('says so when the body does not end', async () => {
    const running = simulate({ seed: 1, servers: three, maxMs: 5_000, shrink: false }, () => new Promise(() => {}));
    await expect(running).rejects.toThrow('the body has not ended within 5000 ms of virtual time');
  });
});

describe('servers with rules', () => {
  const who = defineFunction({ name: 'image.who', handler: (ctx) => ctx.caller });
  const rows = defineFunction({ name: 'rows.clean', handler: () => 'cleaned' });
  const permissions = [
    { who: ['server:*'], may: ['serve', 'relay', 'call', 'submit'], names: ['*'] },
    { who: ['alice'], may: ['call', 'submit'], names: ['image.*'] },
  ] as const;
  const servers = { entry: { permissions }, owner: { functions: { who, rows }, permissions } };
  const codeOf = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: { code: string }) => error.code);

  test('hold in a simulation as outside: clients are whom they are said to be, or nobody, and servers sign what they say', async () => {
    const run = () =>
      simulate({ seed: 3, servers }, async (world) => {
        const refused: string[] = [];
        world.server('entry').on('access.denied', ({ identity, verb, name }) => refused.push(`${identity} ${verb} ${name}`));
        const alice = await world.connect({ as: 'alice', to: ['entry'] });
        const told = [await alice.call('image.who', []), await codeOf(alice.call('rows.clean', []))];
        const step = await codeOf(alice.submit([{ name: 'a', fun: 'rows.clean' }]).result);
        const nobody = await codeOf(world.connect());
        return { told, step, nobody, own: await world.server('entry').call('rows.clean', []), refused };
      });
    const [first, again] = [await run(), await run()];
    expect(first.result).toEqual({
      told: ['alice', 'forbidden'],
      step: 'forbidden',
      nobody: 'unauthenticated',
      own: 'cleaned',
      refused: ['certificate:alice call rows.clean', 'certificate:alice submit rows.clean', 'anonymous connect no_token'],
    });
    expect(again.trace).toBe(first.trace);
  });

  test('come back after a kill, with a certificate of their own', async () => {
    const { result } = await simulate(
      { seed: 5, servers, faults: [{ kind: 'kill', server: 'owner', atMs: 100, forMs: 500 }] },
      async (world) => {
        const alice = await world.connect({ as: 'alice', to: ['entry'] });
        await world.sleep(2_000);
        return alice.call('image.who', [], { waitMs: 10_000 });
      },
    );
    expect(result).toBe('alice');
  });

  test('without them nobody asks who a client is, and it may do everything', async () => {
    const { result } = await simulate({ seed: 1, servers: { owner: { functions: { who } } } }, async (world) => {
      const client = await world.connect({ as: 'bob' });
      return client.call('image.who', []);
    });
    expect(result).toBe('client-1');
  });

  test('are refused before anything runs where they cannot be used, and so is a client without a name', async () => {
    const bad = { entry: { permissions: [{ who: ['a'], may: ['fly'], names: ['*'] }] } };
    await expect(simulate({ seed: 1, servers: bad as never }, () => {})).rejects.toMatchObject({ code: 'bad_settings' });
    const named = simulate({ seed: 1, servers, shrink: false }, async (world) => void (await world.connect({ as: '' })));
    await expect(named).rejects.toThrow(/options\.as/);
  });
});
