/**
 * One pull of a value that is kept here: its slices as items under the credit of whoever pulls, then the hash.
 *
 * P1 it has one end: the hash, or an error; a value that is dropped meanwhile ends it.
 * P2 slices are read as they are sent: a slow reader holds back the reading.
 */

import type { DropReason } from '../../core/handoff/parking.ts';
import { HeddleError } from '../../errors.ts';
import type { CreditFrame, EndFrame, ItemFrame, PullFrame } from '../../wire/frame.ts';
import type { Incoming } from '../link/conversation.ts';
import type { Peer } from '../link/peer.ts';
import { failure } from '../link/responses.ts';
import { type PumpEnd, StreamPump } from '../stream/stream-pump.ts';
import type { KeptValue } from './kept-value.ts';
import { lostValue } from './lost-value.ts';

export class ServedPull implements Incoming {
  readonly #value: KeptValue;
  readonly #frame: PullFrame;
  readonly #peer: Peer;
  readonly #pump: StreamPump;
  readonly #leaveValue: () => void;
  #isOver = false;

  constructor(value: KeptValue, frame: PullFrame, peer: Peer) {
    const { id } = frame;
    this.#value = value;
    this.#frame = frame;
    this.#peer = peer;
    this.#leaveValue = value.whenDropped((why) => this.#onDropped(why));
    this.#pump = new StreamPump({
      source: value.slices(),
      credit: frame.credit,
      isKept: true,
      write: (bytes) => ({ encoding: 'bytes', bytes: bytes as Uint8Array }), // what `slices` gives
      send: (slice) => peer.send({ kind: 'item', id, value: slice, isFromOpener: false }),
      ended: (end) => void this.#onEnded(end),
    });
  }

  start(): void {
    this.#peer.serve(this.#frame.id, this);
    this.#pump.start();
  }

  onStream(frame: ItemFrame | CreditFrame | EndFrame): void {
    if (frame.kind === 'credit') this.#pump.grant(frame.bytes);
  }

  cancel(reason: string): void {
    this.#fail(new HeddleError('cancelled', { reason }, { executed: 'no' }));
  }

  lost(): void {
    this.#over();
  }

  #onDropped(why: DropReason): void {
    if (why === 'released') this.cancel('the value was released');
    else this.#fail(this.#lost('its lease is over'));
  }

  async #onEnded(end: PumpEnd): Promise<void> {
    if (end.kind !== 'done') return this.#fail(this.#lost('its bytes cannot be read any more'));
    const bytes = await this.#value.hash;
    if (!this.#over()) return;
    this.#peer.reply(this.#frame.id, { outcome: { ok: true, value: { encoding: 'bytes', bytes } } });
  }

  #lost(why: string): HeddleError {
    return lostValue(this.#frame.parked, { step: '', why });
  }

  #fail(error: HeddleError): void {
    if (this.#over()) this.#peer.reply(this.#frame.id, { outcome: failure(error) });
  }

  /** Whether it was not over before. */
  #over(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.#leaveValue();
    this.#pump.stop();
    return true;
  }
}
