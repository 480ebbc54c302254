/**
 * What others ask of this server over their links and sessions, and who answers it.
 *
 * A direct call goes to the dispatcher; any other call is routed on, its payloads untouched; questions about
 * the fabric are answered here; runs are the runner's.
 * N1 every request is answered once, or ended with its link.
 */

import type { Payload } from '../core/payload.ts';
import { HeddleError } from '../errors.ts';
import { toWireError } from '../wire/error.ts';
import type {
  AttachFrame,
  CallFrame,
  CancelRunFrame,
  CreditFrame,
  EndFrame,
  ItemFrame,
  QueryFrame,
  SubmitFrame,
  WatchFrame,
} from '../wire/frame.ts';
import { invocationOf } from './call-frame.ts';
import type { CatalogWatches } from './catalog-watches.ts';
import type { Incoming, RequestFrame } from './conversation.ts';
import type { CallOrigin, Dispatcher } from './dispatcher.ts';
import type { DrainDoor } from './drain-door.ts';
import type { CallEngine, CallHandle, CallSink, Settlement } from './invocation.ts';
import type { Peer } from './peer.ts';
import type { Questions } from './questions.ts';
import type { RunEngine, RunFollower } from './run-engine.ts';
import type { StreamWord } from './stream-port.ts';

export interface EntryOptions {
  readonly dispatcher: Dispatcher;
  readonly engine: CallEngine;
  /** Runs of this server, and those of others. */
  readonly runner: RunEngine;
  readonly runs: RunEngine;
  readonly questions: Questions;
  readonly watches: CatalogWatches;
  readonly drains: DrainDoor;
  readonly nowMs: () => number;
  /** By how much a frame that is read now may be older than it looks. */
  readonly gapMs: (nowMs: number) => number;
  /** Set while no new work is taken. */
  readonly refusal: () => HeddleError | undefined;
}

/** A frame that waited less, in milliseconds, to be read was read at once. */
const waitedMsMin = 10;

export class Entry {
  readonly #options: EntryOptions;

  constructor(options: EntryOptions) {
    this.#options = options;
  }

  onRequest(frame: RequestFrame, peer: Peer): void {
    const problem = unansweredOf(frame);
    if (problem) return refuse(peer, frame.id, problem);
    switch (frame.kind) {
      case 'call':
        return this.#call(frame, peer);
      case 'query':
        return this.#answer(frame, peer);
      case 'submit':
        return this.#submit(frame, peer);
      case 'attach':
        return this.#attach(frame, peer);
      case 'cancelRun':
        return this.#cancelRun(frame, peer);
      case 'watch':
        return this.#watch(frame, peer);
      case 'drain':
        return this.#options.drains.open(frame, peer);
      default:
        return;
    }
  }

  #call(asSent: CallFrame, peer: Peer): void {
    const nowMs = this.#options.nowMs();
    // What lies in an inbox for long has less time left, by a stall or by those before it.
    const gapMs = Math.max(this.#options.gapMs(nowMs), peer.waitedMs < waitedMsMin ? 0 : peer.waitedMs);
    const frame = gapMs === 0 ? asSent : { ...asSent, timeoutMs: Math.max(0, asSent.timeoutMs - gapMs) };
    const { load } = this.#options.dispatcher;
    // Known to whoever admits it, here and now, be it by way of the router.
    load.waitedMs = peer.waitedMs;
    if (frame.isDirect) this.#dispatch(frame, peer);
    else this.#relay(frame, peer, nowMs);
    load.waitedMs = 0;
  }

