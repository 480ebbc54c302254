import fc from 'fast-check';
import { expect, test } from 'vitest';

import type { MemberRecord } from '../../../src/core/gossip/record.ts';
import { instanceOf, Rig, recordOf } from './rig.ts';

const owners = ['b', 'c', 'd', 'e', 'f'] as const;

/** A word that some owner can have said: every epoch is another process, and `left` is its last word. */
const word = fc
  .record({
    owner: fc.constantFrom(...owners),
    epoch: fc.integer({ min: 1, max: 3 }),
    version: fc.integer({ min: 1, max: 6 }),
    hasLeft: fc.boolean(),
  })
  .map(({ owner, epoch, version, hasLeft }): MemberRecord => {
    const final = hasLeft ? 'left' : 'none';
    return recordOf(owner, { epoch, version: hasLeft ? 7 : version, final, instance: instanceOf(`${owner}${epoch}`), isLeaving: hasLeft });
  });

/** What the member holds after these words, each over one of its two links. */
function heldAfter(words: readonly MemberRecord[], gapMs: number): unknown {
  const rig = new Rig(['x', 'y']);
  for (const [at, record] of words.entries()) {
    rig.nowMs += gapMs;
    rig.hear(at % 2 === 0 ? 'x' : 'y', { kind: 'push', records: [record] });
  }
  const { records } = rig.gossip.inspection;
  const heads = owners
    .map((owner) => records.find(owner))
    .map((record) => record && [record.owner, record.epoch, record.version, record.final]);
  return { heads, root: records.root(), buckets: records.buckets() };
}

test('frames that come twice, out of order or 10 s late leave the state of a run in order (fault 13)', () => {
  fc.assert(
    fc.property(
      fc
        .array(word, { minLength: 1, maxLength: 15 })
        .chain((words) => fc.tuple(fc.constant(words), fc.shuffledSubarray([...words, ...words], { minLength: 2 * words.length }))),
      fc.constantFrom(1, 10_000),
      ([words, disturbed], gapMs) => {
        expect(heldAfter(disturbed, gapMs)).toEqual(heldAfter(words, 1));
      },
    ),
    { numRuns: 200 },
  );
});
