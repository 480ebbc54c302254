/**
 * Tokens and permissions as they are given, as types. identity-options.ts checks them, the room identity uses them.
 */

export type { Permission, Verb } from '../../identity/permissions.ts';

/** PEM as text or bytes, or the path of a file that holds it; files are looked at again with every token. */
type Pem = string | Uint8Array;

/** Which tokens a server believes. */
export interface TokenTrust {
  /** Public keys (ed25519); each may hold several, so that keys can be changed with an overlap. `heddle token keys` makes one. */
  readonly keys: Pem | readonly Pem[];
  /** Longest time from the making of a token to its end. Lower: a token that was stolen is of use for less long. Default: one hour. */
  readonly maxLifetimeMs?: number | undefined;
}

/** Proof of who a client is: a token, or what gets a fresh one whenever it is needed. */
export type TokenSource = string | (() => string | Promise<string>);
