/**
 * Which process of a server this is: random, and where it has certificates made of its name, so that nobody else can be it.
 */

import type { Seals } from '../../core/gossip/seals.ts';
import { instanceOf, instanceProofBytes } from '../../identity/instance-proof.ts';
import { ed25519 } from '../../identity/signing-key.ts';
import { Voucher } from '../../transport/voucher.ts';
import { RecordSeals } from '../mesh/record-seals.ts';
import type { ServerParts } from './server-parts.ts';

export interface ProcessIdentity {
  readonly name: string;
  /** 128 bits in hex. */
  readonly instance: string;
  /** What it is made of; absent without certificates. */
  readonly instanceProof?: string | undefined;
}

export function processIdentityOf(name: string, { random, tls, vouch }: Pick<ServerParts, 'random' | 'tls' | 'vouch'>): ProcessIdentity {
  const drawn = Buffer.from(random.fork('instance').bytes(instanceProofBytes)).toString('hex');
  return tls === undefined && vouch === undefined
    ? { name, instance: drawn }
    : { name, instance: instanceOf(name, drawn), instanceProof: drawn };
}

/** Signs for that process; undefined without certificates: there is nobody whose word would prove a key. */
export function sealsOf(
  identity: ProcessIdentity,
  cluster: string,
  { tls, clock, vouch }: Pick<ServerParts, 'tls' | 'clock' | 'vouch'>,
): Seals | undefined {
  const { instanceProof } = identity;
  if (instanceProof === undefined) return undefined;
  const holder = { ...identity, instanceProof, cluster };
  if (vouch) return vouch(holder);
  const wallMs = (): number => clock.wallMs();
  return tls && new RecordSeals(holder, { voucher: new Voucher(tls, wallMs), keys: ed25519, wallMs });
}
