import { connect } from 'node:http2';
import { status } from '@grpc/grpc-js';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defineFunction } from '../../src/fabric/api/define.ts';
import { type Server, startServer } from '../../src/index.ts';
import { within } from '../within.ts';
import { all, ForeignClient, failureOf, json, type Message, read } from './foreign-client.ts';

const cluster = 'foreign-calls';
const state = { pulled: 0, returned: 0 };
const count = defineFunction({
  name: 'count',
  handler: async function* (_ctx, upTo: number, size?: number) {
    try {
      for (let n = 1; n <= upTo; n += 1) {
        state.pulled = n;
        yield size ? 'x'.repeat(size) : { n, at: new Date(n) };
      }
    } finally {
      state.returned += 1;
    }
  },
});
const breaks = defineFunction({
  name: 'breaks',
  handler: async function* () {
    yield 1;
    yield 2;
    throw new RangeError('no third');
  },
});
const same = (value: unknown): unknown => value;
const big = (bytes: number): string => 'x'.repeat(bytes);

let owner: Server;
let entry: Server;
let client: ForeignClient;

beforeAll(async () => {
  owner = await startServer({ name: 'owner', cluster, functions: { count, breaks, same, big } });
  entry = await startServer({ name: 'entry', cluster, join: [owner.url] });
  await within('the entry knows the functions', 2_000, async () => (await entry.catalog()).length === 4);
  client = new ForeignClient(entry.url);
});

afterAll(async () => {
  client.close();
  await entry.stop();
  await owner.stop();
});

const items = async (request: object): Promise<readonly unknown[]> =>
  (await all(client.follow('Stream', request))).map(({ item }) => read(item));

test.each([
  [{ transfer: 7, transferBytes: 100 }, 'one with "transfer", which is for sessions'],
  [{ parked: { server: 'owner', instance: 'ab', id: 3 } }, 'one with "parked", which is for sessions'],
  [{ ...json([null]), parts: [{ at: 0, value: json(5) }] }, 'one with "parts", which is for sessions'],
  [{ ...json([1]), encoding: 99 }, 'the encoding 99'],
])('case 25: an argument list that is not all there is refused by the name of its field: %o', async (args, found) => {
  const { code, executed, error } = await failureOf(client.ask('Call', { function: 'same', args }));
  expect([code, executed, (read(error.detail) as { found: string }).found]).toEqual(['bad_argument', 'no', found]);
});

