/**
 * One gRPC stream as this room needs it, the same on both sides: messages in order, and one end with its evidence.
 */

import type { Evidence } from './transport.ts';

export interface MessageHandlers {
  onMessage(message: Uint8Array): void;
  /** The stream is over; called once, nothing comes after it. */
  onEnd(evidence: Evidence, message: string): void;
}

export interface MessageStream {
  /** Hands the stream over: messages and the end go to `handlers` from now on. */
  take(handlers: MessageHandlers): void;
  /**
   * Writes one message; `done` is called when the stream has taken it, or never when it ends first. `rest`: how the message goes on,
   * not copied: nobody may write to it before that.
   */
  write(message: Buffer, done: () => void, rest?: Uint8Array): void;
  pause(): void;
  resume(): void;
  /** Nothing more is written; the stream ends when the other side has ended too. */
  end(): void;
  /** Ends the stream now; the dialler's connection with it. `onEnd` is not called any more. */
  destroy(): void;
}

/** For writes whose end nobody waits for. */
export function ignoreDone(): void {}
