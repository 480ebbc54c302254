/**
 * The key with which this server signs now, and the statement by which its certificate vouches for it.
 *
 * K1 a key is good for `keyLifeMs`, and not longer than the certificate; the next one is taken at half of that, or as soon as the
 *    certificate is another one. Whatever the last one signed stays good until its time is over.
 * K2 a key is made where it is used and is kept nowhere: a process that starts has another.
 */

import { createHash } from 'node:crypto';

import type { KeyKind, SignsWithKey } from '../../identity/signing-key.ts';
import type { Vouching } from '../../transport/voucher.ts';
import { encodeKeyStatement, encodeSignedKey } from '../../wire/mesh-key.ts';

/** How long a key is good at most. */
const keyLifeMs = 24 * 3_600_000;
/** In front of what a certificate signs. */
export const keyContext = Buffer.from('heddle key 1\n');

export interface KeyHolder {
  readonly name: string;
  readonly cluster: string;
  readonly instance: string;
  readonly instanceProof: string;
}

/** What keys are made and proved with. */
export interface KeyMeans {
  readonly voucher: Vouching;
  readonly keys: KeyKind;
  readonly wallMs: () => number;
}

export class OwnKey {
  readonly #holder: KeyHolder;
  readonly #voucher: Vouching;
  readonly #keys: KeyKind;
  readonly #wallMs: () => number;
  #key: SignsWithKey;
  #serial = 0;
  #renewAtMs = 0;
  #vouchedBy: object | undefined;
  #statement: { readonly hash: string; readonly bytes: Uint8Array } = { hash: '', bytes: new Uint8Array() };

  constructor(holder: KeyHolder, { voucher, keys, wallMs }: KeyMeans) {
    this.#holder = holder;
    this.#keys = keys;
    this.#key = keys.make();
    this.#voucher = voucher;
    this.#wallMs = wallMs;
    this.#take();
  }

  get statement(): { readonly hash: string; readonly bytes: Uint8Array } {
    return this.#statement;
  }

  sign(bytes: Uint8Array): Uint8Array {
    return this.#key.sign(bytes);
  }

  /** Takes another key where it is time to; says whether it did. */
  renew(): boolean {
    if (this.#voucher.inUse === this.#vouchedBy && this.#wallMs() < this.#renewAtMs) return false;
    this.#key = this.#keys.make();
    this.#take();
    return true;
  }

  #take(): void {
    const nowMs = this.#wallMs();
    const certificateMs = this.#voucher.untilMs;
    const notAfterMs = Math.min(nowMs + keyLifeMs, certificateMs);
    this.#serial += 1;
    this.#vouchedBy = this.#voucher.inUse;
    // A key that ends with its certificate cannot be followed before the certificate is.
    this.#renewAtMs = notAfterMs === certificateMs ? Number.POSITIVE_INFINITY : nowMs + (notAfterMs - nowMs) / 2;
    const times = { notBeforeMs: Math.floor(nowMs), notAfterMs: Math.floor(notAfterMs), serial: this.#serial };
    const statement = encodeKeyStatement({ ...this.#holder, publicKey: this.#key.publicKey, ...times });
    const bytes = encodeSignedKey({ statement, ...this.#voucher.vouch(Buffer.concat([keyContext, statement])) });
    this.#statement = { hash: createHash('sha256').update(bytes).digest('hex'), bytes };
  }
}
