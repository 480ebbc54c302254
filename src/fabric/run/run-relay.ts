/**
 * Runs from the point of view of a client's entry: this server's own, or those of another coordinator, followed,
 * cancelled and described over the link to it.
 *
 * W0 a run that was asked for here may be handed to a server that is placed better (run-placing.ts, handed-run.ts); it is found there.
 * W1 servers are asked in turn, the likeliest first (run-candidates.ts, attach-search.ts).
 * W2 a coordinator whose link is lost while it is followed is `coordinator_lost`; so is a run that nobody knows when
 *    a server that was asked, and may have known, was lost or did not answer within `askMs`.
 */

import { setBounded } from '../../base/bounded-map.ts';
import type { RunSummary, RunView } from '../../core/workflow/run-view.ts';
import { HeddleError } from '../../errors.ts';
import { fromWireError } from '../../wire/error.ts';
import type { PeerIdentity } from '../link/conversation.ts';
import { ask, type Candidate, type OtherServers } from '../link/other-servers.ts';
import type { Peer } from '../link/peer.ts';
import { attachElsewhere } from './attach-search.ts';
import { HandedRun } from './handed-run.ts';
import type { KeptRuns } from './owned-runs.ts';
import { candidatesFor, notFound } from './run-candidates.ts';
import type { RunEngine, RunFollower, RunInspector, SubmitRequest, Unfollow } from './run-engine.ts';
import { describeElsewhere, inOrder, listElsewhere } from './run-inquiry.ts';
import type { RunPlacing } from './run-placing.ts';

export interface RunRelayOptions extends OtherServers {
  readonly runner: KeptRuns;
  /** Its own runs are coordinated here: another server would have to speak for it, and is not believed. */
  readonly keepsOwn?: boolean | undefined;
  /** Absent: every run that is asked for here is coordinated here. */
  readonly placing?: RunPlacing | undefined;
}

/** What is known of the runs that others coordinate, whoever asked for them. */
interface Shared {
  /** By runId. */
  readonly handed: Map<string, PeerIdentity>;
  readonly following: Set<HandedRun>;
  readonly idle: Set<() => void>;
}

/** Runs of which is remembered to whom they were handed. */
const handedMax = 1_000;

export class RunRelay implements RunEngine, RunInspector {
  readonly #options: RunRelayOptions;
  readonly #shared: Shared;

  constructor(options: RunRelayOptions, shared: Shared = { handed: new Map(), following: new Set(), idle: new Set() }) {
    this.#options = options;
    this.#shared = shared;
  }

  /** The same runs, as far as they are somebody's business (`identity`), who is named wherever they are looked for. */
  as(identity: string, runner: KeptRuns): RunRelay {
    return new RunRelay({ ...this.#options, identity, runner }, this.#shared);
  }

  /** Who may be asked besides. */
  get peers(): OtherServers {
    return this.#options;
  }

  /** Runs that others coordinate for this server, and that have not settled. */
  get following(): number {
    return this.#shared.following.size;
  }

  /** Of those the ids that are known here, the oldest first. */
  followedIds(): readonly string[] {
    return [...this.#shared.following].flatMap(({ runId }) => runId ?? []);
  }

  /** Resolves when nothing is followed for others any more. */
  idle(): Promise<void> {
    if (this.following === 0) return Promise.resolve();
    return new Promise((resolve) => this.#shared.idle.add(resolve));
  }

  submit(request: SubmitRequest, follower: RunFollower): Unfollow {
    const { runner, placing, identity, keepsOwn } = this.#options;
    const { runId } = request;
    if (!placing || (keepsOwn === true && identity === undefined) || (runId !== undefined && runner.has(runId)))
      return runner.submit(request, follower);
    if (runId !== undefined && this.#shared.handed.has(runId)) return this.attach(runId, 1, follower);
    try {
      const { request: placed, peer } = placing.place(identity === undefined ? request : { ...request, identity });
      return peer ? this.#handOver(placed, peer, follower) : runner.submit(placed, follower);
    } catch (error) {
      if (!HeddleError.is(error)) throw error;
      follower.onFailure(error);
      return () => {};
    }
  }

  attach(runId: string, fromSequence: number, follower: RunFollower): Unfollow {
    const { runner } = this.#options;
    if (runner.has(runId)) return runner.attach(runId, fromSequence, follower);
    return attachElsewhere(this.#options, { runId, fromSequence, follower, candidates: this.#candidatesFor(runId) });
  }

  async cancel(runId: string, reason: string): Promise<void> {
    const { runner } = this.#options;
    if (runner.has(runId)) return runner.cancel(runId, reason);
    const { identity } = this.#options;
    let isOneLost = false;
    for (const candidate of this.#candidatesFor(runId)) {
      const outcome = await ask(this.#options, candidate, (peer, id) => peer.send({ kind: 'cancelRun', id, runId, reason, identity }));
      if (outcome?.ok) return;
      const error = outcome && fromWireError(outcome.error);
      if (error && !HeddleError.is(error, 'unknown_run')) throw error;
      isOneLost ||= outcome === undefined;
    }
    throw notFound(runId, isOneLost);
  }

  async describe(runId: string): Promise<RunView> {
    const { runner } = this.#options;
    return runner.has(runId) ? runner.describe(runId) : describeElsewhere(this.#options, runId, this.#candidatesFor(runId));
  }

  async list(): Promise<readonly RunSummary[]> {
    const [own, others] = await Promise.all([this.#options.runner.list(), listElsewhere(this.#options)]);
    return inOrder([...own, ...others]);
  }

  #handOver(request: SubmitRequest, peer: Peer, follower: RunFollower): Unfollow {
    const { identity } = peer;
    const lookAgain = (runId: string, fromSequence: number, again: RunFollower): Unfollow =>
      attachElsewhere(this.#options, { runId, fromSequence, follower: again, candidates: [{ identity }] });
    const run = new HandedRun(
      {
        request,
        follower,
        runHere: () => this.#options.runner.submit({ ...request, seats: undefined }, follower),
        lookAgain,
        onAccepted: (runId) => this.#remember(runId, identity),
        onOver: () => this.#over(run),
      },
      peer,
    );
    this.#shared.following.add(run);
    return () => run.leave();
  }

  #remember(runId: string, server: PeerIdentity): void {
    setBounded(this.#shared.handed, handedMax, [runId, server]);
  }

  #over(run: HandedRun): void {
    this.#shared.following.delete(run);
    if (this.following > 0) return;
    for (const resolve of this.#shared.idle) resolve();
    this.#shared.idle.clear();
  }

  /** Whoever it was handed to first. */
  #candidatesFor(runId: string): readonly Candidate[] {
    const identity = this.#shared.handed.get(runId);
    const others = candidatesFor(this.#options, runId);
    if (!identity) return others;
    return [{ identity }, ...others.filter((candidate) => candidate.identity.instance !== identity.instance)];
  }
}
