/**
 * Conversations over one link, as types: what their two sides and those who wait for room are told.
 */

import type { Evidence } from '../transport/transport.ts';
import type {
  AttachFrame,
  CallFrame,
  CancelRunFrame,
  ProgressFrame,
  QueryFrame,
  ReplyFrame,
  RunEventFrame,
  SubmitFrame,
} from '../wire/frame.ts';

/** Who is at the other end. */
export interface PeerIdentity {
  readonly name: string;
  /** One per process. */
  readonly instance: string;
}

/** The opener's side of one conversation. */
export interface Conversation {
  onReply(frame: ReplyFrame): void;
  onProgress?(frame: ProgressFrame): void;
  onRunEvent?(frame: RunEventFrame): void;
  /** The link closed before the conversation ended. */
  onLost(evidence: Evidence): void;
}

/** Something that waits until the peer takes another conversation. */
export interface RoomWaiter {
  onRoom(): void;
  onLost(evidence: Evidence): void;
}

/** What a peer may ask for. */
export type RequestFrame = CallFrame | QueryFrame | SubmitFrame | AttachFrame | CancelRunFrame;

/** The answering side of one conversation. */
export interface Incoming {
  cancel(reason: string): void;
}
