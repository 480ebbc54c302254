/**
 * What can run workflows: the server's runner, or a client's session to one.
 */

import type { WireRunEvent } from '../../core/workflow/record.ts';
import type { RunSummary, RunView } from '../../core/workflow/run-view.ts';
import type { CheckedWorkflow } from '../../core/workflow/workflow.ts';
import type { HeddleError } from '../../errors.ts';
import type { SubmitFrame } from '../../wire/frame.ts';

/** Default deadline of a run, in milliseconds. */
export const runTimeoutMsDefault = 300_000;

/** What a submitter says of its run; the conversation's id is the link's business. */
export interface SubmitRequest extends Omit<SubmitFrame, 'kind' | 'id'> {
  /** The same commands, as a submitter in this process has checked them; it does not travel. */
  readonly checked?: CheckedWorkflow | undefined;
}

/** Told of a run's events in order, from the one asked for; ends with `run.settled` or one failure. */
export interface RunFollower {
  onEvent(event: WireRunEvent): void;
  /** There will be no events: the workflow was refused, or no such run is known. */
  onFailure(error: HeddleError): void;
}

/** Stops following. */
export type Unfollow = () => void;

export interface RunEngine {
  submit(request: SubmitRequest, follower: RunFollower): Unfollow;
  attach(runId: string, fromSequence: number, follower: RunFollower): Unfollow;
  /** Rejects with `unknown_run`. */
  cancel(runId: string, reason: string): Promise<void>;
}

/** What tells of runs without following them. */
export interface RunInspector {
  /** Rejects with `unknown_run`, or `coordinator_lost` where it cannot be found out. */
  describe(runId: string): Promise<RunView>;
  /** The runs under way, and those that ended a moment ago; of all servers in that order, each the youngest first. */
  list(): Promise<readonly RunSummary[]>;
}
