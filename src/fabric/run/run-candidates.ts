/**
 * The servers that may know a run, in the order in which they are asked, and one question to one of them.
 *
 * C1 a made runId names its coordinator, which is asked first; then every linked server is, in turn. A server that is
 *    there and has no link yet is waited for: the one named, or any, when a caller chose the runId.
 * C2 one that is lost, or does not answer within `askMs`, may have known it.
 */

import type { CancelTask, Clock } from '../../base/clock.ts';
import { HeddleError } from '../../errors.ts';
import type { ReplyFrame } from '../../wire/frame.ts';
import type { PeerIdentity } from '../link/conversation.ts';
import type { Peer } from '../link/peer.ts';
import { coordinatorOf } from './run-caller.ts';

/** How long one server is asked, in milliseconds. */
export const askMs = 1_000;

export interface RunPeers {
  readonly clock: Clock;
  /** Open links to other servers; with a name, only to that one. */
  readonly peers: (server?: string) => readonly Peer[];
  /** Servers that are there, and to which no link is open. */
  readonly unlinked: () => readonly PeerIdentity[];
  /** Waits for a link to one of those; gives what takes the wish back. */
  readonly reach: (server: PeerIdentity, done: (reached: Peer | HeddleError) => void) => CancelTask;
}

/** A server that may know the run, and its link if there is one. */
export interface Candidate {
  readonly identity: PeerIdentity;
  readonly peer?: Peer | undefined;
}

/** Without a runId: all. */
export function candidatesFor({ peers, unlinked }: RunPeers, runId?: string): readonly Candidate[] {
  const coordinator = runId === undefined ? undefined : coordinatorOf(runId);
  const linked = peers().map((peer) => ({ identity: peer.identity, peer }));
  const others = unlinked().map((identity) => ({ identity }));
  if (coordinator === undefined) return [...linked, ...others];
  const isNamed = ({ identity }: Candidate): boolean => identity.name === coordinator;
  return [...linked.filter(isNamed), ...others.filter(isNamed), ...linked.filter((candidate) => !isNamed(candidate))];
}

/** Whoever has got a link meanwhile is as good as linked before. */
export function linkOf({ identity: { name, instance }, peer }: Candidate, { peers }: RunPeers): Peer | undefined {
  return peer ?? peers(name).find(({ identity }) => identity.instance === instance);
}

/** A link that is not there yet, waited for; undefined when there is none in time. */
export function linkedTo({ identity }: Candidate, { reach }: RunPeers): Promise<Peer | undefined> {
  return new Promise((resolve) => reach(identity, (found) => resolve(HeddleError.is(found) ? undefined : found)));
}

/** One question; undefined when the server is lost before it answers, or does not answer in time. */
export function askOnce(peer: Peer, clock: Clock, send: (id: number) => void): Promise<ReplyFrame['outcome'] | undefined> {
  if (peer.closed !== undefined) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const end = (outcome: ReplyFrame['outcome'] | undefined): void => {
      cancelWait();
      resolve(outcome);
    };
    const id = peer.reserve({ onReply: ({ outcome }) => end(outcome), onLost: () => end(undefined) });
    const cancelWait = clock.schedule(askMs, () => {
      peer.release(id);
      end(undefined);
    });
    send(id);
  });
}

export function notFound(runId: string, isOneLost: boolean): HeddleError {
  return isOneLost ? new HeddleError('coordinator_lost', { runId, partial: {}, steps: {} }) : new HeddleError('unknown_run', { runId });
}
