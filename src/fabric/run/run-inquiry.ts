/**
 * What runs are doing, wherever they are coordinated: one described by its coordinator, all of them listed.
 *
 * A run is asked for as it is to be followed (run-candidates.ts): of the server that its id names first, then of every other.
 */

import type { RunSummary, RunView } from '../../core/workflow/run-view.ts';
import { HeddleError } from '../../errors.ts';
import { fromWireError } from '../../wire/error.ts';
import { encodeValue } from '../../wire/value.ts';
import { ask, askEverybody, type Candidate, decoded, type OtherServers } from '../link/other-servers.ts';
import { notFound } from './run-candidates.ts';

/** The run as its coordinator sees it. Throws `unknown_run`, or `coordinator_lost` when one that may know it did not answer. */
export async function describeElsewhere(others: OtherServers, runId: string, candidates: readonly Candidate[]): Promise<RunView> {
  let isOneLost = false;
  for (const candidate of candidates) {
    const outcome = await ask(others, candidate, (peer, id) =>
      peer.send({ kind: 'query', id, about: 'why', argument: encodeValue({ run: runId }), identity: others.identity }),
    );
    if (outcome?.ok) return decoded(outcome) as RunView; // what a server says in the shape of the API
    const error = outcome && fromWireError(outcome.error);
    if (error && !HeddleError.is(error, 'unknown_run')) throw error;
    isOneLost ||= outcome === undefined;
  }
  throw notFound(runId, isOneLost);
}

/** The runs of all other servers that answer. */
export async function listElsewhere(others: OtherServers): Promise<readonly RunSummary[]> {
  // What a server says in the shape of the API.
  return (await askEverybody(others, 'runs')) as readonly RunSummary[];
}

/** What is under way before what has ended, the youngest first. */
export function inOrder(runs: readonly RunSummary[]): readonly RunSummary[] {
  return [...runs].sort((a, b) => Number(b.state === 'running') - Number(a.state === 'running') || b.startedAtMs - a.startedAtMs);
}
