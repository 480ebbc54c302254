/**
 * Runs of workflows, as types: the options that start one, its handle, and the events that it emits. run-handle.ts keeps
 * what is promised here.
 */

import type { Returns } from '../../core/workflow/data.ts';
import type { EventHead, RunEventBody, RunSettled, WaitReason } from '../../core/workflow/record.ts';
import type { HeddleError } from '../../errors.ts';

/** What `run` and `submit` take. */
export interface RunOptions {
  /** Chosen by the caller: submitting it twice through one server attaches to the first. Default: made by this client. */
  readonly runId?: string | undefined;
  /** Outlives its client's connection to its own deadline; otherwise it is cancelled 10 s after the connection is gone. */
  readonly detached?: boolean | undefined;
  /** Milliseconds for the whole run; default 300,000. */
  readonly timeoutMs?: number | undefined;
  /** Abort cancels the run. */
  readonly signal?: AbortSignal | undefined;
}

/** What `submit` takes beside: what a builder says by its code. */
export interface SubmitOptions extends RunOptions {
  /** Default: what the data says, else `leaves`. */
  readonly returns?: Returns | undefined;
  /** `bare`: a string argument that equals a command's name, or `name.field.0`, stands for that result. Default `explicit`. */
  readonly references?: 'explicit' | 'bare' | undefined;
  /** What `{ $input: true }` stands for. */
  readonly input?: unknown;
}

/** One execution of a workflow. Its promises never raise an unhandled rejection by themselves. */
export interface Run<out Result> {
  /** Chosen by the caller, or by this client before it submits. */
  readonly runId: string;
  /** Resolves when the coordinator has checked the workflow and started it; rejects with `bad_workflow` and the like. */
  readonly accepted: Promise<void>;
  /** Every loop over it replays from the first event; it ends after `run.settled`. */
  readonly events: AsyncIterable<RunEvent>;
  /** Resolves to what the workflow returns; rejects with `step_failed`, `deadline_exceeded`, `cancelled`, `coordinator_lost` and the like. */
  readonly result: Promise<Result>;
  /** Cancels the steps under way and starts no more; resolves when the coordinator has heard it. */
  cancel(reason?: string): Promise<void>;
}

/** What something waits for: `kind` narrows. */
export type Wait = WaitReason & {
  /** The step that waits, or the function of which a call would. */
  readonly of: string;
  /** What would end the wait, in words. */
  readonly ends: string;
  /** It is the undo of the step that waits. */
  readonly isUndo?: true;
};

/** `event.kind` narrows. */
export type RunEvent = EventHead & (RunEventBody<unknown, HeddleError> | RunSettled<unknown, HeddleError>);
