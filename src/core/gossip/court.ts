/**
 * Who sits over a member, as this member sees it now.
 */

import { present } from '../../base/assert.ts';
import { quorumOf } from './observers.ts';
import { nearOf, observersOf } from './overlay.ts';
import type { MemberRecord } from './record.ts';
import { ringCount } from './rings.ts';
import type { MeshState } from './state.ts';
import type { Court } from './suspicion.ts';

/** Places on a ring by which the views of two members may differ. */
const driftPlaces = 3;

/**
 * The court over `record`. Silence convicts nobody where fewer than two can speak (N = 2), or where this
 * member has itself lost most of the others.
 */
export function courtOf(record: MemberRecord, state: MeshState): Court {
  const near = nearOf(record.owner, driftPlaces, state);
  const observers = observersOf(record.owner, ringCount, state).map((slot) =>
    present(state.records.memberAt(slot), 'an observer is a member'),
  );
  const seats = [...observers, ...adoptersOf(record, state)];
  const alive = new Set(seats.filter((member) => state.isHeldAlive(member))).size;
  const quorum = state.rules.needsQuorum ? quorumOf(alive) : 1;
  return {
    quorum,
    hardQuorum: state.rules.needsQuorum ? Math.min(2, quorumOf(alive), Math.max(alive, 1)) : 1,
    maySilenceConvict: !state.rules.needsQuorum || (!state.isIsolated && alive > 1),
    mayReport: (observer) => record.adopters.includes(observer) || isAmong(near, observer, state),
  };
}

function isAmong(near: ReadonlySet<number>, name: string, { arena }: MeshState): boolean {
  const slot = arena.slots.find(name);
  return slot !== undefined && near.has(slot);
}

/** Whether this observer's word about a member counts: it stands near it on the rings, or the member names it. */
export function mayReport(observer: string, { owner, adopters }: MemberRecord, state: MeshState): boolean {
  if (adopters.includes(observer)) return true;
  return isAmong(nearOf(owner, driftPlaces, state), observer, state);
}

/** The observers of a member in the eyes of whoever reaches them all: those that the fabric takes to watch it. */
export function commonObserversOf(name: string, { arena, records }: MeshState): readonly MemberRecord[] {
  const counts = (slot: number): boolean => records.memberAt(slot) !== undefined && arena.slots.keyOf(slot) !== name;
  const slots = arena.rings.observersOf(name, ringCount, counts);
  return slots.map((slot) => present(records.memberAt(slot), 'an observer is a member'));
}

/** The members that a record names as its adopters. */
function adoptersOf({ owner, adopters }: MemberRecord, state: MeshState): readonly MemberRecord[] {
  if (adopters.length === 0) return [];
  return adopters.map((name) => (name === owner ? undefined : state.findMember(name))).filter((member) => member !== undefined);
}