  #dispatch(frame: CallFrame, peer: Peer): void {
    const answer = new PeerAnswer(frame, peer);
    peer.serve(frame.id, answer);
    answer.handle = this.#options.dispatcher.dispatch(frame, answer);
  }

  #relay(frame: CallFrame, peer: Peer, nowMs: number): void {
    const refusal = this.#options.refusal();
    if (refusal) return refuse(peer, frame.id, refusal);
    const answer = new PeerAnswer(frame, peer);
    peer.serve(frame.id, answer);
    answer.handle = this.#options.engine.start(invocationOf(frame, answer, nowMs), answer);
  }

  #answer(frame: QueryFrame, peer: Peer): void {
    peer.serve(frame.id, { cancel: () => {} });
    try {
      peer.answer({ kind: 'reply', id: frame.id, outcome: { ok: true, value: this.#options.questions.answer(frame) } });
    } catch (error) {
      peer.answer(failure(frame.id, error));
    }
  }

  #watch(frame: WatchFrame, peer: Peer): void {
    try {
      const refusal = this.#options.refusal();
      if (refusal) throw refusal;
      this.#options.watches.watch(frame, peer);
    } catch (error) {
      if (!HeddleError.is(error)) throw error;
      refuse(peer, frame.id, error);
    }
  }

  #submit(frame: SubmitFrame, peer: Peer): void {
    const refusal = this.#options.refusal();
    if (refusal) return refuse(peer, frame.id, refusal);
    const follower = new PeerFollower(peer, frame.id);
    peer.serve(frame.id, follower);
    follower.unfollow = this.#options.runs.submit(frame, follower);
  }

  #attach(frame: AttachFrame, peer: Peer): void {
    const follower = new PeerFollower(peer, frame.id);
    peer.serve(frame.id, follower);
    follower.unfollow = this.#runsFor(peer).attach(frame.runId, frame.fromSequence, follower);
  }

  /** A server that asks has been asked itself: it gets an answer from here, or none. */
  #runsFor(peer: Peer): RunEngine {
    return peer.kind === 'link' ? this.#options.runner : this.#options.runs;
  }

  #cancelRun(frame: CancelRunFrame, peer: Peer): void {
    peer.serve(frame.id, { cancel: () => {} });
    this.#runsFor(peer)
      .cancel(frame.runId, frame.reason)
      .then(
        () => peer.answer({ kind: 'reply', id: frame.id, outcome: { ok: true, value: nothing } }),
        (error: unknown) => peer.answer(failure(frame.id, error)),
      );
  }
}

const nothing: Payload = { encoding: 'undefined', bytes: new Uint8Array(0) };

/** What the protocol has and this server does not do: refused, so that nobody waits for it or takes it for done. */
function unansweredOf(frame: RequestFrame): HeddleError | undefined {
  switch (frame.kind) {
    case 'call':
      return frame.isAgain ? unanswered('a call that is sent again', 'maybe') : undefined;
    case 'outcome':
      return unanswered(`a frame of kind "${frame.kind}"`, 'no');
    default:
      return undefined;
  }
}

function unanswered(what: string, executed: 'no' | 'maybe'): HeddleError {
  return new HeddleError('protocol_error', { problem: `this server does not answer ${what}` }, { executed });
}

function failure(id: number, error: unknown) {
  const known = HeddleError.is(error) ? error : new HeddleError('protocol_error', { problem: String(error) });
  return { kind: 'reply', id, outcome: { ok: false, error: toWireError(known) } } as const;
}

function refuse(peer: Peer, id: number, refusal: HeddleError): void {
  peer.serve(id, { cancel: () => {} });
  peer.answer(failure(id, refusal));
}

/** Passes the end of a call, run here or routed on, back over the link it came by. */
class PeerAnswer implements CallOrigin, CallSink, Incoming {
  readonly callerName: string;
  readonly callerInstance: string;
  /** Who works on it; absent while that is being found out. */
  handle: CallHandle | undefined;
  readonly #peer: Peer;
  readonly #id: number;

  constructor(frame: CallFrame, peer: Peer) {
    this.callerName = frame.callerName ?? peer.identity.name;
    this.callerInstance = frame.caller ?? peer.identity.instance;
    this.#peer = peer;
    this.#id = frame.id;
  }

  settled(settlement: Settlement): void {
    this.#peer.reply(this.#id, settlement);
  }

  progress(value: Payload): void {
    this.#peer.send({ kind: 'progress', id: this.#id, value });
  }

  streamed(word: StreamWord): void {
    this.#peer.send({ ...word, id: this.#id });
  }

  onStream(frame: ItemFrame | CreditFrame | EndFrame): void {
    this.handle?.stream(frame);
  }

  cancel(reason: string): void {
    this.handle?.cancel(reason);
  }
}

/** Sends a run's events to the peer that follows it. */
class PeerFollower implements RunFollower {
  unfollow: (() => void) | undefined;
  readonly #peer: Peer;
  readonly #id: number;
  #hasLeft = false;

  constructor(peer: Peer, id: number) {
    this.#peer = peer;
    this.#id = id;
  }

  onEvent(event: Parameters<RunFollower['onEvent']>[0]): void {
    if (this.#hasLeft) return;
    this.#peer.send({ kind: 'runEvent', id: this.#id, event });
    if (event.kind === 'run.settled') this.#peer.finish(this.#id);
  }

  onFailure(error: HeddleError): void {
    this.#peer.answer(failure(this.#id, error));
  }

  /** The follower left, or its link did: the run goes on (for how long is active-run.ts). */
  cancel(): void {
    this.#hasLeft = true;
    this.unfollow?.();
    this.#peer.finish(this.#id);
  }
}
