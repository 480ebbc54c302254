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

export class IncomingTable {
  readonly #open = new IdMap<Incoming>();
  readonly #account: Account | undefined;
  /** Bytes of open requests, where they are many and somebody pays. */
  readonly #weights = new Map<number, number>();

  constructor(account?: Account) {
    this.#account = account;
  }

  get size(): number {
    return this.#open.size;
  }

  get isFull(): boolean {
    return this.#open.size >= incomingMax || this.#account?.isFull === true;
  }

  get(id: number): Incoming | undefined {
    return this.#open.get(id);
  }

  /** Opens a conversation under a number that is free. */
  add(id: number, incoming: Incoming): void {
    this.#open.add(id, incoming);
    this.#account?.entered();
  }

  /** Ends a conversation and gives it back; undefined when there is none of this number. */
  take(id: number): Incoming | undefined {
    const incoming = this.#open.take(id);
    if (incoming) this.#account?.left();
    if (this.#weights.size > 0) this.#unweigh(id);
    return incoming;
  }

  /** Ends all of them. */
  takeAll(): readonly Incoming[] {
    this.#account?.left(this.#open.size);
    for (const id of [...this.#weights.keys()]) this.#unweigh(id);
    return this.#open.takeAll();
  }

  /** A request came with so many bytes: if it is still open it weighs as much until it ends. */
  weigh(id: number, bytes: number): void {
    if (this.#account === undefined || bytes < weighedBytesMin || !this.#open.has(id)) return;
    this.#weights.set(id, bytes);
    this.#account.holds(bytes);
  }

  /** Whether a request may carry this number. 0 is what a frame without one has. */
  isFree(id: number): boolean {
    return id !== 0 && !this.#open.has(id);
  }

  /** The same for all calls of a group. */
  areFree({ calls }: GroupFrame): boolean {
    const ids = new Set(calls.map(({ call }) => call.id));
    return ids.size === calls.length && [...ids].every((id) => this.isFree(id));
  }

  #unweigh(id: number): void {
    const bytes = this.#weights.get(id);
    if (bytes === undefined) return;
    this.#weights.delete(id);
    this.#account?.holds(-bytes);
  }
}
