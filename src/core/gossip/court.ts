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
  const alive = aliveOver(record, state);
  let near: ReadonlySet<number> | undefined;
  const quorum = state.rules.needsQuorum ? quorumOf(alive) : 1;
  return {
    quorum,
    hardQuorum: state.rules.needsQuorum ? Math.min(2, quorumOf(alive), Math.max(alive, 1)) : 1,
    maySilenceConvict: mayConvict(alive, state),
    mayReport: (observer) => {
      if (record.adopters.includes(observer)) return true;
      near ??= nearOf(record.owner, driftPlaces, state);
      return isAmong(near, observer, state);
    },
  };
}

/** Whether silence can convict this member at all, as things are. */
export function maySilenceConvict(record: MemberRecord, state: MeshState): boolean {
  return mayConvict(aliveOver(record, state), state);
}

function mayConvict(alive: number, { rules, isIsolated }: MeshState): boolean {
  return !rules.needsQuorum || (!isIsolated && alive > 1);
}

/** How many of those who sit over a member are held alive here. */
function aliveOver(record: MemberRecord, state: MeshState): number {
  const observers = observersOf(record.owner, ringCount, state).map((slot) =>
    present(state.records.memberAt(slot), 'an observer is a member'),
  );
  const seats = [...observers, ...adoptersOf(record, state)];
  return new Set(seats.filter((member) => state.isHeldAlive(member))).size;
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
