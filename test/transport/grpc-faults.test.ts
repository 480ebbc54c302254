/**
 * Fault rows 6, 18 and 23 and the gRPC settings, against peers that do not behave.
 */

import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { systemClock } from '../../src/base/clock.ts';
import { deferred } from '../../src/base/deferred.ts';
import { seededRandom } from '../../src/base/random.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { encodeFrames, encodeLast, framedBytes, readGreeting } from '../../src/transport/batch-codec.ts';
import { decodeChunk, encodeChunk } from '../../src/transport/chunk-codec.ts';
import { GrpcTransport } from '../../src/transport/grpc.ts';
import { frameBytesMax, outboxBytesMax, streamsPerSocketMax } from '../../src/transport/limits.ts';
import type { Answer } from '../../src/transport/transport.ts';
import { bytes, Ear, evidenceOf, House, pattern, World } from '../contract/transport-world.ts';
import { openHandles, RawClient, rawPeer, startPeerProcess } from './raw-peers.ts';

const MiB = 1024 * 1024;
const linkPath = '/heddle.v1.Mesh/Link';
const bulkPath = '/heddle.v1.Mesh/Bulk';

const transport = (): GrpcTransport => new GrpcTransport({ clock: systemClock });
const dialOf = (from: GrpcTransport, address: string, timeoutMs = 500) =>
  evidenceOf(from.dial({ address, kind: 'link', hello: bytes('hello'), timeoutMs }));
const batchOf = (frames: readonly Uint8Array[]): Buffer =>
  encodeFrames(
    frames,
    frames.reduce((sum, frame) => sum + framedBytes(frame), 0),
  );

describe('a dial', () => {
  const peers: { readonly name: string; readonly behaviour: (socket: Socket) => void; readonly evidence: readonly string[] }[] = [
    { name: 'accepts and says nothing', behaviour: () => {}, evidence: ['stalled'] },
    { name: 'resets at once', behaviour: (socket) => socket.resetAndDestroy(), evidence: ['reset'] },
    { name: 'hangs up at once', behaviour: (socket) => socket.destroy(), evidence: ['reset'] },
    { name: 'hangs up after the first bytes', behaviour: (socket) => socket.once('data', () => socket.destroy()), evidence: ['reset'] },
    {
      name: 'speaks HTTP/1',
      behaviour: (socket) => socket.write('HTTP/1.1 200 OK\r\n\r\n'),
      evidence: ['reset', 'silent', 'remote', 'stalled'],
    },
    {
      name: 'sends random bytes',
      behaviour: (socket) => socket.write(seededRandom('noise').bytes(5000)),
      evidence: ['reset', 'silent', 'remote', 'stalled'],
    },
  ];

  test.each(peers)('to a peer that $name ends with its evidence (fault 23)', async ({ behaviour, evidence }) => {
    const peer = await rawPeer(behaviour);
    const dialler = transport();
    // Where the peer has to be heard, a busy machine has the time for it.
    const [usual, ...others] = evidence;
    const timeoutMs = usual === 'stalled' ? 1_000 : others.includes('stalled') ? 300 : 10_000;
    expect(evidence).toContain(await dialOf(dialler, peer.address, timeoutMs));
    await peer.quiet();
    await peer.close();
    await dialler.close();
  });

  test('to a silent peer, two thousand times, leaves nothing (fault 6)', async () => {
    const peer = await rawPeer(() => {});
    const dialler = transport();
    const before = openHandles();
    for (let round = 0; round < 40; round += 1) {
      const found = await Promise.all(Array.from({ length: 50 }, () => dialOf(dialler, peer.address, 60)));
      expect(found.every((evidence) => evidence === 'stalled' || evidence === 'silent')).toBe(true);
    }
    // Sockets that were just given up take a turn to go; one that stays runs into the test's timeout.
    while (openHandles() > before || peer.sockets.size > 0) await new Promise((resolve) => setImmediate(resolve));
    await peer.close();
    await dialler.close();
  });

  test('to something that speaks gRPC but not Heddle is no link', async () => {
    const dialler = transport();
    const house = new House();
    const listener = await transport().listen({ host: '127.0.0.1', port: 'auto' }, house);
    const raw = new RawClient(`127.0.0.1:${listener.port}`);
    const { status } = raw.open('/other.Service/Method');
    expect((await status).code).toBe(12);
    raw.close();
    await listener.close();
    await dialler.close();
  });
});

