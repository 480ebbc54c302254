import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HeddleError } from '../../src/errors.ts';
import { encodeJoinToken, type JoinToken, readJoinToken } from '../../src/identity/join-token.ts';

const token: JoinToken = {
  cluster: 'lab',
  addresses: ['10.0.0.5:7420', '[fe80::1]:7420'],
  fingerprint: 'ab'.repeat(32),
  secret: Buffer.alloc(32, 7),
  expiresMs: 1_800_000_000_000,
};

function refusal(text: string): HeddleError {
  try {
    readJoinToken(text);
  } catch (error) {
    if (HeddleError.is(error, 'bad_argument')) return error;
    throw error;
  }
  throw new Error('it was read');
}

test('K1: a token comes back as it was made, with white space around it too', () => {
  expect(readJoinToken(` ${encodeJoinToken(token)}\n`)).toEqual(token);
  expect(encodeJoinToken(token)).toMatch(/^[\w-]+$/);
});

test('K2: a token that was cut off or changed anywhere says so, and is never repeated', () => {
  const text = encodeJoinToken(token);
  for (let at = 1; at < text.length; at += 1) {
    const changed = `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`;
    for (const wrong of [text.slice(0, at), changed]) {
      // The last character carries bits that are not used.
      if (Buffer.from(wrong, 'base64url').equals(Buffer.from(text, 'base64url'))) continue;
      const { message } = refusal(wrong);
      expect(message).toMatch(/join token/);
      expect(message).not.toContain(wrong.slice(0, 20).padEnd(20, '!'));
    }
  }
});

test('K2: one of a later version, and what is no token at all, are told apart', () => {
  const later = Buffer.from(encodeJoinToken(token), 'base64url');
  later[0] = 2;
  expect(refusal(later.toString('base64url')).message).toContain('version 2');
  for (const text of ['', 'a b', 'functions.ts', 'x'.repeat(5000)]) expect(refusal(text).message).toContain('something else');
});

test('texts that are no token give bad_argument and nothing else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void refusal(Buffer.from([1, ...bytes]).toString('base64url'))),
    { numRuns: 300, seed: 1 },
  );
});

test('a token without an address, or with too many, cannot be made', () => {
  expect(() => encodeJoinToken({ ...token, cluster: '' })).toThrow(RangeError);
  expect(() => encodeJoinToken({ ...token, addresses: Array.from({ length: 9 }, () => 'a:1') })).toThrow(RangeError);
  expect(refusal(encodeJoinToken({ ...token, addresses: [] })).message).toContain('without cluster or address');
});
