/**
 * Tokens of clients, as a server takes them: JSON Web Tokens (RFC 7519), signed with ed25519 (RFC 8037).
 *
 * T1 the algorithm is EdDSA, whatever a token says of itself; so `none`, and a public key used as a secret, are nothing.
 * T2 a token names one subject, this cluster as its audience, and when it was made and ends; it lives no longer than is allowed.
 * T3 keys in files are looked at again when a token is looked at; a key that was taken away is not believed from then on.
 * T4 what was verified is remembered until it ends, at most `rememberedMax` of them.
 * Making tokens is token-issue.ts.
 */

import { createPublicKey, type KeyObject } from 'node:crypto';
import { setBounded } from '../base/bounded-map.ts';
import { type PemSource, readPem, stampOf } from '../base/pem.ts';
import { thrownText } from '../base/thrown.ts';
import { HeddleError, type UnauthenticatedReason } from '../errors.ts';
import { type Identity, identityOf, isIdentityName } from './identity.ts';

export interface TokensOptions {
  /** Public keys; each source may hold several. */
  readonly keys: readonly PemSource[];
  /** Longest time between the making of a token and its end. */
  readonly maxLifetimeMs: number;
  /** The cluster's name. */
  readonly audience: string;
  /** Milliseconds since the Unix epoch. */
  readonly wallMs: () => number;
}

export interface VerifiedToken {
  readonly identity: Identity;
  /** When it ends, since the Unix epoch. */
  readonly untilMs: number;
}

/** Why a token is not believed. */
export class TokenDoubt extends Error {
  override readonly name = 'TokenDoubt';
  readonly reason: UnauthenticatedReason;

  constructor(reason: UnauthenticatedReason, why: string) {
    super(why);
    this.reason = reason;
  }
}

const algorithm = 'EdDSA';
/** Characters of a token at most. */
const tokenCharsMax = 4_096;
const rememberedMax = 10_000;
const keysMax = 16;
/** Clocks of two machines may differ by so much, in seconds. */
const skewSeconds = 5;
const publicKeys = /-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----/g;

interface Keys {
  readonly all: readonly KeyObject[];
  /** What the files were when they were read. */
  readonly stamp: string;
}

export class Tokens {
  readonly #options: TokensOptions;
  readonly #remembered = new Map<string, VerifiedToken>();
  #keys: Keys;

  /** Throws `bad_settings` for keys that cannot be used. */
  constructor(options: TokensOptions) {
    this.#options = options;
    this.#keys = keysOf(options.keys);
  }

  /** Rejects with TokenDoubt. */
  async verify(token: string): Promise<VerifiedToken> {
    this.#refresh();
    const known = this.#remembered.get(token);
    if (known && this.#options.wallMs() < known.untilMs) return known;
    if (token.length > tokenCharsMax) throw malformed(`it has ${token.length} characters, and ${tokenCharsMax} are the most`);
    const verified = await this.#verified(token);
    this.#remember(token, verified);
    return verified;
  }

  /** T3: a file that cannot be used, or is gone, leaves no key of its own. */
  #refresh(): void {
    const { keys } = this.#options;
    if (stampOf(keys) === this.#keys.stamp) return;
    try {
      this.#keys = keysOf(keys);
    } catch (error) {
      if (!HeddleError.is(error)) throw error;
      this.#keys = { all: [], stamp: this.#keys.stamp };
    }
    this.#remembered.clear();
  }

  async #verified(token: string): Promise<VerifiedToken> {
    // Loaded when the first token comes: most servers never see one.
    const jose = await import('jose');
    const { audience, wallMs } = this.#options;
    const options = {
      algorithms: [algorithm],
      audience,
      clockTolerance: skewSeconds,
      currentDate: new Date(wallMs()),
      requiredClaims: ['sub', 'exp', 'iat'],
    };
    let problem: unknown = new jose.errors.JWSSignatureVerificationFailed();
    for (const key of this.#keys.all) {
      try {
        const { payload } = await jose.jwtVerify(token, key, options);
        return this.#claimed(payload);
      } catch (error) {
        problem = error;
        // Another key may have made it; what else is wrong stays wrong.
        if (!(error instanceof jose.errors.JWSSignatureVerificationFailed)) break;
      }
    }
    throw problem instanceof TokenDoubt ? problem : doubtOf(problem, this.#options);
  }

  #claimed({ sub, exp, iat }: { sub?: string; exp?: number; iat?: number }): VerifiedToken {
    const { maxLifetimeMs, wallMs } = this.#options;
    if (sub === undefined || !isIdentityName(sub)) throw malformed('its subject (sub) is no name');
    // Required, so they are there: jose has made sure that they are numbers.
    const [made = 0, end = 0] = [iat, exp];
    if (made * 1000 > wallMs() + skewSeconds * 1000)
      throw new TokenDoubt('not_yet_valid', 'the token was made in the future: compare the clocks of both machines');
    const lifetimeMs = (end - made) * 1000;
    if (lifetimeMs > maxLifetimeMs) {
      throw new TokenDoubt(
        'too_long_lived',
        `the token lives ${lifetimeMs / 1000} s, and ${maxLifetimeMs / 1000} s are the most that is taken here (tokens.maxLifetimeMs)`,
      );
    }
    return { identity: identityOf('token', sub), untilMs: end * 1000 };
  }

