/**
 * Signs what this server says of itself and of others, and finds out whose the words of others are: the port of
 * core/gossip/seals.ts, on keys (Ed25519) for which certificates vouch.
 *
 * S1 what is signed is the bytes as they came, behind a text that says what they are: no signature passes for another.
 * S2 a signature is verified once: the last `verifiedMax` are remembered, with the bytes.
 */

import { setBounded } from '../../base/bounded-map.ts';
import type { MemberRecord, Report, Seal } from '../../core/gossip/record.ts';
import type { SealDoubt, Seals, Signer } from '../../core/gossip/seals.ts';
import { sealRecord, sealReport } from '../../wire/mesh-record.ts';
import { type KnownKey, KnownKeys } from './known-keys.ts';
import { type KeyHolder, type KeyMeans, OwnKey } from './own-key.ts';

/** In front of what a key signs. */
export const sealContexts = { record: Buffer.from('heddle record 1\n'), report: Buffer.from('heddle report 1\n') } as const;
const verifiedMax = 4_096;
const keyHexChars = 64;

interface Verified {
  readonly signed: Uint8Array;
  readonly isGood: boolean;
}

export class RecordSeals implements Seals {
  readonly instanceProof: string;
  readonly #own: OwnKey;
  readonly #known: KnownKeys;
  /** By context, key and signature. */
  readonly #verified = new Map<string, Verified>();

  constructor(holder: KeyHolder, means: KeyMeans) {
    this.instanceProof = holder.instanceProof;
    this.#own = new OwnKey(holder, means);
    this.#known = new KnownKeys(holder.cluster, means);
  }

  get statement(): { readonly hash: string; readonly bytes: Uint8Array } {
    return this.#own.statement;
  }

  sealRecord(record: MemberRecord): MemberRecord {
    return sealRecord(record, this.statement.hash, (bytes) => this.#own.sign(Buffer.concat([sealContexts.record, bytes])));
  }

  sealReport(report: Report): Report {
    return sealReport(report, this.statement.hash, (bytes) => this.#own.sign(Buffer.concat([sealContexts.report, bytes])));
  }

  renew(): boolean {
    this.#known.tend();
    return this.#own.renew();
  }

  lapseOf(key: string): SealDoubt | undefined {
    return this.#known.lapseOf(key);
  }

  learn(hash: string, statement: Uint8Array): void {
    this.#known.learn(hash, statement);
  }

  check(seal: Seal | undefined, signer: Signer): SealDoubt | undefined {
    if (seal?.key.length !== keyHexChars) return { reason: 'unsigned', why: `a ${signer.says} of "${signer.name}" without a signature` };
    const key = this.#known.find(seal.key);
    if ('reason' in key) return key;
    if (key.name !== signer.name) return wrongSigner(`"${key.name}" speaks for "${signer.name}"`);
    if (signer.says === 'record' && key.instance !== signer.instance)
      return wrongSigner(`a process of "${key.name}" speaks for another one`);
    if (this.#isGood(seal, key, signer.says)) return undefined;
    return { reason: 'bad_signature', why: `"${key.name}" has not signed this ${signer.says}` };
  }

  #isGood({ key: hash, signed, signature }: Seal, key: KnownKey, says: Signer['says']): boolean {
    const at = `${says}${hash}${Buffer.from(signature).toString('base64')}`;
    const known = this.#verified.get(at);
    if (known && Buffer.compare(known.signed, signed) === 0) return known.isGood;
    const isGood = key.verifier.hasSigned(Buffer.concat([sealContexts[says], signed]), signature);
    setBounded(this.#verified, verifiedMax, [at, { signed, isGood }]);
    return isGood;
  }
}

function wrongSigner(why: string): SealDoubt {
  return { reason: 'wrong_signer', why };
}
