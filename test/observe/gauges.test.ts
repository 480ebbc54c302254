import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { Gauges, pointsMax, windowMs } from '../../src/observe/gauges.ts';
import { FakeSource } from '../dashboard/fake-source.ts';

/** Two servers that answer every second, each having served `perSecond` calls more of 1 to 2.5 ms. */
async function answered(seconds: number, perSecond: number) {
  const clock = new VirtualClock();
  const source = new FakeSource(clock, 2);
  const gauges = new Gauges();
  const answer = () => {
    gauges.add(source.vitalsOf(0));
    gauges.add(source.vitalsOf(1));
  };
  answer();
  for (let at = 0; at < seconds; at += 1) {
    clock.advance(1_000);
    source.calls += perSecond;
    answer();
  }
  return { gauges, source, clock, answer };
}

describe('rates', () => {
  test('are differences of two answers, added up over the servers', async () => {
    const { gauges } = await answered(5, 20);
    expect(gauges.now()).toMatchObject({ callsPerSecond: 40, failedPerSecond: 0 });
    expect(gauges.now({ server: 'server-1' }).callsPerSecond).toBe(20);
    expect(gauges.now({ function: 'image.resize' }).callsPerSecond).toBe(40);
    expect(gauges.now({ function: 'nobody' }).callsPerSecond).toBe(0);
    expect(gauges.busiest()).toEqual(['image.resize']);
    const { p50Ms = 0, p99Ms = 0 } = gauges.now();
    expect(p50Ms).toBeGreaterThan(1);
    expect(p99Ms).toBeLessThanOrEqual(2.5);
    expect(p99Ms).toBeGreaterThan(p50Ms);
  });

  test('of a link are the bytes that passed both ways', async () => {
    const { gauges } = await answered(2, 20);
    expect(gauges.links().find(({ from, to }) => from === 'server-0' && to === 'server-1')).toMatchObject({
      bytesPerSecond: 3_000,
      roundTripMs: 1.3,
    });
  });

  test('forget what is over: a quiet server, one that has gone', async () => {
    const { gauges, clock, answer } = await answered(5, 20);
    clock.advance(windowMs + 1);
    answer();
    expect(gauges.now().callsPerSecond).toBe(0);
    gauges.keep(new Set(['server-0']));
    expect(gauges.links().every(({ from }) => from === 'server-0')).toBe(true);
  });

  test('of a process that started anew, or counts anew, begin with its second answer (G1)', async () => {
    const { gauges, source, clock } = await answered(3, 20);
    clock.advance(windowMs + 1_000);
    gauges.add({ ...source.vitalsOf(0), instance: 'another' });
    expect(gauges.now({ server: 'server-0' }).callsPerSecond).toBeGreaterThanOrEqual(0);
    clock.advance(1_000);
    source.calls += 7;
    gauges.add({ ...source.vitalsOf(0), instance: 'another' });
    expect(gauges.now({ server: 'server-0' }).callsPerSecond).toBe(7);
  });

  test('are kept for the charts, so many and no more (G3)', async () => {
    const { gauges } = await answered(2, 20);
    for (let at = 0; at < pointsMax + 50; at += 1) gauges.record(at, ['image.resize']);
    expect(gauges.history()).toHaveLength(pointsMax);
    expect(gauges.history('image.resize').at(-1)).toMatchObject({ atMs: pointsMax + 49, callsPerSecond: 40 });
    expect(gauges.history('nobody')).toEqual([]);
  });
});
