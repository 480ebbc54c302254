/**
 * Transport security against real sockets: fault 26 of the fault page, names that certificates prove, and rotation.
 */

import { connect as connectTls } from 'node:tls';
import { credentials, Client as GrpcClient, type ServiceError } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import type { ConnectOptions, Server, ServerOptions } from '../../src/fabric/api/api.ts';
import { connect } from '../../src/fabric/client/client.ts';
import { startServer } from '../../src/fabric/server/server.ts';
import { HeddleError } from '../../src/index.ts';
import type { FabricEvent } from '../../src/observe/events.ts';
import { Credentials } from '../../src/transport/credentials.ts';
import { GrpcTransport } from '../../src/transport/grpc.ts';
import { encodeHello } from '../../src/wire/mesh-hello.ts';
import { Authority, type Bundle, BundleFiles } from '../certificates.ts';
import { helloOf } from '../core/gossip/rig.ts';
import { within } from '../within.ts';

const ours = new Authority();
const theirs = new Authority();
const functions = { add: (a: number, b: number) => a + b };
/** Whoever has just joined hears of functions a moment later. */
const patient = { waitMs: 10_000 };
const identity = (bytes: Buffer): Buffer => bytes;

/** A server that is gone after the test. */
async function serving(options: ServerOptions): Promise<Server> {
  const server = await startServer({ cluster: 'tls', ...options });
  onTestFinished(() => server.stop());
  return server;
}

/** Connects, adds 1 and 2, and leaves: the sum, or the code and reason of the refusal. */
async function sum(url: string, options: ConnectOptions): Promise<unknown> {
  try {
    const client = await connect(url, options);
    try {
      return await client.call('add', [1, 2]);
    } finally {
      await client.close();
    }
  } catch (error) {
    if (HeddleError.is(error, 'unauthenticated')) return `${error.detail.reason}, ran: ${error.executed}`;
    throw error;
  }
}

