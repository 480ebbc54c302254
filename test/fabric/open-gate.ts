/**
 * A gate without rules, for rooms that are made by hand.
 */

import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { Gate } from '../../src/fabric/link/gate.ts';
import { Observer } from '../../src/observe/observer.ts';

export function openGate(server = 'here'): Gate {
  return new Gate({ server, permissions: undefined, knowsPeers: false, clock: new VirtualClock(), observer: new Observer() });
}