  #remember(token: string, verified: VerifiedToken): void {
    setBounded(this.#remembered, rememberedMax, [token, verified]);
  }
}

/** By the codes of jose, which are part of its interface. */
function doubtOf(problem: unknown, { audience, wallMs }: TokensOptions): TokenDoubt {
  const { code, claim } = { code: '', claim: '', ...(problem as { code?: string; claim?: string }) }; // jose's errors have these
  switch (code) {
    case 'ERR_JWT_EXPIRED':
      return new TokenDoubt('expired', `the token has ended, by the clock here (${new Date(wallMs()).toISOString()}): get a fresh one`);
    case 'ERR_JOSE_ALG_NOT_ALLOWED':
      return new TokenDoubt('wrong_algorithm', `the token is not signed with ${algorithm}, which is the only algorithm that is taken`);
    case 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED':
      return new TokenDoubt('untrusted', 'no key that is known here has signed the token (tokens.keys)');
    case 'ERR_JWT_CLAIM_VALIDATION_FAILED':
      if (claim === 'aud')
        return new TokenDoubt('wrong_audience', `the token is not for the cluster "${audience}" (its aud says for which)`);
      if (claim === 'nbf') return new TokenDoubt('not_yet_valid', 'the token does not count yet: compare the clocks of both machines');
      return malformed(`its claim ${claim} is missing or no value of its kind`);
    default:
      return malformed('it cannot be read as a signed JSON Web Token');
  }
}

function malformed(what: string): TokenDoubt {
  return new TokenDoubt('malformed', `the token is none that is taken here: ${what}`);
}

function keysOf(sources: readonly PemSource[]): Keys {
  const stamp = stampOf(sources);
  const all = sources.flatMap((source, at) => {
    try {
      return readKeys(readPem(source));
    } catch (error) {
      throw unusable(at, thrownText(error));
    }
  });
  if (all.length > keysMax) throw unusable(0, `there are ${all.length} keys, and ${keysMax} are the most`);
  return { all, stamp };
}

function readKeys(pem: string): readonly KeyObject[] {
  if (pem.includes('PRIVATE KEY')) throw new Error('it is a private key: servers are given the public one, which can make no tokens');
  const keys = (pem.match(publicKeys) ?? []).map((one) => createPublicKey(one));
  if (keys.length === 0) throw new Error('it holds no public key (PEM); heddle token keys makes one');
  const other = keys.find(({ asymmetricKeyType }) => asymmetricKeyType !== 'ed25519');
  if (other) throw new Error(`it holds a key of the kind ${other.asymmetricKeyType}; ed25519 is wanted (heddle token keys)`);
  return keys;
}

function unusable(at: number, why: string): HeddleError {
  return new HeddleError('bad_settings', { problems: [{ key: `tokens.keys[${at}]`, message: `cannot be used: ${why}` }] });
}
