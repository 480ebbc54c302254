/** Limits of one client: what it is refused, and that nobody else is. */

import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import type { Client, Server } from '../../src/fabric/api/api.ts';
import { connect } from '../../src/fabric/client/client.ts';
import { Accounts, type IdentityLimits, openBytesMax } from '../../src/fabric/link/accounts.ts';
import { IncomingTable } from '../../src/fabric/link/incoming-table.ts';
import { clientProof, Proof } from '../../src/fabric/link/proof.ts';
import { startServer } from '../../src/fabric/server/server.ts';
import { identityOf } from '../../src/identity/identity.ts';
import { issueToken, makeTokenKeys } from '../../src/identity/token-issue.ts';
import { HeddleError } from '../../src/index.ts';
import { Authority } from '../certificates.ts';
import { within } from '../within.ts';

const clock = new VirtualClock();
const made = (limits: Partial<IdentityLimits>) => new Accounts('one', clock, limits);
const overloaded = (act: () => void): boolean => {
  try {
    act();
    return false;
  } catch (error) {
    if (HeddleError.is(error, 'overloaded')) return true;
    throw error;
  }
};

describe('an account', () => {
  test('is one for all sessions of a certificate or token, whatever their address; of others by address', () => {
    const accounts = made({});
    const ada = clientProof({ name: 'ada', isServer: false });
    expect(accounts.of(ada, '10.0.0.1:5')).toBe(accounts.of(ada, '10.0.0.2:6'));
    expect(accounts.of(new Proof(identityOf('token', 'ada')), '10.0.0.1:5')).not.toBe(accounts.of(ada, '10.0.0.1:5'));
    expect(accounts.of(undefined, '10.0.0.1:5')).toBe(accounts.of(clientProof(undefined), '10.0.0.1:6'));
    expect(accounts.of(undefined, '10.0.0.1:5')).not.toBe(accounts.of(undefined, '10.0.0.2:5'));
  });

  test('has so many sessions, not one more, until one closes', () => {
    const account = made({ sessions: 2 }).of(undefined, 'a:1');
    account.openSession();
    account.openSession();
    expect(overloaded(() => account.openSession())).toBe(true);
    account.closeSession();
    expect(overloaded(() => account.openSession())).toBe(false);
  });

  test('has so many calls at once, not one more, until one ends', () => {
    const account = made({ callsAtOnce: 2 }).of(undefined, 'a:1');
    account.enter('call');
    account.enter('call');
    expect(overloaded(() => account.enter('call'))).toBe(true);
    account.left();
    expect(overloaded(() => account.enter('call'))).toBe(false);
  });

  test('makes no further call while those that are open brought a GiB, whichever session they came by', () => {
    const account = made({}).of(undefined, 'a:1');
    const [one, other] = [new IncomingTable(account), new IncomingTable(account)];
    const request = { cancel: () => {} };
    one.add(1, request);
    one.weigh(1, openBytesMax - 8_000);
    expect(other.isFull).toBe(false);
    // One that has ended already, and one that is small, weigh nothing.
    other.weigh(7, openBytesMax);
    other.add(2, request);
    other.weigh(2, 4_000);
    expect(other.isFull).toBe(false);
    other.add(3, request);
    other.add(4, request);
    other.weigh(3, 5_000);
    other.weigh(4, 5_000);
    expect([one.isFull, overloaded(() => account.enter('call'))]).toEqual([true, true]);
    other.take(4);
    expect(one.isFull).toBe(false);
    one.takeAll();
    other.takeAll();
    other.add(5, request);
    other.weigh(5, openBytesMax - 1);
    expect(one.isFull).toBe(false);
  });

  test('has so many calls a second on average, a second of it at once, and coming back does not fill it', async () => {
    const accounts = made({ callsPerSecond: 10 });
    const burst = (): number => {
      let passed = 0;
      while (!overloaded(() => accounts.of(undefined, 'a:1').enter('call'))) passed += 1;
      accounts.of(undefined, 'a:1').left(passed);
      return passed;
    };
    expect([burst(), burst()]).toEqual([10, 0]);
    clock.advance(350);
    expect(burst()).toBe(3);
    clock.advance(60_000);
    expect(burst()).toBe(10);
  });

  test('A2: is remembered up to a bound, and never forgotten while it is used', () => {
    const accounts = made({});
    const used = accounts.of(undefined, 'used:1');
    used.openSession();
    const idle = accounts.of(undefined, 'idle:1');
    for (let nth = 0; nth < 8_192; nth += 1) accounts.of(undefined, `far-${nth}:1`);
    expect(accounts.of(undefined, 'used:1')).toBe(used);
    expect(accounts.of(undefined, 'idle:1')).not.toBe(idle);
  });
});

