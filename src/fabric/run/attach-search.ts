/**
 * The search for a run at the servers that may coordinate it, and the following of it where it is found.
 *
 * A1 whoever follows hears the events of one server, or one failure. A2 a server that is lost, or does not answer within `askMs`, is
 *    passed over; it may have known the run, so nobody else's knowing nothing says that there is none (`coordinator_lost`).
 */

import type { CancelTask } from '../../base/clock.ts';
import { HeddleError } from '../../errors.ts';
import { fromWireError } from '../../wire/error.ts';
import type { ReplyFrame, RunEventFrame } from '../../wire/frame.ts';
import type { Conversation } from '../link/conversation.ts';
import { askMs, type Candidate, linkOf, type OtherServers } from '../link/other-servers.ts';
import type { Peer } from '../link/peer.ts';
import { notFound } from './run-candidates.ts';
import type { RunFollower, Unfollow } from './run-engine.ts';

export interface Search {
  readonly runId: string;
  readonly fromSequence: number;
  readonly follower: RunFollower;
  readonly candidates: readonly Candidate[];
}

/** Asks one server after another until one knows the run, then follows it there. Gives what ends that. */
export function attachElsewhere(others: OtherServers, wanted: Search): Unfollow {
  const search = new AttachSearch(others, wanted);
  search.askNext();
  return () => search.leave();
}

class AttachSearch implements Conversation {
  readonly #options: OtherServers;
  readonly #search: Search;
  #next = 0;
  #isOneLost = false;
  #isFound = false;
  /** The conversation that is open. */
  #asked: { readonly peer: Peer; readonly id: number } | undefined;
  #cancelWait: CancelTask | undefined;

  constructor(options: OtherServers, search: Search) {
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
    peer.send({ kind: 'cancel', id, reason: 'the follower left', hasLeft: false });
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
    peer.send({ kind: 'attach', id, runId, fromSequence, identity: this.#options.identity });
  }

  #giveUp(peer: Peer, id: number): void {
    peer.send({ kind: 'cancel', id, reason: 'no answer came in time', hasLeft: false });
    peer.release(id);
    this.#passLost();
  }

  #passLost(): void {
    this.#isOneLost = true;
    this.askNext();
  }
}
