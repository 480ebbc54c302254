/**
 * What each identity takes of a server: its sessions, its calls at once, what they brought, and how often it asks. By the name of a certificate or
 * the subject of a token; of those who show neither, by address.
 *
 * A1 nobody takes another's share: who is beyond a limit is refused with `overloaded`, unrun, and others are not. A2 whoever leaves and
 *    comes back finds the account as it was left, up to `accountsMax` of them.
 * Links between servers have no account: what they carry was counted where it came in.
 */

import type { Clock } from '../../base/clock.ts';
import { TokenBucket } from '../../base/token-bucket.ts';
import { HeddleError } from '../../errors.ts';
import { hostOf } from '../../transport/ports.ts';
import type { Proof } from './proof.ts';

/** Of one identity at one server. */
export interface IdentityLimits {
  readonly sessions: number;
  /** Calls, runs and questions under way. */
  readonly callsAtOnce: number;
  /** On average, with a second's worth at once; undefined: as many as the server takes. */
  readonly callsPerSecond?: number | undefined;
}

export const defaultIdentityLimits: IdentityLimits = { sessions: 2_048, callsAtOnce: 65_536 };

/** Bytes that the open calls of one identity brought; with as many it makes no further ones. */
export const openBytesMax = 1_024 ** 3;

/** Accounts that are remembered; of those that nobody uses the oldest go first. */
const accountsMax = 8_192;

export class Accounts {
  readonly #limits: IdentityLimits;
  readonly #clock: Clock;
  readonly #server: string;
  readonly #accounts = new Map<string, Account>();

  constructor(server: string, clock: Clock, limits: Partial<IdentityLimits> = {}) {
    this.#server = server;
    this.#clock = clock;
    this.#limits = { ...defaultIdentityLimits, ...limits };
  }

  /** Of whoever has been proved to be there, or of their address. */
  of(proof: Proof | undefined, remoteAddress: string): Account {
    const isNamed = proof !== undefined && proof.identity.kind !== 'anonymous';
    return this.#named(isNamed ? proof.identity.text : `address ${hostOf(remoteAddress)}`);
  }

  /** Of those at an address whose tokens are not good: looking at one costs more than making it up. */
  ofDoubtful(remoteAddress: string): Account {
    return this.#named(`doubtful ${hostOf(remoteAddress)}`);
  }

  #named(who: string): Account {
    const known = this.#accounts.get(who);
    if (known) return known;
    if (this.#accounts.size >= accountsMax) this.#forgetOne();
    const account = new Account(this.#limits, this.#clock, this.#server);
    this.#accounts.set(who, account);
    return account;
  }

  #forgetOne(): void {
    for (const [who, account] of this.#accounts) {
      if (account.isUsed) continue;
      this.#accounts.delete(who);
      return;
    }
  }
}

export class Account {
  readonly #limits: IdentityLimits;
  readonly #clock: Clock;
  readonly #server: string;
  #sessions = 0;
  #calls = 0;
  #openBytes = 0;
  /** Calls that may be made now; absent: as many as the server takes. */
  readonly #tokens: TokenBucket | undefined;

  constructor(limits: IdentityLimits, clock: Clock, server: string) {
    this.#limits = limits;
    this.#clock = clock;
    this.#server = server;
    const { callsPerSecond: perSecond } = limits;
    this.#tokens = perSecond === undefined ? undefined : new TokenBucket({ perSecond, atOnce: perSecond }, clock.nowMs());
  }

  get isUsed(): boolean {
    return this.#sessions + this.#calls > 0;
  }

  /** Whether a further call would be one too many. */
  get isFull(): boolean {
    if (this.#calls >= this.#limits.callsAtOnce || this.#openBytes >= openBytesMax) return true;
    return this.#tokens !== undefined && this.#tokens.countAt(this.#clock.nowMs()) < 1;
  }

  entered(): void {
    this.#calls += 1;
    this.#tokens?.take();
  }

  left(calls = 1): void {
    this.#calls -= calls;
  }

  /** Its open calls have brought so many bytes more, or fewer. */
  holds(bytes: number): void {
    this.#openBytes += bytes;
  }

  /** Takes a place for a call that comes by itself. Throws `overloaded`. */
  enter(what: string): void {
    this.checkRoom(what);
    this.entered();
  }

  /** Whether a further call may come at all, without taking its place. Throws `overloaded`. */
  checkRoom(what: string): void {
    if (this.isFull) throw this.#overloaded(what);
  }

  /** Throws `overloaded`. */
  openSession(): void {
    if (this.#sessions >= this.#limits.sessions) throw this.#overloaded('session');
    this.#sessions += 1;
  }

  closeSession(): void {
    this.#sessions -= 1;
  }

  #overloaded(what: string): HeddleError {
    return new HeddleError('overloaded', { function: what, server: this.#server, retryAfterMs: 1_000 });
  }
}
