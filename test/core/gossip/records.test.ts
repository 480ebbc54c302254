import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { Arena } from '../../../src/core/gossip/arena.ts';
import type { MemberRecord, OwnerRecord } from '../../../src/core/gossip/record.ts';
import { Records } from '../../../src/core/gossip/records.ts';
import { hashText } from '../../sim/hashes.ts';
import { Rig, recordOf as rigRecordOf } from './rig.ts';

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

test('a record of an unknown kind and a server of whatever name have places of their own', () => {
  const unknown = { ...recordOf('b', 1), kind: 'unknown', final: 'none', kindNumber: 7, raw: new Uint8Array([7]) } as const;
  const names = ['7/b', 'b', '7', '/b', 'unknown 7/b'];
  for (const namesake of names) {
    const rig = new Rig(['x']);
    rig.hear('x', { kind: 'push', records: [unknown, { ...recordOf(namesake, 9), epoch: 9 }] });
    const held = [...rig.gossip.inspection.records.all()].map(({ kind, owner }) => `${kind} ${owner}`);
    expect(held).toEqual(expect.arrayContaining(['unknown b', `member ${namesake}`]));
  }
  // The one text that would be that place is no name.
  const rig = new Rig(['x']);
  rig.hear('x', { kind: 'push', records: [unknown, { ...recordOf(' 7/b', 9), epoch: 9 }] });
  expect(rig.notes()).toMatchObject([{ kind: 'member.rejected', name: ' 7/b' }]);
  expect(rig.gossip.inspection.records.find(' 7/b')?.kind).toBe('unknown');
});

test('an end of a kind that is not known here closes no link and voids no evidence', () => {
  const rig = new Rig(['x', 'y', 'z', 'w']);
  rig.advance(1_700, ['x']);
  rig.take();
  const raw = new Uint8Array([7]);
  const ends = ['x', 'y'].map((name) => ({ ...newest(name), kind: 'unknown', kindNumber: 7, final: 'dead', raw }) as const);
  rig.hear('z', { kind: 'push', records: ends });
  rig.hear('z', { kind: 'push', records: ends.map((end) => ({ ...end, epoch: 8, instance: '9'.repeat(32) })) });
  expect(rig.take().filter(({ kind }) => kind === 'close')).toEqual([]);
  expect([rig.statusOf('x'), rig.statusOf('y')]).toEqual(['suspect', 'alive']);
});

/** What the member `name` of a rig says of itself, as a later word. */
function newest(name: string) {
  const { owner, epoch, instance } = rigRecordOf(name);
  return { owner, epoch, instance, version: 7 };
}
