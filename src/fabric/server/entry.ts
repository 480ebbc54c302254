/**
 * What others ask of this server over their links and sessions, and who answers it.
 *
 * Calls go to the desk (call-desk.ts); questions about the fabric are answered here; runs are the runner's.
 * N1 every request is answered once, or ended with its link.
 */

import type { Clock } from '../../base/clock.ts';
import type { Payload } from '../../core/payload.ts';
import { HeddleError } from '../../errors.ts';
import type {
  AttachFrame,
  CallFrame,
  CancelRunFrame,
  DrainFrame,
  GroupFrame,
  OutcomeFrame,
  QueryFrame,
  SubmitFrame,
  WatchFrame,
} from '../../wire/frame.ts';
import type { PullDesk } from '../hand-off/pull-desk.ts';
import type { RequestFrame } from '../link/conversation.ts';
import type { Gate, Wished } from '../link/gate.ts';
import type { Peer } from '../link/peer.ts';
import { failure, refuse, respond, unattended } from '../link/responses.ts';
import { Sight } from '../link/sight.ts';
import { Term } from '../link/term.ts';
import type { CatalogWatches } from '../mesh/catalog-watches.ts';
import { type KeptRuns, OwnedRuns } from '../run/owned-runs.ts';
import { PeerFollower } from '../run/peer-follower.ts';
import type { RunEngine, RunInspector } from '../run/run-engine.ts';
import type { RunRelay } from '../run/run-relay.ts';
import { askerOfRun, mayHear } from '../serve/admitted-call.ts';
import type { CallDesk } from '../serve/call-desk.ts';
import type { DrainDoor } from './drain-door.ts';
import type { ProofRenewal } from './proof-renewal.ts';
import type { Questions } from './questions.ts';