describe('a process that is', () => {
  test('killed is reported at once as a reset', async () => {
    const { child, address } = await startPeerProcess();
    const dialler = transport();
    const { link } = await dialler.dial({ address, kind: 'link', hello: bytes('hello'), timeoutMs: 10_000 });
    const ear = new Ear();
    link.open(ear);
    child.kill('SIGKILL');
    await ear.closed();
    expect(ear.closes).toEqual(['reset']);
    // Its sockets go one by one; the one that listens is among the last.
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    expect(await dialOf(dialler, address, 10_000)).toBe('refused');
    await dialler.close();
  });

  test('stopped is stalled to a dial and silent to keepalive (fault 6)', async () => {
    const { child, address } = await startPeerProcess();
    const dialler = new GrpcTransport({ clock: systemClock, keepalive: { timeMs: 100, timeoutMs: 100 } });
    const { link } = await dialler.dial({ address, kind: 'session', hello: bytes('hello'), timeoutMs: 10_000 });
    const ear = new Ear();
    link.open(ear);
    const before = openHandles();
    child.kill('SIGSTOP');
    expect(await dialOf(dialler, address)).toBe('stalled');
    await ear.closed();
    expect(ear.closes).toEqual(['silent']);
    // As above: the socket of the dial that was just given up takes a turn to go.
    while (openHandles() >= before) await new Promise((resolve) => setImmediate(resolve));
    child.kill('SIGKILL');
    await once(child, 'exit');
    await dialler.close();
  });
});

describe('a dialler that is', () => {
  test.each([
    { signal: 'SIGKILL', evidence: 'reset' },
    { signal: 'SIGSTOP', evidence: 'silent' },
  ] as const)('ended by $signal is $evidence to the side that accepted', async ({ signal, evidence }) => {
    const world = new World(new GrpcTransport({ clock: systemClock, keepalive: { timeMs: 100, timeoutMs: 200 } }), transport());
    await world.listen();
    const { child } = await startPeerProcess([world.address]);
    const { ear } = await world.house.arrived();
    child.kill(signal);
    await ear.closed();
    expect(ear.closes).toEqual([evidence]);
    child.kill('SIGKILL');
    await world.close();
  });
});

