import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { Arena } from '../../../src/core/gossip/arena.ts';
import type { MemberRecord, OwnerRecord } from '../../../src/core/gossip/record.ts';
import { Records } from '../../../src/core/gossip/records.ts';
import { hashText } from '../../sim/hashes.ts';

function recordOf(owner: string, version: number, final: MemberRecord['final'] = 'none'): MemberRecord {
  const head = { kind: 'member', owner, epoch: 1, instance: '1'.padStart(32, '0'), final, version } as const;
  return { ...head, incarnation: 0, url: `${owner}:1`, isLeaving: false, resources: [], bodyHash: '', adopters: [] };
}

const anyRecord = fc
  .tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 1, max: 5 }), fc.constantFrom('none' as const, 'left' as const))
  .map(([owner, version, final]) => recordOf(`m${owner}`, version, final));

describe('a table of records', () => {
  test('has the root and buckets of a fresh table with the same content, whatever came before', () => {
    fc.assert(
      fc.property(fc.array(anyRecord, { maxLength: 200 }), (history) => {
        const table = new Records(new Arena(hashText));
        for (const [nowMs, record] of history.entries()) table.offer(record, nowMs);
        table.forgetFinals(history.length / 2);
        const fresh = new Records(new Arena(hashText));
        for (const record of table.all()) fresh.offer(record, 0);
        expect(table.root()).toEqual(fresh.root());
        expect(table.buckets()).toEqual(fresh.buckets());
        expect([table.size, table.members]).toEqual([fresh.size, fresh.members]);
      }),
    );
  });

  test('shares an arena with others, and leaves nothing in it of what nobody holds', () => {
    fc.assert(
      fc.property(fc.array(anyRecord, { maxLength: 200 }), (history) => {
        const arena = new Arena(hashText);
        const tables = [new Records(arena), new Records(arena), new Records(arena)];
        for (const [at, record] of history.entries()) tables[at % 3]?.offer(record, at);
        const alone = new Records(new Arena(hashText));
        for (const [at, record] of history.entries()) if (at % 3 === 0) alone.offer(record, at);
        expect(tables[0]?.root()).toEqual(alone.root());
        const held = new Set<OwnerRecord>(tables.flatMap((table) => [...table.all()]));
        expect(arena.pool.size).toBe(held.size);
        expect(arena.slots.size).toBe(new Set([...held].map(({ owner }) => owner)).size);
      }),
    );
  });
});
