/**
 * What runs are doing, wherever they are coordinated: one described by its coordinator, all of them listed.
 *
 * Q1 a run is asked for as it is to be followed (run-candidates.ts): of the server that its id names first, then of every other.
 * Q2 a list holds what the servers that answer within `askMs` have; a server that does not answer hides nothing of the others.
 */

import type { RunSummary, RunView } from '../../core/workflow/run-view.ts';
import { HeddleError } from '../../errors.ts';
import { fromWireError } from '../../wire/error.ts';
import type { ReplyFrame } from '../../wire/frame.ts';
import { decodeValue, encodeValue } from '../../wire/value.ts';
import { peerValueError } from '../../wire/value-problem.ts';
import type { Peer } from '../link/peer.ts';
import { askOnce, type Candidate, candidatesFor, linkedTo, linkOf, notFound, type RunPeers } from './run-candidates.ts';

/** Servers that are asked for their runs at the same time. */
const askedMax = 32;

/** The run as its coordinator sees it. Throws `unknown_run`, or `coordinator_lost` when one that may know it did not answer. */
export async function describeElsewhere(peers: RunPeers, runId: string, candidates: readonly Candidate[]): Promise<RunView> {
  let isOneLost = false;
  for (const candidate of candidates) {
    const outcome = await askFor(peers, candidate, (peer, id) =>
      peer.send({ kind: 'query', id, about: 'why', argument: encodeValue({ run: runId }) }),
    );
    if (outcome?.ok) return read(outcome) as RunView; // what a server says in the shape of the API
    const error = outcome && fromWireError(outcome.error);
    if (error && !HeddleError.is(error, 'unknown_run')) throw error;
    isOneLost ||= outcome === undefined;
  }
  throw notFound(runId, isOneLost);
}

/** The runs of all other servers that answer. */
export async function listElsewhere(peers: RunPeers): Promise<readonly RunSummary[]> {
  // What a server says in the shape of the API.
  return (await askEverybody(peers, 'runs')) as readonly RunSummary[];
}

/** What every other server says that answers: of each a list, all of them as one. */
export async function askEverybody(peers: RunPeers, about: 'runs' | 'vitals'): Promise<readonly unknown[]> {
  const found: unknown[] = [];
  const candidates = candidatesFor(peers);
  for (let at = 0; at < candidates.length; at += askedMax) {
    const some = candidates.slice(at, at + askedMax);
    const outcomes = await Promise.all(
      some.map((candidate) => askFor(peers, candidate, (peer, id) => peer.send({ kind: 'query', id, about, argument: undefined }))),
    );
    for (const outcome of outcomes) if (outcome?.ok) found.push(...listIn(outcome));
  }
  return found;
}

/** Undefined when there is no link, or no answer, in time. */
async function askFor(
  peers: RunPeers,
  candidate: Candidate,
  send: (peer: Peer, id: number) => void,
): Promise<ReplyFrame['outcome'] | undefined> {
  const peer = linkOf(candidate, peers) ?? (await linkedTo(candidate, peers));
  return peer && askOnce(peer, peers.clock, (id) => send(peer, id));
}

function listIn(outcome: Extract<ReplyFrame['outcome'], { readonly ok: true }>): readonly unknown[] {
  const list = read(outcome);
  return Array.isArray(list) ? list : [];
}

function read({ value }: Extract<ReplyFrame['outcome'], { readonly ok: true }>): unknown {
  try {
    return decodeValue(value);
  } catch (problem) {
    throw peerValueError(problem);
  }
}
