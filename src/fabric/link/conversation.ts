/**
 * Conversations over one link, as types: what their two sides and those who wait for room are told.
 */

import type { Evidence } from '../../transport/transport.ts';
import type {
  AttachFrame,
  CallFrame,
  CancelRunFrame,
  CreditFrame,
  DrainFrame,
  EndFrame,
  ItemFrame,
  OutcomeFrame,
  ProgressFrame,
  PullFrame,
  QueryFrame,
  ReplyFrame,
  RunEventFrame,
  StandingFrame,
  SubmitFrame,
  WatchFrame,
} from '../../wire/frame.ts';
import type { Account } from './accounts.ts';
import type { Proof } from './proof.ts';

/** Who is at the other end. */
export interface PeerIdentity {
  readonly name: string;
  /** One per process. */
  readonly instance: string;
  /** What a client calls its process, where that is not `instance` (server/client-greeting.ts). */
  readonly said?: string | undefined;
  /** Who that has been proved to be; absent: it was not asked. */
  readonly proof?: Proof | undefined;
  /** Who pays for what it asks; absent: nobody counts. */
  readonly account?: Account | undefined;
}

/** The opener's side of one conversation. */
export interface Conversation {
  onReply(frame: ReplyFrame): void;
  onProgress?(frame: ProgressFrame): void;
  onRunEvent?(frame: RunEventFrame): void;
  /** Items of the result, or credit for the streamed argument. */
  onStream?(frame: ItemFrame | CreditFrame): void;
  /** What became of the call asked about; `never` and `forgotten` end the conversation. */
  onStanding?(frame: StandingFrame): void;
  /** The link closed before the conversation ended. */
  onLost(evidence: Evidence): void;
}

/** Something that waits until the peer takes another conversation. */
export interface RoomWaiter {
  onRoom(): void;
  onLost(evidence: Evidence): void;
}

/** What a peer may ask for. */
export type RequestFrame =
  | CallFrame
  | QueryFrame
  | SubmitFrame
  | AttachFrame
  | CancelRunFrame
  | OutcomeFrame
  | WatchFrame
  | DrainFrame
  | PullFrame;

/** The answering side of one conversation. */
export interface Incoming {
  /** `hasLeft`: it waits for no answer either, and would drop one. */
  cancel(reason: string, hasLeft: boolean): void;
  /** The link closed; absent: as a cancel. */
  lost?(): void;
  /** Items of the streamed argument and its end, or credit for the result. */
  onStream?(frame: ItemFrame | CreditFrame | EndFrame): void;
}
