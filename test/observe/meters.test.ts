import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { boundsMs, Histogram, quantileMs } from '../../src/observe/histogram.ts';
import { labelsMax, Meters, otherLabel } from '../../src/observe/meters.ts';
import { Observer } from '../../src/observe/observer.ts';

const served = { kind: 'call.served', version: '1.0.0', caller: 'c', callId: 'c:1', attempt: 1, ok: true } as const;

describe('a histogram', () => {
  test('counts everything once, in the bucket whose bound it does not pass', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 100_000, noNaN: true }), { maxLength: 50 }), (times) => {
        const histogram = new Histogram();
        for (const ms of times) histogram.add(ms);
        const wanted = [...boundsMs, Number.POSITIVE_INFINITY].map(
          (bound, at) => times.filter((ms) => ms <= bound && ms > (boundsMs[at - 1] ?? -1)).length,
        );
        expect(histogram.buckets).toEqual(wanted);
        expect(histogram.count).toBe(times.length);
      }),
    );
  });

  test('tells a quantile by straight lines within a bucket, and none of nothing', () => {
    const histogram = new Histogram();
    expect(quantileMs(histogram.buckets, 0.99)).toBe(undefined);
    for (let call = 0; call < 10; call += 1) histogram.add(7);
    // Ten between 5 and 10 ms.
    expect(quantileMs(histogram.buckets, 0.5)).toBeCloseTo(7.5);
    expect(quantileMs(histogram.buckets, 1)).toBeCloseTo(10);
    for (let call = 0; call < 90; call += 1) histogram.add(60_000);
    expect(quantileMs(histogram.buckets, 0.99)).toBe(30_000);
  });
});

describe('meters', () => {
  test('count calls by function and code, and their times', () => {
    const observer = new Observer();
    const meters = new Meters();
    meters.attach(observer);
    observer.emit({ ...served, function: 'a', elapsedMs: 3 });
    observer.emit({ ...served, function: 'a', elapsedMs: 5, ok: false, code: 'function_failed' });
    observer.emit({ ...served, function: 'b', elapsedMs: 1 });
    const a = meters.served.functions.get('a');
    expect([...(a?.ends ?? [])]).toEqual([
      ['ok', 1],
      ['function_failed', 1],
    ]);
    expect([a?.elapsed.sumMs, meters.served.all.count, meters.served.failed]).toEqual([8, 3, 1]);
  });

  test('give a hundred functions figures of their own, and all later ones those of "other" (M2)', () => {
    const observer = new Observer();
    const meters = new Meters();
    meters.attach(observer);
    for (let nth = 0; nth < labelsMax + 50; nth += 1) observer.emit({ ...served, function: `f${nth}`, elapsedMs: 1 });
    observer.emit({ ...served, function: 'f0', elapsedMs: 1 });
    const { functions, all } = meters.served;
    expect([functions.size, functions.get(otherLabel)?.elapsed.count, functions.get('f0')?.elapsed.count]).toEqual([labelsMax + 1, 50, 2]);
    expect(all.count).toBe(labelsMax + 51);
  });

  test('count runs, steps, parked bytes, and every other kind by its name; nothing after they are taken off', () => {
    const observer = new Observer();
    const meters = new Meters();
    const stop = meters.attach(observer);
    observer.emit({ kind: 'run.settled', runId: 'r', ok: false, elapsedMs: 9 });
    observer.emit({ kind: 'step.settled', runId: 'r', step: 's', outcome: 'done', elapsedMs: 9 });
    observer.emit({ kind: 'result.parked', value: 1, bytes: 70_000 });
    observer.emit({ kind: 'loop.recovered' });
    stop();
    observer.emit({ kind: 'loop.recovered' });
    expect([meters.runs.count, meters.runsFailed, meters.parkedBytes]).toEqual([1, 1, 70_000]);
    expect([[...meters.steps], [...meters.events].filter(([, count]) => count > 0)]).toEqual([[['done', 1]], [['loop.recovered', 1]]]);
    expect(observer.wants('call.served')).toBe(false);
  });
});
