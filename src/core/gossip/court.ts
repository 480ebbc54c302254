/**
 * Who sits over a member, as this member sees it now.
 */

import { observersOf, quorumOf, ringCount } from './observers.ts';
import type { MemberRecord } from './record.ts';
import type { MeshState } from './state.ts';
import type { Court } from './suspicion.ts';

/** Ring places by which the views of two members may differ. */
const driftPlaces = 3;

/**
 * The court over `record`. Silence convicts nobody where fewer than two can speak (N = 2), or where this
 * member has itself lost most of the others.
 */
export function courtOf(record: MemberRecord, state: MeshState): Court {
  const others = [...state.members()].filter((member) => member.owner !== record.owner);
  const names = others.map((member) => member.owner).sort();
  const hash = state.hashes.hash64;
  const near = observersOf(record.owner, names, { count: ringCount + driftPlaces, hash });
  const observers = new Set(near.slice(0, ringCount));
  const alive = others.filter((member) => observers.has(member.owner) && state.isHeldAlive(member)).length;
  const quorum = state.rules.needsQuorum ? quorumOf(alive) : 1;
  return {
    quorum,
    hardQuorum: state.rules.needsQuorum ? Math.min(2, quorumOf(alive), Math.max(alive, 1)) : 1,
    maySilenceConvict: !state.rules.needsQuorum || (!state.isIsolated && alive > 1),
    mayReport: (observer) => near.includes(observer),
  };
}
