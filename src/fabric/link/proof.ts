/**
 * Who has been proved to be at the other end of a link or session, and for how long that counts.
 *
 * B1 a proof is renewed in place, never for another identity: a session stays whose it is.
 */

import type { Clock } from '../../base/clock.ts';
import { anonymous, type Identity, identityOf } from '../../identity/identity.ts';
import type { PeerCertificate } from '../../transport/transport.ts';

export class Proof {
  readonly identity: Identity;
  /** By the clock of this process; infinite for what does not end by itself. */
  #untilMs: number;
  readonly #followers = new Set<() => void>();

  constructor(identity: Identity, untilMs = Number.POSITIVE_INFINITY) {
    this.identity = identity;
    this.#untilMs = untilMs;
  }

  get untilMs(): number {
    return this.#untilMs;
  }

  /** Whether it has not ended. */
  isGood(clock: Clock): boolean {
    return this.#untilMs === Number.POSITIVE_INFINITY || clock.nowMs() < this.#untilMs;
  }

  /** Milliseconds for which it still counts; undefined: it does not end. */
  leftMs(clock: Clock): number | undefined {
    return this.#untilMs === Number.POSITIVE_INFINITY ? undefined : Math.max(1, this.#untilMs - clock.nowMs());
  }

  /** Counts until then from now on, be that earlier or later. */
  renew(untilMs: number): void {
    this.#untilMs = untilMs;
    for (const follower of this.#followers) follower();
  }

  /** Calls back after each renewal; gives what ends that. */
  onRenewed(follower: () => void): () => void {
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }
}

/** Of a link between servers: the server that its certificate names, or nobody in particular. */
export function serverProof(certificate: PeerCertificate | undefined): Proof {
  return new Proof(certificate?.isServer === true ? identityOf('server', certificate.name) : anonymous);
}

/**
 * Of a client that shows no token: whoever its certificate names, or nobody in particular. Whoever comes with a server's certificate is that
 * server: it has chosen its name itself where it joined by a token, and would otherwise be any client that it likes.
 */
export function clientProof(certificate: PeerCertificate | undefined): Proof {
  if (certificate === undefined) return new Proof(anonymous);
  return new Proof(identityOf(certificate.isServer ? 'server' : 'certificate', certificate.name));
}
