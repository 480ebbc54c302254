import { describe, expect, test } from 'vitest';
import { contenders } from './measure/rows.ts';
import { measureNews, measureSilence, percentile } from './measure/scenarios.ts';

describe('the harness of npm run sim:measure', () => {
  test.each(Object.entries(contenders))('asks %s the same: news reaches all, a silent member is found by all', (name, make) => {
    const fabric = make({ size: 30, seed: '1' });
    expect(fabric.form()).toBeDefined();
    fabric.advance(5_000);
    const news = measureNews(fabric, 4);
    expect(news.missing).toBe(0);
    expect(percentile(news, 0.99)).toBeLessThan(1_000);
    const { avoided, dead, backMs } = measureSilence(fabric, 7, 60_000);
    expect([avoided.missing, dead.missing]).toEqual([0, 0]);
    expect(percentile(dead, 0.5)).toBeGreaterThan(percentile(avoided, 0.5) ?? Number.POSITIVE_INFINITY);
    expect(backMs).toBeDefined();
    // In SWIM one that was cut off brings its own obituaries of the others back.
    if (name === 'heddle') expect(fabric.falseDeads()).toBe(0);
  });
});
