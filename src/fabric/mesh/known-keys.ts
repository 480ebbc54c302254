/**
 * The keys of others, as far as their statements have come: whose each is, by the word of a certificate, and when it counts.
 *
 * N1 a statement counts if a certificate that is good here vouches for it, of the name, cluster and instance that it says.
 * N2 of one process the last two keys count; earlier ones are retired, whatever time they would have.
 * N3 when the certificates that are trusted here change, everything is looked at again.
 * N4 clocks may differ by `clockSkewMs`. At most `knownKeysMax` are kept; one that was forgotten is learned again.
 */

import { setBounded } from '../../base/bounded-map.ts';
import type { SealDoubt } from '../../core/gossip/seals.ts';
import { HeddleError } from '../../errors.ts';
import { isInstanceOf } from '../../identity/instance-proof.ts';
import { type KeyKind, publicKeyBytes, type VerifiesKey } from '../../identity/signing-key.ts';
import type { Vouching } from '../../transport/voucher.ts';
import { decodeKeyStatement, decodeSignedKey, type KeyStatement } from '../../wire/mesh-key.ts';
import { type KeyMeans, keyContext } from './own-key.ts';

/** By how much the clocks of two machines may differ. */
export const clockSkewMs = 300_000;
const knownKeysMax = 16_384;
/** How long a statement that proved nothing is not looked at again. */
const doubtMs = 60_000;

export interface KnownKey extends KeyStatement {
  readonly verifier: VerifiesKey;
}

type Learned = { readonly key: KnownKey } | { readonly doubt: SealDoubt; readonly untilMs: number };

export class KnownKeys {
  readonly #cluster: string;
  readonly #voucher: Vouching;
  readonly #keys: KeyKind;
  readonly #wallMs: () => number;
  readonly #learned = new Map<string, Learned>();
  /** The latest serial number that was seen of each process. */
  readonly #serials = new Map<string, number>();
  #trusted: object;

  constructor(cluster: string, { voucher, keys, wallMs }: KeyMeans) {
    this.#cluster = cluster;
    this.#voucher = voucher;
    this.#keys = keys;
    this.#wallMs = wallMs;
    this.#trusted = voucher.inUse;
  }

  /** A statement has come, by its hash. */
  learn(hash: string, bytes: Uint8Array): void {
    const read = this.#read(bytes);
    const learned: Learned = 'reason' in read ? { doubt: read, untilMs: this.#wallMs() + doubtMs } : { key: read };
    setBounded(this.#learned, knownKeysMax, [hash, learned]);
    if ('key' in learned) {
      const { instance, serial } = learned.key;
      setBounded(this.#serials, knownKeysMax, [instance, Math.max(serial, this.#serials.get(instance) ?? 0)]);
    }
  }

  /** The key of this hash, if it may be used now. */
  find(hash: string): KnownKey | SealDoubt {
    const learned = this.#learned.get(hash);
    if (!learned) return unknownKey;
    if ('key' in learned) return this.#lapse(learned.key) ?? this.#retirement(learned.key) ?? learned.key;
    if (this.#wallMs() < learned.untilMs) return learned.doubt;
    this.#learned.delete(hash);
    return unknownKey;
  }

  /** Why a key that was good counts no longer, other than that its owner has taken others. */
  lapseOf(hash: string): SealDoubt | undefined {
    const found = this.find(hash);
    if (!('reason' in found)) return undefined;
    const learned = this.#learned.get(hash);
    return learned && 'key' in learned ? this.#lapse(learned.key) : found;
  }

  /** Forgets what the certificates proved that were trusted before. */
  tend(): void {
    if (this.#voucher.inUse === this.#trusted) return;
    this.#trusted = this.#voucher.inUse;
    this.#learned.clear();
  }

  #lapse({ name, notBeforeMs, notAfterMs }: KnownKey): SealDoubt | undefined {
    const nowMs = this.#wallMs();
    if (notAfterMs + clockSkewMs <= nowMs) return stale(`a key of "${name}" ended on ${dateOf(notAfterMs)}`);
    if (notBeforeMs - clockSkewMs <= nowMs) return undefined;
    return stale(`a key of "${name}" begins on ${dateOf(notBeforeMs)}: compare the clocks`);
  }

  #retirement({ name, instance, serial }: KnownKey): SealDoubt | undefined {
    const latest = this.#serials.get(instance) ?? serial;
    return serial < latest - 1 ? stale(`"${name}" has retired its key ${serial}: it has taken ${latest}`) : undefined;
  }

  #read(bytes: Uint8Array): KnownKey | SealDoubt {
    try {
      return this.#proved(bytes);
    } catch (error) {
      if (!HeddleError.is(error, 'protocol_error')) throw error;
      return untrusted(error.detail.problem);
    }
  }

  #proved(bytes: Uint8Array): KnownKey | SealDoubt {
    const { statement, certificates, signature } = decodeSignedKey(bytes);
    const said = decodeKeyStatement(statement);
    const proof = this.#voucher.check(Buffer.concat([keyContext, statement]), { certificates, signature });
    if ('reason' in proof) return proof.reason === 'expired' || proof.reason === 'not_yet_valid' ? stale(proof.why) : untrusted(proof.why);
    const { name, cluster, instance, publicKey } = said;
    if (name !== proof.name) return untrusted(`the certificate of "${proof.name}" vouches for a key of "${name.slice(0, 64)}"`);
    if (cluster !== this.#cluster) return untrusted(`a key of "${name}" is for another cluster`);
    if (!isInstanceOf(name, { instance, proof: said.instanceProof })) return untrusted(`"${name}" claims the process of somebody else`);
    if (publicKey.length !== publicKeyBytes) return untrusted(`a key of "${name}" has ${publicKey.length} bytes`);
    return { ...said, notAfterMs: Math.min(said.notAfterMs, proof.untilMs), verifier: this.#keys.verifierOf(publicKey) };
  }
}

const unknownKey: SealDoubt = { reason: 'unknown_key', why: 'the statement about its key has not come' };

function stale(why: string): SealDoubt {
  return { reason: 'stale_key', why };
}

function untrusted(why: string): SealDoubt {
  return { reason: 'untrusted_key', why };
}

function dateOf(wallMs: number): string {
  return wallMs > 8.64e15 ? 'a day that no calendar has' : new Date(wallMs).toISOString();
}