describe('a foreign client reads a stream', () => {
  test('case 25: of another server, its items as JSON in order', async () => {
    expect(await items({ function: 'count', args: json([3]) })).toEqual([
      { n: 1, at: { $date: '1970-01-01T00:00:00.001Z' } },
      { n: 2, at: { $date: '1970-01-01T00:00:00.002Z' } },
      { n: 3, at: { $date: '1970-01-01T00:00:00.003Z' } },
    ]);
    expect(await items({ function: 'count', args: json([0]) })).toEqual([]);
  });

  test('and is told what broke it, after the items that came before, with the number of the last', async () => {
    const seen: unknown[] = [];
    const reading = (async () => {
      for await (const { item } of client.follow('Stream', { function: 'breaks' })) seen.push(read(item));
    })();
    const failed = await failureOf(reading);
    expect([seen, failed.status, failed.code, failed.executed]).toEqual([[1, 2], status.ABORTED, 'function_failed', 'yes']);
    expect(read(failed.error.detail)).toMatchObject({ name: 'RangeError', lastItem: 2 });
  });

  test('and leaves it: the generator at the other server returns', async () => {
    const before = state.returned;
    const stream = client.follow('Stream', { function: 'count', args: json([1_000_000]) });
    stream.on('error', () => {});
    stream.once('data', () => stream.cancel());
    await within('it has returned', 2_000, () => state.returned === before + 1);
    expect(state.pulled).toBeLessThan(1_000_000);
  });

  test('not at all: the function is asked for no more than the windows take, and others are served (fault 27)', async () => {
    const session = connect(`http://${entry.url}`);
    const stream = session.request({
      ':method': 'POST',
      ':path': '/heddle.v1.Fabric/Stream',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    stream.on('error', () => {});
    const message = streamRequest('count', [100_000, 10_000]);
    const head = Buffer.alloc(5);
    head.writeUInt32BE(message.length, 1);
    state.pulled = 0;
    stream.end(Buffer.concat([head, message]));
    await within('it has begun', 2_000, () => state.pulled > 10);
    let before = -1;
    await within('it has stopped', 5_000, async () => {
      if (state.pulled === before) return true;
      before = state.pulled;
      for (let nth = 0; nth < 20; nth += 1) await client.ask('Call', { function: 'same', args: json([nth]) });
      return false;
    });
    // All of it would be 1 GB.
    expect(state.pulled).toBeLessThan(1_000);
    session.destroy();
    const { returned } = state;
    await within('it has returned', 2_000, () => state.returned >= returned);
  });

  test('and is refused what is no stream, before anything runs', async () => {
    expect((await failureOf(items({ function: 'same' }))).executed).toBe('no');
    expect((await failureOf(client.ask('Call', { function: 'count', args: json([1]) }))).executed).toBe('no');
    expect(await failureOf(items({ function: 'nobody' }))).toMatchObject({ status: status.NOT_FOUND, executed: 'no' });
  });
});

describe('a foreign client sends and gets', () => {
  test('text of every script, in names, keys and values', async () => {
    const text = 'κλωστή 線 🧵 \u0000 " \\ \u2028';
    const { value } = await client.ask('Call', { function: 'same', args: json([{ [text]: [text] }]) });
    expect(read(value)).toEqual({ [text]: [text] });
    const failed = await failureOf(client.ask('Call', { function: text }));
    expect(failed).toMatchObject({ executed: 'no' });
    const events = await all(client.follow('Submit', { commands: [{ name: 'ключ-線', function: 'same', args: json([text]) }] }));
    expect(read(events.at(-1).runSettled.result.template)).toEqual({ 'ключ-線': text });
  });

  test('a megabyte and more, both ways, up to what a gRPC message holds; beyond it the answer says that it ran', async () => {
    const large = 'x'.repeat(3_000_000);
    expect(read((await client.ask('Call', { function: 'same', args: json([large]) })).value)).toBe(large);
    const failed = await failureOf(client.ask('Call', { function: 'big', args: json([5_000_000]) }));
    expect(failed).toMatchObject({ status: status.INTERNAL, code: 'bad_result', executed: 'yes' });
    const run = await failureOf(all(client.follow('Submit', { commands: [{ name: 'a', function: 'big', args: json([5_000_000]) }] })));
    expect(run).toMatchObject({ code: 'bad_result', executed: 'yes' });
    const sent = await failureOf(client.ask('Call', { function: 'same', args: json(['x'.repeat(5_000_000)]) }));
    expect(sent.status).toBe(status.RESOURCE_EXHAUSTED);
  });

  test('hundreds of calls at once as the first thing on a connection, and each is answered', async () => {
    const eager = new ForeignClient(entry.url);
    const calls = Array.from({ length: 250 }, (_, nth) => eager.ask('Call', { function: 'same', args: json([nth]) }));
    expect((await Promise.all(calls)).map(({ value }) => read(value))).toEqual(Array.from({ length: 250 }, (_, nth) => nth));
    eager.close();
  });

  test('a deadline that has passed already: nothing runs, or it is told that it may have', async () => {
    const late = client.ask('Call', { function: 'same', args: json([1]) }, { deadline: Date.now() });
    expect((await failureOf(late)).status).toBe(status.DEADLINE_EXCEEDED);
    const failed = await failureOf(client.ask('Call', { function: 'same', args: json([1]), timeoutMs: 2 ** 33 }));
    expect(failed).toMatchObject({ code: 'bad_argument', executed: 'no' });
  });

  test('a key that draws equal calls to one server, and a wait for a provider that is absent', async () => {
    expect(read((await client.ask('Call', { function: 'same', args: json([1]), key: 'k', waitMs: 0 })).value)).toBe(1);
    expect(await failureOf(client.ask('Call', { function: 'same', key: 'x'.repeat(257) }))).toMatchObject({ code: 'bad_argument' });
    const waiting = client.ask('Call', { function: 'late', args: json([]), waitMs: 20_000 });
    const late = await startServer({ name: 'late', cluster, join: [entry.url], functions: { late: () => 'here' } });
    expect(read((await waiting).value)).toBe('here');
    await late.stop();
  });

  test.each(['', ' ', '\u0000', 'x'.repeat(129)])(
    'a function that no name can be is refused at once, whatever the wait: %j',
    async (name) => {
      const refused = { code: 'bad_argument', executed: 'no' };
      expect(await failureOf(client.ask('Call', { function: name, waitMs: 20_000 }))).toMatchObject(refused);
      expect(await failureOf(items({ function: name, waitMs: 20_000 }))).toMatchObject(refused);
    },
  );

  test('bytes that are no value: refused unrun, and nothing else happens (faults 19, 23, 24)', async () => {
    const bad: readonly object[] = [
      { data: Buffer.from('') },
      { data: Buffer.from('{') },
      { data: Buffer.from([0xff, 0xfe]) },
      { data: Buffer.from('['.repeat(10_000)) },
      { data: Buffer.from('[[[') },
      { data: Buffer.from('{"__proto__":1}') },
      { data: Buffer.from('[{"__proto__":{"polluted":1}}]') },
      { data: Buffer.from('[{"$date":"yesterday"}]') },
      { data: Buffer.from('[{"$bytes":"*"}]') },
      { data: Buffer.from(`[{"$bigint":"${'9'.repeat(1_000_000)}"}]`) },
      { data: Buffer.from('[1]'), encoding: 'ENCODING_BINARY' },
      { data: Buffer.from('[1]'), encoding: 77 },
      { data: Buffer.from('[1]'), encoding: 'ENCODING_UNDEFINED' },
    ];
    for (const args of bad) {
      const failed = await failureOf(client.ask('Call', { function: 'same', args }));
      expect([args, failed.executed], failed.code as string).toEqual([args, 'no']);
    }
    expect(Object.prototype).not.toHaveProperty('polluted');
    expect(read((await client.ask('Call', { function: 'same', args: json([1]) })).value)).toBe(1);
  });

  test('garbage of any kind to any method: a status, never a crash (fault 23)', async () => {
    const methods = ['Call', 'Stream', 'Submit', 'Explain', 'Why', 'Watch', 'Cancel'];
    const noise = fc.tuple(fc.constantFrom(...methods), fc.uint8Array({ maxLength: 60 }));
    await fc.assert(
      fc.asyncProperty(noise, async ([method, bytes]) => {
        const code = await rawStatus(method, Buffer.from(bytes));
        expect(code).toBeLessThanOrEqual(16);
        // What is wrong with a request is never our own fault.
        expect(code).not.toBe(status.UNKNOWN);
      }),
      { numRuns: 300 },
    );
    expect(read((await client.ask('Call', { function: 'same', args: json([1]) })).value)).toBe(1);
  });

  test('metadata without end is refused by its size', async () => {
    const { Metadata } = await import('@grpc/grpc-js');
    const metadata = new Metadata();
    for (let nth = 0; nth < 100; nth += 1) metadata.set(`x-${nth}`, 'y'.repeat(1_000));
    const code = await rawStatus('Call', Buffer.alloc(0), metadata);
    expect(code).not.toBe(status.OK);
    expect(read((await client.ask('Call', { function: 'same', args: json([1]) })).value)).toBe(1);
  });
});

const identity = (bytes: Buffer): Buffer => bytes;

/** What the method makes of these bytes; a stream is left after its first answer. */
function rawStatus(method: string, bytes: Buffer, metadata?: Message): Promise<number> {
  return new Promise((resolve) => {
    const path = `/heddle.v1.Fabric/${method}`;
    const call = client.grpc.makeServerStreamRequest(path, identity, identity, bytes, ...(metadata ? [metadata] : []), {
      deadline: Date.now() + 10_000,
    });
    call.on('data', () => call.cancel());
    call.on('error', () => {});
    call.on('status', ({ code }) => resolve(code));
  });
}

/** A CallRequest by hand. */
function streamRequest(name: string, args: readonly unknown[]): Buffer {
  const value = Buffer.from(JSON.stringify(args));
  const data = Buffer.concat([Buffer.from([0x0a, value.length]), value]);
  return Buffer.concat([Buffer.from([0x0a, name.length]), Buffer.from(name), Buffer.from([0x12, data.length]), data]);
}
