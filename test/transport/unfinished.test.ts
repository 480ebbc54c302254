import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect as connectHttp2 } from 'node:http2';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { GrpcTransport } from '../../src/transport/grpc.ts';
import {
  conversationsPerSocketMax,
  frameBytesMax,
  keptPerConnectionBytesMax,
  messageBytesMax,
  outboxBytesMax,
  unfinishedPerConnectionBytesMax,
  unreadPerConnectionBytesMax,
} from '../../src/transport/limits.ts';
import type { Listener } from '../../src/transport/transport.ts';
import { Unfinished } from '../../src/transport/unfinished.ts';
import { House } from '../contract/transport-world.ts';

describe('U1: of what is not whole', () => {
  const cut: string[] = [];
  const made = (perConnection: number, perAddress: number, inAll: number): Unfinished => {
    cut.length = 0;
    return new Unfinished((peer) => cut.push(peer), { perConnection, perAddress, inAll });
  };

  test('a connection holds as much as it may, over all its streams; one byte more, and it is cut off', () => {
    const held = made(100, 1000, 1000);
    const [one, two] = [held.open('a:1'), held.open('a:1')];
    one.came(60);
    two.came(40);
    expect(cut).toEqual([]);
    two.came(1);
    expect([cut, held.bytes]).toEqual([['a:1'], 0]);
    // U2.
    one.came(500);
    one.close();
    two.close();
    expect([cut, held.bytes]).toEqual([['a:1'], 0]);
    held.open('a:1').came(100);
    expect(cut).toEqual(['a:1']);
  });

  test('what was given to somebody is not held, and a packed message frees no more than came', () => {
    const held = made(100, 1000, 1000);
    const stream = held.open('a:1');
    for (let nth = 0; nth < 10; nth += 1) {
      stream.came(90);
      stream.given(4_000_000);
    }
    expect([cut, held.bytes]).toEqual([[], 0]);
    stream.came(101);
    expect(cut).toEqual(['a:1']);
  });

  test('of an address, and of all, the connection that holds most is cut off', () => {
    const held = made(100, 150, 220);
    held.open('a:1').came(60);
    const large = held.open('a:2');
    large.came(80);
    held.open('b:1').came(50);
    held.open('a:3').came(20);
    expect([cut, held.bytes]).toEqual([['a:2'], 130]);
    held.open('c:1').came(90);
    expect([cut, held.bytes]).toEqual([['a:2'], 220]);
    held.open('d:1').came(1);
    expect([cut, held.bytes]).toEqual([['a:2', 'c:1'], 131]);
  });
});

test('what is held now is said at once, whatever was before', () => {
  const cut: string[] = [];
  const held = new Unfinished((peer) => cut.push(peer), { perConnection: 100, perAddress: 1000, inAll: 1000 });
  const stream = held.open('a:1');
  for (const bytes of [90, 20, 100, 0, 100]) {
    stream.holds(bytes);
    expect([cut, held.bytes]).toEqual([[], bytes]);
  }
  stream.holds(101);
  expect([cut, held.bytes]).toEqual([['a:1'], 0]);
});

/** Of one frame. */
const greetingBatch = Buffer.from([0, 0, 0, 0, 3, 0x0a, 1, 7]);

