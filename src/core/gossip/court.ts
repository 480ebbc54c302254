/**
 * Who sits over a member, as this member sees it now.
 */

import { present } from '../../base/assert.ts';
import { quorumOf } from './observers.ts';
import { observersOf } from './overlay.ts';
import type { MemberRecord } from './record.ts';
import { ringCount } from './rings.ts';
import type { MeshState } from './state.ts';
import type { Court } from './suspicion.ts';

/** Ring places by which the views of two members may differ. */
const driftPlaces = 3;

/**
 * The court over `record`. Silence convicts nobody where fewer than two can speak (N = 2), or where this
 * member has itself lost most of the others.
 */
export function courtOf(record: MemberRecord, state: MeshState): Court {
  const near = observersOf(record.owner, ringCount + driftPlaces, state).map((slot) =>
    present(state.records.memberAt(slot), 'an observer is a member'),
  );
  const alive = near.slice(0, ringCount).filter((member) => state.isHeldAlive(member)).length;
  const quorum = state.rules.needsQuorum ? quorumOf(alive) : 1;
  return {
    quorum,
    hardQuorum: state.rules.needsQuorum ? Math.min(2, quorumOf(alive), Math.max(alive, 1)) : 1,
    maySilenceConvict: !state.rules.needsQuorum || (!state.isIsolated && alive > 1),
    mayReport: (observer) => near.some((member) => member.owner === observer),
  };
}

/** Whether this observer's word about a member counts: it stands near it on the rings. */
export function mayReport(observer: string, { owner }: MemberRecord, state: MeshState): boolean {
  const slot = state.arena.slots.find(observer);
  return slot !== undefined && observersOf(owner, ringCount + driftPlaces, state).includes(slot);
}
