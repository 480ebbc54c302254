/**
 * A newcomer's way in: it has joined when it knows the members that a peer named, and their functions.
 */

import type { BodyStore } from './bodies.ts';
import type { FirstSync } from './first-sync.ts';
import type { LinkState } from './links.ts';
import { meshLimits } from './settings.ts';
import type { Spread } from './spread.ts';
import type { MeshState } from './state.ts';

/** Dials that all that was named may take to come. */
const patienceDials = 4;

export class Joining {
  readonly #state: MeshState;
  readonly #spread: Spread;
  readonly #bodies: BodyStore;
  readonly #firstSync: FirstSync;
  /** Slots that the first synchronisation asked for and that are not known to be here, the next one to look for last. */
  #awaited: string[] | undefined;
  /** Until when they are: some may be none that anybody has, or none that count here. */
  #slotsUntilMs = 0;
  /** Until when the functions of the members are waited for. */
  #bodiesUntilMs = 0;

  constructor(state: MeshState, parts: { readonly spread: Spread; readonly bodies: BodyStore; readonly firstSync: FirstSync }) {
    this.#state = state;
    this.#spread = parts.spread;
    this.#bodies = parts.bodies;
    this.#firstSync = parts.firstSync;
  }

  /** A peer has said what it has, and was asked for these slots. */
  await(link: LinkState, slots: readonly string[]): void {
    if (this.#state.hasJoined) return;
    this.#firstSync.onAnswer(link);
    this.#awaited = [...(this.#awaited ?? []), ...slots];
    const dialMs = this.#state.stretched(this.#state.settings.dialTimeoutMs);
    this.#bodiesUntilMs = this.#state.nowMs + dialMs;
    this.#slotsUntilMs = this.#state.nowMs + patienceDials * dialMs;
    this.check();
  }

  /** Joined: the members that the peer named are known, and their functions, unless those take longer than a dial. */
  check(): void {
    if (!this.#firstSync.isAnswered || !this.#awaited) return;
    if (!this.#isComplete(this.#awaited) && this.#state.nowMs < this.#slotsUntilMs) return;
    if (this.#bodies.wanted === 0 || this.#state.nowMs >= this.#bodiesUntilMs) this.join();
  }

  #isComplete(awaited: string[]): boolean {
    for (let slot = awaited.at(-1); slot !== undefined; slot = awaited.at(-1)) {
      if (this.#state.records.find(slot) === undefined) return false;
      awaited.pop();
    }
    return true;
  }

  join(): void {
    this.#awaited = undefined;
    if (this.#state.hasJoined) return;
    this.#state.hasJoined = true;
    this.#state.tell({ kind: 'joined' });
    this.#firstSync.finish();
  }

  /** A newcomer says at once what it offers: whoever takes it in knows its functions before it counts as joined. */
  introduce(link: number): void {
    if (this.#state.hasJoined) return;
    const { bodyHash, seal } = this.#state.self.record;
    this.#spread.flush(true);
    // First the key: the record counts from then on, and the functions that it names are of interest.
    for (const hash of [seal?.key ?? '', bodyHash]) {
      const bytes = this.#bodies.find(hash)?.length ?? 0;
      if (bytes > 0 && bytes <= meshLimits.bodyPieceBytes) this.#bodies.give(link, hash);
    }
  }
}
