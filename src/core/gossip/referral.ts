/**
 * To whom a newcomer is sent that lacks very much: the members next to it on the rings, with which it will hold links in any
 * case. A seed that gave every newcomer the whole table would send hundreds of times what others do.
 */

import type { SyncDigest } from './message.ts';
import { observersOf } from './overlay.ts';
import type { MemberRecord } from './record.ts';
import { ringCount } from './rings.ts';
import { meshLimits } from './settings.ts';
import type { MeshState } from './state.ts';

/** Fewer share too little to be worth the way. */
const giversMin = 2;

/** Whom to ask instead of us; undefined: we answer. Empty for a share of what we are still waiting for ourselves. */
export function referralFor(name: string, { only, mayRefer, buckets }: SyncDigest, state: MeshState): readonly MemberRecord[] | undefined {
  if (only) return state.hasJoined ? undefined : [];
  if (mayRefer !== true || state.records.members <= meshLimits.wholeSnapshotRecords || !isNearlyEmpty(buckets)) return undefined;
  const givers = giversOf(name, state);
  return givers.length < giversMin ? undefined : givers;
}

/** It has nothing in most of its buckets. */
function isNearlyEmpty(buckets: readonly number[]): boolean {
  return buckets.filter((word) => word !== 0).length < meshLimits.buckets;
}

/** Its observers, and the next one on each ring whom it will observe. */
function giversOf(name: string, state: MeshState): readonly MemberRecord[] {
  const { arena, records, self } = state;
  const counts = (slot: number): boolean => {
    const member = records.memberAt(slot);
    return member !== undefined && member.owner !== name && member.owner !== self.name && !member.isLeaving && state.isHeldAlive(member);
  };
  const slots = new Set(observersOf(name, ringCount, state));
  for (let ring = 0; ring < ringCount; ring += 1) {
    for (const slot of arena.rings.ahead(name, ring, { count: 1, counts })) slots.add(slot);
  }
  return [...slots]
    .filter(counts)
    .map((slot) => records.memberAt(slot))
    .filter((member) => member !== undefined);
}
