/**
 * Which of two cluster uids stays when two members of one cluster name meet.
 */

import type { ClusterUid } from './message.ts';

export interface UidMeeting {
  readonly ours: ClusterUid;
  readonly theirs: ClusterUid;
  /** Refuse every uid but this one. */
  readonly pin: string | undefined;
  /** The dialled address stands in the dialler's `join` list. */
  readonly isConfigured: boolean;
}

/**
 * The uid that both keep, or undefined when they do not belong together. A provisional one yields to a settled
 * one, of two provisional the lower stays, two settled ones merge (the lower stays) only over a configured address.
 */
export function meetUid({ ours, theirs, pin, isConfigured }: UidMeeting): string | undefined {
  const uid = agree(ours, theirs, isConfigured);
  return pin !== undefined && uid !== pin ? undefined : uid;
}

function agree(ours: ClusterUid, theirs: ClusterUid, isConfigured: boolean): string | undefined {
  if (ours.uid === theirs.uid) return ours.uid;
  if (ours.isSettled && theirs.isSettled && !isConfigured) return undefined;
  if (ours.isSettled !== theirs.isSettled) return ours.isSettled ? ours.uid : theirs.uid;
  return ours.uid < theirs.uid ? ours.uid : theirs.uid;
}
