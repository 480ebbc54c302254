/**
 * Signs of life: a beat in every interval on each link where the other end may expect one.
 */

import type { LinkState } from './links.ts';
import type { Beat } from './message.ts';
import type { MeshState } from './state.ts';

export class Beating {
  readonly #state: MeshState;

  constructor(state: MeshState) {
    this.#state = state;
  }

  /** One beat on every mesh link, and on call links while a call is in flight. */
  beat(): void {
    for (const link of this.#state.links.used()) if (link.use.owesBeat(this.#state.nowMs)) this.beatOn(link);
  }

  beatOn(link: LinkState): void {
    const { records, self, health, nowMs } = this.#state;
    const { sequence, ackedSequence, ackDelayMs } = link.nextBeat(nowMs);
    const beat: Beat = {
      kind: 'beat',
      sequence,
      ackedSequence,
      ackDelayMs,
      root: records.root(),
      health,
      uid: self.uid,
      isMesh: link.use.isNeededHere,
      isBusy: link.use.isBusyHere(nowMs),
    };
    link.use.told();
    this.#state.send(link.id, beat);
  }
}
