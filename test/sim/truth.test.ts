/**
 * A call never lies: eight histories of a thousand calls each, and what the checker must catch when a rule is left out.
 * `npm run sim:truth` goes through twenty, or as many as it is told to.
 */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Fences } from '../../src/core/outcome/fences.ts';
import { Spent } from '../../src/core/outcome/spent.ts';
import { CallHistory } from '../../src/fabric/call/call-history.ts';
import { runTruth, type TruthReport } from './truth.ts';
import { faultKinds } from './truth-faults.ts';

const histories = 8;
const calls = 1_000;

async function problemsOf(seeds: number, isMixed = false): Promise<readonly string[]> {
  const problems: string[] = [];
  for (let seed = 1; seed <= seeds; seed += 1) {
    const report = await runTruth({ seed: `${seed}`, calls, hasFaults: true, isMixed });
    problems.push(...report.problems.map((problem) => `seed ${seed}: ${problem}`));
    if (problems.length > 0) break;
  }
  return problems;
}

function sum(reports: readonly TruthReport[], of: (report: TruthReport) => number): number {
  return reports.reduce((total, report) => total + of(report), 0);
}

const causes = ['lost link', 'deadline', 'given up'];

describe('8,000 calls under kills, stalls, cuts, late frames and restarts', { timeout: 300_000 }, () => {
  test('E1: `no` never ran, `yes` ran, `once` ran once at most, and of `maybe` a frame was on a link that broke, or given up on', async () => {
    const reports: TruthReport[] = [];
    for (let seed = 1; seed <= histories; seed += 1) reports.push(await runTruth({ seed: `${seed}`, calls, hasFaults: true }));
    expect(reports.flatMap(({ problems }, at) => problems.map((problem) => `seed ${at + 1}: ${problem}`))).toEqual([]);
    const all = sum(reports, (report) => report.calls);
    const ok = sum(reports, ({ verdicts }) => verdicts['ok'] ?? 0);
    const maybes = causes.map((cause) => `${sum(reports, (report) => report.maybes[cause] ?? 0)} ${cause}`);
    console.log(`${all} calls, ${ok} answered; of which nobody can say whether they ran: ${maybes.join(', ')}`);
    // The faults did strike, and did not stop everything.
    expect(sum(reports, (report) => report.maybes['lost link'] ?? 0)).toBeGreaterThan(0);
    expect(all).toBeGreaterThan(histories * calls);
    expect(ok).toBeGreaterThan(all * 0.9);
    for (const kind of faultKinds) expect([kind, sum(reports, ({ faults }) => faults[kind] ?? 0) > 0]).toEqual([kind, true]);
  });

  test('without faults no call is `maybe` but those that their callers gave up', async () => {
    const report = await runTruth({ seed: '1', calls: 2_000, hasFaults: false });
    expect([report.problems, Object.keys(report.maybes)]).toEqual([[], ['given up']]);
  });
});

describe('the checker catches', { timeout: 300_000 }, () => {
  afterEach(() => vi.restoreAllMocks());

  test('an Outcome that asks and does not fence', async () => {
    vi.spyOn(Fences.prototype, 'refuses').mockReturnValue(false);
    expect(await problemsOf(histories)).not.toEqual([]);
  });

  test('outcomes that are evicted, by the volume of results on the way to a client that is lost, without a watermark', async () => {
    vi.spyOn(Spent.prototype, 'has').mockReturnValue(false);
    expect(await problemsOf(histories)).not.toEqual([]);
  });

  test('a call that may have run, and is run again by a version that is `once`', async () => {
    vi.spyOn(CallHistory.prototype, 'mayHaveRun', 'get').mockReturnValue(false);
    expect(await problemsOf(histories, true)).not.toEqual([]);
  });

  test('an `executed` that is the last attempt`s', async () => {
    vi.spyOn(CallHistory.prototype, 'verdict').mockImplementation((last) => last);
    expect(await problemsOf(histories)).not.toEqual([]);
  });
});
