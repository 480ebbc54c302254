/**
 * This process as a server of its own calls: the same frames, the same dispatcher, no link.
 *
 * Arguments and results are encoded and decoded as over a wire, so that a function behaves the same wherever
 * it runs.
 */

import { IdMap } from '../../base/id-map.ts';
import type { Payload } from '../../core/payload.ts';
import type { HeddleError } from '../../errors.ts';
import { undefinedPayload } from '../../wire/common-messages.ts';
import type { CallFrame, CreditFrame, Frame, ItemFrame, Pulling, ReplyFrame } from '../../wire/frame.ts';
import type { CallPeer } from '../call/routing-port.ts';
import type { Conversation } from '../link/conversation.ts';
import type { Gate } from '../link/gate.ts';
import type { Settlement } from '../link/invocation.ts';
import { failure } from '../link/responses.ts';
import { type StreamWord, wordAsFrame } from '../link/stream-port.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { CallOrigin, IncomingCall } from './serving.ts';

export class LocalPeer implements CallPeer {
  /** Admission bounds what runs here; there is no link to fill. */
  readonly isFull = false;
  /** Nothing is lost between here and here. */
  readonly ledger = { received: 0 };
  readonly #dispatcher: Dispatcher;
  readonly #identity: { readonly name: string; readonly instance: string };
  readonly #gate: Gate;
  readonly #calls = new IdMap<OwnCall>();
  #nextId = 1;

  constructor(dispatcher: Dispatcher, identity: { readonly name: string; readonly instance: string }, gate: Gate) {
    this.#dispatcher = dispatcher;
    this.#identity = identity;
    this.#gate = gate;
  }

  reserve(conversation: Conversation): number {
    const id = this.#nextId++;
    this.#calls.add(id, new OwnCall(this, id, conversation));
    return id;
  }

  release(id: number): void {
    const call = this.#calls.take(id);
    if (call) call.hasLeft = true;
  }

  send(frame: Frame): void {
    switch (frame.kind) {
      case 'call':
        return this.#dispatch(frame);
      case 'cancel':
        return this.#cancel(frame.id, frame.reason);
      case 'item':
      case 'credit':
      case 'end':
        return this.#calls.get(frame.id)?.incoming?.stream(frame);
      default:
    }
  }

  /** Never called: `isFull` is always false. */
  whenRoom(): boolean {
    return true;
  }

  leaveQueue(): void {}

  #dispatch(frame: CallFrame): void {
    const call = this.#calls.get(frame.id);
    if (!call) return;
    call.callerName = frame.callerName ?? this.#identity.name;
    call.callerInstance = frame.caller ?? this.#identity.instance;
    call.identity = frame.identity;
    call.onBehalfOf = frame.onBehalfOf;
    const refusal = this.#refusal(frame);
    if (refusal) return call.settled({ outcome: failure(refusal), server: this.#identity.name });
    call.incoming = this.#dispatcher.dispatch(frame, call);
  }

  /** Here as everywhere: where a call runs makes no difference to who may make it. */
  #refusal(frame: CallFrame): HeddleError | undefined {
    if (!this.#gate.hasRules) return undefined;
    const verb = frame.isStep === true ? 'submit' : 'call';
    const { function: name, onBehalfOf, identity = this.#gate.self } = frame;
    return this.#gate.refusal(identity, { verb, name, peer: this.#identity.name, onBehalfOf });
  }

  /** Whoever cancels has done with the call: the answer, which comes at once here, is for nobody. */
  #cancel(id: number, reason: string): void {
    const call = this.#calls.get(id);
    this.release(id);
    call?.incoming?.cancel(reason);
  }
}

/** Both ends of one call: who made it, and what runs it. */
class OwnCall implements CallOrigin {
  readonly isOwn = true;
  callerName = '';
  callerInstance = '';
  identity: string | undefined = undefined;
  onBehalfOf: string | undefined = undefined;
  hasLeft = false;
  incoming: IncomingCall | undefined = undefined;
  readonly #peer: LocalPeer;
  readonly #id: number;
  readonly #conversation: Conversation;

  constructor(peer: LocalPeer, id: number, conversation: Conversation) {
    this.#peer = peer;
    this.#id = id;
    this.#conversation = conversation;
  }

  settled({ outcome, server, freeSlots, serverMicros }: Settlement): void {
    if (this.hasLeft) return;
    this.#peer.release(this.#id);
    this.#conversation.onReply({ kind: 'reply', id: this.#id, outcome: ownOutcome(outcome), server, freeSlots, serverMicros });
  }

  streamed(word: StreamWord): void {
    // What a function says is an item or a credit: only an argument has an end of its own.
    if (!this.hasLeft) this.#conversation.onStream?.(wordAsFrame(word, this.#id) as ItemFrame | CreditFrame);
  }

  progress(value: Payload): void {
    if (!this.hasLeft) this.#conversation.onProgress?.({ kind: 'progress', id: this.#id, value });
  }

  pulling(pulling: Pulling): void {
    if (!this.hasLeft) this.#conversation.onProgress?.({ kind: 'progress', id: this.#id, value: undefinedPayload, pulling });
  }
}

/** Bytes that a handler gives are still its own, and it may write to them again: what goes on is a copy, as over a wire. */
function ownOutcome(outcome: ReplyFrame['outcome']): ReplyFrame['outcome'] {
  if (!outcome.ok || outcome.value.encoding !== 'bytes' || outcome.value.parked) return outcome;
  return { ok: true, value: { encoding: 'bytes', bytes: new Uint8Array(outcome.value.bytes) } };
}
