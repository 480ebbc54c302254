/**
 * A weak check beyond the rings: now and then a member that is no neighbour is asked who is there.
 *
 * A1 every `sampleIntervalMs`, give or take a quarter, one random member without a link is probed by a dial; it costs
 *    nobody a link. It catches mistakes of the rings: a member that all its observers have lost sight of at once.
 * A2 the answer tells the other's root. When it is not ours twice in a row, or once and the last such check was
 *    `syncIntervalMs` ago, a link is opened and the two synchronise: parts of the fabric that no flood reaches meet again.
 */

import type { Dialling } from './dialling.ts';
import type { Dials } from './dials.ts';
import type { HelloAck } from './message.ts';
import type { MemberRecord } from './record.ts';
import type { MeshState } from './state.ts';
import { isSameRoot } from './sync.ts';

const sampleIntervalMs = 15_000;
const syncIntervalMs = 60_000;

export class Sampling {
  readonly #state: MeshState;
  readonly #dials: Dials;
  readonly #dialling: Dialling;
  #nextMs: number | undefined;
  #syncedAtMs: number;
  #differences = 0;

  constructor(state: MeshState, parts: { readonly dials: Dials; readonly dialling: Dialling }) {
    this.#state = state;
    this.#dials = parts.dials;
    this.#dialling = parts.dialling;
    this.#syncedAtMs = state.nowMs;
  }

  /** Probes a member when it is time. */
  tend(): void {
    const { nowMs, random, records, settings } = this.#state;
    if (records.members <= settings.fullMeshMax) return;
    this.#nextMs ??= nowMs + sampleIntervalMs * random.next();
    if (nowMs < this.#nextMs) return;
    this.#nextMs = nowMs + sampleIntervalMs * (0.75 + 0.5 * random.next());
    const record = this.#pick();
    if (record) this.#dials.dial(record.url, { kind: 'sample', name: record.owner, instance: record.instance });
  }

  /** The member has answered. */
  onAnswer(name: string, ack: HelloAck): void {
    if (isSameRoot(ack.root, this.#state.records.root())) {
      this.#differences = 0;
      return;
    }
    this.#differences += 1;
    const { nowMs } = this.#state;
    const record = this.#state.findMember(name);
    if (record?.instance !== ack.instance || (this.#differences < 2 && nowMs - this.#syncedAtMs < syncIntervalMs)) return;
    this.#differences = 0;
    this.#syncedAtMs = nowMs;
    this.#dialling.reach(record);
  }

  /** Somebody to whom no link is open; undefined where chance finds none. */
  #pick(): MemberRecord | undefined {
    const { records, random, links } = this.#state;
    const record = records.randomMember(random);
    return record && !record.isLeaving && !links.to(record.instance) ? record : undefined;
  }
}
