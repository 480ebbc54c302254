import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { Arena } from '../../../src/core/gossip/arena.ts';
import { compareHeads, type MemberRecord, newer, type Obituary, type OwnerRecord, slotOf } from '../../../src/core/gossip/record.ts';
import { Records } from '../../../src/core/gossip/records.ts';
import { hashText } from '../../sim/hashes.ts';

const instances = ['0'.repeat(32), '8'.repeat(32), 'f'.repeat(32)];

const heads = fc.record({
  owner: fc.constantFrom('a', 'b'),
  epoch: fc.integer({ min: 1, max: 3 }),
  instance: fc.constantFrom(...instances),
});
const members = fc
  .record({ head: heads, version: fc.integer({ min: 1, max: 4 }), hasLeft: fc.boolean() })
  // One owner says one thing under one version: what a record says follows from its head.
  .map(
    ({ head, version, hasLeft }): MemberRecord => ({
      ...head,
      kind: 'member',
      final: hasLeft ? 'left' : 'none',
      version,
      incarnation: version,
      url: `${head.owner}:${version}`,
      isLeaving: hasLeft,
      resources: [],
      bodyHash: '',
      adopters: [],
    }),
  );
const obituaries = fc.record({ head: heads, observers: fc.uniqueArray(fc.constantFrom('x', 'y', 'z'), { minLength: 1 }) }).map(
  ({ head, observers }): Obituary => ({
    ...head,
    kind: 'obituary',
    final: 'dead',
    version: 0,
    url: head.owner,
    reports: observers.map((observer) => ({ target: head.owner, ...head, incarnation: 0, observer, evidence: ['silent'], ageMs: 1 })),
  }),
);
const unknowns = heads.map(
  (head): OwnerRecord => ({ ...head, kind: 'unknown', kindNumber: 9, final: 'none', version: 1, raw: new Uint8Array([9]) }),
);
const records: fc.Arbitrary<OwnerRecord> = fc.oneof(members, obituaries, unknowns);

function merged(list: readonly OwnerRecord[]): Records {
  const table = new Records(new Arena(hashText));
  for (const record of list) table.offer(record, 0);
  return table;
}

function contentOf(table: Records): unknown {
  return [...table.all()].sort((a, b) => (slotOf(a) < slotOf(b) ? -1 : 1));
}

describe('the merge of records (M1)', () => {
  test('does not depend on the order of arrival', () => {
    fc.assert(
      fc.property(
        fc
          .array(records, { maxLength: 12 })
          .chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }))),
        ([list, shuffled]) => {
          expect(contentOf(merged(shuffled))).toEqual(contentOf(merged(list)));
          expect(merged(shuffled).root()).toEqual(merged(list).root());
        },
      ),
    );
  });

  test('is associative and idempotent', () => {
    fc.assert(
      fc.property(members, members, obituaries, (a, b, c) => {
        const [x, y, z] = [a, { ...b, owner: a.owner }, { ...c, owner: a.owner }];
        expect(compareHeads(newer(newer(x, y), z), newer(x, newer(y, z)))).toBe(0);
        expect(newer(x, x)).toBe(x);
      }),
    );
  });

  test('never goes back (M2)', () => {
    fc.assert(
      fc.property(fc.array(records, { maxLength: 12 }), (list) => {
        const table = new Records(new Arena(hashText));
        for (const record of list) {
          const before = table.find(slotOf(record));
          table.offer(record, 0);
          const after = table.find(slotOf(record));
          if (before && after) expect(compareHeads(after, before)).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });
});

describe('the order of records', () => {
  const alive: MemberRecord = {
    kind: 'member',
    owner: 'a',
    epoch: 2,
    instance: '8'.repeat(32),
    final: 'none',
    version: 5,
    incarnation: 0,
    url: 'a:1',
    isLeaving: false,
    resources: [],
    bodyHash: '',
    adopters: [],
  };
  const dead: Obituary = {
    kind: 'obituary',
    owner: 'a',
    epoch: 2,
    instance: '8'.repeat(32),
    final: 'dead',
    version: 0,
    url: 'a:1',
    reports: [],
  };
  const left: MemberRecord = { ...alive, final: 'left', version: 1 };

  test('puts an end above every refutation of its epoch', () => {
    expect(newer({ ...alive, version: 900, incarnation: 99 }, dead)).toBe(dead);
  });

  test('puts the word of the owner above an obituary', () => {
    expect(newer(left, dead)).toBe(left);
  });

  test('puts the next epoch above every end', () => {
    const next = { ...alive, epoch: 3, version: 1 };
    expect(newer(next, left)).toBe(next);
  });
});

describe('the hashes that members compare', () => {
  test('know nothing of ends, so that forgetting one changes no root', () => {
    fc.assert(
      fc.property(fc.array(records, { maxLength: 12 }), (list) => {
        const table = merged(list);
        const before = table.root();
        table.forgetFinals(Number.POSITIVE_INFINITY);
        expect(table.root()).toEqual(before);
        const living = [...table.all()];
        expect(living.every((record) => record.final === 'none')).toBe(true);
        expect(merged(living).root()).toEqual(before);
        expect(merged(living).buckets()).toEqual(table.buckets());
      }),
    );
  });
});