describe('a server whose clients may have two sessions and three calls at once', () => {
  const authority = new Authority();
  let server: Server;
  let release: () => void = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let begun = 0;
  const hold = (): Promise<string> => {
    begun += 1;
    return held.then(() => 'held');
  };
  const functions = { add: (a: number, b: number) => a + b, hold };

  beforeAll(async () => {
    const tls = { ...authority.server('one'), clientCertificate: 'optional' as const };
    server = await startServer({ cluster: 'accounts', functions, tls }, { identityLimits: { sessions: 2, callsAtOnce: 3 } });
  });
  afterAll(async () => {
    release();
    await server.stop();
  });

  async function client(name: string): Promise<Client> {
    const connected = await connect(server.url, { tls: authority.client(name) });
    onTestFinished(() => connected.close());
    return connected;
  }

  test('refuses the fourth call of one client, unrun, over both its sessions, and takes those of another', async () => {
    const [one, two, other] = [await client('ada'), await client('ada'), await client('bob')];
    const calls = Promise.all([one.call('hold', []), two.call('hold', []), two.call('hold', [])]);
    await within('all three run', 1_000, () => begun === 3);
    const refused = await one.call('add', [1, 2], { retry: { attempts: 1 } }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ executed: 'no', code: 'overloaded' });
    expect(await other.call('add', [1, 2])).toBe(3);
    release();
    expect(await calls).toEqual(['held', 'held', 'held']);
    expect(await one.call('add', [1, 2])).toBe(3);
  });

  test('refuses the third session of one client, and takes that of another', async () => {
    await client('eve');
    await client('eve');
    const third = await connect(server.url, { tls: authority.client('eve') }).catch((error: unknown) => error);
    expect(HeddleError.is(third, 'overloaded')).toBe(true);
    await client('mallory');
  });
});

test('a client in another language pays as others do: by its token, and for none, or for one that is not good, by its address', async () => {
  const keys = makeTokenKeys();
  const server = await startServer(
    {
      cluster: 'accounts',
      functions: { add: (a: number, b: number) => a + b },
      tokens: { keys: keys.publicKey },
      permissions: [{ who: ['*', 'anonymous', 'server:*'], may: ['call', 'serve'], names: ['*'] }],
    },
    { identityLimits: { callsPerSecond: 3 } },
  );
  onTestFinished(() => server.stop());
  const fromMs = systemClock.wallMs();
  const tokenOf = (name: string) => issueToken(keys.privateKey, { name, cluster: 'accounts', fromMs, untilMs: fromMs + 600_000 });
  const session: ClientHttp2Session = connectHttp2(`http://${server.url}`);
  onTestFinished(() => session.destroy());
  const statusOf = (token?: string): Promise<unknown> =>
    new Promise((resolve) => {
      const headers = { ':method': 'POST', ':path': '/heddle.v1.Fabric/Why', 'content-type': 'application/grpc', te: 'trailers' };
      const stream = session.request(token === undefined ? headers : { ...headers, authorization: `Bearer ${token}` });
      stream.on('response', (head) => head['grpc-status'] !== undefined && resolve(head['grpc-status']));
      stream.on('trailers', (trailers) => resolve(trailers['grpc-status']));
      stream.resume();
      // An empty message: a question about nothing.
      stream.end(Buffer.alloc(5));
    });
  const [overloaded, unauthenticated] = ['8', '16'];
  const [mallory, alice] = await Promise.all(['mallory', 'alice'].map(tokenOf));
  for (const token of [undefined, mallory, 'nonsense']) {
    const statuses = await Promise.all(Array.from({ length: 15 }, () => statusOf(token)));
    expect(statuses).toContain(overloaded);
    expect(statuses[0]).not.toBe(overloaded);
    expect(statuses.includes(unauthenticated)).toBe(token === 'nonsense');
    // At the same address, and not one too many.
    if (token !== 'nonsense') expect(await statusOf(alice)).not.toBe(overloaded);
  }
});
