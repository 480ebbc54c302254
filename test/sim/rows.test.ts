import { describe, expect, test } from 'vitest';

import { present } from '../../src/base/assert.ts';
import type { MeshRules } from '../../src/core/gossip/state.ts';
import { type FaultRow, type RowOptions, runRow, type WholeRow } from './rows/row.ts';
import { faultRows } from './rows/rows.ts';

/** What takes seconds with many members is looked at with few here. */
const sizeMax = 16;
const seeds = ['1', '2'];

async function problemsOf(row: FaultRow | WholeRow, options: Pick<RowOptions, 'rules'> = {}): Promise<readonly string[]> {
  const found: string[] = [];
  for (const seed of seeds) {
    const { problems } = await runRow(row, { seed, sizeMax, ...options });
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

// Whoever sees a one-way loss has company against its word: others got through, the accused refutes, and one is no quorum.
const defences = { needsQuorum: false, canRefute: false, asksOthers: false } as const satisfies Partial<MeshRules>;

describe('fault 10, a one-way loss', () => {
  const [row] = faultRows.filter((one) => one.row === '10');

  test('buries somebody where the fabric has none of its three defences (negative control)', async () => {
    expect(await problemsOf(present(row, 'row 10'), { rules: defences })).not.toEqual([]);
  });

  test.each(['needsQuorum', 'canRefute', 'asksOthers'] as const)('buries nobody where %s alone is left', async (kept) => {
    expect(await problemsOf(present(row, 'row 10'), { rules: { ...defences, [kept]: true } })).toEqual([]);
  });
});
