/**
 * The token of a client: got, sent with a greeting, and renewed on the sessions that are open before it ends.
 *
 * T1 it goes over TLS, or to this machine; anywhere else nothing is sent.
 * T2 a session's token is renewed in place when `renewAt` of its time is over, and again soon where that failed; calls go on meanwhile.
 * T3 a token that is a text is all there is: its sessions end with it.
 */

import type { CancelTask, Clock } from '../../base/clock.ts';
import { HeddleError } from '../../errors.ts';
import { hostOf, isLoopback } from '../../transport/ports.ts';
import { decodeValue, encodeValue } from '../../wire/value.ts';
import type { TokenSource } from '../api/identity-api.ts';
import type { Peer } from '../link/peer.ts';

export interface ClientTokenOptions {
  readonly source: TokenSource;
  readonly clock: Clock;
  /** Nobody reads along. */
  readonly isSecret: boolean;
}

/** Part of its time after which a token is renewed. */
const renewAt = 0.7;
/** Where that failed, in milliseconds: how soon it is tried again, and no sooner. */
const againMs = { part: 0.1, min: 1_000 } as const;

export class ClientToken {
  readonly #options: ClientTokenOptions;
  readonly #renewals = new Map<Peer, CancelTask>();

  constructor(options: ClientTokenOptions) {
    this.#options = options;
  }

  /** For a greeting to this address. Throws `unauthenticated`. */
  async forGreeting(address: string): Promise<string> {
    if (!this.#options.isSecret && !isLoopback(hostOf(address))) {
      const why = 'a token is not sent in the clear over the network: give tls, so that nobody can read it along';
      throw new HeddleError('unauthenticated', { server: address, reason: 'no_tls', why });
    }
    return this.#get(address);
  }

  /** A session is open, and its token counts for so long; absent: for ever. */
  opened(peer: Peer, proofMs: number | undefined): void {
    if (proofMs === undefined || typeof this.#options.source === 'string') return;
    this.#renewIn(peer, proofMs * renewAt, proofMs);
  }

  /** The session is over. */
  closed(peer: Peer): void {
    this.#renewals.get(peer)?.();
    this.#renewals.delete(peer);
  }

  close(): void {
    for (const cancel of this.#renewals.values()) cancel();
    this.#renewals.clear();
  }

  #renewIn(peer: Peer, ms: number, proofMs: number): void {
    this.closed(peer);
    const renew = (): void => {
      this.#renew(peer).then(
        (freshMs) => this.#isOpen(peer) && this.opened(peer, freshMs),
        () => this.#isOpen(peer) && this.#renewIn(peer, Math.max(againMs.min, proofMs * againMs.part), proofMs),
      );
    };
    this.#renewals.set(peer, this.#options.clock.schedule(ms, renew));
  }

  #isOpen(peer: Peer): boolean {
    return peer.closed === undefined && this.#renewals.has(peer);
  }

  /** Gives for how long the fresh one counts. */
  async #renew(peer: Peer): Promise<number | undefined> {
    const token = await this.#get(peer.remoteAddress);
    return new Promise((resolve, reject) => {
      const id = peer.reserve({
        onReply: ({ outcome }) => (outcome.ok ? resolve(proofMsIn(outcome.value)) : reject(new Error(outcome.error.code))),
        onLost: () => reject(new Error('the session was lost')),
      });
      peer.send({ kind: 'query', id, about: 'me', argument: encodeValue(token) });
    });
  }

  async #get(address: string): Promise<string> {
    const { source } = this.#options;
    if (typeof source === 'string') return source;
    let given: unknown;
    try {
      given = await source();
    } catch (cause) {
      const why = `there is no token to show, because the function that gets one threw: ${cause instanceof Error ? cause.message : typeof cause}`;
      throw new HeddleError('unauthenticated', { server: address, reason: 'no_token', why }, { cause });
    }
    if (typeof given === 'string' && given !== '') return given;
    const why = `there is no token to show: the function that gets one gave ${given === '' ? 'an empty text' : `a value of type ${typeof given}`}`;
    throw new HeddleError('unauthenticated', { server: address, reason: 'no_token', why });
  }
}

function proofMsIn(value: Parameters<typeof decodeValue>[0]): number | undefined {
  const { proofMs }: { proofMs?: unknown } = Object(decodeValue(value));
  return typeof proofMs === 'number' ? proofMs : undefined;
}
