/**
 * A fabric that has formed long ago: every member starts with the records of all. Joining is measured elsewhere; for
 * 10,000 members it is 10^8 records to hand over before anything else can be looked at.
 */

import type { Process } from './process.ts';
import type { World } from './world.ts';

const clusterUid = '5e771ed'.padStart(32, '0');

/** Starts a member at each of these addresses (`name:1`); none of them has a link yet. */
export function startSettled(world: World, names: readonly string[]): readonly Process[] {
  const processes = names.map((name) => world.made({ name, address: `${name}:1`, join: [], pinUid: clusterUid }));
  const records = processes.map(({ gossip }) => gossip.inspection.self.record);
  for (const { gossip } of processes) {
    const { inspection } = gossip;
    for (const record of records) if (record !== inspection.self.record) inspection.records.offer(record, world.clock.nowMs());
    inspection.records.takeReplaced();
    inspection.touched.clear();
  }
  for (const process of processes) process.pump.feed({ kind: 'start', join: [] });
  return processes;
}
