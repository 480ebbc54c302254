/**
 * Who proves what to whom in a simulation whose servers have certificates: they sign what they say, and look at one another's.
 *
 * Q1 every server has a certificate of the one authority, and trusts that alone, unless a test changes its credentials.
 * Q2 of a process that has none to show, or nothing to compare it with, nothing is asked: what clients may is for the rules.
 */

import type { Clock } from '../base/clock.ts';
import type { KeyHolder } from '../fabric/mesh/own-key.ts';
import { RecordSeals } from '../fabric/mesh/record-seals.ts';
import type { Doubt } from '../transport/peer-certificate.ts';
import { SimulatedAuthority, SimulatedCredentials, SimulatedKeys } from './simulated-certificates.ts';

export class SimulatedSeals {
  readonly authority = new SimulatedAuthority();
  /** What each server shows and trusts, by name. */
  readonly credentials = new Map<string, SimulatedCredentials>();
  readonly #keys = new SimulatedKeys();

  /** Production's, on keys and certificates that cost next to nothing. */
  of(holder: KeyHolder, clock: Clock): RecordSeals {
    const wallMs = (): number => clock.wallMs();
    const own = this.authority.issue(holder.name, { isServer: true });
    const voucher = new SimulatedCredentials({ own, trusted: [this.authority] }, wallMs);
    this.credentials.set(holder.name, voucher);
    return new RecordSeals(holder, { voucher, keys: this.#keys, wallMs });
  }

  /** What one process would find wrong with the certificate of another (Q2). */
  doubt(by: string, process: string): Doubt | undefined {
    const [judge, shown] = [this.credentials.get(by), this.credentials.get(process)];
    return judge && shown && judge.doubtAbout(shown.inUse.own);
  }
}
