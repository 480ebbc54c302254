import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect } from 'vitest';
import { connect, defineFunction, HeddleError, type Server } from '../../src/index.ts';
import { failureOf, tell, within } from '../within.ts';
import { namesSeenBy, test } from './story.ts';

const same = (value: unknown) => value;

describe('peers that cannot be reached', () => {
  test('fault 6: a peer that accepts and says nothing costs one dial watchdog, then the next address is taken', async ({ fabric }) => {
    const silent = await listen();
    const server = await fabric.start('one', [], { same });
    const started = performance.now();
    const client = await fabric.connect(silent.url, server);
    expect(await client.call('same', ['answered'])).toBe('answered');
    tell('a client passed the silent peer', started, 1000);
    await silent.close();
  });

  test('fault 6: with nobody else there, the dial fails as unreachable and says so', async () => {
    const silent = await listen();
    expect(await failureOf(connect([silent.url]))).toMatchObject({ code: 'unreachable', executed: 'no' });
    await silent.close();
  });

  test('fault 33: with seeds that are down, unresolvable or itself, a server serves its own functions', async ({ fabric }) => {
    const gone = await listen();
    await gone.close();
    const own = await listen();
    const port = Number(own.url.split(':')[1]);
    await own.close();
    const server = await fabric.startAlone({
      name: 'alone',
      port,
      join: [gone.url, 'no-such-host.invalid:7420', `127.0.0.1:${port}`],
      functions: { same },
    });
    const client = await fabric.connect(server);
    expect(await client.call('same', ['here'])).toBe('here');
    expect(await namesSeenBy(server)).toEqual(['alone']);
  });

  test('fault 33: a seed that comes up later is joined without anybody asking', async ({ fabric }) => {
    const seat = await listen();
    const port = Number(seat.url.split(':')[1]);
    await seat.close();
    await fabric.startAlone({ name: 'early', join: [seat.url], functions: { same } });
    const late = await fabric.startAlone({ name: 'late', port });
    expect(await within('the late seed calls the early server', 1000, () => late.call('same', [1], { target: 'early' }))).toBe(1);
    expect(await namesSeenBy(late)).toEqual(['early', 'late']);
  });

  test('fault 16: a seed that belongs to another cluster refuses the newcomer, and nothing merges', async ({ fabric }) => {
    const ours = await fabric.start('ours', [], { same });
    const other = `${fabric.cluster}-other`;
    const refused = await failureOf(fabric.startAlone({ name: 'theirs', cluster: other, join: [ours.url], functions: { secret: same } }));
    expect(refused).toMatchObject({ code: 'cluster_mismatch', executed: 'no', detail: { ours: other, theirs: fabric.cluster } });
    expect(await namesSeenBy(ours)).toEqual(['ours']);
  });

  test('fault 16: a port that another cluster has taken over brings the two no nearer', async ({ fabric }) => {
    const stays = await fabric.start('stays', [], { same });
    const leaves = await fabric.start('leaves', []);
    const port = Number(leaves.url.split(':').at(-1));
    await leaves.stop();
    const theirs = await fabric.startAlone({ name: 'theirs', cluster: `${fabric.cluster}-other`, port, functions: { secret: same } });
    const third = await fabric.startAlone({ name: 'third', join: [stays.url, theirs.url] });
    await within('the newcomer joined its own cluster only', 1000, async () => (await namesSeenBy(stays)).includes('third'));
    for (const server of [stays, third]) {
      expect(await namesSeenBy(server)).toEqual(['stays', 'third']);
      expect((await server.catalog()).map((offer) => offer.function)).toEqual(['same']);
    }
    expect(await namesSeenBy(theirs)).toEqual(['theirs']);
  });
});

