/**
 * The servers that may know a run, in the order in which they are asked.
 *
 * C1 a made runId names its coordinator, which is asked first; then every linked server is, in turn. A server that is
 *    there and has no link yet is waited for: the one named, or any, when a caller chose the runId.
 * C2 one that is lost, or does not answer in time, may have known it.
 */

import { HeddleError } from '../../errors.ts';
import { type Candidate, candidatesOf, type OtherServers } from '../link/other-servers.ts';
import { coordinatorOf } from './run-caller.ts';

export function candidatesFor(others: OtherServers, runId: string): readonly Candidate[] {
  const all = candidatesOf(others);
  const coordinator = coordinatorOf(runId);
  if (coordinator === undefined) return all;
  const isNamed = ({ identity }: Candidate): boolean => identity.name === coordinator;
  return [...all.filter(isNamed), ...all.filter((candidate) => candidate.peer && !isNamed(candidate))];
}

export function notFound(runId: string, isOneLost: boolean): HeddleError {
  return isOneLost ? new HeddleError('coordinator_lost', { runId, partial: {}, steps: {} }) : new HeddleError('unknown_run', { runId });
}
