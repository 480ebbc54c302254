/**
 * Answers pulls: of values that are kept here, and, for clients, of those that another server keeps, whose words are passed on.
 *
 * D1 a server is answered from here or not at all; only a client's pull is passed on.
 * D2 whoever passes on keeps nothing: what is under way is bounded by the credit of the client.
 */

import { HeddleError } from '../../errors.ts';
import type { CreditFrame, EndFrame, ItemFrame, PullFrame, ReplyFrame } from '../../wire/frame.ts';
import type { Conversation, Incoming } from '../link/conversation.ts';
import type { Peer } from '../link/peer.ts';
import { failure, refuse } from '../link/responses.ts';
import type { KeptValue } from './kept-value.ts';
import { lostValue } from './lost-value.ts';
import type { ParkedValues } from './parked-values.ts';
import type { PullPeer } from './pull.ts';
import type { PullerOptions } from './puller.ts';
import { ServedPull } from './served-pull.ts';
import type { ValueParts } from './value-parts.ts';

export interface PullDeskOptions {
  readonly values: ParkedValues;
  readonly parts: ValueParts;
  /** Instance of this server. */
  readonly instance: string;
  readonly reach: PullerOptions['reach'];
}

export class PullDesk {
  readonly #options: PullDeskOptions;

  constructor(options: PullDeskOptions) {
    this.#options = options;
  }

  take(frame: PullFrame, peer: Peer): void {
    const { parked } = frame;
    const value = this.#options.values.find(parked);
    if (value && (frame.path || frame.listBytes !== undefined)) return void this.#answerPart(value, frame, peer);
    if (value) return new ServedPull(value, frame, peer).start();
    const isElsewhere = parked.instance !== this.#options.instance && peer.kind === 'session';
    if (isElsewhere) return new RelayedPull(frame, peer).start(this.#options.reach);
    refuse(peer, frame.id, lostValue(parked, { step: '', why: 'it is not there any more' }));
  }

  async #answerPart(value: KeptValue, { id, parked, path = [], listBytes }: PullFrame, peer: Peer): Promise<void> {
    const answer = new PartAnswer(id, peer);
    peer.serve(id, answer);
    try {
      answer.end({ ok: true, value: await this.#options.parts.take(value, { parked, path, listBytes }) });
    } catch (problem) {
      answer.end(failure(HeddleError.is(problem) ? problem : lostValue(parked, { step: '', why: 'it cannot be looked into' })));
    }
  }
}

/** The answer to whoever asked for a part, unless that was given up. */
class PartAnswer implements Incoming {
  readonly #id: number;
  readonly #peer: Peer;
  #isOver = false;

  constructor(id: number, peer: Peer) {
    this.#id = id;
    this.#peer = peer;
  }

  end(outcome: ReplyFrame['outcome']): void {
    if (!this.#isOver) this.#peer.reply(this.#id, { outcome });
    this.#isOver = true;
  }

  cancel(reason: string): void {
    this.end(failure(new HeddleError('cancelled', { reason }, { executed: 'no' })));
  }

  lost(): void {
    this.#isOver = true;
  }
}

/** A client's pull, passed on to the server that keeps the value. */
class RelayedPull implements Incoming, Conversation {
  readonly #frame: PullFrame;
  readonly #client: Peer;
  #keeper: { readonly peer: PullPeer; readonly id: number } | undefined;
  #leaveReach: (() => void) | undefined;
  /** Granted before there was anybody to tell. */
  #credit: number;
  #isOver = false;

  constructor(frame: PullFrame, client: Peer) {
    this.#frame = frame;
    this.#client = client;
    this.#credit = frame.credit;
  }

  start(reach: PullDeskOptions['reach']): void {
    this.#client.serve(this.#frame.id, this);
    this.#leaveReach = reach(this.#frame.parked, (reached) => this.#reached(reached));
  }

  onStream(frame: ItemFrame | CreditFrame | EndFrame): void {
    if (frame.kind === 'item') this.#client.send({ ...frame, id: this.#frame.id, isFromOpener: false });
    else if (frame.kind === 'credit' && this.#keeper) this.#keeper.peer.send({ ...frame, id: this.#keeper.id, isFromOpener: true });
    else if (frame.kind === 'credit') this.#credit += frame.bytes;
  }

  onReply({ outcome }: ReplyFrame): void {
    this.#end(outcome);
  }

  onLost(): void {
    this.#fail(lostValue(this.#frame.parked, { step: '', why: 'the connection to it was lost' }));
  }

  cancel(reason: string): void {
    this.#giveUp(reason);
    this.#fail(new HeddleError('cancelled', { reason }, { executed: 'no' }));
  }

  lost(): void {
    this.#giveUp('the client is gone');
    this.#isOver = true;
  }

  #reached(reached: PullPeer | HeddleError): void {
    if (this.#isOver) return;
    if (HeddleError.is(reached)) return this.#fail(lostValue(this.#frame.parked, { step: '', why: reached.message }));
    const id = reached.reserve(this);
    this.#keeper = { peer: reached, id };
    reached.send({ ...this.#frame, id, credit: this.#credit });
  }

  #giveUp(reason: string): void {
    this.#leaveReach?.();
    if (this.#isOver || !this.#keeper) return;
    this.#keeper.peer.send({ kind: 'cancel', id: this.#keeper.id, reason, hasLeft: false });
    this.#keeper.peer.release(this.#keeper.id);
  }

  #fail(error: HeddleError): void {
    this.#end(failure(error));
  }

  #end(outcome: ReplyFrame['outcome']): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#client.reply(this.#frame.id, { outcome });
  }
}