describe('values that are too much', () => {
  test('fault 18: a 100 MB argument is refused while it is encoded, and the connection goes on', async ({ fabric }) => {
    const server = await fabric.start('one', [], { same: (bytes: Uint8Array) => bytes.length });
    const client = await fabric.connect(server);
    for (const huge of [new Uint8Array(100_000_000), 'x'.repeat(100_000_000), Array.from({ length: 1000 }, () => 'y'.repeat(100_000))]) {
      expect(await failureOf(client.call('same', [huge]))).toMatchObject({ code: 'too_large', executed: 'no' });
    }
    expect(await client.call('same', [new Uint8Array(1_000_000)])).toBe(1_000_000);
  });

  test('fault 18: the refusal comes as soon as the limit is passed: the rest of the argument is not even read', async ({ fabric }) => {
    const client = await fabric.connect(await fabric.start('one', [], { same }));
    const text = 'y'.repeat(100_000);
    const read = new Set<number>();
    const rows = Array.from({ length: 3000 }, (_, row) =>
      Object.defineProperty({}, 'text', { enumerable: true, get: () => read.add(row) && text }),
    );
    expect(await failureOf(client.call('same', [rows]))).toMatchObject({ code: 'too_large', executed: 'no' });
    expect(read.size).toBeLessThan(1000); // 64 MiB are 671 rows of 100 kB
  });

  test('fault 19: nesting of 10,000 levels is refused at the limit, also in a result', async ({ fabric }) => {
    const nest = (levels: number) => {
      let value: unknown = 1;
      for (let level = 0; level < levels; level += 1) value = [value];
      return value;
    };
    const client = await fabric.connect(await fabric.start('one', [], { same, nest }));
    expect(await failureOf(client.call('same', [nest(10_000)]))).toMatchObject({ executed: 'no' });
    expect(await failureOf(client.call('nest', [10_000]))).toMatchObject({ code: 'bad_result', executed: 'yes' });
    expect(await client.call('nest', [60])).toEqual(nest(60));
  });
});

