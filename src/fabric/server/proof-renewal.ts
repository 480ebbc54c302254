/**
 * A fresh token for a session that is open: the question `me`.
 */

import type { Clock } from '../../base/clock.ts';
import type { Payload } from '../../core/payload.ts';
import { HeddleError } from '../../errors.ts';
import { anonymous } from '../../identity/identity.ts';
import type { QueryFrame } from '../../wire/frame.ts';
import { decodeValue, encodeValue } from '../../wire/value.ts';
import { argumentError } from '../../wire/value-problem.ts';
import type { Peer } from '../link/peer.ts';
import type { Doorkeeper } from './doorkeeper.ts';

export class ProofRenewal {
  readonly #doorkeeper: Doorkeeper;
  readonly #clock: Clock;

  constructor(doorkeeper: Doorkeeper, clock: Clock) {
    this.#doorkeeper = doorkeeper;
    this.#clock = clock;
  }

  /** Who the peer is from now on, and for how long. Rejects with `unauthenticated`, and then nothing has changed. */
  async answer({ argument }: QueryFrame, { identity, remoteAddress }: Pick<Peer, 'identity' | 'remoteAddress'>): Promise<Payload> {
    const { proof } = identity;
    const token = argument && read(argument);
    if (token !== undefined && typeof token !== 'string') {
      throw new HeddleError('bad_argument', { path: ['token'], expected: 'a text', found: `a value of type ${typeof token}` });
    }
    if (token !== undefined && proof) await this.#doorkeeper.renew(proof, token, remoteAddress);
    const { kind, name } = proof?.identity ?? anonymous;
    return encodeValue({ kind, name, proofMs: proof?.leftMs(this.#clock) });
  }
}

function read(argument: Payload): unknown {
  try {
    return decodeValue(argument);
  } catch (problem) {
    throw argumentError(problem);
  }
}
