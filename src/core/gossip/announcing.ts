/**
 * What this member says of itself, and when: its catalog, that it leaves, that it has left.
 */

import type { BodyStore } from './bodies.ts';
import type { LocalCatalog } from './io.ts';
import type { Spread } from './spread.ts';
import type { MeshState } from './state.ts';

export class Announcing {
  readonly #state: MeshState;
  readonly #spread: Spread;
  readonly #bodies: BodyStore;
  /** Waits for its turn: one version in `publishIntervalMs`. */
  #catalog: LocalCatalog | undefined;
  #publishAtMs = Number.NEGATIVE_INFINITY;
  #spreadAtMs = Number.POSITIVE_INFINITY;
  /** No refutation before this time; one waits for it. */
  #refuteAtMs = Number.NEGATIVE_INFINITY;
  #isDoubted = false;

  constructor(state: MeshState, parts: { readonly spread: Spread; readonly bodies: BodyStore }) {
    this.#state = state;
    this.#spread = parts.spread;
    this.#bodies = parts.bodies;
  }

  /** When there is something to say. */
  dueMs(): number {
    const catalogMs = this.#catalog ? this.#publishAtMs : Number.POSITIVE_INFINITY;
    return Math.min(catalogMs, this.#spreadAtMs, this.#isDoubted ? this.#refuteAtMs : Number.POSITIVE_INFINITY);
  }

  /** Says what is due. */
  tend(): void {
    this.#announce();
    if (this.#isDoubted) this.refute(this.#state.self.record.incarnation);
    if (this.#state.nowMs < this.#spreadAtMs) return;
    this.#spreadAtMs = Number.POSITIVE_INFINITY;
    this.#state.tell({ kind: 'spread' });
  }

  publish(catalog: LocalCatalog): void {
    this.#catalog = catalog;
    this.#announce();
  }

  /** Somebody doubts this incarnation of ours: a higher one voids that. At most one in `publishIntervalMs` (fault 32). */
  refute(incarnation: number): void {
    const { self, rules, nowMs, settings } = this.#state;
    if (incarnation !== self.record.incarnation || !rules.canRefute || self.record.final !== 'none') return;
    if (nowMs < this.#refuteAtMs) {
      this.#isDoubted = true;
      return;
    }
    this.#isDoubted = false;
    this.#refuteAtMs = nowMs + settings.publishIntervalMs;
    self.refute(incarnation + 1);
    this.spreadSelf();
  }

  leave(): void {
    const { self, nowMs, settings } = this.#state;
    this.#spreadAtMs = nowMs + settings.spreadMs;
    if (self.isLeaving) return;
    self.announceLeaving();
    this.spreadSelf();
    this.#spread.flush(true);
  }

  finish(): void {
    const state = this.#state;
    state.self.announceLeft();
    this.spreadSelf();
    this.#spread.flush(true);
    for (const link of state.links.all()) state.emit({ kind: 'close', link: link.id, isRetired: false });
    state.phase = 'finished';
  }

  /** A key is in use: its statement is here for whoever asks; said again with it, where it is another one. */
  useKey(isAnother: boolean): void {
    const { seals, self } = this.#state;
    if (seals) this.#bodies.keep(seals.statement.hash, seals.statement.bytes);
    if (!isAnother || self.record.final !== 'none') return;
    self.signAnew();
    this.spreadSelf();
  }

  /** Our own record has changed. */
  spreadSelf(): void {
    const { self, records, touched, nowMs } = this.#state;
    records.replace(self.record, nowMs);
    touched.add(self.name);
    this.#spread.flood(self.record);
  }

  #announce(): void {
    const { self, nowMs, settings } = this.#state;
    if (!this.#catalog || nowMs < this.#publishAtMs) return;
    const { bodyHash, body } = this.#catalog;
    this.#catalog = undefined;
    this.#publishAtMs = nowMs + settings.publishIntervalMs;
    this.#bodies.keep(bodyHash, body);
    if (bodyHash === self.record.bodyHash) return;
    self.announce(bodyHash);
    this.spreadSelf();
  }
}
