/**
 * Runs from the point of view of a client's entry: this server's own, or those of another coordinator, followed
 * and cancelled over the link to it.
 *
 * W1 a made runId names its coordinator; for a chosen one every linked server is asked in turn.
 * W2 a coordinator whose link is lost while it is followed is `coordinator_lost`.
 */

import { HeddleError } from '../errors.ts';
import { fromWireError } from '../wire/error.ts';
import type { ReplyFrame } from '../wire/frame.ts';
import type { Conversation } from './conversation.ts';
import type { Peer } from './peer.ts';
import { coordinatorOf } from './run-caller.ts';
import type { RunEngine, RunFollower, SubmitRequest, Unfollow } from './run-engine.ts';
import type { Runner } from './runner.ts';

export interface RunRelayOptions {
  readonly runner: Runner;
  /** Open links to other servers; with a name, only to that one. */
  readonly peers: (server?: string) => readonly Peer[];
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
    const search = new AttachSearch(runId, fromSequence, follower);
    search.ask(this.#candidates(runId));
    return () => search.leave();
  }

  async cancel(runId: string, reason: string): Promise<void> {
    const { runner } = this.#options;
    if (runner.has(runId)) return runner.cancel(runId, reason);
    for (const peer of this.#candidates(runId)) {
      const outcome = await askCancel(peer, runId, reason);
      if (outcome.ok) return;
      const error = fromWireError(outcome.error);
      if (!HeddleError.is(error, 'unknown_run')) throw error;
    }
    throw new HeddleError('unknown_run', { runId });
  }

  #candidates(runId: string): readonly Peer[] {
    const coordinator = coordinatorOf(runId);
    const named = coordinator === undefined ? [] : this.#options.peers(coordinator);
    return named.length > 0 ? named : this.#options.peers();
  }
}

/** Asks one server after another until one knows the run, then follows it there. */
class AttachSearch {
  readonly #runId: string;
  readonly #fromSequence: number;
  readonly #follower: RunFollower;
  #peer: Peer | undefined;
  #id = 0;

  constructor(runId: string, fromSequence: number, follower: RunFollower) {
    this.#runId = runId;
    this.#fromSequence = fromSequence;
    this.#follower = follower;
  }

  ask(peers: readonly Peer[]): void {
    const [peer, ...others] = peers;
    if (!peer) return this.#follower.onFailure(new HeddleError('unknown_run', { runId: this.#runId }));
    const conversation: Conversation = {
      onReply: ({ outcome }) => this.#onReply(outcome, others),
      onRunEvent: ({ event }) => this.#follower.onEvent(event),
      onLost: () => this.#follower.onFailure(new HeddleError('coordinator_lost', { runId: this.#runId, partial: {}, steps: {} })),
    };
    this.#peer = peer;
    this.#id = peer.reserve(conversation);
    peer.send({ kind: 'attach', id: this.#id, runId: this.#runId, fromSequence: this.#fromSequence });
  }

  leave(): void {
    this.#peer?.send({ kind: 'cancel', id: this.#id, reason: 'the follower left' });
    this.#peer?.release(this.#id);
  }

  #onReply(outcome: ReplyFrame['outcome'], others: readonly Peer[]): void {
    this.#peer = undefined;
    if (outcome.ok) return;
    const error = fromWireError(outcome.error);
    if (HeddleError.is(error, 'unknown_run')) this.ask(others);
    else this.#follower.onFailure(error);
  }
}

function askCancel(peer: Peer, runId: string, reason: string): Promise<ReplyFrame['outcome']> {
  return new Promise((resolve, reject) => {
    const conversation: Conversation = {
      onReply: ({ outcome }) => resolve(outcome),
      onLost: () => reject(new HeddleError('connection_lost', { server: peer.identity.name })),
    };
    peer.send({ kind: 'cancelRun', id: peer.reserve(conversation), runId, reason });
  });
}
