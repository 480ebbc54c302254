/**
 * Runs as an operator sees them: listed, described step by step, cancelled by their id; for the command line, beside the
 * front door.
 */

import type { RunSummary, RunView } from '../../core/workflow/run-view.ts';
import type { Client } from '../api/api.ts';
import { FabricClient } from './client.ts';

export type { RunSummary, RunView, StepView } from '../../core/workflow/run-view.ts';

/** The runs under way and those that ended within the last minutes, on every server that answers; the youngest first. */
export async function listRuns(client: Client): Promise<readonly RunSummary[]> {
  const runs = await inside(client).listRuns();
  return [...runs].sort((a, b) => Number(b.state === 'running') - Number(a.state === 'running') || b.startedAtMs - a.startedAtMs);
}

/** Rejects with `unknown_run`. */
export function describeRun(client: Client, runId: string): Promise<RunView> {
  return inside(client).describeRun(runId);
}

/** Resolves when the coordinator has heard it. Rejects with `unknown_run`. */
export function cancelRun(client: Client, runId: string, reason: string): Promise<void> {
  return inside(client).cancelRun(runId, reason);
}

/** What `connect` gives is this class behind the API's type. */
function inside(client: Client): FabricClient {
  const known: unknown = client;
  if (!(known instanceof FabricClient)) throw new TypeError('the client is not one that connect gave');
  return known;
}
