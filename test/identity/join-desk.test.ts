import { X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import { HeddleError } from '../../src/errors.ts';
import { issueCa } from '../../src/identity/certificates.ts';
import { JoinDesk, type JoinDeskOptions } from '../../src/identity/join-desk.ts';
import { newPrivateKey, proofOf } from '../../src/identity/own-key.ts';

const hourMs = 3_600_000;
const startMs = Date.UTC(2026, 0, 1);
const ca = issueCa({ name: 'Test CA', fromMs: startMs - hourMs, untilMs: startMs + 1000 * hourMs });
const circumstances = { address: '10.0.0.9', liveAt: () => undefined };

/** A desk whose time can be set, and what it has issued. */
function desk(options: Partial<JoinDeskOptions> = {}) {
  const issued = new Map<string, string>();
  const time = { nowMs: startMs };
  const made = new JoinDesk({
    cluster: 'lab',
    server: 'boss',
    ca,
    trusted: () => `${ca.cert}# and others`,
    ledger: { find: (name) => issued.get(name), save: (name, cert) => issued.set(name, cert) },
    expiresMs: startMs + hourMs,
    usesMax: 10,
    validityMs: 24 * hourMs,
    wallMs: () => time.nowMs,
    ...options,
  });
  return { desk: made, issued, time };
}

function newcomer(secret: Uint8Array, name = 'hand', key = newPrivateKey()) {
  return { cluster: 'lab', secret, name, hosts: ['10.0.0.9'], ...proofOf(key, { cluster: 'lab', name }) };
}

function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (HeddleError.is(error, 'unauthenticated')) return `${error.code}: ${error.detail.reason}`;
    if (HeddleError.is(error)) return error.code;
    throw error;
  }
  return 'granted';
}

test('whoever has the secret is issued a certificate of a server, under the CA, for the key that they showed', () => {
  const { desk: it } = desk();
  const asking = newcomer(it.secret);
  const { certificate, ca: trusted } = it.admit(asking, circumstances);
  const cert = new X509Certificate(certificate);
  expect([cert.subject, cert.checkIP('10.0.0.9'), cert.verify(new X509Certificate(ca.cert).publicKey)]).toEqual([
    'CN=hand',
    '10.0.0.9',
    true,
  ]);
  expect(cert.publicKey.export({ type: 'spki', format: 'der' })).toEqual(asking.publicKey);
  expect(trusted).toContain('and others');
});

test('J2: five wrong secrets of one address, and even the right one waits for a minute; others do not', () => {
  const { desk: it, time } = desk();
  const wrong = newcomer(Buffer.alloc(32));
  for (let nth = 0; nth < 5; nth += 1) expect(refusal(() => it.admit(wrong, circumstances))).toBe('unauthenticated: wrong_secret');
  expect(refusal(() => it.admit(newcomer(it.secret), circumstances))).toBe('overloaded');
  expect(refusal(() => it.admit(newcomer(it.secret, 'other'), { ...circumstances, address: '10.0.0.8' }))).toBe('granted');
  time.nowMs += 60_000;
  expect(refusal(() => it.admit(newcomer(it.secret), circumstances))).toBe('granted');
});

test('a token that has ended, or that has had its newcomers, lets nobody in', () => {
  const { desk: it, time } = desk({ usesMax: 1 });
  const key = newPrivateKey();
  expect(refusal(() => it.admit(newcomer(it.secret, 'hand', key), circumstances))).toBe('granted');
  expect(refusal(() => it.admit(newcomer(it.secret, 'foot'), circumstances))).toBe('unauthenticated: expired');
  // The same one again is no further newcomer.
  expect(refusal(() => it.admit(newcomer(it.secret, 'hand', key), circumstances))).toBe('granted');
  time.nowMs = startMs + hourMs;
  expect(refusal(() => it.admit(newcomer(it.secret, 'hand', key), circumstances))).toBe('unauthenticated: expired');
});

test('J3: a name belongs to the first key that had it, and a live server keeps its own', () => {
  const { desk: it } = desk();
  const key = newPrivateKey();
  expect(refusal(() => it.admit(newcomer(it.secret, 'hand', key), circumstances))).toBe('granted');
  expect(refusal(() => it.admit(newcomer(it.secret, 'hand'), circumstances))).toBe('name_taken');
  const live = { ...circumstances, liveAt: () => '10.0.0.1:7420' };
  expect(refusal(() => it.admit(newcomer(it.secret, 'hand', key), live))).toBe('granted');
  expect(refusal(() => it.admit(newcomer(it.secret, 'boss'), live))).toBe('name_taken');
});

test('J4: a key that was not proved for this name and cluster gets no certificate', () => {
  const { desk: it, issued } = desk();
  const asking = newcomer(it.secret);
  const others = newcomer(it.secret);
  const attempts = [
    { ...asking, name: 'boss' },
    { ...asking, publicKey: others.publicKey },
    { ...asking, publicKey: Buffer.from('no key') },
    { ...asking, signature: Buffer.alloc(0) },
  ];
  for (const attempt of attempts) expect(refusal(() => it.admit(attempt, circumstances))).toBe('bad_argument');
  expect(refusal(() => it.admit({ ...asking, cluster: 'den' }, circumstances))).toBe('cluster_mismatch');
  expect(issued.size).toBe(0);
});

test('addresses with wrong secrets are remembered up to a bound', () => {
  const { desk: it } = desk();
  const wrong = newcomer(Buffer.alloc(32));
  for (let nth = 0; nth < 5; nth += 1) refusal(() => it.admit(wrong, circumstances));
  for (let nth = 0; nth < 4096; nth += 1) refusal(() => it.admit(wrong, { ...circumstances, address: `far-${nth}` }));
  expect(refusal(() => it.admit(newcomer(it.secret), circumstances))).toBe('granted');
});

test('a certificate names the hosts of its server, and no pattern that would cover those of others', () => {
  const { desk: it, issued } = desk();
  for (const host of ['*', '*.example', '', 'a b', 'x,DNS:boss', 'h\u0000', 'x'.repeat(254)])
    expect(refusal(() => it.admit({ ...newcomer(it.secret), hosts: ['10.0.0.9', host] }, circumstances))).toBe('bad_argument');
  expect(issued.size).toBe(0);
  expect(refusal(() => it.admit({ ...newcomer(it.secret), hosts: ['gpu_1.example', '::1', '10.0.0.9'] }, circumstances))).toBe('granted');
});
