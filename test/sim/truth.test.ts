/**
 * A call never lies: twenty histories of a thousand calls each, and what the checker must catch when a rule is left out.
 * `npm run sim:truth` goes through as many more as it is told to.
 */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Fences } from '../../src/core/outcome/fences.ts';
import { OutcomeTable } from '../../src/core/outcome/outcome-table.ts';
import { Spent } from '../../src/core/outcome/spent.ts';
import { CallHistory } from '../../src/fabric/call-history.ts';
import { runTruth, type TruthReport } from './truth.ts';

const histories = 20;
const calls = 1_000;

async function problemsOf(seeds: number): Promise<readonly string[]> {
  const problems: string[] = [];
  for (let seed = 1; seed <= seeds; seed += 1) {
    const report = await runTruth({ seed: `${seed}`, calls, hasFaults: true });
    problems.push(...report.problems.map((problem) => `seed ${seed}: ${problem}`));
    if (problems.length > 0) break;
  }
  return problems;
}

describe('20,000 calls under kills, stalls, cuts, late frames and restarts', { timeout: 300_000 }, () => {
  test('E1: `no` never ran, `yes` ran, `once` ran once at most, and `maybe` had a lost connection or a deadline', async () => {
    const reports: TruthReport[] = [];
    for (let seed = 1; seed <= histories; seed += 1) reports.push(await runTruth({ seed: `${seed}`, calls, hasFaults: true }));
    expect(reports.flatMap(({ problems }, at) => problems.map((problem) => `seed ${at + 1}: ${problem}`))).toEqual([]);
    const maybes = reports.reduce((sum, report) => sum + report.maybes, 0);
    const ok = reports.reduce((sum, { verdicts }) => sum + (verdicts['ok'] ?? 0), 0);
    console.log(`${histories * calls} calls, ${ok} answered, ${maybes} of which nobody can say whether they ran`);
    // The faults did strike, and did not stop everything.
    expect(maybes).toBeGreaterThan(0);
    expect(ok).toBeGreaterThan(histories * calls * 0.9);
    for (const kind of ['kill', 'reset', 'pause', 'cut', 'late', 'client']) {
      expect(
        reports.some(({ faults }) => (faults[kind] ?? 0) > 0),
        kind,
      ).toBe(true);
    }
  });

  test('without faults no call is `maybe`', async () => {
    const report = await runTruth({ seed: '1', calls: 2_000, hasFaults: false });
    expect([report.problems, report.maybes]).toEqual([[], 0]);
  });
});

describe('the checker catches', { timeout: 300_000 }, () => {
  afterEach(() => vi.restoreAllMocks());

  test('an Outcome that asks and does not fence', async () => {
    vi.spyOn(Fences.prototype, 'refuses').mockReturnValue(false);
    expect(await problemsOf(histories)).not.toEqual([]);
  });

  test('outcomes that are evicted without a watermark', async () => {
    // A table with room for nothing: with the watermark such calls are `maybe`, and nothing is wrong.
    vi.spyOn(OutcomeTable.prototype, 'keep').mockImplementation(function (this: OutcomeTable<unknown>, _peer, { id }) {
      this.spend(id);
    });
    expect(await problemsOf(2)).toEqual([]);
    vi.spyOn(Spent.prototype, 'has').mockReturnValue(false);
    expect(await problemsOf(histories)).not.toEqual([]);
  });

  test('an `executed` that is the last attempt`s', async () => {
    vi.spyOn(CallHistory.prototype, 'verdict').mockImplementation((last) => last);
    expect(await problemsOf(histories)).not.toEqual([]);
  });
});
