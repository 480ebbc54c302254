/**
 * Tokens against real sockets: who is refused and why, renewal under load, and what nobody may speak past.
 */

import { createHmac } from 'node:crypto';
import { Client, credentials, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { type Deferred, deferred } from '../../src/base/deferred.ts';
import type { ConnectOptions, Server, ServerOptions } from '../../src/fabric/api/api.ts';
import { connect } from '../../src/fabric/client/client.ts';
import { startServer } from '../../src/fabric/server/server.ts';
import type { Permission } from '../../src/identity/permissions.ts';
import { issueToken, makeTokenKeys } from '../../src/identity/token-issue.ts';
import { defineFunction, HeddleError } from '../../src/index.ts';
import { Credentials } from '../../src/transport/credentials.ts';
import { GrpcTransport } from '../../src/transport/grpc.ts';
import { Authority, type Bundle } from '../certificates.ts';
import { all, ForeignClient, failureOf, type Message, read } from './foreign-client.ts';

const keys = makeTokenKeys();
const strangers = makeTokenKeys();
const ca = new Authority();
const cluster = 'tokens';
const rules: readonly Permission[] = [
  { who: ['server:*'], may: ['serve', 'relay', 'call'], names: ['*'] },
  { who: ['alice'], may: ['call'], names: ['who', 'add'] },
];
const functions = {
  add: (a: number, b: number) => a + b,
  secret: () => 'secret',
  who: defineFunction({ name: 'who', handler: (ctx) => ctx.caller }),
};

function token(claims: { name?: string; cluster?: string; forMs?: number; fromMs?: number } = {}, key = keys.privateKey): Promise<string> {
  const { name = 'alice', forMs = 60_000, fromMs = systemClock.wallMs() } = claims;
  return issueToken(key, { name, cluster: claims.cluster ?? cluster, fromMs, untilMs: fromMs + forMs });
}

async function serving(options: ServerOptions): Promise<Server> {
  const server = await startServer({ cluster, functions, tokens: { keys: keys.publicKey }, permissions: rules, ...options });
  onTestFinished(() => server.stop());
  return server;
}

/** What the call gives, or how it is refused. */
async function asked(url: string, options: ConnectOptions, name = 'who', args: readonly unknown[] = []): Promise<unknown> {
  try {
    const client = await connect(url, options);
    try {
      return await client.call(name, args, { waitMs: 5_000 });
    } finally {
      await client.close();
    }
  } catch (error) {
    if (HeddleError.is(error, 'unauthenticated')) return `${error.code} ${error.detail.reason} ${error.executed}`;
    return HeddleError.is(error) ? `${error.code} ${error.executed}` : error;
  }
}

/** A token as an attacker makes it: the public key is known to all. */
function forged(alg: 'none' | 'HS256'): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(systemClock.wallMs() / 1000);
  const text = `${part({ alg })}.${part({ sub: 'alice', aud: cluster, iat: now, exp: now + 60 })}`;
  return `${text}.${alg === 'none' ? '' : createHmac('sha256', keys.publicKey).update(text).digest('base64url')}`;
}

/** Speaks the protocol between servers, with a certificate that is none of a server's. */
function attacker(bundle: Bundle | undefined): GrpcTransport {
  const wallMs = (): number => systemClock.wallMs();
  return new GrpcTransport({ clock: systemClock, tls: bundle && new Credentials(bundle, { use: 'client', wallMs }) });
}

const bad: readonly (readonly [what: string, token: () => string | Promise<string> | undefined, reason: string])[] = [
  ['none', () => undefined, 'no_token'],
  ['one that has ended', () => token({ fromMs: systemClock.wallMs() - 120_000 }), 'expired'],
  ['one that a stranger signed', () => token({}, strangers.privateKey), 'untrusted'],
  ['an unsigned one', () => forged('none'), 'wrong_algorithm'],
  ['one that is signed with the public key', () => forged('HS256'), 'wrong_algorithm'],
  ['one of another cluster', () => token({ cluster: 'staging' }), 'wrong_audience'],
  ['one that lives too long', () => token({ forMs: 2 * 3_600_000 }), 'too_long_lived'],
  ['nonsense', () => 'nonsense', 'malformed'],
];

