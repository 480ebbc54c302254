/**
 * Frames on their way out over one link: encoded, and held back while they must not go.
 *
 * F1 an item waits until the link takes more, and what ends its stream goes after it; other frames go at once.
 * F2 the large values of a frame follow it.
 * F3 in place of a frame that is too large to be sent goes an error, to whichever side waits for an end (refusals.ts).
 */

import type { ReplyLedger } from '../../core/outcome/reply-ledger.ts';
import { HeddleError } from '../../errors.ts';
import type { Link } from '../../transport/transport.ts';
import type { Frame, ReplyFrame } from '../../wire/frame.ts';
import { encodeFrame } from '../../wire/frame-codec.ts';
import type { HeldOutcome } from './held-outcome.ts';
import { ItemQueue } from './item-queue.ts';
import type { LargeValues } from './large-values.ts';
import { inPlaceOf, refusalOf } from './refusals.ts';

export interface DeparturesParts {
  readonly large: LargeValues;
  /** Told of every reply that went out. */
  readonly replies: Pick<ReplyLedger<HeldOutcome>, 'sent'>;
  /** The end of a conversation whose first frame could not be sent. */
  readonly onRefused: (reply: ReplyFrame) => void;
}

export class Departures {
  readonly #link: Pick<Link, 'send' | 'isWritable'>;
  readonly #parts: DeparturesParts;
  readonly #items = new ItemQueue();

  constructor(link: Pick<Link, 'send' | 'isWritable'>, parts: DeparturesParts) {
    this.#link = link;
    this.#parts = parts;
  }

  /** Whether nothing waits. */
  get isEmpty(): boolean {
    return this.#items.isEmpty;
  }

  send(frame: Frame): void {
    // Nothing but items waits, and what comes after them: the link is not asked for the sake of a plain call.
    const mayWait = frame.kind === 'item' || !this.#items.isEmpty;
    if (!mayWait || !this.#items.holds(frame, this.#link.isWritable)) this.#put(frame);
  }

  /** Lets go of what waits: the link takes more. */
  release(): void {
    this.#items.release(
      (frame) => this.#put(frame),
      () => this.#link.isWritable,
    );
  }

  #put(frame: Frame): void {
    const { large, replies } = this.#parts;
    let bytes: Uint8Array;
    try {
      bytes = encodeFrame(frame, large.outgoing());
    } catch (error) {
      return this.#onOversized(frame, error);
    }
    this.#link.send(bytes);
    if (frame.kind === 'reply') replies.sent();
    large.flush();
  }

  #onOversized(frame: Frame, error: unknown): void {
    this.#parts.large.forget();
    if (!HeddleError.is(error, 'too_large')) throw error;
    const instead = inPlaceOf(frame, error);
    if (instead) return this.#put(instead);
    const isRequest = frame.kind === 'call' || frame.kind === 'submit' || frame.kind === 'query';
    if (isRequest) this.#parts.onRefused(refusalOf(frame.id, error));
  }
}
