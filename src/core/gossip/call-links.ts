/**
 * Links that are there for calls alone.
 *
 * C1 a call that waits for a link has it dialled at once, by either name. C2 a link that neither overlay needs closes
 *    `callLinkIdleMs` after its last call: it takes no new ones, and ends when those in flight have settled.
 */

import type { Dialling } from './dialling.ts';
import type { LinkState } from './links.ts';
import type { MeshState } from './state.ts';

export class CallLinks {
  readonly #state: MeshState;
  readonly #dialling: Dialling;

  constructor(state: MeshState, dialling: Dialling) {
    this.#state = state;
    this.#dialling = dialling;
  }

  /** A call waits for a link to this member. */
  want({ name, instance }: { readonly name: string; readonly instance: string }): void {
    const record = this.#state.findMember(name);
    if (record?.instance === instance && !this.#state.openLinkTo(instance)) this.#dialling.reach(record);
  }

  /** Closes those that nobody has used for long. */
  tend(): void {
    const { links, nowMs, settings } = this.#state;
    for (const link of [...links.used()]) {
      if (!link.use.hasBeats(nowMs) && nowMs - link.use.lastMs >= settings.callLinkIdleMs) this.#retire(link);
    }
  }

  #retire(link: LinkState): void {
    this.#state.links.retire(link);
    this.#state.touched.add(link.name);
    this.#state.emit({ kind: 'close', link: link.id, isRetired: true });
  }
}
