/**
 * Frames as they arrive on one link: decoded, held back until they are whole and in their place.
 *
 * B1 a frame with large values is delivered when all of them are there, never in part.
 * B2 the words of one conversation come in the order in which they were sent, large and small ones.
 * B3 what a peer sends wrongly closes its link and nothing else.
 * B4 what a frame brought keeps at most `memoryBytesMax` alive, or `memoryFactorMax` times its bytes: it may be a view of a message of
 *    4 MiB, the rest of which nobody has to pay for.
 */

import { keepsMoreThan } from '../../base/bytes.ts';
import type { Held, ReplyLedger } from '../../core/outcome/reply-ledger.ts';
import { HeddleError } from '../../errors.ts';
import type { Link } from '../../transport/transport.ts';
import type { Frame } from '../../wire/frame.ts';
import { decodeFrame } from '../../wire/frame-codec.ts';
import { AnswerOrder, answerIdOf, openerIdOf } from './answer-order.ts';
import { type LargeValues, requestIdOf } from './large-values.ts';

/** So much a socket gives at once: what comes in smaller messages is not copied. */
const memoryBytesMax = 64 * 1024;
const memoryFactorMax = 16;

export interface ArrivalsParts {
  readonly large: LargeValues;
  /** Told of every reply, in order, and when it is whole. */
  readonly replies: Pick<ReplyLedger<Held>, 'seen' | 'whole'>;
}

export class Arrivals {
  readonly #link: Pick<Link, 'close'>;
  readonly #large: LargeValues;
  readonly #order = new AnswerOrder();
  /** Of what openers say after their request: their numbers are their own. */
  readonly #openerOrder = new AnswerOrder();
  readonly #replies: Pick<ReplyLedger<Held>, 'seen' | 'whole'>;
  readonly #deliver: (frame: Frame, bytes: number) => void;

  /** `deliver` is also told the bytes of a request, its large values among them. */
  constructor(link: Pick<Link, 'close'>, parts: ArrivalsParts, deliver: (frame: Frame, bytes: number) => void) {
    this.#link = link;
    this.#large = parts.large;
    this.#replies = parts.replies;
    this.#deliver = deliver;
  }

  /** A frame's bytes. */
  receive(bytes: Uint8Array): void {
    const frame = this.#decode(bytes);
    if (!frame) return;
    const isWhole = !this.#large.isWaiting;
    const answerId = answerIdOf(frame);
    const id = answerId ?? openerIdOf(frame);
    const order = answerId === undefined ? this.#openerOrder : this.#order;
    if (id !== undefined && (!isWhole || order.isHeld(id))) this.#enter(order, { id, frame, bytes: bytes.length });
    else if (isWhole) {
      if (frame.kind === 'reply') this.#replies.seen(true);
      this.#deliver(frame, bytes.length + this.#large.decodedBytes);
    } else this.#large.deliverWhenWhole(requestIdOf(frame), (largeBytes) => this.#deliver(frame, bytes.length + largeBytes));
  }

  /** Takes its place among the words of its conversation, and counts as kept until they are all delivered. */
  #enter(order: AnswerOrder, { id, frame, bytes }: { id: number; frame: Frame; bytes: number }): void {
    let kept = bytes;
    this.#large.holds(kept);
    const deliver = this.#deliveryOf(frame);
    const whole = order.enter(id, () => {
      this.#large.holds(-kept);
      deliver();
    });
    this.#large.deliverWhenWhole(undefined, (largeBytes) => {
      kept += largeBytes;
      this.#large.holds(largeBytes);
      whole();
    });
  }

  /** A large value, which may be the last that its frame lacked. */
  arrived(transfer: number, value: Uint8Array): void {
    try {
      this.#large.arrived(transfer, value);
    } catch (error) {
      this.#blame(error);
    }
  }

  /** What delivers a frame later. A reply counts as received then. */
  #deliveryOf(frame: Frame): () => void {
    if (frame.kind !== 'reply') return () => this.#deliver(frame, 0);
    const sequence = this.#replies.seen(false);
    return () => {
      this.#replies.whole(sequence);
      this.#deliver(frame, 0);
    };
  }

  #decode(bytes: Uint8Array): Frame | undefined {
    try {
      return decodeFrame(withLittleBeside(bytes), this.#large.incoming());
    } catch (error) {
      return this.#blame(error);
    }
  }

  /** What the peer sent wrongly closes the link; anything else is our own fault. */
  #blame(error: unknown): undefined {
    if (!HeddleError.is(error, 'protocol_error')) throw error;
    this.#link.close();
    return undefined;
  }
}

/** B4. */
function withLittleBeside(bytes: Uint8Array): Uint8Array {
  return keepsMoreThan(bytes, memoryBytesMax, memoryFactorMax) ? Buffer.from(bytes) : bytes;
}
