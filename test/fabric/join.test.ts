/**
 * Joining by token over real sockets: what is said to whom, and what is not.
 */

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import type { Server } from '../../src/fabric/api/api.ts';
import { type JoinTerms, requestToJoin } from '../../src/fabric/client/join-request.ts';
import type { JoinPort } from '../../src/fabric/server/join-door.ts';
import { startServer } from '../../src/fabric/server/server.ts';
import { fingerprintOf, issueCa, issueCertificate } from '../../src/identity/certificates.ts';
import { JoinDesk } from '../../src/identity/join-desk.ts';
import { newPrivateKey, proofOf } from '../../src/identity/own-key.ts';
import { HeddleError } from '../../src/index.ts';
import type { FabricEvent } from '../../src/observe/events.ts';
import { validity } from '../certificates.ts';

const cluster = 'joining';
const ca = issueCa({ name: 'Test CA', ...validity() });
const issued = new Map<string, string>();
const desk = new JoinDesk({
  cluster,
  server: 'boss',
  ca,
  trusted: () => ca.cert,
  ledger: { find: (name) => issued.get(name), save: (name, cert) => issued.set(name, cert) },
  expiresMs: systemClock.wallMs() + 3_600_000,
  usesMax: 10,
  validityMs: 3_600_000,
  wallMs: () => systemClock.wallMs(),
});
const events: FabricEvent[] = [];
let boss: Server;

/** A server that is gone after the test. */
async function serving(name: string, by: typeof ca, share: JoinPort | undefined): Promise<Server> {
  const { cert, key } = issueCertificate(by, { name, kind: 'server', ...validity() });
  const server = await startServer({ name, cluster, tls: { cert, key, ca: by.cert } }, { share });
  return server;
}

beforeAll(async () => {
  boss = await serving('boss', ca, desk);
  boss.on('join.granted', (event) => events.push(event));
  boss.on('join.refused', (event) => events.push(event));
});
afterAll(() => boss.stop());

function terms({ secret = desk.secret, name = 'hand', key = newPrivateKey(), ...rest }: TermsFor = {}): JoinTerms {
  const proof = proofOf(key, { cluster, name });
  return {
    addresses: [boss.url],
    fingerprint: desk.fingerprint,
    request: (localAddress) => ({ cluster, secret, name, ...proof, hosts: [localAddress] }),
    ...rest,
  };
}

interface TermsFor extends Partial<JoinTerms> {
  readonly secret?: Uint8Array;
  readonly name?: string;
  readonly key?: string;
}

async function refusal(asking: Promise<unknown>): Promise<string> {
  try {
    await asking;
  } catch (error) {
    if (HeddleError.is(error, 'unauthenticated')) return `${error.code}: ${error.detail.reason}`;
    if (HeddleError.is(error)) return error.code;
    throw error;
  }
  return 'granted';
}

describe('a newcomer with a join token', () => {
  test('is issued a certificate with which its server joins the fabric', async () => {
    const key = newPrivateKey();
    const { certificate, ca: trusted, server, localAddress } = await requestToJoin(terms({ key }));
    expect([server, localAddress]).toEqual(['boss', '127.0.0.1']);
    const hand = await startServer({ cluster, join: [boss.url], tls: { cert: certificate, key, ca: trusted } });
    onTestFinished(() => hand.stop());
    expect([hand.name, (await hand.members()).map(({ name }) => name).sort()]).toEqual(['hand', ['boss', 'hand']]);
    expect(await refusal(requestToJoin(terms()))).toBe('name_taken');
    expect(await refusal(requestToJoin(terms({ name: 'boss' })))).toBe('name_taken');
  });

  test('is heard of, and so is one who is refused; no event says a secret', async () => {
    events.length = 0;
    await requestToJoin(terms({ name: 'foot' }));
    expect(await refusal(requestToJoin(terms({ secret: Buffer.alloc(32, 9) })))).toBe('unauthenticated: wrong_secret');
    expect(events).toMatchObject([
      { kind: 'join.granted', name: 'foot', address: '127.0.0.1' },
      { kind: 'join.refused', name: 'hand', code: 'unauthenticated' },
    ]);
    for (const secret of [desk.secret, Buffer.alloc(32, 9)]) {
      for (const form of ['hex', 'base64', 'base64url'] as const) {
        expect(JSON.stringify(events)).not.toContain(Buffer.from(secret).toString(form).slice(0, 12));
      }
    }
  });

  test('tries the addresses of its token in order, and passes over those where nobody is', async () => {
    const { address } = await requestToJoin(terms({ name: 'third', addresses: ['127.0.0.1:1', boss.url] }));
    expect(address).toBe(boss.url);
    expect(await refusal(requestToJoin(terms({ addresses: ['127.0.0.1:1'] })))).toBe('unreachable');
  });

  test('of a server that does not share is refused like anybody else without a certificate', async () => {
    const aloof = await serving('aloof', ca, undefined);
    onTestFinished(() => aloof.stop());
    expect(await refusal(requestToJoin(terms({ addresses: [aloof.url] })))).toBe('unauthenticated: no_certificate');
  });

  test('with a name that is none is refused before anything is issued', async () => {
    expect(await refusal(requestToJoin(terms({ name: ' x' })))).toBe('bad_argument');
    expect(issued.has(' x')).toBe(false);
  });
});

describe('E1: whoever is not of the CA that the token names hears no secret', () => {
  const theirs = issueCa({ name: 'Test CA', ...validity() });
  const heard: string[] = [];
  const thief = (shown: string): JoinPort => ({
    ca: shown,
    admit: ({ name }) => {
      heard.push(name);
      return { certificate: '', ca: shown };
    },
  });

  test.each([
    ['a CA of their own', theirs.cert],
    ['the CA of the token, which has not certified them', ca.cert],
    ['that CA, and their own behind it', `${ca.cert}${theirs.cert}`],
    ['no CA at all', 'nothing'],
  ])('when they show %s', async (_what, shown) => {
    const server = await serving('thief', theirs, thief(shown));
    onTestFinished(() => server.stop());
    expect(await refusal(requestToJoin(terms({ addresses: [server.url] })))).toBe('unauthenticated: untrusted');
    expect(heard).toEqual([]);
  });

  test('the same thief hears a newcomer whose token names their CA (so that the tests above can fail)', async () => {
    const server = await serving('thief', theirs, thief(theirs.cert));
    onTestFinished(() => server.stop());
    await requestToJoin(terms({ addresses: [server.url], fingerprint: fingerprintOf(theirs.cert) }));
    expect(heard).toEqual(['hand']);
  });
});
