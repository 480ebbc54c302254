/** Members that sign: each with a certificate, a key, and a process that is its own. */

import { Buffer } from 'node:buffer';
import type { Hello } from '../src/core/gossip/message.ts';
import type { MemberRecord, OwnerRecord, Report } from '../src/core/gossip/record.ts';
import { OwnKey } from '../src/fabric/mesh/own-key.ts';
import { RecordSeals, sealContexts } from '../src/fabric/mesh/record-seals.ts';
import { instanceOf } from '../src/identity/instance-proof.ts';
import { ed25519 } from '../src/identity/signing-key.ts';
import { Credentials } from '../src/transport/credentials.ts';
import { Voucher } from '../src/transport/voucher.ts';
import { decodeRecord, recordBytes, sealRecord, sealReport } from '../src/wire/mesh-record.ts';
import type { Bundle } from './certificates.ts';
import { helloOf, recordOf } from './core/gossip/rig.ts';

export interface SignerOptions {
  readonly wallMs: () => number;
  readonly cluster?: string;
  /** Default: the certificate's. */
  readonly name?: string;
  /** Default: a process of that name. */
  readonly instance?: string;
}

export class Signer {
  readonly name: string;
  readonly instance: string;
  readonly instanceProof: string;
  readonly credentials: Credentials;
  readonly key: OwnKey;
  readonly #options: SignerOptions;

  constructor(certified: string, bundle: Bundle, options: SignerOptions) {
    const { wallMs, cluster = 'default', name = certified, instance } = options;
    this.#options = options;
    this.name = name;
    this.instanceProof = Buffer.from(certified.padEnd(16, '.').slice(0, 16)).toString('hex');
    this.instance = instance ?? instanceOf(name, this.instanceProof);
    this.credentials = new Credentials(bundle, { use: 'server', wallMs });
    this.key = new OwnKey({ ...this.holder, cluster }, this.#means);
  }

  get #means() {
    const { wallMs } = this.#options;
    return { voucher: new Voucher(this.credentials, wallMs), keys: ed25519, wallMs };
  }

  get holder() {
    const { name, instance, instanceProof } = this;
    return { name, cluster: this.#options.cluster ?? 'default', instance, instanceProof };
  }

  /** What a member of this name needs to sign and verify; with a key of its own. */
  seals(): RecordSeals {
    return new RecordSeals(this.holder, this.#means);
  }

  /** What it says of itself, or of somebody else, as it comes off the wire. */
  record(change: Partial<MemberRecord> = {}): MemberRecord {
    const record = recordOf(this.name, { instance: this.instance, ...change });
    return decodeRecord(rawOf(sealRecord(record, this.key.statement.hash, this.#signing('record')))) as MemberRecord; // as written
  }

  /** A record of a kind that no build knows. */
  recordOfKind(kind: number, owner: string, instance: string): OwnerRecord {
    const unsigned = Uint8Array.from(recordBytes(recordOf(owner, { instance }), this.key.statement.hash));
    unsigned[1] = kind;
    return decodeRecord(Uint8Array.from([...unsigned, 0x4a, 64, ...this.#signing('record')(unsigned)]));
  }

  /** What it reports of a member. */
  report(of: Signer, change: Partial<Report> = {}): Report {
    const { name: target, instance } = of;
    const evidence = ['refused', 'reset'] as const;
    const report = { target, epoch: 1, instance, incarnation: 0, observer: this.name, evidence, ageMs: 0, ...change };
    return sealReport(report, this.key.statement.hash, this.#signing('report'));
  }

  hello(change: Partial<Hello> = {}): Hello {
    return helloOf(this.name, { instance: this.instance, instanceProof: this.instanceProof, ...change });
  }

  #signing(says: keyof typeof sealContexts): (bytes: Uint8Array) => Uint8Array {
    return (bytes) => this.key.sign(Buffer.concat([sealContexts[says], bytes]));
  }
}

export function rawOf({ raw }: OwnerRecord): Uint8Array {
  return raw ?? new Uint8Array();
}
