/**
 * Counts of slots as users write them: `slots: { gpu: 2 }` of a server, `uses: { gpu: 1 }` of a function.
 */

import { isRecord } from '../../base/objects.ts';
import { checkName, describeFound } from '../../core/names.ts';
import type { Path } from '../../core/payload.ts';
import { typeName } from '../../core/workflow/fields.ts';
import { HeddleError } from '../../errors.ts';

/** By name of the slot. */
export type SlotCounts = ReadonlyMap<string, number>;

/** Kinds of slots that one server has, or one function uses. */
export const slotKindsMax = 64;
/** Slots of one kind. */
export const slotsMax = 1_000_000;

export const noSlots: SlotCounts = new Map();

/** Throws `bad_argument` at the place of what is wrong. */
export function checkSlotCounts(value: unknown, path: Path): SlotCounts {
  if (!isRecord(value)) {
    throw new HeddleError('bad_argument', { path, expected: 'how many of each, as in { gpu: 1 }', found: typeName(value) });
  }
  const entries = Object.entries(value);
  if (entries.length > slotKindsMax) {
    throw new HeddleError('bad_argument', { path, expected: `at most ${slotKindsMax} kinds of slots`, found: `${entries.length}` });
  }
  return new Map(entries.map(([name, count]) => [checkName('slot', name, [...path, name]), checkCount(count, [...path, name])]));
}

function checkCount(count: unknown, path: Path): number {
  if (Number.isInteger(count) && Number(count) >= 1 && Number(count) <= slotsMax) return Number(count);
  throw new HeddleError('bad_argument', { path, expected: `a whole number of slots from 1 to ${slotsMax}`, found: describeFound(count) });
}
