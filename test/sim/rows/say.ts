/**
 * Words put into a member's mouth: what a peer of another build, or a liar, would send.
 */

import { present } from '../../../src/base/assert.ts';
import type { MeshMessage } from '../../../src/core/gossip/message.ts';
import type { Scene } from './scene.ts';

/** `to` hears the message on its link to `from`, which must be there. */
export function say(
  scene: Scene,
  { from, to, message }: { readonly from: string; readonly to: string; readonly message: MeshMessage },
): void {
  const { gossip, pump } = scene.process(to);
  const link = present(gossip.inspection.links.to(scene.process(from).instance), `${to} has a link to ${from}`);
  pump.feed({ kind: 'received', link: link.id, message });
}
