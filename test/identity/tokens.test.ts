import { createHmac, createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { PemSource } from '../../src/base/pem.ts';
import { issueToken, makeTokenKeys } from '../../src/identity/token-issue.ts';
import { TokenDoubt, Tokens } from '../../src/identity/tokens.ts';

const nowMs = 1_800_000_000_000;
const hourMs = 3_600_000;
const [own, other] = [makeTokenKeys(), makeTokenKeys()];

function tokens(keys: readonly PemSource[] = [own.publicKey], wallMs = () => nowMs): Tokens {
  return new Tokens({ keys, maxLifetimeMs: hourMs, audience: 'default', wallMs });
}

function issued(
  claims: { name?: string; cluster?: string; fromMs?: number; untilMs?: number } = {},
  key = own.privateKey,
): Promise<string> {
  return issueToken(key, { name: 'alice', cluster: 'default', fromMs: nowMs, untilMs: nowMs + hourMs, ...claims });
}

/** A token that no library would make. */
function forged(header: object, claims: object, seal: (text: string) => Buffer): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part(header)}.${part(claims)}`;
  return `${text}.${seal(text).toString('base64url')}`;
}

const claims = { sub: 'alice', aud: 'default', iat: nowMs / 1000, exp: nowMs / 1000 + 600 };
const eddsa = (text: string): Buffer => sign(null, Buffer.from(text), createPrivateKey(own.privateKey));

async function reasonOf(token: string, by = tokens()): Promise<string> {
  try {
    return `taken: ${(await by.verify(token)).identity.text}`;
  } catch (error) {
    return error instanceof TokenDoubt ? error.reason : String(error);
  }
}

describe('a token', () => {
  test('says who somebody is, and until when', async () => {
    expect(await tokens().verify(await issued())).toEqual({
      identity: { kind: 'token', name: 'alice', text: 'token:alice' },
      untilMs: nowMs + hourMs,
    });
  });

  test('T1: is signed with EdDSA, whatever it says of itself', async () => {
    const none = forged({ alg: 'none' }, claims, () => Buffer.alloc(0));
    const byPublicKey = forged({ alg: 'HS256' }, claims, (text) => createHmac('sha256', own.publicKey).update(text).digest());
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const byRsa = forged({ alg: 'RS256' }, claims, (text) => sign('sha256', Buffer.from(text), rsa.privateKey));
    expect(await Promise.all([none, byPublicKey, byRsa].map((token) => reasonOf(token)))).toEqual([
      'wrong_algorithm',
      'wrong_algorithm',
      'wrong_algorithm',
    ]);
    expect(await reasonOf(forged({ alg: 'EdDSA' }, claims, eddsa))).toBe('taken: token:alice');
  });

  test('T1: is signed with a key that is known, over all that it says', async () => {
    expect(await reasonOf(await issued({}, other.privateKey))).toBe('untrusted');
    const [head, , seal] = (await issued()).split('.');
    const promoted = Buffer.from(JSON.stringify({ ...claims, sub: 'root' })).toString('base64url');
    expect(await reasonOf(`${head}.${promoted}.${seal}`)).toBe('untrusted');
    expect(await reasonOf(await issued({}, other.privateKey), tokens([`${own.publicKey}${other.publicKey}`]))).toBe('taken: token:alice');
  });

  test('T2: counts from its making to its end, in this cluster, and no longer than is allowed', async () => {
    expect(await reasonOf(await issued({ fromMs: nowMs - hourMs, untilMs: nowMs - 6_000 }))).toBe('expired');
    expect(await reasonOf(await issued({ fromMs: nowMs + 60_000, untilMs: nowMs + 120_000 }))).toBe('not_yet_valid');
    expect(await reasonOf(forged({ alg: 'EdDSA' }, { ...claims, nbf: nowMs / 1000 + 60 }, eddsa))).toBe('not_yet_valid');
    expect(await reasonOf(await issued({ cluster: 'staging' }))).toBe('wrong_audience');
    expect(await reasonOf(await issued({ untilMs: nowMs + hourMs + 1_000 }))).toBe('too_long_lived');
  });

  test.each([
    ['no subject', { ...claims, sub: undefined }],
    ['no end', { ...claims, exp: undefined }],
    ['no beginning', { ...claims, iat: undefined }],
    ['a subject that is no name', { ...claims, sub: 'a\nb' }],
    ['an end that is no number', { ...claims, exp: 'never' }],
  ])('T2: with %s is malformed', async (_what, said) => {
    expect(await reasonOf(forged({ alg: 'EdDSA' }, said, eddsa))).toBe('malformed');
  });

  test('that is none is malformed, however long', async () => {
    for (const text of ['', 'alice', 'a.b.c', '..', `${'a'.repeat(5_000)}`, forged({ alg: 'EdDSA', crit: ['x'], x: 1 }, claims, eddsa)]) {
      expect(await reasonOf(text), text.slice(0, 20)).toBe('malformed');
    }
  });

  test('T4: is looked at once, and ends all the same', async () => {
    let wallMs = nowMs;
    const by = tokens([own.publicKey], () => wallMs);
    const token = await issued();
    const [first, second] = [await by.verify(token), await by.verify(token)];
    expect(second).toBe(first);
    wallMs += hourMs + 6_000;
    expect(await reasonOf(token, by)).toBe('expired');
  });
});

describe('keys of tokens', () => {
  test('T3: in files are looked at again: one that is added is believed, one that is taken away is not', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'heddle-keys-'));
    const file = join(dir, 'tokens.pub');
    writeFileSync(file, own.publicKey);
    const by = tokens([file]);
    const [ours, theirs] = [await issued(), await issued({}, other.privateKey)];
    expect([await reasonOf(ours, by), await reasonOf(theirs, by)]).toEqual(['taken: token:alice', 'untrusted']);
    writeFileSync(file, own.publicKey + other.publicKey);
    expect([await reasonOf(ours, by), await reasonOf(theirs, by)]).toEqual(['taken: token:alice', 'taken: token:alice']);
    writeFileSync(file, other.publicKey);
    expect([await reasonOf(ours, by), await reasonOf(theirs, by)]).toEqual(['untrusted', 'taken: token:alice']);
    rmSync(file);
    expect(await reasonOf(theirs, by)).toBe('untrusted');
    rmSync(dir, { recursive: true });
  });

  test.each([
    ['a private key', own.privateKey, /it is a private key/],
    ['no key', 'nothing.pub', /ENOENT/],
    [
      'another kind of key',
      generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      /of the kind ec/,
    ],
    ['no PEM', Buffer.from('x'), /holds no public key/],
  ])('are refused: %s', (_what, key, message) => {
    expect(() => tokens([key])).toThrow(message);
  });
});
