/**
 * Who may use the dashboard, and what a browser may do with its page.
 *
 * A1 without a token it is for this machine alone: it answers only to names of the loopback, so that a page from elsewhere that
 *    points a name of its own here (DNS rebinding) gets nothing.
 * A2 with a token every answer but the page itself wants a cookie that proves it: the time at which it ends, and an HMAC of that
 *    under the token. `attemptsMax` wrong tokens a minute, then none is looked at. A stream ends with the session that opened it.
 * A3 what comes from another site is refused: a change must be JSON, which no plain form can send, and of this very origin.
 * A4 the page may run its own scripts and talk to its own server, and nothing else (content security policy).
 */

import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../base/clock.ts';

export interface AccessOptions {
  readonly token: string | undefined;
  readonly clock: Clock;
}

export const sessionMs = 12 * 3_600_000;
export const attemptsMax = 10;
const minuteMs = 60_000;
const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

/** Sent with every answer. */
export const securityHeaders: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

export class Access {
  readonly #token: string | undefined;
  readonly #clock: Clock;
  #attempts = 0;
  #countedSinceMs = 0;

  constructor({ token, clock }: AccessOptions) {
    this.#token = token;
    this.#clock = clock;
  }

  /** Whether a request for this host may be looked at (A1). */
  knowsHost(host: string | undefined): boolean {
    return this.#token !== undefined || (host !== undefined && loopback.test(host));
  }

  /** Whether the cookie proves the token (A2). */
  isOpen(cookie: string | undefined): boolean {
    return this.leftMs(cookie) > 0;
  }

  /** How long the session of the cookie goes on, in milliseconds; without a token for ever, and 0 where it proves nothing. */
  leftMs(cookie: string | undefined): number {
    if (this.#token === undefined) return Number.POSITIVE_INFINITY;
    const [until = '', proof = ''] = (cookie ?? '').split('.');
    const leftMs = /^\d{1,16}$/.test(until) ? Number(until) - this.#clock.wallMs() : 0;
    return leftMs > 0 && isEqual(proof, proofOf(this.#token, until)) ? leftMs : 0;
  }

  /** The cookie for whoever knows the token; `wrong`, or `later` when too many have guessed. */
  open(token: unknown): { readonly cookie: string } | 'wrong' | 'later' {
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#countedSinceMs > minuteMs) [this.#attempts, this.#countedSinceMs] = [0, nowMs];
    if (this.#attempts >= attemptsMax) return 'later';
    // Both through the same hash: the time it takes says nothing of the token, not even its length.
    const isRight = this.#token !== undefined && typeof token === 'string' && isEqual(proofOf(token, ''), proofOf(this.#token, ''));
    if (!isRight || this.#token === undefined) {
      this.#attempts += 1;
      return 'wrong';
    }
    const until = String(Math.round(this.#clock.wallMs()) + sessionMs);
    return { cookie: `${until}.${proofOf(this.#token, until)}` };
  }
}

/** Whether a request comes from the page itself (A3); browsers say so in `sec-fetch-site`, other programs say nothing. */
export function isOwnOrigin(site: string | undefined): boolean {
  return site === undefined || site === 'same-origin' || site === 'none';
}

function proofOf(token: string, text: string): string {
  return createHmac('sha256', token).update(`heddle dashboard ${text}`).digest('hex');
}

function isEqual(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
