import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect as connectHttp2 } from 'node:http2';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { GrpcTransport } from '../../src/transport/grpc.ts';
import { conversationsPerSocketMax, messageBytesMax, unfinishedPerConnectionBytesMax } from '../../src/transport/limits.ts';
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

describe('a listener', () => {
  let transport: GrpcTransport;
  let listener: Listener;
  let session: ClientHttp2Session;
  const dropped: string[] = [];

  beforeEach(async () => {
    dropped.length = 0;
    transport = new GrpcTransport({ clock: new VirtualClock() });
    const house = Object.assign(new House(), { dropped: ({ why }: { readonly why: string }) => dropped.push(why) });
    listener = await transport.listen({ host: '127.0.0.1', port: 'auto' }, house);
    session = connectHttp2(`http://127.0.0.1:${listener.port}`);
    session.on('error', () => {});
  });

  afterEach(async () => {
    session.destroy();
    await listener.close();
    await transport.close();
  });

  function request(path: string): ClientHttp2Stream {
    const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' });
    stream.on('error', () => {});
    stream.resume();
    return stream;
  }

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
