/**
 * Runs as an operator sees them: listed, described step by step, cancelled by their id; for the command line, beside the
 * front door.
 */

import type { RunSummary, RunView } from '../../core/workflow/run-view.ts';
import type { Client } from '../api/api.ts';
import { fabricClientOf } from './client.ts';

export type { RunSummary, RunView, StepView } from '../../core/workflow/run-view.ts';

/** The runs under way and those that ended within the last minutes, on every server that answers; the youngest first. */
export function listRuns(client: Client): Promise<readonly RunSummary[]> {
  return fabricClientOf(client).listRuns();
}

/** Rejects with `unknown_run`. */
export function describeRun(client: Client, runId: string): Promise<RunView> {
  return fabricClientOf(client).describeRun(runId);
}

/** Resolves when the coordinator has heard it. Rejects with `unknown_run`. */
export function cancelRun(client: Client, runId: string, reason: string): Promise<void> {
  return fabricClientOf(client).cancelRun(runId, reason);
}