describe('fault 26: whoever has not proved who they are', () => {
  let server: Server;
  const refused: FabricEvent[] = [];

  beforeAll(async () => {
    server = await startServer({ cluster: 'tls', functions, tls: ours.server('one'), admin: {} });
    server.on('peer.refused', (event) => refused.push(event));
  });
  afterAll(() => server.stop());

  test('a server is called as its certificate says, and a client with a certificate is let in', async () => {
    expect(server.name).toBe('one');
    expect(await sum(server.url, { tls: ours.client('me') })).toBe(3);
    expect(await sum(server.url, { tls: ours.client('me'), routing: 'direct' })).toBe(3);
  });

  test.each<[string, ConnectOptions, string]>([
    ['speaks in the clear', {}, 'no_tls'],
    ['shows no certificate', { tls: { ca: ours.cert } }, 'no_certificate'],
    ['shows one that has ended', { tls: ours.client('me', -3) }, 'expired'],
    ['shows one that has not begun', { tls: ours.client('me', 3) }, 'not_yet_valid'],
    ['shows one of another CA', { tls: { ...theirs.client('me'), ca: ours.cert } }, 'untrusted'],
  ])('a client that %s is refused with what to do, and the server hears of it', async (_what, options, reason) => {
    refused.length = 0;
    // One's own certificate that nobody would take is refused before it is shown; here it is shown all the same.
    const attempt =
      reason === 'expired' || reason === 'not_yet_valid' ? shown(server.url, options.tls as Bundle) : sum(server.url, options);
    expect(await attempt).toBe(`${reason}, ran: no`);
    expect(refused).toMatchObject([{ kind: 'peer.refused', reason, why: expect.stringMatching(/give|issue|compare|have/) }]);
  });

  test('a client leaves a server whose certificate is of another CA, or whose name is not its own', async () => {
    expect(await sum(server.url, { tls: { ...ours.client('me'), ca: theirs.cert } })).toBe('untrusted, ran: no');
    const plain = await serving({ name: 'plain', functions });
    expect(await sum(plain.url, { tls: ours.client('me') })).toBe('no_tls, ran: no');
    const liar = new GrpcTransport({ clock: systemClock, tls: credentialsOf(ours.server('liar'), 'server') });
    onTestFinished(() => liar.close());
    const nobody = { ask: () => Promise.reject(new Error('nobody')), follow: () => [] as never };
    const { encodeSessionAck } = await import('../../src/wire/session-codec.ts');
    const ack = encodeSessionAck({ server: 'one', instance: 'aa', cluster: 'tls', addresses: [], protocol: 1 });
    const listener = await liar.listen({ host: '127.0.0.1', port: 'auto' }, { ...nobody, accept: () => ({ isAccepted: true, ack }) });
    onTestFinished(() => listener.close());
    expect(await sum(`127.0.0.1:${listener.port}`, { tls: ours.client('me') })).toBe('wrong_name, ran: no');
  });

  test('clients in other languages are refused the same way, on every method, the admin listener included', async () => {
    const { adminUrl } = await new Promise<{ adminUrl?: string }>((resolve, reject) => {
      startServer({ cluster: 'tls', tls: ours.server('two'), admin: {}, onListening: resolve }).then(
        (two) => onTestFinished(() => two.stop()),
        reject,
      );
    });
    const channel = credentials.createSsl(Buffer.from(ours.cert));
    const ask = async (address: string, method: string, by = channel) => {
      const client = new GrpcClient(address, by);
      const error = await new Promise<ServiceError | null>((resolve) =>
        client.makeUnaryRequest(method, identity, identity, Buffer.alloc(0), resolve),
      );
      client.close();
      return error ? [error.code, error.metadata.get('heddle-code')[0], error.metadata.get('heddle-reason')[0]] : ['answered'];
    };
    const methods = ['/heddle.v1.Fabric/Call', '/heddle.v1.Mesh/Link', '/grpc.health.v1.Health/Check'];
    for (const method of methods) expect(await ask(server.url, method)).toEqual([16, 'unauthenticated', 'no_certificate']);
    expect(await ask(adminUrl ?? '', '/grpc.channelz.v1.Channelz/GetServers')).toEqual([16, 'unauthenticated', 'no_certificate']);
    const me = ours.client('me');
    const mine = credentials.createSsl(Buffer.from(ours.cert), Buffer.from(me.key), Buffer.from(me.cert));
    expect(await ask(server.url, '/grpc.health.v1.Health/Check', mine)).toEqual(['answered']);
    expect(await ask(server.url, '/heddle.v1.Mesh/Link', mine)).toEqual([16, 'unauthenticated', 'not_a_server']);
  });

  test('with `clientCertificate: optional` a client may show none, and still no server may', async () => {
    const open = await serving({ functions, tls: { ...ours.server('open'), clientCertificate: 'optional' } });
    expect(await sum(open.url, { tls: { ca: ours.cert } })).toBe(3);
    const transport = new GrpcTransport({ clock: systemClock, tls: credentialsOf({ ca: ours.cert }, 'client') });
    onTestFinished(() => transport.close());
    const dialled = transport.dial({ address: open.url, kind: 'link', hello: new Uint8Array(), timeoutMs: 10_000 });
    await expect(dialled).rejects.toMatchObject({ code: 'unauthenticated', detail: { reason: 'not_a_server' } });
  });
});

describe('between servers', () => {
  test('those of one CA find each other and call over links that both ends have proved', async () => {
    const size = (bytes: Uint8Array): number => bytes.length;
    const one = await serving({ functions: { ...functions, size }, tls: ours.server('one') });
    const two = await serving({ tls: ours.server('two'), join: [one.url] });
    expect(await two.call('add', [1, 2], patient)).toBe(3);
    // Over the channel of large values, which is a connection of its own.
    expect(await two.call('size', [new Uint8Array(1_000_000)], patient)).toBe(1_000_000);
  });

  test.each<[string, ServerOptions, string]>([
    ['speaks in the clear', { name: 'x' }, 'no_tls'],
    ['is of another CA', { tls: { ...theirs.server('x'), ca: [ours.cert, theirs.cert] } }, 'untrusted'],
  ])('a newcomer that %s may not join, and says why', async (_what, options, reason) => {
    const one = await serving({ tls: ours.server('one') });
    const joined = startServer({ cluster: 'tls', ...options, join: [one.url] });
    await expect(joined).rejects.toMatchObject({ code: 'unauthenticated', detail: { reason } });
    expect((await one.members()).map(({ name }) => name)).toEqual(['one']);
  });

  test('a member cannot say another name than its certificate, nor a client pass for a server', async () => {
    const one = await serving({ tls: ours.server('one') });
    const heard: FabricEvent[] = [];
    one.on('greeting.refused', (event) => heard.push(event));
    const hello = encodeHello(helloOf('two', { cluster: 'tls', uid: { uid: '00'.repeat(16), isSettled: false }, isJoining: true }));
    const dialAs = (bundle: Bundle) => {
      const transport = new GrpcTransport({ clock: systemClock, tls: credentialsOf(bundle, 'client') });
      onTestFinished(() => transport.close());
      return transport.dial({ address: one.url, kind: 'link', hello, timeoutMs: 10_000 });
    };
    await expect(dialAs(ours.server('mallory'))).rejects.toMatchObject({ code: 'unauthenticated', detail: { reason: 'wrong_name' } });
    expect(heard).toMatchObject([{ code: 'unauthenticated', byUs: true, message: expect.stringContaining('"mallory"') }]);
    await expect(dialAs(ours.client('two'))).rejects.toMatchObject({ code: 'unauthenticated', detail: { reason: 'not_a_server' } });
  });
});

