/**
 * What this member says of itself. Every change is a new version (M3: only the owner raises it).
 */

import type { ClusterUid } from './message.ts';
import type { MemberRecord } from './record.ts';
import type { Seals } from './seals.ts';

export interface SelfOptions {
  readonly name: string;
  readonly instance: string;
  readonly cluster: string;
  /** Random 128 bits in hex for a cluster that has none yet. */
  readonly uid: string;
  readonly pinUid?: string | undefined;
  readonly url: string;
  readonly resources: readonly string[];
  /** The last epoch that was persisted; the first one used is above it. */
  readonly epoch: number;
  readonly startedAtMs: number;
  /** Signs what it says; absent: nothing is signed. */
  readonly seals?: Seals | undefined;
}

export class Self {
  readonly name: string;
  readonly instance: string;
  readonly cluster: string;
  readonly pinUid: string | undefined;
  readonly url: string;
  readonly startedAtMs: number;
  readonly instanceProof: string | undefined;
  readonly #seals: Seals | undefined;
  #uid: ClusterUid;
  #record: MemberRecord;

  constructor(options: SelfOptions) {
    this.name = options.name;
    this.instance = options.instance;
    this.cluster = options.cluster;
    this.pinUid = options.pinUid;
    this.url = options.url;
    this.startedAtMs = options.startedAtMs;
    this.instanceProof = options.seals?.instanceProof;
    this.#seals = options.seals;
    this.#uid = options.pinUid === undefined ? { uid: options.uid, isSettled: false } : { uid: options.pinUid, isSettled: true };
    this.#record = this.#sealed({
      kind: 'member',
      owner: options.name,
      epoch: options.epoch + 1,
      instance: options.instance,
      final: 'none',
      version: 1,
      incarnation: 0,
      url: options.url,
      isLeaving: false,
      resources: [...options.resources],
      bodyHash: '',
      adopters: [],
    });
  }

  get record(): MemberRecord {
    return this.#record;
  }

  get uid(): ClusterUid {
    return this.#uid;
  }

  /** Nothing is left to agree on with whoever has settled on this uid. */
  isSettledOn(uid: string): boolean {
    return this.#uid.isSettled && this.#uid.uid === uid && (this.pinUid === undefined || this.pinUid === uid);
  }

  get isLeaving(): boolean {
    return this.#record.isLeaving;
  }

  uptimeMs(nowMs: number): number {
    return Math.max(0, Math.floor(nowMs - this.startedAtMs));
  }

  raiseEpoch(epoch: number): void {
    this.#say({ epoch });
  }

  refute(incarnation: number): void {
    this.#say({ incarnation });
  }

  announce(bodyHash: string): void {
    this.#say({ bodyHash });
  }

  nameAdopters(adopters: readonly string[]): void {
    this.#say({ adopters });
  }

  /** Says the same with the key that is in use now. */
  signAnew(): void {
    this.#say({});
  }

  announceLeaving(): void {
    this.#say({ isLeaving: true });
  }

  announceLeft(): void {
    this.#say({ isLeaving: true, final: 'left' });
  }

  /** Takes the uid that two greeters agree on. True when it is another one than before. */
  settle(uid: string): boolean {
    const isNew = uid !== this.#uid.uid;
    this.#uid = { uid, isSettled: true };
    return isNew;
  }

  #say(change: Partial<MemberRecord>): void {
    this.#record = this.#sealed({ ...this.#record, ...change, version: this.#record.version + 1 });
  }

  #sealed(record: MemberRecord): MemberRecord {
    return this.#seals ? this.#seals.sealRecord(record) : record;
  }
}
