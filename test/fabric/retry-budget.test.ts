/** What the calls of a function may spend on retries: Y1 to Y3 and Y5 of src/fabric/call/retry-budget.ts. */
import { describe, expect, it } from 'vitest';
import { paidPerSecondMin, paidShareMax, RetryBudget, tokensMax, windowMs } from '../../src/fabric/call/retry-budget.ts';

function rig() {
  const stats = { typicalMs: 0, p95Ms: 0, attempts: 0, successes: 0 };
  const budget = new RetryBudget(stats, 0);
  const takeAll = (nowMs: number): number => {
    let taken = 0;
    while (budget.take(nowMs)) taken += 1;
    return taken;
  };
  return { stats, budget, takeAll };
}

describe('a budget of retries', () => {
  it('pays for ten and no more while nothing succeeds, however long it lasts (Y1)', () => {
    const { stats, takeAll } = rig();
    expect(takeAll(0)).toBe(tokensMax);
    for (let second = 1; second < 100; second += 1) {
      stats.attempts += 1_000;
      expect(takeAll(second * 1_000)).toBe(0);
    }
  });

  it('earns a tenth of a retry with every success, up to ten (Y1)', () => {
    const { stats, takeAll } = rig();
    takeAll(0);
    stats.attempts += 30;
    stats.successes += 30;
    expect(takeAll(windowMs * 2)).toBe(3);
    stats.attempts += 100_000;
    stats.successes += 100_000;
    expect(takeAll(windowMs * 4)).toBe(tokensMax);
  });

  it('earns nothing while calls are refused for want of room before ten in a row have succeeded (Y5)', () => {
    const { stats, budget, takeAll } = rig();
    const succeed = (calls: number): void => {
      stats.attempts += calls;
      stats.successes += calls;
    };
    succeed(100);
    budget.refused();
    expect(takeAll(0)).toBe(tokensMax);
    for (let n = 0; n < 100; n += 1) {
      succeed(9);
      budget.refused();
    }
    expect(takeAll(windowMs * 2)).toBe(0);
    succeed(25);
    budget.refused();
    expect(takeAll(windowMs * 4)).toBe(2);
  });

  it('pays for at most one hedge in twenty attempts, ten saved up, and out of the same tokens (Y3)', () => {
    const { stats, budget } = rig();
    expect(budget.takeHedge(0)).toBe(false);
    let hedges = 0;
    for (let nowMs = 1; nowMs <= 1_000; nowMs += 1) {
      stats.attempts += 1;
      stats.successes += 1;
      if (budget.takeHedge(nowMs * 100)) hedges += 1;
    }
    expect(hedges).toBeLessThanOrEqual(50);
    expect(hedges).toBeGreaterThan(40);
    stats.attempts += 100_000;
    let burst = 0;
    while (budget.takeHedge(10_000_000)) burst += 1;
    expect(burst).toBeLessThanOrEqual(10);
    expect(burst).toBeGreaterThan(0);
    expect(budget.take(10_000_000)).toBe(false);
  });

  it('pays in any 10 s for 3 a second, or for a tenth of the attempts where that is more (Y2)', () => {
    for (const perSecond of [5, 1_000]) {
      const { stats, budget } = rig();
      const paidAtMs: number[] = [];
      for (let nowMs = 0; nowMs < 60_000; nowMs += 100) {
        stats.attempts += perSecond / 10;
        stats.successes += 1_000; // tokens enough, so that the window is what bounds
        while (budget.take(nowMs)) paidAtMs.push(nowMs);
      }
      const worst = Math.max(...paidAtMs.map((at) => paidAtMs.filter((other) => other >= at && other < at + windowMs).length));
      const most = Math.max((paidPerSecondMin * windowMs) / 1_000, paidShareMax * perSecond * 10);
      // The window is up to a second longer than 10 s, and with it the attempts in it.
      expect(worst).toBeLessThanOrEqual(most * 1.1);
      expect(worst).toBeGreaterThanOrEqual(most / 2);
      expect(paidAtMs.filter((at) => at >= 60_000 - windowMs).length).toBeGreaterThanOrEqual(most / 2);
    }
  });
});
