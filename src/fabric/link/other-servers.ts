/**
 * Questions to the other servers: one to one of them, or the same to all of them.
 *
 * Q1 a server that is there and has no link yet is waited for; one that is lost, or does not answer within `askMs`, gives nothing.
 * Q2 what all are asked holds what those that answer have; a server that does not answer hides nothing of the others.
 */

import type { CancelTask, Clock } from '../../base/clock.ts';
import { HeddleError } from '../../errors.ts';
import type { ReplyFrame } from '../../wire/frame.ts';
import { decodeValue } from '../../wire/value.ts';
import { peerValueError } from '../../wire/value-problem.ts';
import type { PeerIdentity } from './conversation.ts';
import type { Peer } from './peer.ts';

/** How long one server is asked, in milliseconds. */
export const askMs = 1_000;
/** Servers that are asked at the same time. */
const askedMax = 32;

export interface OtherServers {
  readonly clock: Clock;
  /** Open links to other servers; with a name, only to that one. */
  readonly peers: (server?: string) => readonly Peer[];
  /** Servers that are there, and to which no link is open. */
  readonly unlinked: () => readonly PeerIdentity[];
  /** Who wants to know (`Identity.text`); absent: this server itself, or nobody asks. */
  readonly identity?: string | undefined;
  /** Waits for a link to one of those; gives what takes the wish back. */
  readonly reach: (server: PeerIdentity, done: (reached: Peer | HeddleError) => void) => CancelTask;
}

/** A server that may be asked, and its link if there is one. */
export interface Candidate {
  readonly identity: PeerIdentity;
  readonly peer?: Peer | undefined;
}

type Outcome = ReplyFrame['outcome'];

/** Whoever has got a link meanwhile is as good as linked before. */
export function linkOf({ identity: { name, instance }, peer }: Candidate, { peers }: OtherServers): Peer | undefined {
  return peer ?? peers(name).find(({ identity }) => identity.instance === instance);
}

/** A link that is not there yet, waited for; undefined when there is none in time. */
function linkedTo({ identity }: Candidate, { reach }: OtherServers): Promise<Peer | undefined> {
  return new Promise((resolve) => reach(identity, (found) => resolve(HeddleError.is(found) ? undefined : found)));
}

/** One question; undefined when the server is lost before it answers, or does not answer in time. */
function askOnce(peer: Peer, clock: Clock, send: (id: number) => void): Promise<Outcome | undefined> {
  if (peer.closed !== undefined) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const end = (outcome: Outcome | undefined): void => {
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

/** One question over the link that is there, or comes in time; undefined without one, and without an answer. */
export async function ask(
  others: OtherServers,
  candidate: Candidate,
  send: (peer: Peer, id: number) => void,
): Promise<Outcome | undefined> {
  const peer = linkOf(candidate, others) ?? (await linkedTo(candidate, others));
  return peer && askOnce(peer, others.clock, (id) => send(peer, id));
}

/** What every other server says that answers: of each a list, all of them as one. */
export async function askEverybody(others: OtherServers, about: 'runs' | 'vitals'): Promise<readonly unknown[]> {
  const found: unknown[] = [];
  const { identity } = others;
  const candidates = candidatesOf(others);
  for (let at = 0; at < candidates.length; at += askedMax) {
    const some = candidates.slice(at, at + askedMax);
    const outcomes = await Promise.all(
      some.map((candidate) => ask(others, candidate, (peer, id) => peer.send({ kind: 'query', id, about, argument: undefined, identity }))),
    );
    for (const outcome of outcomes) if (outcome?.ok) found.push(...listIn(outcome));
  }
  return found;
}

/** All of them, the linked first. */
export function candidatesOf({ peers, unlinked }: OtherServers): readonly Candidate[] {
  return [...peers().map((peer) => ({ identity: peer.identity, peer })), ...unlinked().map((identity) => ({ identity }))];
}

/** The value of an answer. Throws `protocol_error` when it cannot be read. */
export function decoded({ value }: Extract<Outcome, { readonly ok: true }>): unknown {
  try {
    return decodeValue(value);
  } catch (problem) {
    throw peerValueError(problem);
  }
}

function listIn(outcome: Extract<Outcome, { readonly ok: true }>): readonly unknown[] {
  const list = decoded(outcome);
  return Array.isArray(list) ? list : [];
}
