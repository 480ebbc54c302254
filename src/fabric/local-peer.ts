/**
 * This process as a server of its own calls: the same frames, the same dispatcher, no link.
 *
 * Arguments and results are encoded and decoded as over a wire, so that a function behaves the same wherever
 * it runs.
 */

import { IdMap } from '../base/id-map.ts';
import type { CreditFrame, Frame, ItemFrame, ProgressFrame, ReplyFrame } from '../wire/frame.ts';
import type { Conversation } from './conversation.ts';
import type { Dispatcher, IncomingCall } from './dispatcher.ts';
import type { CallPeer } from './routing-port.ts';
import type { StreamWord } from './stream-port.ts';

export class LocalPeer implements CallPeer {
  /** Admission bounds what runs here; there is no link to fill. */
  readonly isFull = false;
  /** Nothing is lost between here and here. */
  readonly ledger = { received: 0 };
  readonly #dispatcher: Dispatcher;
  readonly #identity: { readonly name: string; readonly instance: string };
  readonly #conversations = new IdMap<Conversation>();
  readonly #incoming = new IdMap<IncomingCall>();
  #nextId = 1;

  constructor(dispatcher: Dispatcher, identity: { readonly name: string; readonly instance: string }) {
    this.#dispatcher = dispatcher;
    this.#identity = identity;
  }

  reserve(conversation: Conversation): number {
    const id = this.#nextId++;
    this.#conversations.add(id, conversation);
    return id;
  }

  release(id: number): void {
    this.#conversations.take(id);
    this.#incoming.take(id);
  }

  send(frame: Frame): void {
    if (frame.kind === 'cancel') return this.#cancel(frame.id, frame.reason);
    if (frame.kind === 'item' || frame.kind === 'credit' || frame.kind === 'end') return this.#incoming.get(frame.id)?.stream(frame);
    if (frame.kind !== 'call') return;
    const { id } = frame;
    const incoming = this.#dispatcher.dispatch(frame, {
      callerName: frame.callerName ?? this.#identity.name,
      callerInstance: frame.caller ?? this.#identity.instance,
      isOwn: true,
      settled: (settlement) => this.#reply({ ...settlement, outcome: ownOutcome(settlement.outcome), kind: 'reply', id }),
      streamed: (word) => this.#streamed(id, word),
      progress: (value) => this.#conversations.get(id)?.onProgress?.({ kind: 'progress', id, value } satisfies ProgressFrame),
    });
    if (this.#conversations.has(id)) this.#incoming.add(id, incoming);
  }

  /** Never called: `isFull` is always false. */
  whenRoom(): boolean {
    return true;
  }

  leaveQueue(): void {}

  /** Whoever cancels has done with the call: the answer, which comes at once here, is for nobody. */
  #cancel(id: number, reason: string): void {
    const incoming = this.#incoming.get(id);
    this.release(id);
    incoming?.cancel(reason);
  }

  #streamed(id: number, word: StreamWord): void {
    // What a function says is an item or a credit: only an argument has an end of its own.
    this.#conversations.get(id)?.onStream?.({ ...word, id } as ItemFrame | CreditFrame);
  }

  #reply(frame: ReplyFrame): void {
    const conversation = this.#conversations.get(frame.id);
    this.release(frame.id);
    conversation?.onReply(frame);
  }
}

/** Bytes that a handler gives are still its own, and it may write to them again: what goes on is a copy, as over a wire. */
function ownOutcome(outcome: ReplyFrame['outcome']): ReplyFrame['outcome'] {
  if (!outcome.ok || outcome.value.encoding !== 'bytes') return outcome;
  return { ok: true, value: { encoding: 'bytes', bytes: new Uint8Array(outcome.value.bytes) } };
}
