/**
 * Passes the end of a call, run here or routed on, back to whoever waits for it: over the link that it came by, and to
 * those who asked for it over another.
 *
 * A1 everybody who waits is told the end, once.
 * A2 one who gives up is left out; the call is given up when nobody is left.
 * A3 who waits for the whole call is not told `no` of a part of it: of one attempt, or of what one of several entries did.
 * A4 whose caller gives it up and has left is answered to nobody, and asked for by nobody (outcomes.ts forgets it at once): calls
 *    are given up by the thousand. What a relay gives up others may ask for.
 * A5 when the last connection to those who wait is lost, the call is an orphan, and goes on for a while (outcomes.ts).
 */

import type { CallId } from '../../core/outcome/call-id.ts';
import type { Payload } from '../../core/payload.ts';
import { undefinedPayload } from '../../wire/common-messages.ts';
import type { CallFrame, CreditFrame, EndFrame, ItemFrame, Pulling } from '../../wire/frame.ts';
import type { Incoming } from '../link/conversation.ts';
import type { CallHandle, CallSink, Settlement } from '../link/invocation.ts';
import type { Peer } from '../link/peer.ts';
import { type StreamWord, wordAsFrame } from '../link/stream-port.ts';
import { lostWith } from '../link/verdicts.ts';
import type { CallOrigin } from './serving.ts';

/** Who keeps account of the calls of others. */
export interface AnswerKeeper {
  /** It has its end, and these are told it. */
  ended(answer: CallAnswer, settlement: Settlement, told: readonly Follower[]): void;
  /** Its caller has given it up, and nobody will ever ask for it. */
  left(answer: CallAnswer): void;
  /** Nobody is there any more who waits for it. */
  orphaned(answer: CallAnswer): void;
}

export class CallAnswer implements CallOrigin, CallSink, CallId {
  readonly callerName: string;
  readonly callerInstance: string;
  readonly callNumber: number;
  readonly round: number;
  readonly timeoutMs: number;
  /** Its end is held until its receiver has confirmed it: running it twice must not happen, as far as is known here. */
  isHeld: boolean;
  /** It is routed on from here: its end is that of the whole call, not of one attempt. */
  readonly isRelay: boolean;
  /** Others than its caller have waited for its end, and may ask for it or have to pass it on. */
  isShared: boolean;
  /** Has items on the way to or from one peer: nobody else can take it over. */
  readonly isStreamed: boolean;
  /** Its neighbours among the calls without an end; the keeper's. */
  next: CallAnswer | undefined = undefined;
  previous: CallAnswer | undefined = undefined;
  /** Instance of the process that it came from. */
  readonly from: string;
  isSettled = false;
  /** Whose call it is, once that is known. */
  identity: string | undefined = undefined;
  onBehalfOf: string | undefined = undefined;
  /** Given up because nobody came for it. */
  isAborted = false;
  readonly #keeper: AnswerKeeper;
  #handle: CallHandle | undefined = undefined;
  #followers: readonly Follower[];

  constructor(frame: CallFrame, peer: Peer, keeper: AnswerKeeper) {
    this.callerName = frame.callerName ?? peer.identity.name;
    this.callerInstance = frame.caller ?? peer.identity.instance;
    this.callNumber = frame.callNumber;
    this.round = frame.round;
    this.timeoutMs = frame.timeoutMs;
    this.isRelay = !frame.isDirect;
    // What it is where it runs may be stricter than its caller knows.
    this.isHeld = this.isRelay || frame.effect === undefined || frame.effect === 'once';
    this.isStreamed = frame.isStream || frame.hasStreamInput;
    this.from = peer.identity.instance;
    this.isShared = this.from !== this.callerInstance;
    this.#keeper = keeper;
    this.#followers = [new Follower(this, peer, { id: frame.id, isPart: false })];
  }

  get caller(): string {
    return this.callerInstance;
  }

  /** Who works on it; absent while that is being found out. */
  set handle(handle: CallHandle) {
    if (!this.isSettled) this.#handle = handle;
  }

