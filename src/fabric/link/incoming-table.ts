/**
 * The conversations that a peer has open here, by the numbers that it gave them: as many as `incomingMax`, each number once. Whose
 * they are pays for them, if anybody does.
 */

import { IdMap } from '../../base/id-map.ts';
import type { GroupFrame } from '../../wire/frame.ts';
import type { Account } from './accounts.ts';
import type { Incoming } from './conversation.ts';
import { callsInFlightMax } from './room-queue.ts';

/** Conversations that one peer may have open here; further ones are refused unrun. */
const incomingMax = 4 * callsInFlightMax;
/** A request with fewer bytes weighs nothing: the number of requests bounds those. */
const weighedBytesMin = 4_096;

export class IncomingTable extends IdMap<Incoming> {
  readonly #account: Account | undefined;
  /** Bytes of open requests, where they are many and somebody pays. */
  readonly #weights = new Map<number, number>();

  constructor(account?: Account) {
    super();
    this.#account = account;
  }

  get isFull(): boolean {
    return this.size >= incomingMax || this.#account?.isFull === true;
  }

  override add(id: number, entry: Incoming): void {
    super.add(id, entry);
    this.#account?.entered();
  }

  override take(id: number): Incoming | undefined {
    const entry = super.take(id);
    if (entry) this.#account?.left();
    if (this.#weights.size > 0) this.#unweigh(id);
    return entry;
  }

  override takeAll(): readonly Incoming[] {
    this.#account?.left(this.size);
    for (const id of [...this.#weights.keys()]) this.#unweigh(id);
    return super.takeAll();
  }

  /** A request came with so many bytes: if it is still open it weighs as much until it ends. */
  weigh(id: number, bytes: number): void {
    if (this.#account === undefined || bytes < weighedBytesMin || !this.has(id)) return;
    this.#weights.set(id, bytes);
    this.#account.holds(bytes);
  }

  #unweigh(id: number): void {
    const bytes = this.#weights.get(id);
    if (bytes === undefined) return;
    this.#weights.delete(id);
    this.#account?.holds(-bytes);
  }

  /** Whether a request may carry this number. 0 is what a frame without one has. */
  isFree(id: number): boolean {
    return id !== 0 && !this.has(id);
  }

  /** The same for all calls of a group. */
  areFree({ calls }: GroupFrame): boolean {
    const ids = new Set(calls.map(({ call }) => call.id));
    return ids.size === calls.length && [...ids].every((id) => this.isFree(id));
  }
}
