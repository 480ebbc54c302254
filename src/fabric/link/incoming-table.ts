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

export class IncomingTable extends IdMap<Incoming> {
  readonly #account: Account | undefined;

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
    return entry;
  }

  override takeAll(): readonly Incoming[] {
    this.#account?.left(this.size);
    return super.takeAll();
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
