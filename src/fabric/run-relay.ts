/**
 * Runs from the point of view of a client's entry: this server's own, or those of another coordinator, followed
 * and cancelled over the link to it.
 *
 * W1 a made runId names its coordinator, which is asked first; then every linked server is, in turn. A server that is
 *    there and has no link yet is waited for: the one named, or any, when a caller chose the runId.
 * W2 a coordinator whose link is lost while it is followed is `coordinator_lost`; so is a run that nobody knows when
 *    a server that was asked, and may have known, was lost or did not answer within `askMs`.
 */

import type { CancelTask, Clock } from '../base/clock.ts';
import { HeddleError } from '../errors.ts';
import { fromWireError } from '../wire/error.ts';
import type { ReplyFrame, RunEventFrame } from '../wire/frame.ts';
import type { Conversation, PeerIdentity } from './conversation.ts';
import type { Peer } from './peer.ts';
import { coordinatorOf } from './run-caller.ts';
import type { RunEngine, RunFollower, SubmitRequest, Unfollow } from './run-engine.ts';
import type { Runner } from './runner.ts';

/** How long one server is asked, in milliseconds. */
const askMs = 1_000;

export interface RunRelayOptions {
  readonly clock: Clock;
  readonly runner: Runner;
  /** Open links to other servers; with a name, only to that one. */
  readonly peers: (server?: string) => readonly Peer[];
  /** Servers that are there, and to which no link is open. */
  readonly unlinked: () => readonly PeerIdentity[];
  /** Waits for a link to one of those; gives what takes the wish back. */
  readonly reach: (server: PeerIdentity, done: (reached: Peer | HeddleError) => void) => CancelTask;
}

/** A server that may know the run, and its link if there is one. */
interface Candidate {
  readonly identity: PeerIdentity;
  readonly peer?: Peer | undefined;
}

export class RunRelay implements RunEngine {
  readonly #options: RunRelayOptions;

  constructor(options: RunRelayOptions) {
    this.#options = options;
  }

  submit(request: SubmitRequest, follower: RunFollower): Unfollow {
    return this.#options.runner.submit(request, follower);
  }

