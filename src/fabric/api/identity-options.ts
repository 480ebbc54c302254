/**
 * The options `tokens` and `permissions` of a server and `token` of a client, checked.
 *
 * P1 tokens and rules come together: tokens without rules would let everybody do everything all the same.
 * P2 a token is neither asked for nor sent where it could be read along.
 */

import type { PemSource } from '../../base/pem.ts';
import { describeFound } from '../../core/names.ts';
import { HeddleError } from '../../errors.ts';
import { identityCharsMax, isIdentityName } from '../../identity/identity.ts';
import { checkPermissions, type Permission } from '../../identity/permissions.ts';
import { isLoopback } from '../../transport/ports.ts';
import type { TokenSource } from './identity-api.ts';
import { checkOptions } from './known-options.ts';

/** The keys that sign tokens, and how long these may live. */
export interface ResolvedTokens {
  readonly keys: readonly PemSource[];
  readonly maxLifetimeMs: number;
}

export interface ResolvedIdentity {
  readonly tokens: ResolvedTokens | undefined;
  readonly permissions: readonly Permission[] | undefined;
}

const tokenLifetimeMsDefault = 3_600_000;
/** A token that lives longer is a password. */
const tokenLifetimeMsMax = 30 * 24 * 3_600_000;

/** Throws `bad_argument`, and `bad_settings` for rules that cannot be used, and for tokens that would go over the network in the clear. */
export function checkIdentity(
  given: { readonly tokens: unknown; readonly permissions: unknown },
  { host, hasTls }: { readonly host: string; readonly hasTls: boolean },
): ResolvedIdentity {
  const tokens = given.tokens === undefined ? undefined : checkTokens(given.tokens);
  const permissions = given.permissions === undefined ? undefined : checkPermissions(given.permissions);
  if (tokens && !permissions) {
    throw unusable('tokens', 'say who asks, and nothing says what they may do: give rules as well (permissions)');
  }
  if (tokens && !hasTls && !isLoopback(host)) {
    throw unusable(
      'tokens',
      `would come in the clear, because ${host} can be reached from the network: give the server certificates (tls)`,
    );
  }
  return { tokens, permissions };
}

/** Whom a client is said to be where that needs no proof: in a simulation. Throws `bad_argument`. */
export function checkClientName(given: unknown): string | undefined {
  if (given === undefined || (typeof given === 'string' && isIdentityName(given))) return given;
  const expected = `a name of 1 to ${identityCharsMax} characters`;
  throw new HeddleError('bad_argument', { path: ['options', 'as'], expected, found: describeFound(given) });
}

/** Of a client. Throws `bad_argument`. */
export function checkTokenSource(given: unknown): TokenSource | undefined {
  if (given === undefined || typeof given === 'function' || (typeof given === 'string' && given !== '')) {
    return given as TokenSource | undefined; // what the function gives is checked when it has given it
  }
  // Its value is a secret.
  const found = typeof given === 'string' ? 'an empty text' : describeFound(given);
  throw new HeddleError('bad_argument', { path: ['options', 'token'], expected: 'a token, or a function that gives one', found });
}

function checkTokens(given: unknown): ResolvedTokens {
  const { keys, maxLifetimeMs = tokenLifetimeMsDefault } = checkOptions(given, ['keys', 'maxLifetimeMs'], 'options', 'tokens');
  const list: readonly unknown[] = Array.isArray(keys) ? keys : [keys];
  const isSource = (one: unknown): one is PemSource => (typeof one === 'string' && one !== '') || one instanceof Uint8Array;
  if (list.length === 0 || !list.every(isSource)) {
    const path = ['options', 'tokens', 'keys'];
    throw new HeddleError('bad_argument', { path, expected: 'PEM as text or bytes, or paths of PEM files', found: describeFound(keys) });
  }
  if (
    typeof maxLifetimeMs !== 'number' ||
    !Number.isInteger(maxLifetimeMs) ||
    maxLifetimeMs < 1_000 ||
    maxLifetimeMs > tokenLifetimeMsMax
  ) {
    const expected = `a whole number of milliseconds from 1000 to ${tokenLifetimeMsMax}`;
    throw new HeddleError('bad_argument', { path: ['options', 'tokens', 'maxLifetimeMs'], expected, found: describeFound(maxLifetimeMs) });
  }
  return { keys: list, maxLifetimeMs };
}

function unusable(key: string, message: string): HeddleError {
  return new HeddleError('bad_settings', { problems: [{ key, message }] });
}
