import { describe, expect, test } from 'vitest';

import { type FaultRow, runRow, type WholeRow } from './rows/row.ts';
import { faultRows } from './rows/rows.ts';

/** What takes seconds with many members is looked at with few here. */
const sizeMax = 16;
const seeds = ['1', '2'];

async function problemsOf(row: FaultRow | WholeRow): Promise<readonly string[]> {
  const found: string[] = [];
  for (const seed of seeds) {
    const { problems } = await runRow(row, { seed, sizeMax });
    found.push(...problems.map((problem) => `seed ${seed}: ${problem}`));
  }
  return found;
}

// Two seeds of each row; 200 with up to 50 members: npm run sim:rows
describe('a fabric of random size', () => {
  test.each(faultRows.map((row) => [row.row, row.what, row] as const))('fault %s: %s', async (_number, _what, row) => {
    expect(await problemsOf(row)).toEqual([]);
  });
});