export interface EntryOptions {
  readonly calls: CallDesk;
  /** Runs of this server, and those of others. */
  readonly runner: KeptRuns;
  readonly runs: RunRelay;
  readonly gate: Gate;
  readonly renewal: ProofRenewal;
  readonly questions: Questions;
  readonly watches: CatalogWatches;
  readonly drains: DrainDoor;
  readonly pulls: PullDesk;
  readonly clock: Clock;
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
        return this.#drain(frame, peer);
      case 'pull':
        return this.#options.pulls.take(frame, peer);
      case 'outcome':
        return this.#outcome(frame, peer);
    }
  }

  onGroup({ kind, calls }: GroupFrame, peer: Peer): void {
    const gapMs = this.#gapMs(this.#options.clock.nowMs(), peer);
    const aged = gapMs === 0 ? calls : calls.map((grouped) => ({ ...grouped, call: withTimeLeft(grouped.call, gapMs) }));
    this.#options.calls.takeGroup({ kind, calls: aged }, peer);
  }

  #call(asSent: CallFrame, peer: Peer): void {
    const nowMs = this.#options.clock.nowMs();
    this.#options.calls.take(withTimeLeft(asSent, this.#gapMs(nowMs, peer)), peer, nowMs);
  }

  /** What lies in an inbox for long has less time left, by a stall or by those before it. */
  #gapMs(nowMs: number, peer: Peer): number {
    return Math.max(this.#options.gapMs(nowMs), peer.waitedMs < waitedMsMin ? 0 : peer.waitedMs);
  }

  /** Of a client's calls by the number under which they are known here. */
  #outcome(frame: OutcomeFrame, peer: Peer): void {
    const { calls, gate } = this.#options;
    if (!mayHear(gate, frame, peer)) return peer.send({ kind: 'standing', id: frame.id, state: 'forgotten' });
    calls.outcomes.answer(peer.kind === 'session' ? { ...frame, caller: peer.identity.instance } : frame, peer);
  }

  #answer(frame: QueryFrame, peer: Peer): void {
    const sight = this.#admit(frame, peer);
    if (!sight) return;
    try {
      if (frame.about === 'me') return this.#answerLater(frame.id, peer, this.#options.renewal.answer(frame, peer));
      const asker = { runs: this.#runsFor(peer, sight.asker), isServer: peer.kind === 'link', sight };
      const value = this.#options.questions.answer(frame, asker);
      if (value instanceof Promise) this.#answerLater(frame.id, peer, value);
      else respond(peer, frame.id, { ok: true, value });
    } catch (error) {
      refuse(peer, frame.id, error);
    }
  }

  #answerLater(id: number, peer: Peer, value: Promise<Payload>): void {
    peer.serve(id, unattended);
    value.then(
      (known) => peer.reply(id, { outcome: { ok: true, value: known } }),
      (error: unknown) => peer.reply(id, { outcome: failure(error) }),
    );
  }

  #watch(frame: WatchFrame, peer: Peer): void {
    const sight = this.#admit(frame, peer);
    if (!sight) return;
    try {
      const refusal = this.#options.refusal();
      if (refusal) throw refusal;
      const term = this.#termOf(peer, sight, { verb: 'watch', name: 'the catalog' });
      this.#options.watches.watch(frame, peer, { shows: (name) => sight.shows(name), term });
    } catch (error) {
      if (!HeddleError.is(error)) throw error;
      refuse(peer, frame.id, error);
    }
  }

  #drain(frame: DrainFrame, peer: Peer): void {
    const sight = this.#admit(frame, peer);
    if (sight) this.#options.drains.open(frame, peer, sight);
  }

  #submit(frame: SubmitFrame, peer: Peer): void {
    const refusal = this.#options.refusal();
    if (refusal) return refuse(peer, frame.id, refusal);
    const asker = askerOfRun(this.#options.gate, frame, peer);
    if (typeof asker !== 'string') return refuse(peer, frame.id, asker);
    const follower = new PeerFollower(peer, frame.id, this.#options.clock);
    peer.serve(frame.id, follower);
    // What a server hands over is not handed on.
    follower.unfollow = this.#runsFor(peer, asker).submit({ checked: undefined, ...frame, identity: undefined }, follower);
  }

  #attach(frame: AttachFrame, peer: Peer): void {
    const sight = this.#admit(frame, peer);
    if (!sight) return;
    const follower = new PeerFollower(peer, frame.id, this.#options.clock);
    peer.serve(frame.id, follower);
    follower.unfollow = this.#runsFor(peer, sight.asker).attach(frame.runId, frame.fromSequence, follower);
    follower.endWith(this.#termOf(peer, sight, { verb: 'attach', name: frame.runId }));
  }

  /** What was asked without an end of its own ends with the peer's proof. */
  #termOf({ identity }: Peer, { asker }: Sight, what: Pick<Wished, 'verb' | 'name'>): Term {
    const { gate, clock } = this.#options;
    const error = (): HeddleError => gate.outlived(asker, { ...what, peer: identity.name });
    return new Term({ proof: identity.proof, clock, error });
  }

  /** A server that asks has been asked itself: it gets an answer from here, or none. */
  #runsFor(peer: Peer, asker: string): RunEngine & RunInspector {
    const { runner, runs, gate } = this.#options;
    if (!gate.tells) return peer.kind === 'link' ? runner : runs;
    const owned = new OwnedRuns(runner, asker, gate);
    return peer.kind === 'link' ? owned : runs.as(asker, owned);
  }

  /** What the asker may see and do; refused here where it is not to be believed, or has to prove itself again. */
  #admit(frame: { readonly id: number; readonly identity?: string | undefined; readonly about?: unknown }, peer: Peer): Sight | undefined {
    const { gate } = this.#options;
    // Whoever brings a fresh token may do that after the last one has ended.
    const asker = frame.about === 'me' ? '' : gate.askerOf(peer, frame.identity);
    if (typeof asker === 'string') return new Sight(gate, asker, peer.identity.name);
    refuse(peer, frame.id, asker);
    return undefined;
  }

  #cancelRun(frame: CancelRunFrame, peer: Peer): void {
    const { id, runId, reason } = frame;
    const sight = this.#admit(frame, peer);
    if (!sight) return;
    this.#answerLater(
      id,
      peer,
      this.#runsFor(peer, sight.asker)
        .cancel(runId, reason)
        .then(() => nothing),
    );
  }
}

const nothing: Payload = { encoding: 'undefined', bytes: new Uint8Array(0) };

function withTimeLeft(frame: CallFrame, gapMs: number): CallFrame {
  return gapMs === 0 ? frame : { ...frame, timeoutMs: Math.max(0, frame.timeoutMs - gapMs) };
}
