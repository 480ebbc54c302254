import { describe, expect, test } from 'vitest';
import { anonymous, describeIdentity, identityOf, isIdentityName, parseIdentity } from '../../src/identity/identity.ts';

describe('an identity', () => {
  test('survives its text, whatever its name looks like (I2)', () => {
    for (const identity of [
      anonymous,
      identityOf('token', 'alice'),
      identityOf('server', 'gpu-1'),
      identityOf('certificate', 'server:gpu-1'),
      identityOf('token', 'anonymous'),
    ]) {
      expect(parseIdentity(identity.text)).toEqual(identity);
    }
  });

  test('is nobody by a text that none gives (I1)', () => {
    for (const text of ['', 'alice', 'token:', 'anonymous:alice', ':alice', 'root:alice', 'token:a\u0000b', `token:${'a'.repeat(129)}`]) {
      expect(parseIdentity(text), JSON.stringify(text)).toBeUndefined();
    }
  });

  test('is not named by what looks like another name (I1)', () => {
    for (const name of ['', ' alice', 'alice ', 'a\nb', '\ud800', 'a'.repeat(129)])
      expect(isIdentityName(name), JSON.stringify(name)).toBe(false);
    for (const name of ['alice', 'a b', 'alice@example.org', 'spiffe://x/y', 'ä', 'a'.repeat(128)]) expect(isIdentityName(name)).toBe(true);
  });

  test('of a client reads as its name, of a server with its kind', () => {
    expect([identityOf('token', 'alice'), identityOf('server', 'gpu-1'), anonymous].map(describeIdentity)).toEqual([
      'alice',
      'server:gpu-1',
      'anonymous',
    ]);
  });
});