describe('certificates change while calls run', () => {
  test('R2: files that are replaced are used from the next handshake on, and no call fails', async () => {
    const [atOne, atTwo] = [new BundleFiles(ours.server('one')), new BundleFiles(ours.server('two'))];
    const one = await serving({ functions, tls: atOne.paths });
    const two = await serving({ tls: atTwo.paths, join: [one.url] });
    const reloaded: FabricEvent[] = [];
    one.on('tls.reloaded', (event) => reloaded.push(event));
    const client = await connect(two.url, { tls: ours.client('me') });
    onTestFinished(() => client.close());
    await client.call('add', [1, 2], patient);
    let [done, isOver] = [0, false];
    const load = Array.from({ length: 8 }, async () => {
      while (!isOver) {
        expect(await client.call('add', [1, 2])).toBe(3);
        done += 1;
      }
    });
    const before = await serialAt(one.url);
    atOne.write(ours.server('one'));
    const after = await serialAt(one.url);
    expect(after).not.toBe(before);
    expect(reloaded).toMatchObject([{ name: 'one', untilMs: expect.any(Number) }]);
    // To another CA: both are trusted for a while, then everybody has a certificate of the new one.
    for (const files of [atOne, atTwo]) files.write({ ca: `${ours.cert}${theirs.cert}` });
    atOne.write(theirs.server('one'));
    atTwo.write(theirs.server('two'));
    const third = await serving({ tls: { ...theirs.server('three'), ca: [ours.cert, theirs.cert] }, join: [one.url, two.url] });
    expect(await third.call('add', [1, 2], patient)).toBe(3);
    const soFar = done;
    await within('calls go on after the last change', 1_000, () => done > soFar + 50);
    isOver = true;
    await Promise.all(load);
  });

  test('R3: files that cannot be used change nothing, and are told of once', async () => {
    const files = new BundleFiles(ours.server('one'));
    const one = await serving({ functions, tls: files.paths });
    const rejected: string[] = [];
    one.on('tls.rejected', ({ message }) => rejected.push(message));
    const before = await serialAt(one.url);
    files.write({ key: ours.server('one').key });
    expect([await serialAt(one.url), await serialAt(one.url)]).toEqual([before, before]);
    expect(rejected).toEqual([expect.stringContaining('is not the key of tls.cert')]);
    await expect(one.reloadTls()).rejects.toMatchObject({ code: 'bad_settings' });
    await expect(one.reloadTls(ours.server('other'))).rejects.toThrow('a name stays while it is in use');
    await one.reloadTls(ours.server('one'));
    expect(await serialAt(one.url)).not.toBe(before);
    const plain = await serving({ name: 'plain' });
    await expect(plain.reloadTls(ours.server('plain'))).rejects.toMatchObject({ code: 'bad_argument' });
  });
});

