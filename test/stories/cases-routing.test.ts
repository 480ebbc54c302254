import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import { defineFunction } from '../../src/index.ts';
import { failureOf, within } from '../within.ts';
import { startProxy } from './proxy.ts';
import { test } from './story.ts';

const whoami = defineFunction({ name: 'whoami', effect: 'pure', handler: (ctx) => ctx.server });

describe('needs', () => {
  test('case 8: a need picks the server, and one that nobody meets is refused with what exists', async ({ fabric }) => {
    const a = await fabric.start('a', []);
    await fabric.start('b', ['cpu'], { whoami });
    await fabric.start('c', ['gpu'], { whoami });
    const client = await fabric.connect(a);
    expect(await client.call(whoami, [], { need: ['gpu'] })).toBe('c');
    expect(await client.call(whoami, [], { need: ['cpu'] })).toBe('b');
    expect(await client.call(whoami, [], { need: { any: ['tpu', 'gpu'] } })).toBe('c');
    expect(await client.call(whoami, [], { need: { none: ['gpu'] } })).toBe('b');
    expect(await client.call(whoami, [], { need: { prefer: ['gpu'] } })).toBe('c');
    expect(await client.call(whoami, [], { target: 'b' })).toBe('b');
    const refused = await failureOf(client.call(whoami, [], { need: ['tpu'] }));
    expect(refused).toMatchObject({ code: 'no_matching_offer', executed: 'no' });
    for (const word of ['tpu', 'cpu', 'gpu', 'b', 'c']) expect(refused.message).toContain(word);
  });

  test('case 8: the resources of the server and of the function add up', async ({ fabric }) => {
    const special = defineFunction({ name: 'special', resources: ['region=eu'], handler: (ctx) => ctx.server });
    const a = await fabric.start('a', ['gpu'], { special });
    await fabric.start('b', ['cpu'], { special });
    const client = await fabric.connect(a);
    expect(await client.call(special, [], { need: ['gpu', 'region=eu'] })).toBe('a');
    expect(await client.call(special, [], { need: ['cpu', 'region=eu'] })).toBe('b');
    const offers = (await client.catalog()).filter((offer) => offer.function === 'special' && offer.server === 'a');
    expect(offers.map((offer) => offer.resources.toSorted())).toEqual([['gpu', 'region=eu']]);
  });
});

describe('versions', () => {
  const old = defineFunction({ name: 'greet', version: '1.0.0', handler: () => 'old' });
  const new_ = defineFunction({ name: 'greet', version: '1.2.0', handler: () => 'new' });

  test('case 13: a range takes the highest version in it; one that nobody offers is refused with those that exist', async ({ fabric }) => {
    const entry = await fabric.start('entry', [], { old });
    await fabric.start('remote', [], { new: new_ });
    const client = await fabric.connect(entry);
    expect(await client.call('greet', [], { version: '>=1.1' })).toBe('new');
    expect(await client.call('greet', [], { version: '1.0.0' })).toBe('old');
    expect(await client.call('greet', [])).toBe('new');
    expect(await client.call(old, [])).toBe('new'); // by definition: ^1.0.0
    const refused = await failureOf(client.call('greet', [], { version: '^2' }));
    expect(refused).toMatchObject({ code: 'no_matching_offer', executed: 'no' });
    expect(refused.message).toMatch(/1\.0\.0/);
    expect(refused.message).toMatch(/1\.2\.0/);
  });

  test('case 13: the same name and version twice on a server is refused at registration', async ({ fabric }) => {
    const copy = defineFunction({ name: 'greet', version: '1.0.0', handler: () => 'copy' });
    expect(await failureOf(fabric.startAlone({ name: 'twice', functions: { old, copy } }))).toMatchObject({ code: 'bad_argument' });
    const server = await fabric.start('once', [], { old, new: new_ });
    expect(await failureOf(server.offer({ copy }))).toMatchObject({ code: 'bad_argument', message: expect.stringContaining('greet') });
    expect(await server.call('greet', [], { version: '1.0.0' })).toBe('old');
  });
});

describe('clients', () => {
  test('case 19: the entry server of a client stops, and the next call goes through one it learnt from the first', async ({ fabric }) => {
    const entry = await fabric.start('entry', [], { whoami });
    await fabric.start('other', [], { whoami });
    const client = await fabric.connect(entry);
    expect(await client.call(whoami, [], { target: 'other' })).toBe('other');
    await entry.stop();
    expect(await within('a call after the entry stopped', 1000, () => client.call(whoami, []))).toBe('other');
  });

  test('case 19: the very next call succeeds, not only a later one', async ({ fabric }) => {
    const entry = await fabric.start('entry', [], {});
    await fabric.start('other', [], { whoami });
    const client = await fabric.connect(entry);
    await client.call(whoami, []);
    await entry.stop();
    expect(await client.call(whoami, [])).toBe('other');
  });

  test.for(['idempotent', 'once'] as const)(
    'case 17: the connection of a client is cut during a call of an `%s` function: it runs once, and its result arrives',
    async (effect, { fabric }) => {
      const go = deferred<void>();
      const entered = deferred<void>();
      let runs = 0;
      const held = defineFunction({
        name: 'held',
        effect,
        handler: async () => {
          runs += 1;
          entered.resolve();
          await go.promise;
          return runs;
        },
      });
      const server = await fabric.start('one', [], { held });
      await using proxy = await startProxy(server.url);
      const client = await fabric.connect(proxy.url);
      const call = client.call(held, []);
      call.catch(() => undefined); // looked at below
      await entered.promise;
      proxy.cut();
      await within('the client is connected again', 5_000, () => client.members().then(() => true));
      go.resolve();
      expect([await call, runs]).toEqual([1, 1]);
    },
  );

  test('case 20: a client that is quiet for a long time keeps its session and what it follows (keepalive 100 ms, 3 s of quiet)', async ({
    fabric,
  }) => {
    const quietMs = 3000;
    const go = deferred<void>();
    const waits = defineFunction({ name: 'waits', handler: () => go.promise });
    const server = await fabric.startAlone({ name: 'one', functions: { whoami, waits } }, { keepalive: { timeMs: 100, timeoutMs: 50 } });
    const ends: string[] = [];
    for (const kind of ['session.opened', 'session.closed'] as const) server.on(kind, () => ends.push(kind));
    const client = await fabric.connect(server);
    const run = client.submit([{ name: 'held', fun: 'waits' }]);
    const kinds: string[] = [];
    const followed = (async () => {
      for await (const event of run.events) kinds.push(event.kind);
    })();
    await run.accepted;
    await pause(quietMs); // the quiet is the case
    go.resolve();
    await followed;
    expect(kinds).toEqual(['run.accepted', 'step.started', 'step.settled', 'run.settled']);
    expect(await client.call(whoami, [])).toBe('one');
    expect(ends).toEqual(['session.opened']);
  });
});
