/**
 * The runs that this server coordinates, as far as they are somebody's business.
 *
 * O1 a run is its submitter's; whoever administers this server may do with it what they may, and whoever observes it may
 *    see how it stands: not its results.
 * O2 of another's run one hears that it is another's, and nothing else; in lists it does not stand.
 */

import type { RunSummary, RunView } from '../../core/workflow/run-view.ts';
import type { HeddleError } from '../../errors.ts';
import type { Gate } from '../link/gate.ts';
import type { RunEngine, RunFollower, RunInspector, SubmitRequest, Unfollow } from './run-engine.ts';

/** The runs as their coordinator has them. */
export interface KeptRuns extends RunEngine, RunInspector {
  has(runId: string): boolean;
  /** Whose it is (`Identity.text`); undefined: this server's own, or no such run. */
  ownerOf(runId: string): string | undefined;
}

export class OwnedRuns implements KeptRuns {
  readonly #runs: KeptRuns;
  readonly #asker: string;
  readonly #gate: Gate;

  /** `asker`: whose business it has to be. */
  constructor(runs: KeptRuns, asker: string, gate: Gate) {
    this.#runs = runs;
    this.#asker = asker;
    this.#gate = gate;
  }

  has(runId: string): boolean {
    return this.#runs.has(runId);
  }

  ownerOf(runId: string): string | undefined {
    return this.#runs.ownerOf(runId);
  }

  submit(request: SubmitRequest, follower: RunFollower): Unfollow {
    const { runId } = request;
    const refusal = runId === undefined ? undefined : this.#refusal(runId);
    return refusal ? refused(follower, refusal) : this.#runs.submit({ ...request, identity: this.#asker }, follower);
  }

  attach(runId: string, fromSequence: number, follower: RunFollower): Unfollow {
    const refusal = this.#refusal(runId);
    return refusal ? refused(follower, refusal) : this.#runs.attach(runId, fromSequence, follower);
  }

  async cancel(runId: string, reason: string): Promise<void> {
    const refusal = this.#refusal(runId);
    if (refusal) throw refusal;
    if (this.#isAnothers(runId)) this.#gate.administered(this.#asker, { verb: 'cancel', name: runId, peer: '' });
    await this.#runs.cancel(runId, reason);
  }

  async describe(runId: string): Promise<RunView> {
    const refusal = this.#refusal(runId, 'observe');
    if (refusal) throw refusal;
    return this.#runs.describe(runId);
  }

  async list(): Promise<readonly RunSummary[]> {
    const all = await this.#runs.list();
    return all.filter(({ runId }) => !this.#isAnothers(runId) || this.#may('observe'));
  }

  #refusal(runId: string, verb: 'observe' | 'administer' = 'administer'): HeddleError | undefined {
    if (!this.#isAnothers(runId) || this.#may(verb)) return undefined;
    return this.#gate.refused(this.#asker, { verb, name: runId, peer: '', ruled: this.#gate.server });
  }

  #isAnothers(runId: string): boolean {
    return this.#runs.has(runId) && (this.#runs.ownerOf(runId) ?? this.#gate.self) !== this.#asker;
  }

  #may(verb: 'observe' | 'administer'): boolean {
    return this.#gate.allows(this.#asker, verb, this.#gate.server);
  }
}

function refused(follower: RunFollower, error: HeddleError): Unfollow {
  follower.onFailure(error);
  return () => {};
}
