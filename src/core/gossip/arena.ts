/**
 * What the tables of several members may share: slots, records, and the order of the rings.
 *
 * A server has one of its own. The simulator gives one to all its members, so that a table of 10,000 records costs each of
 * them 40 KB and not megabytes. Nothing in it is anybody's opinion.
 */

import { DoubtIds } from './doubt-ids.ts';
import type { Hash64 } from './hash64.ts';
import { RecordPool } from './record-pool.ts';
import { Rings } from './rings.ts';
import { SlotTable } from './slot-table.ts';

export class Arena {
  readonly slots: SlotTable;
  readonly pool: RecordPool;
  readonly rings: Rings;
  readonly doubtIds: DoubtIds;

  constructor(hash: Hash64) {
    this.slots = new SlotTable(hash);
    this.pool = new RecordPool(hash);
    this.rings = new Rings(hash);
    this.doubtIds = new DoubtIds(hash);
  }
}