describe('names that mean something to JavaScript', () => {
  const awkward = [
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    '',
    ' ',
    'ü',
    'a.b',
    '\u0000',
    '\ud800',
    'x'.repeat(1_000_000),
  ];

  test('fault 24: as keys they are plain data or refused, and Object.prototype stays as it was', async ({ fabric }) => {
    const before = Object.getOwnPropertyNames(Object.prototype);
    const client = await fabric.connect(await fabric.start('one', [], { same }));
    for (const key of awkward) {
      const value = JSON.parse(`{${JSON.stringify(key)}: {"polluted": true}}`) as unknown;
      const outcome = await client.call('same', [value]).catch((error: { executed: string }) => error);
      if (!(outcome instanceof Error)) expect(Object.keys(outcome as object)).toEqual([key]);
      else expect(outcome).toMatchObject({ code: 'bad_argument', executed: 'no' });
    }
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  test('fault 24: as names of functions, servers, resources and steps they are plain data or refused', async ({ fabric }) => {
    const client = await fabric.connect(await fabric.start('one', [], { same }));
    for (const name of awkward) {
      const tries = [
        () => client.call(name, []),
        () => client.call('same', [1], { target: name }),
        () => client.call('same', [1], { need: [name] }),
        () => client.submit([{ name: 'a', fun: name }]).result,
        () => client.submit([{ name: 'a', fun: 'same', args: [{ $ref: name }] }]).result,
      ];
      for (const refused of tries) {
        const { code, executed } = await failureOf(refused());
        // Forbidden: a name that begins with _ is hidden from clients.
        expect(['bad_argument', 'bad_workflow', 'no_such_function', 'no_matching_offer', 'forbidden']).toContain(code);
        expect(executed).toBe('no');
      }
    }
    expect(await client.call('same', ['alive'])).toBe('alive');
  });

  test('fault 24: as resources and server names they are plain data or refused', async ({ fabric }) => {
    for (const [index, name] of awkward.entries()) {
      for (const options of [{ name: `s${index}`, resources: [name] }, { name }]) {
        const started = await fabric.startAlone(options).catch((error: unknown) => error);
        if (HeddleError.is(started)) expect(started).toMatchObject({ code: expect.stringMatching(/^bad_/), executed: 'no' });
        else expect(await (started as Server).members()).toEqual([expect.objectContaining(options)]);
      }
    }
  });

  test('fault 24: `constructor` and `toString` are legal names of functions and steps', async ({ fabric }) => {
    const named = ['constructor', 'toString'].map((name) => defineFunction({ name, handler: () => name }));
    const client = await fabric.connect(await fabric.start('one', [], { a: named[0] ?? same, b: named[1] ?? same }));
    expect(await client.call('constructor', [])).toBe('constructor');
    const { result } = client.submit([
      { name: 'constructor', fun: 'toString' },
      { name: 'toString', fun: 'constructor', after: ['constructor'] },
    ]);
    expect(await result).toEqual({ toString: 'constructor' });
  });
});

describe('handlers that misbehave', () => {
  test('fault 35: what is thrown is one typed reply, whatever it is', async ({ fabric }) => {
    const functions = {
      throwsText: () => {
        throw 'a string';
      },
      throwsNull: async () => {
        throw null;
      },
      rejectsUndefined: () => Promise.reject(),
      throwsAtOnce: () => {
        throw new TypeError('at once');
      },
      throwsTrap: () => {
        throw new Proxy(new Error('trap'), {
          get: () => {
            throw new Error('from the getter');
          },
        });
      },
    };
    const entry = await fabric.start('entry', [], functions);
    await fabric.start('remote', [], functions);
    const client = await fabric.connect(entry);
    for (const target of ['entry', 'remote']) {
      for (const name of Object.keys(functions)) {
        expect(await failureOf(client.call(name, [], { target }))).toMatchObject({ code: 'function_failed', executed: 'yes' });
      }
    }
  });

  test('fault 35: a handler that never settles ends at the deadline, its signal fires, and the server goes on', async ({ fabric }) => {
    let fired = 0;
    const never = defineFunction({
      name: 'never',
      handler: (ctx) => {
        ctx.signal.addEventListener('abort', () => (fired += 1));
        return new Promise<void>(() => undefined);
      },
    });
    const entry = await fabric.start('entry', [], { same });
    await fabric.start('remote', [], { never });
    const client = await fabric.connect(entry);
    expect(await failureOf(client.call(never, [], { timeoutMs: 50 }))).toMatchObject({ code: 'deadline_exceeded', executed: 'maybe' });
    await within('the signal of the handler fires', 100, () => fired === 1);
    expect(await failureOf(client.submit([{ name: 'never', fun: 'never', timeoutMs: 50 }]).result)).toMatchObject({
      code: 'step_failed',
      executed: 'maybe',
    });
    expect(await client.call('same', ['alive'])).toBe('alive');
  });

  test('case 21: cancelling the client stops the remote handler', async ({ fabric }) => {
    const cancel = new AbortController();
    let reason: unknown;
    const waits = defineFunction({
      name: 'waits',
      handler: (ctx) =>
        new Promise<void>(() => {
          ctx.signal.addEventListener('abort', () => (reason = ctx.signal.reason));
          setImmediate(() => cancel.abort(new Error('changed my mind')));
        }),
    });
    const entry = await fabric.start('entry', []);
    await fabric.start('remote', [], { waits });
    const client = await fabric.connect(entry);
    const failure = await failureOf(client.call(waits, [], { signal: cancel.signal }));
    expect(failure).toMatchObject({ code: 'cancelled', cause: { message: 'changed my mind' } });
    await within('the signal of the remote handler fires', 100, () => reason !== undefined);
  });
});

/** A listener that accepts connections and never says a word. */
async function listen(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const listener = createServer((socket) => socket.on('error', () => undefined));
  const sockets = new Set<{ destroy(): unknown }>();
  listener.on('connection', (socket) => sockets.add(socket));
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo; // a TCP listener's address is one
  return {
    url: `127.0.0.1:${port}`,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => listener.close(() => resolve()));
    },
  };
}
