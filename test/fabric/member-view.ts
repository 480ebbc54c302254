/** A member of the mesh as the fabric sees it: alive and linked, unless the test says otherwise. */

import type { MemberView } from '../../src/core/gossip/view.ts';

export function memberView(name: string, more: Partial<MemberView> = {}): MemberView {
  return {
    name,
    instance: `${name}-1`,
    epoch: 1,
    incarnation: 0,
    url: `${name}:1`,
    status: 'alive',
    evidence: [],
    isOwnEvidence: false,
    isLinked: true,
    isSelf: false,
    isFlapping: false,
    resources: ['db'],
    bodyHash: '',
    ...more,
  };
}