  /** Registers the one who sent it, so that a cancel or the loss of the link reaches it. */
  serve(): void {
    for (const follower of this.#followers) follower.serve();
  }

  /** Somebody else waits for it as well. */
  join(peer: Peer, as: FollowAs): void {
    const follower = new Follower(this, peer, as);
    this.isShared = true;
    this.#followers = [...this.#followers, follower];
    follower.serve();
  }

  /** A2; `hasLeft`: an answer would be dropped. */
  leave(follower: Follower, reason: string, hasLeft: boolean): void {
    if (this.#followers.length > 1) {
      this.#remove(follower);
      return follower.finish();
    }
    const handle = this.#handle;
    if (hasLeft && follower.peer.identity.instance === this.callerInstance) {
      this.#end();
      follower.finish();
      this.#keeper.left(this);
    }
    handle?.cancel(reason);
  }

  get hasLeft(): boolean {
    return this.isSettled;
  }

  lost(follower: Follower): void {
    this.#remove(follower);
    if (this.#followers.length > 0 || this.isSettled) return;
    if (this.isStreamed) this.abort();
    else this.#keeper.orphaned(this);
  }

  /** Nobody came for it. */
  abort(): void {
    this.isAborted = true;
    this.#handle?.cancel('the connection of the caller was lost');
  }

  settled(settlement: Settlement): void {
    if (this.isSettled) return;
    const told = this.#end();
    for (const follower of told) follower.tell(settlement);
    this.#keeper.ended(this, settlement, told);
  }

  /** This process ends, and nobody is told anything. */
  dropped(): void {
    this.#end();
  }

  progress(value: Payload): void {
    for (const { peer, id } of this.#followers) peer.send({ kind: 'progress', id, value });
  }

  pulling(pulling: Pulling): void {
    for (const { peer, id } of this.#followers) peer.send({ kind: 'progress', id, value: undefinedPayload, pulling });
  }

  streamed(word: StreamWord): void {
    for (const { peer, id } of this.#followers) peer.send(wordAsFrame(word, id));
  }

  stream(frame: ItemFrame | CreditFrame | EndFrame): void {
    this.#handle?.stream(frame);
  }

  #end(): readonly Follower[] {
    const told = this.#followers;
    this.isSettled = true;
    this.#handle = undefined;
    this.#followers = nobody;
    return told;
  }

  #remove(follower: Follower): void {
    this.#followers = this.#followers.filter((other) => other !== follower);
  }
}

/** Whether a call that is sent again may have been worked on elsewhere too: by another entry, or in another attempt. */
export function isPartOf(answer: CallAnswer, again: CallFrame): boolean {
  return !again.isDirect && (!answer.isRelay || (again.via ?? []).length > 1);
}

const nobody: readonly Follower[] = [];

/** How one waits for it. */
export interface FollowAs {
  /** The number of its request. */
  readonly id: number;
  /** For the end of a call of which this may be a part. */
  readonly isPart: boolean;
}

/** One who waits for the end of a call. */
export class Follower implements Incoming {
  readonly peer: Peer;
  readonly id: number;
  readonly #answer: CallAnswer;
  readonly #isPart: boolean;

  constructor(answer: CallAnswer, peer: Peer, as: FollowAs) {
    this.#answer = answer;
    this.peer = peer;
    this.id = as.id;
    this.#isPart = as.isPart;
  }

  /** That one part of a call did not run says nothing of the others. */
  tell(settlement: Settlement): void {
    const isUnsaid = this.#isPart && !settlement.outcome.ok && settlement.outcome.error.executed === 'no';
    this.peer.reply(this.id, isUnsaid ? lostWith(settlement.server) : settlement);
  }

  serve(): void {
    this.peer.serve(this.id, this);
  }

  finish(): void {
    this.peer.finish(this.id);
  }

  cancel(reason: string, hasLeft: boolean): void {
    this.#answer.leave(this, reason, hasLeft);
  }

  lost(): void {
    this.#answer.lost(this);
  }

  onStream(frame: ItemFrame | CreditFrame | EndFrame): void {
    this.#answer.stream(frame);
  }
}
