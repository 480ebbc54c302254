/**
 * The round trip to the server at the other end of a session: the shortest time that a call took beyond what passed at the
 * server that ran it. Sessions have no beats to measure it by.
 */

export class RoundTrip {
  #ms = Number.POSITIVE_INFINITY;
  #to: object | undefined;

  /** Milliseconds; 0 while nothing is known of this very session. */
  of(session: object | string): number {
    return session === this.#to ? this.#ms : 0;
  }

  /** A result came over the session. */
  note(session: object | string, elapsedMs: number, serverMicros: number): void {
    if (typeof session === 'string') return;
    if (session !== this.#to) this.#ms = Number.POSITIVE_INFINITY;
    this.#to = session;
    const ms = elapsedMs - serverMicros / 1_000;
    if (ms < this.#ms) this.#ms = Math.max(0, ms);
  }
}
