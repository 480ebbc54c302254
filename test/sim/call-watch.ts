/**
 * Watches the frames of calls on every link of a world: what of each call is unanswered, and on which links it was when they broke.
 *
 * W1 a call's frame is in flight from the moment it is given to a link until its reply comes out of the other end.
 * W2 a call was lost on a link when the link ended, for whoever had sent the frame, while it was in flight.
 * It reads the bytes that pass, and knows nothing of how calls are routed, retried or asked after.
 */

import type { Evidence, Link, LinkHandlers } from '../../src/transport/transport.ts';
import type { Frame } from '../../src/wire/frame.ts';
import { decodeFrame } from '../../src/wire/frame-codec.ts';
import { decodeValue } from '../../src/wire/value.ts';

/** The first argument of every call is its number. */
export class CallWatch {
  /** Calls of which a frame was in flight on a link that broke, with the times. */
  readonly lostAtMs = new Map<number, number[]>();
  readonly #nowMs: () => number;
  /** Frames of a call in flight, over all links. */
  readonly #inFlight = new Map<number, number>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Whether a frame of the call is in flight, or was when its link broke. */
  isOpen(call: number): boolean {
    return (this.#inFlight.get(call) ?? 0) > 0 || this.lostAtMs.has(call);
  }

  watch = (link: Link): Link => new WatchedLink(link, this);

  sent(call: number): void {
    this.#inFlight.set(call, (this.#inFlight.get(call) ?? 0) + 1);
  }

  answered(call: number): void {
    this.#inFlight.set(call, (this.#inFlight.get(call) ?? 1) - 1);
  }

  lost(call: number): void {
    this.answered(call);
    this.lostAtMs.set(call, [...(this.lostAtMs.get(call) ?? []), this.#nowMs()]);
  }
}

class WatchedLink implements Link {
  readonly #link: Link;
  readonly #watch: CallWatch;
  /** Calls by the number of their conversation. */
  readonly #open = new Map<number, number>();

  constructor(link: Link, watch: CallWatch) {
    this.#link = link;
    this.#watch = watch;
  }

  get kind(): Link['kind'] {
    return this.#link.kind;
  }

  get remoteAddress(): string {
    return this.#link.remoteAddress;
  }

  get isWritable(): boolean {
    return this.#link.isWritable;
  }

  get waitedMs(): number {
    return this.#link.waitedMs ?? 0;
  }

  open(handlers: LinkHandlers): void {
    this.#link.open({
      ...handlers,
      onFrame: (bytes) => {
        this.#received(bytes);
        handlers.onFrame(bytes);
      },
      onClose: (evidence, message) => {
        this.#closed(evidence);
        handlers.onClose(evidence, message);
      },
    });
  }

  send(bytes: Uint8Array): void {
    const frame = read(bytes);
    if (frame?.kind === 'call') this.#sent(frame.id, numberOf(frame));
    this.#link.send(bytes);
  }

  whenWritten(done: () => void): void {
    this.#link.whenWritten(done);
  }

  sendLarge(transfer: number, value: Uint8Array, signal?: AbortSignal): Promise<void> {
    return this.#link.sendLarge(transfer, value, signal);
  }

  dropLarge(transfer: number): void {
    this.#link.dropLarge(transfer);
  }

  close(): void {
    this.#link.close();
  }

  #sent(id: number, call: number): void {
    this.#open.set(id, call);
    this.#watch.sent(call);
  }

  #received(bytes: Uint8Array): void {
    if (this.#open.size === 0) return;
    const frame = read(bytes);
    const call = frame?.kind === 'reply' ? this.#open.get(frame.id) : undefined;
    if (frame?.kind !== 'reply' || call === undefined) return;
    this.#open.delete(frame.id);
    this.#watch.answered(call);
  }

  #closed(evidence: Evidence): void {
    for (const call of this.#open.values()) {
      if (evidence === 'local') this.#watch.answered(call);
      else this.#watch.lost(call);
    }
    this.#open.clear();
  }
}

/** Undefined: a frame that is not whole without what comes beside it. */
function read(bytes: Uint8Array): Frame | undefined {
  try {
    return decodeFrame(bytes);
  } catch {
    return undefined;
  }
}

function numberOf({ args }: Extract<Frame, { kind: 'call' }>): number {
  const [call] = decodeValue(args.template) as [number, ...unknown[]]; // every call of these histories has its number there
  return call;
}