describe('what cannot be used is refused at the start', () => {
  const good = ours.server('one');
  test.each<[string, ServerOptions, string]>([
    ['a name that is not the certificate’s', { name: 'two', tls: good }, 'tls.cert: is of "one", and the server is called "two"'],
    ['a client’s certificate', { tls: ours.client('one') }, "is not a server's"],
    ['one that has ended', { tls: ours.server('one', -3) }, 'tls.cert: ended on'],
    ['one of another CA', { tls: { ...theirs.server('one'), ca: ours.cert } }, 'was not issued by tls.ca'],
    ['another one’s key', { tls: { ...good, key: ours.server('one').key } }, 'tls.key: is not the key of tls.cert'],
    ['text that is no key', { tls: { ...good, key: good.cert } }, 'tls.key: holds no private key'],
    ['text that is no certificate', { tls: { ...good, ca: good.key } }, 'tls.ca: holds no certificate'],
    ['a file that is not there', { tls: { ...good, cert: '/no/such.pem' } }, 'tls.cert: the file /no/such.pem cannot be read'],
    [
      'a host that is open to the network, in the clear',
      { host: '0.0.0.0', advertise: 'x' },
      'host: 0.0.0.0 can be reached from the network',
    ],
    ['an admin listener that is', { admin: { host: '0.0.0.0' } }, 'admin.host: 0.0.0.0 can be reached from the network'],
  ])('%s', async (_what, options, message) => {
    await expect(startServer(options)).rejects.toMatchObject({ code: 'bad_settings', message: expect.stringContaining(message) });
  });

  test.each<[string, unknown, string]>([
    ['no ca', { cert: good.cert, key: good.key }, 'options.tls.ca: expected PEM'],
    ['an unknown key', { ...good, pfx: 'x' }, 'unknown option "pfx"'],
    ['a wrong word', { ...good, clientCertificate: 'maybe' }, "expected 'required' or 'optional'"],
  ])('%s is a bad argument', async (_what, tls, message) => {
    await expect(startServer({ tls } as ServerOptions)).rejects.toMatchObject({
      code: 'bad_argument',
      message: expect.stringContaining(message),
    });
  });

  test('a client’s own certificate needs its key, and any certificate may be trusted alone', async () => {
    await expect(connect('127.0.0.1:1', { tls: { ca: ours.cert, cert: good.cert } })).rejects.toThrow('tls.key: is missing');
    await expect(connect('127.0.0.1:1', { tls: { ca: ours.cert } })).rejects.toMatchObject({ code: 'unreachable' });
  });
});

test('a server that is open in the clear, because that is meant, says so loudly', async () => {
  const warned = new Promise<Error>((resolve) => process.once('warning', resolve));
  const server = await serving({ name: 'open', host: '0.0.0.0', advertise: '127.0.0.1', insecure: true, functions });
  expect(await sum(server.url, {})).toBe(3);
  expect(await warned).toMatchObject({ code: 'HEDDLE_INSECURE', message: expect.stringContaining('without TLS') });
});

function credentialsOf(given: Partial<Bundle> & { readonly ca: string }, use: 'server' | 'client', atMs?: number): Credentials {
  return new Credentials(given, { use, wallMs: () => atMs ?? systemClock.wallMs() });
}

/** What a server says to a certificate whose time is not now, shown by somebody whose clock thinks so. */
async function shown(address: string, bundle: Bundle): Promise<string> {
  const { X509Certificate } = await import('node:crypto');
  const then = Date.parse(new X509Certificate(bundle.cert).validFrom) + 1_000;
  const transport = new GrpcTransport({ clock: systemClock, tls: credentialsOf(bundle, 'client', then) });
  try {
    await transport.dial({ address, kind: 'session', hello: new Uint8Array(), timeoutMs: 10_000 });
    return 'let in';
  } catch (error) {
    return HeddleError.is(error, 'unauthenticated') ? `${error.detail.reason}, ran: ${error.executed}` : String(error);
  } finally {
    await transport.close();
  }
}

/** Serial number of the certificate that a server shows just now. */
async function serialAt(url: string): Promise<string> {
  const [host, port] = url.split(':');
  const socket = connectTls({ host, port: Number(port), ca: [ours.cert, theirs.cert], ALPNProtocols: ['h2'] });
  const serial = await new Promise<string>((resolve, reject) => {
    socket.once('error', reject);
    socket.once('secureConnect', () => resolve(socket.getPeerCertificate().serialNumber));
  });
  socket.destroy();
  return serial;
}