describe('a client', () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer({ cluster, functions, tokens: { keys: keys.publicKey }, permissions: rules });
  });
  afterAll(() => server.stop());

  test('is who its token says, and may do what rules let that one do', async () => {
    expect(await asked(server.url, { token: await token() })).toBe('alice');
    expect(await asked(server.url, { token: () => token(), routing: 'direct' }, 'add', [1, 2])).toBe(3);
    expect(await asked(server.url, { token: await token() }, 'secret')).toBe('forbidden no');
    expect(await asked(server.url, { token: await token({ name: 'mallory' }) })).toBe('forbidden no');
  });

  test.each(bad)('with %s is refused, and told why', async (_what, made, reason) => {
    const shown = await made();
    expect(await asked(server.url, shown === undefined ? {} : { token: shown })).toBe(`unauthenticated ${reason} no`);
  });

  test('hears what went wrong where the function that gets its token fails', async () => {
    const broken = (): string => {
      throw new Error('the vault is shut');
    };
    await expect(connect(server.url, { token: broken })).rejects.toThrow(/the vault is shut/);
    await expect(connect(server.url, { token: 7 as never })).rejects.toThrow(/options\.token/);
  });

  test('does not send its token in the clear over the network', async () => {
    await expect(connect('192.0.2.1:7420', { token: await token() })).rejects.toMatchObject({ detail: { reason: 'no_tls' } });
  });

  test('in another language shows its token in the metadata, and is refused with the same words', async () => {
    const client = new ForeignClient(server.url);
    onTestFinished(() => client.close());
    const bearer = async (text: string | Promise<string>): Promise<Record<string, string>> => ({ authorization: `Bearer ${await text}` });
    expect(read((await client.ask('Call', { function: 'who' }, {}, await bearer(token()))).value)).toBe('alice');
    for (const [what, made, reason] of bad) {
      const shown = await made();
      const refused = await failureOf(client.ask('Call', { function: 'who' }, {}, shown === undefined ? {} : await bearer(shown)));
      expect([what, refused.status, refused.code]).toEqual([what, status.UNAUTHENTICATED, 'unauthenticated']);
      expect(JSON.parse(refused.error?.detail.data.toString())).toMatchObject({ reason });
    }
    const denied = await failureOf(client.ask('Call', { function: 'secret' }, {}, await bearer(token())));
    expect([denied.status, denied.code, denied.executed]).toEqual([status.PERMISSION_DENIED, 'forbidden', 'no']);
    expect((await failureOf(client.ask('Call', { function: 'who' }, {}, { authorization: 'Basic abc' }))).status).toBe(
      status.UNAUTHENTICATED,
    );
  });
});

describe('a token that ends', () => {
  /** Begun before the first test, whose load takes nearly as long as the token is good for. */
  let followed: Followed;
  beforeAll(async () => {
    followed = await Followed.begun();
  });
  afterAll(() => followed.server.stop());

  test('ends its session’s calls, unless the client gets fresh ones: then none fails under load', async () => {
    const server = await serving({});
    let made = 0;
    const fresh = (): Promise<string> => {
      made += 1;
      return token({ forMs: 6_000 });
    };
    const again = await connect(server.url, { token: fresh });
    const once = await connect(server.url, { token: await token({ forMs: 2_000 }) });
    onTestFinished(() => once.close());
    onTestFinished(() => again.close());
    let calls = 0;
    for (const untilMs = systemClock.nowMs() + 4_700; systemClock.nowMs() < untilMs; calls += 8) {
      await Promise.all(Array.from({ length: 8 }, () => again.call('who', [])));
    }
    expect(made).toBeGreaterThan(1);
    expect(calls).toBeGreaterThan(100);
    await expect(once.call('who', [])).rejects.toMatchObject({ code: 'unauthenticated', executed: 'no', detail: { reason: 'expired' } });
  });

  test('ends what is followed under it, and says what to do; a run that was submitted goes on, and so does whoever renews', async () => {
    const { watches, attached, renewing, submitted, denied } = followed;
    for (const watch of watches) expect(await failureOf(watch)).toMatchObject({ status: status.UNAUTHENTICATED, code: 'unauthenticated' });
    const ended = await attached.catch((error: unknown) => error);
    expect(ended).toMatchObject({ code: 'unauthenticated', executed: 'maybe', detail: { reason: 'expired' } });
    expect(String(ended)).toMatch(/show a fresh one/);
    expect(denied.filter((verb) => verb !== 'call').sort()).toEqual(['attach', 'watch', 'watch']);
    followed.release.resolve();
    expect(await renewing).toEqual({ a: 'released' });
    expect((await submitted).at(-1)).toMatchObject({ event: 'runSettled', runSettled: { ok: true } });
  });
});

/** Everything that can be followed, under a token of four seconds; and one client that renews its own. */
class Followed {
  readonly release: Deferred<void>;
  readonly denied: string[] = [];
  /** Of clients in other languages: the catalog, and a run. */
  watches: readonly Promise<unknown>[] = [];
  attached: Promise<unknown> = Promise.resolve();
  renewing: Promise<unknown> = Promise.resolve();
  submitted: Promise<readonly Message[]> = Promise.resolve([]);
  readonly server: Server;

  static async begun(): Promise<Followed> {
    const release = deferred<void>();
    const hold = defineFunction({ name: 'hold', handler: () => release.promise.then(() => 'released') });
    const permissions: readonly Permission[] = [...rules, { who: ['alice'], may: ['submit'], names: ['hold'] }];
    const server = await startServer({ cluster, functions: { hold }, tokens: { keys: keys.publicKey }, permissions });
    const followed = new Followed(server, release);
    await followed.#begin();
    return followed;
  }

  private constructor(server: Server, release: Deferred<void>) {
    this.server = server;
    this.release = release;
    server.on('access.denied', ({ verb }) => this.denied.push(verb));
  }

