/**
 * The first message of a client's session, and its answer. (Servers' links greet with mesh messages.)
 */

import type { WireError } from './wire-error.ts';

export interface SessionHello {
  /** Random 128 bits in hex, one per client. */
  readonly instance: string;
  readonly name: string;
  readonly protocolMin: number;
  readonly protocolMax: number;
  /** Proof of who it is. */
  readonly token?: string | undefined;
}

export interface SessionAck {
  /** Absent: accepted. */
  readonly refusal?: WireError | undefined;
  readonly server: string;
  readonly instance: string;
  readonly cluster: string;
  readonly addresses: readonly string[];
  readonly protocol: number;
  /** For how long the token still counts, in milliseconds; absent: there was none. */
  readonly proofMs?: number | undefined;
}