describe('a listener', () => {
  let clock: VirtualClock;
  let house: House;
  let transport: GrpcTransport;
  let listener: Listener;
  let session: ClientHttp2Session;
  const dropped: string[] = [];

  beforeEach(async () => {
    dropped.length = 0;
    clock = new VirtualClock();
    transport = new GrpcTransport({ clock });
    house = Object.assign(new House(), { dropped: ({ why }: { readonly why: string }) => dropped.push(why) });
    listener = await transport.listen({ host: '127.0.0.1', port: 'auto' }, house);
    session = connectHttp2(`http://127.0.0.1:${listener.port}`);
    session.on('error', () => {});
  });

  afterEach(async () => {
    session.destroy();
    let isClosed = false;
    void listener.close().then(() => {
      isClosed = true;
    });
    // What a lost link waits for is a moment of its clock.
    while (!isClosed) {
      clock.advance(1);
      await new Promise(setImmediate);
    }
    await transport.close();
  });

  function request(path: string): ClientHttp2Stream {
    const stream = unread(path);
    stream.resume();
    return stream;
  }

  /** HTTP/2 takes 64 KiB of it, and nobody asks for more. */
  function unread(path: string): ClientHttp2Stream {
    const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' });
    stream.on('error', () => {});
    return stream;
  }

  test('cuts off whoever asks for large answers and reads none (fault 27)', async () => {
    const answer = new Uint8Array(messageBytesMax - 100);
    house.ask = () => Promise.resolve(answer);
    const closed = once(session, 'close');
    for (let nth = 0; nth <= unreadPerConnectionBytesMax / messageBytesMax; nth += 1) unread('/heddle.v1.Fabric/Call').end(Buffer.alloc(5));
    await closed;
    expect(dropped).toEqual([expect.stringMatching(/^it left 13\d{7} bytes unread/)]);
  });

  /** Sessions that are told as much as a session may leave unread, or nearly; gives what comes when all of it was read. */
  async function told(nth: number, stream: ClientHttp2Stream): Promise<void> {
    stream.write(greetingBatch);
    const { link } = await house.arrived(nth);
    const frame = new Uint8Array(frameBytesMax);
    for (let bytes = 0; bytes < 0.75 * outboxBytesMax; bytes += frame.length) link.send(frame);
    return new Promise((resolve) => link.whenWritten(resolve));
  }

  test('cuts off whoever sends large values and frames in part', async () => {
    request('/heddle.v1.Fabric/Session').write(greetingBatch);
    const { link } = await house.arrived(0);
    link.keeps?.(keptPerConnectionBytesMax);
    expect([dropped, session.closed]).toEqual([[], false]);
    const closed = once(session, 'close');
    link.keeps?.(keptPerConnectionBytesMax + 1);
    await closed;
    expect(dropped).toEqual([`it sent ${keptPerConnectionBytesMax + 1} bytes of large values in part`]);
  });

  test('cuts off whoever opens sessions and reads none of what they are told, and nobody who reads', async () => {
    for (let nth = 0; nth < 3; nth += 1) await told(nth, request('/heddle.v1.Fabric/Session'));
    expect([dropped, session.closed]).toEqual([[], false]);
    const closed = once(session, 'close');
    for (let nth = 3; nth < 6; nth += 1) void told(nth, unread('/heddle.v1.Fabric/Session'));
    await closed;
    expect(dropped).toEqual([expect.stringMatching(/^it left 13\d{7} bytes unread/)]);
  });

  test('cuts off whoever begins messages on many streams and ends none (fault 27)', async () => {
    const head = Buffer.from([0, 0, 0, 0, 0]);
    head.writeUInt32BE(messageBytesMax, 1);
    const part = Buffer.concat([head, Buffer.alloc(messageBytesMax - 1)]);
    const streams = Array.from({ length: unfinishedPerConnectionBytesMax / messageBytesMax + 1 }, () => request('/heddle.v1.Fabric/Call'));
    const closed = once(session, 'close');
    for (const stream of streams) stream.write(part, () => {});
    await closed;
    expect(dropped).toEqual([expect.stringMatching(/^it held 16\d{6} bytes of messages/)]);
  });

  test('lets a connection that ends its messages go on', async () => {
    const part = Buffer.concat([Buffer.from([0, 0, 0x10, 0, 0]), Buffer.alloc(0x10_0000)]);
    for (let nth = 0; nth < 20; nth += 1) {
      const stream = request('/heddle.v1.Fabric/Call');
      stream.end(part);
      await once(stream, 'close');
    }
    expect([dropped, session.closed]).toEqual([[], false]);
  });

  test('ends a socket that carries more sessions than one may', async () => {
    const closed = once(session, 'close');
    for (let nth = 0; nth <= conversationsPerSocketMax; nth += 1) request('/heddle.v1.Fabric/Session');
    await closed;
  });
});