  async #begin(): Promise<void> {
    const again = await connect(this.server.url, { token: () => token({ forMs: 5_000 }) });
    const run = again.submit([{ name: 'a', fun: 'hold' }]);
    await run.accepted;
    const short = await token({ forMs: 4_000 });
    const once = await connect(this.server.url, { token: short });
    this.renewing = again.attach(run.runId).result.finally(() => again.close());
    this.attached = once.attach(run.runId).result.finally(() => once.close());
    const foreign = new ForeignClient(this.server.url);
    const bearer = { authorization: `Bearer ${short}` };
    this.watches = [{}, { runId: run.runId }].map((request) => all(foreign.follow('Watch', request, bearer)));
    const commands = [{ name: 'a', function: 'hold' }];
    this.submitted = all(foreign.follow('Submit', { commands }, bearer)).finally(() => foreign.close());
    // Each is looked at by the test: until then no rejection is anybody's.
    for (const promise of [this.attached, this.renewing, this.submitted, ...this.watches]) promise.catch(() => {});
  }
}

describe('with certificates between servers', () => {
  test('a token is believed at any entry, and an attacker who speaks to the owner itself gets nowhere', async () => {
    const optional = (name: string): ServerOptions => ({ tls: { ...ca.server(name), clientCertificate: 'optional' } });
    const owner = await serving(optional('owner'));
    const entry = await serving({ ...optional('entry'), functions: {}, join: [owner.url] });
    const tls = { ca: ca.cert };
    expect(await asked(entry.url, { tls, token: await token() })).toBe('alice');
    expect(await asked(entry.url, { tls, token: await token() }, 'secret')).toBe('forbidden no');
    // A link between servers, without a server's certificate: with a client's, and in the clear.
    const hello = Buffer.from('whatever it says');
    for (const credentials of [undefined, ca.client('mallory')]) {
      const transport = attacker(credentials);
      onTestFinished(() => transport.close());
      const dialled = transport.dial({ address: owner.url, kind: 'link', hello, timeoutMs: 10_000 });
      await expect(dialled).rejects.toMatchObject({ code: 'unauthenticated' });
    }
  });
});

describe('what operators look at', () => {
  test('is told to those who may observe, but for whether the server is well', async () => {
    const operators: readonly Permission[] = [
      { who: ['ops'], may: ['administer'], names: ['*'] },
      { who: ['prometheus'], may: ['observe'], names: ['*'] },
    ];
    let [http, admin] = ['', ''];
    const onListening: ServerOptions['onListening'] = (at) => {
      [http, admin] = [`http://${at.httpUrl}`, at.adminUrl ?? ''];
    };
    await serving({ http: {}, admin: {}, permissions: [...rules, ...operators], onListening });
    const ask = async (path: string, name?: string): Promise<Response> => {
      const headers = { connection: 'close', ...(name === undefined ? {} : { authorization: `Bearer ${await token({ name })}` }) };
      return fetch(`${http}${path}`, { headers });
    };
    const get = async (path: string, name?: string): Promise<number> => (await ask(path, name)).status;
    expect([await get('/healthz'), await get('/readyz')]).toEqual([200, 200]);
    expect([await get('/metrics'), await get('/metrics', 'ops'), await get('/metrics', 'prometheus')]).toEqual([401, 200, 200]);
    const refused = await ask('/metrics', 'alice');
    expect([refused.status, await refused.text()]).toEqual([403, expect.stringMatching(/may = \["observe"\], names = \["/)]);
    expect(await statusAt(admin, '/grpc.health.v1.Health/Check')).toBe(status.OK);
    expect(await statusAt(admin, '/grpc.channelz.v1.Channelz/GetServers')).toBe(status.PERMISSION_DENIED);
  });

  test('a dashboard acts in its server’s name: with rules it wants a token, on this machine too', async () => {
    await expect(startServer({ permissions: rules, dashboard: true })).rejects.toThrow(/dashboard\.token.*there are rules/);
  });
});

/** How an empty request of that path ends. */
function statusAt(url: string, path: string): Promise<number> {
  const client = new Client(url, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
  onTestFinished(() => client.close());
  const identity = (bytes: Buffer): Buffer => bytes;
  return new Promise((resolve) =>
    client.makeUnaryRequest(path, identity, identity, Buffer.alloc(0), (error) => resolve(error ? error.code : status.OK)),
  );
}

test('tokens without rules, or over the network in the clear, are refused at start', async () => {
  const tokens = { keys: keys.publicKey };
  await expect(startServer({ tokens })).rejects.toThrow(/give rules as well \(permissions\)/);
  await expect(startServer({ tokens, permissions: rules, host: '0.0.0.0', advertise: '127.0.0.1', insecure: true })).rejects.toThrow(
    /would come in the clear/,
  );
  await expect(startServer({ tokens: { keys: keys.privateKey }, permissions: rules })).rejects.toThrow(/it is a private key/);
  await expect(startServer({ permissions: rules.slice(1), functions })).rejects.toThrow(/may not serve "add"/);
});