  attach(runId: string, fromSequence: number, follower: RunFollower): Unfollow {
    const { runner } = this.#options;
    if (runner.has(runId)) return runner.attach(runId, fromSequence, follower);
    const search = new AttachSearch(this.#options, { runId, fromSequence, follower, candidates: this.#candidates(runId) });
    search.askNext();
    return () => search.leave();
  }

  async cancel(runId: string, reason: string): Promise<void> {
    const { runner } = this.#options;
    if (runner.has(runId)) return runner.cancel(runId, reason);
    let isOneLost = false;
    for (const candidate of this.#candidates(runId)) {
      const peer = linkOf(candidate, this.#options) ?? (await reached(candidate, this.#options));
      const outcome = peer && (await askCancel(peer, { runId, reason, clock: this.#options.clock }));
      if (outcome?.ok) return;
      const error = outcome && fromWireError(outcome.error);
      if (error && !HeddleError.is(error, 'unknown_run')) throw error;
      isOneLost ||= outcome === undefined;
    }
    throw notFound(runId, isOneLost);
  }

  #candidates(runId: string): readonly Candidate[] {
    const coordinator = coordinatorOf(runId);
    const linked = this.#options.peers().map((peer) => ({ identity: peer.identity, peer }));
    const unlinked = this.#options.unlinked().map((identity) => ({ identity }));
    if (coordinator === undefined) return [...linked, ...unlinked];
    const isNamed = ({ identity }: Candidate): boolean => identity.name === coordinator;
    return [...linked.filter(isNamed), ...unlinked.filter(isNamed), ...linked.filter((candidate) => !isNamed(candidate))];
  }
}

/** Whoever has got a link meanwhile is as good as linked before. */
function linkOf({ identity: { name, instance }, peer }: Candidate, { peers }: RunRelayOptions): Peer | undefined {
  return peer ?? peers(name).find(({ identity }) => identity.instance === instance);
}

/** Undefined when there is no link in time. */
function reached({ identity }: Candidate, { reach }: RunRelayOptions): Promise<Peer | undefined> {
  return new Promise((resolve) => reach(identity, (found) => resolve(HeddleError.is(found) ? undefined : found)));
}

interface Search {
  readonly runId: string;
  readonly fromSequence: number;
  readonly follower: RunFollower;
  readonly candidates: readonly Candidate[];
}

/** Asks one server after another until one knows the run, then follows it there. */
class AttachSearch implements Conversation {
  readonly #options: RunRelayOptions;
  readonly #search: Search;
  #next = 0;
  #isOneLost = false;
  #isFound = false;
  /** The conversation that is open. */
  #asked: { readonly peer: Peer; readonly id: number } | undefined;
  #cancelWait: CancelTask | undefined;

  constructor(options: RunRelayOptions, search: Search) {
    this.#options = options;
    this.#search = search;
  }

  askNext(): void {
    const { runId, follower, candidates } = this.#search;
    this.#asked = undefined;
    this.#cancelWait?.();
    const candidate = candidates[this.#next++];
    if (!candidate) return follower.onFailure(notFound(runId, this.#isOneLost));
    const peer = linkOf(candidate, this.#options);
    if (peer) return this.#ask(peer);
    this.#cancelWait = this.#options.reach(candidate.identity, (found) => {
      if (HeddleError.is(found)) this.#passLost();
      else this.#ask(found);
    });
  }

  leave(): void {
    this.#cancelWait?.();
    if (!this.#asked) return;
    const { peer, id } = this.#asked;
    this.#asked = undefined;
    peer.send({ kind: 'cancel', id, reason: 'the follower left' });
    peer.release(id);
  }

  onRunEvent({ event }: RunEventFrame): void {
    this.#isFound = true;
    this.#cancelWait?.();
    if (event.kind === 'run.settled') this.#asked = undefined;
    this.#search.follower.onEvent(event);
  }

  onReply({ outcome }: ReplyFrame): void {
    this.#cancelWait?.();
    if (outcome.ok)
      return this.#search.follower.onFailure(new HeddleError('protocol_error', { problem: 'a run was answered without events' }));
    const error = fromWireError(outcome.error);
    if (HeddleError.is(error, 'unknown_run')) return this.askNext();
    this.#asked = undefined;
    this.#search.follower.onFailure(error);
  }

  onLost(): void {
    this.#cancelWait?.();
    if (!this.#isFound) return this.#passLost();
    this.#asked = undefined;
    this.#search.follower.onFailure(notFound(this.#search.runId, true));
  }

  #ask(peer: Peer): void {
    // Lost while others were asked.
    if (peer.closed !== undefined) return this.#passLost();
    const { runId, fromSequence } = this.#search;
    const id = peer.reserve(this);
    this.#asked = { peer, id };
    this.#cancelWait = this.#options.clock.schedule(askMs, () => this.#giveUp(peer, id));
    peer.send({ kind: 'attach', id, runId, fromSequence });
  }

  #giveUp(peer: Peer, id: number): void {
    peer.send({ kind: 'cancel', id, reason: 'no answer came in time' });
    peer.release(id);
    this.#passLost();
  }

  #passLost(): void {
    this.#isOneLost = true;
    this.askNext();
  }
}

function notFound(runId: string, isOneLost: boolean): HeddleError {
  return isOneLost ? new HeddleError('coordinator_lost', { runId, partial: {}, steps: {} }) : new HeddleError('unknown_run', { runId });
}

interface CancelQuestion {
  readonly runId: string;
  readonly reason: string;
  readonly clock: Clock;
}

/** Undefined when the server is lost before it answers, or does not answer in time. */
function askCancel(peer: Peer, { runId, reason, clock }: CancelQuestion): Promise<ReplyFrame['outcome'] | undefined> {
  if (peer.closed !== undefined) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const end = (outcome: ReplyFrame['outcome'] | undefined): void => {
      cancelWait();
      resolve(outcome);
    };
    const id = peer.reserve({ onReply: ({ outcome }) => end(outcome), onLost: () => end(undefined) });
    const cancelWait = clock.schedule(askMs, () => {
      peer.release(id);
      end(undefined);
    });
    peer.send({ kind: 'cancelRun', id, runId, reason });
  });
}