describe('a listener', () => {
  let world: World;
  let raw: RawClient;

  beforeEach(async () => {
    world = new World(transport(), transport());
    await world.listen();
    raw = new RawClient(world.address);
  });

  afterEach(async () => {
    raw.close();
    await world.close();
  });

  /** A link of the raw client, greeted, with its bulk token. */
  async function rawLink() {
    const { stream, next, status } = raw.open(linkPath);
    stream.write(batchOf([bytes('hello')]));
    const greeting = readGreeting(await next());
    const { ear } = await world.house.arrived();
    stream.resume();
    return { stream, status, ear, token: greeting?.bulkToken ?? new Uint8Array(0) };
  }

  test('survives noise on its port (fault 23)', async () => {
    for (let nth = 0; nth < 20; nth += 1) {
      const socket = connect({ host: '127.0.0.1', port: Number(world.address.split(':')[1]) });
      socket.on('error', () => {});
      socket.write(seededRandom(`noise ${nth}`).bytes(2000));
      socket.resume();
      await once(socket, 'close');
    }
    const { near, farEar } = await world.pair();
    near.send(bytes('still here'));
    await farEar.until(() => farEar.frames.length === 1);
  });

  const breaches: { readonly name: string; readonly message: Buffer }[] = [
    { name: 'a cut-off batch', message: Buffer.from([0x0a, 0x7f, 1]) },
    { name: 'a field of no type', message: Buffer.from([0x0f, 1]) },
    { name: 'a frame over the limit', message: batchOf([new Uint8Array(frameBytesMax + 1)]) },
    { name: 'too many frames', message: batchOf(Array.from({ length: 1025 }, () => new Uint8Array(1))) },
    { name: 'a second welcome', message: Buffer.from([0x12, 0]) },
    { name: 'a message over 4 MiB', message: Buffer.alloc(4 * 1024 * 1024 + 1) },
  ];

  test.each(breaches)('closes a link that sends $name, and serves on (fault 23)', async ({ message }) => {
    const { stream, status, ear } = await rawLink();
    stream.write(message);
    await ear.closed();
    expect(ear.closes).toHaveLength(1);
    expect(['local', 'remote']).toContain(ear.closes[0]);
    await status;
    expect((await world.dial()).isAccepted).toBe(true);
  });

  test('closes a link whose peer sends a value of 100 MB anyway, without taking it in (fault 18)', async () => {
    const { token, ear } = await rawLink();
    const bulk = raw.open(bulkPath);
    bulk.stream.write(encodeChunk({ token }));
    const before = process.memoryUsage();
    bulk.stream.write(encodeChunk({ transfer: 1, bytesTotal: 100_000_000, data: new Uint8Array(256 * 1024) }));
    await ear.closed();
    const after = process.memoryUsage();
    expect(ear.closes).toEqual(['local']);
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(10_000_000);
  });

  test.each([
    { name: 'a chunk over the limit', chunks: [{ transfer: 1, bytesTotal: 400_000, data: new Uint8Array(256 * 1024 + 1) }] },
    { name: 'more than it announced', chunks: [{ transfer: 1, bytesTotal: 10, data: new Uint8Array(11) }] },
    { name: 'data without a size', chunks: [{ transfer: 1, data: new Uint8Array(11) }] },
    {
      name: 'more than its credit, when there is no room',
      chunks: [
        ...[1, 2, 3].map((transfer) => ({ transfer, bytesTotal: 64 * MiB, data: new Uint8Array(256 * 1024) })),
        { transfer: 3, data: new Uint8Array(1) },
      ],
    },
    {
      name: 'more values at once than it may',
      chunks: Array.from({ length: 65 }, (_, nth) => ({ transfer: nth + 1, bytesTotal: 1000, data: new Uint8Array(1) })),
    },
    { name: 'credit for nothing', chunks: [{ transfer: 1, isReceived: true, credit: 5 }], isFine: true },
  ])('closes a link whose peer sends $name', async ({ chunks, isFine }) => {
    const { stream, token, ear } = await rawLink();
    const bulk = raw.open(bulkPath);
    bulk.stream.resume();
    for (const chunk of [{ token }, ...chunks]) bulk.stream.write(encodeChunk(chunk));
    if (isFine) stream.write(encodeLast());
    await ear.closed();
    expect(ear.closes).toEqual([isFine ? 'remote' : 'local']);
  });

  test('answers credit, and takes a value that a client puts together by hand', async () => {
    const { token, ear } = await rawLink();
    const bulk = raw.open(bulkPath);
    const value = pattern(400_000);
    bulk.stream.write(encodeChunk({ token }));
    bulk.stream.write(encodeChunk({ transfer: 9, bytesTotal: value.length, data: value.subarray(0, 200_000) }));
    expect(decodeChunk(await bulk.next())).toMatchObject({ transfer: 9, credit: 400_000 - 256 * 1024 });
    bulk.stream.write(encodeChunk({ transfer: 9, data: value.subarray(200_000) }));
    expect(decodeChunk(await bulk.next())).toMatchObject({ transfer: 9, isReceived: true });
    await ear.until(() => ear.larges.has(9));
    expect(Buffer.compare(ear.larges.get(9) ?? bytes('none'), value)).toBe(0);
  });

  test('hears nothing that is sent ahead of its answer', async () => {
    const answer = deferred<Answer>();
    world.house.answer = () => answer.promise;
    const { stream } = raw.open(linkPath);
    stream.resume();
    stream.write(batchOf([bytes('hello')]));
    stream.write(batchOf([bytes('too soon')]));
    const { ear } = await world.house.arrived();
    // A whole exchange of another link: by then the frame would have been heard.
    const other = raw.open('/other.Service/Method');
    await other.status;
    expect(ear.frames).toEqual([]);
    answer.resolve({ isAccepted: true, ack: bytes('now') });
    await ear.until(() => ear.frames.length === 1);
  });

  test('gives a bulk channel with a wrong token to nobody', async () => {
    const { ear } = await rawLink();
    const other = new RawClient(world.address);
    const bulk = other.open(bulkPath);
    bulk.stream.write(encodeChunk({ token: new Uint8Array(16) }));
    expect((await bulk.status).code).not.toBe(0);
    expect(ear.closes).toEqual([]);
    other.close();
  });

  test('closes a link whose peer never reads, as stalled, once its outbox is full', async () => {
    const link = raw.open(linkPath);
    link.stream.write(batchOf([bytes('hello')]));
    const { link: far, ear } = await world.house.arrived();
    for (let sent = 0; sent <= outboxBytesMax + 8 * 1024 * 1024; sent += 64 * 1024) far.send(new Uint8Array(64 * 1024));
    await ear.closed();
    expect(ear.closes).toEqual(['stalled']);
    expect(far.isWritable).toBe(false);
  });

  test('widens the window of a bulk channel, which grpc-js servers cannot be told', async () => {
    const session = connectHttp2(`http://${world.address}`);
    const stream = session.request({
      ':method': 'POST',
      ':path': bulkPath,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    stream.on('error', () => {});
    for (;;) {
      const [settings] = (await once(session, 'remoteSettings')) as [{ initialWindowSize: number }];
      if (settings.initialWindowSize === 4 * 1024 * 1024) break;
    }
    session.destroy();
  });

  test(`gives one socket ${streamsPerSocketMax} streams; one more waits until one has ended`, async () => {
    const session = connectHttp2(`http://${world.address}`);
    await once(session, 'remoteSettings');
    const open = (path: string) => {
      const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' });
      stream.on('error', () => {});
      return stream;
    };
    const streams = Array.from({ length: streamsPerSocketMax - 1 }, () => open('/heddle.v1.Fabric/Call'));
    const ping = (): Promise<unknown> => new Promise((resolve) => session.ping(resolve));
    // A service that nobody has is answered at once, in the last place and not beyond it.
    await once(open('/other.Service/Method'), 'response');
    streams.push(open('/heddle.v1.Fabric/Call'));
    let isAnswered = false;
    const late = open('/other.Service/Method').on('response', () => {
      isAnswered = true;
    });
    // An answered ping has passed all that may go.
    await ping();
    await ping();
    expect(isAnswered).toBe(false);
    streams[0]?.close();
    await once(late, 'response');
    session.destroy();
  });

  test('leaves no handle behind when it closes', async () => {
    const before = openHandles();
    const { port } = await world.listenAlso({ host: '127.0.0.1', port: 'auto' });
    const idle = connect({ host: '127.0.0.1', port });
    await once(idle, 'connect');
    const dialled = await world.dial({ address: `127.0.0.1:${port}` });
    const ear = new Ear();
    dialled.link.open(ear);
    await dialled.link.sendLarge(1, pattern(300_000));
    idle.on('error', () => {});
    const gone = once(idle, 'close');
    await world.close();
    idle.resume();
    await Promise.all([gone, ear.closed()]);
    // The world's own listener, counted before, is closed as well.
    expect(openHandles()).toBeLessThan(before);
  });
});

test('frames overtake a large value that was sent before them (T5)', async () => {
  const world = new World(transport(), transport());
  await world.listen();
  const { near, farEar } = await world.pair();
  // The channel is open already: its connect must not be what frames win against.
  await near.sendLarge(1, pattern(100_000));
  const sent = near.sendLarge(2, pattern(30_000_000));
  near.send(bytes('quick'));
  await sent;
  await farEar.until(() => farEar.larges.has(2));
  expect(farEar.order).toEqual(['large 1', 'frame', 'large 2']);
  await world.close();
});

describe('within 5 s', () => {
  test('a socket that asks for nothing and a stream that says nothing are closed', async () => {
    const clock = new VirtualClock();
    const server = new GrpcTransport({ clock });
    const listener = await server.listen({ host: '127.0.0.1', port: 'auto' }, new House());
    const socket = connect({ host: '127.0.0.1', port: listener.port });
    socket.resume();
    let isOpen = true;
    socket.once('close', () => {
      isOpen = false;
    });
    const raw = new RawClient(`127.0.0.1:${listener.port}`);
    const statuses = [linkPath, bulkPath].map((path) => {
      const { stream, status } = raw.open(path);
      stream.resume();
      return status;
    });
    let codes: number[] | undefined;
    void Promise.all(statuses).then((all) => {
      codes = all.map(({ code }) => code);
    });
    while (isOpen || !codes) {
      await new Promise((resolve) => setImmediate(resolve));
      clock.advance(10);
    }
    expect(codes).toEqual([4, 4]);
    raw.close();
    // Closing waits for its peers on the clock that we hold.
    const closed = listener.close();
    clock.advance(10_000);
    await closed;
    socket.destroy();
  });
});
