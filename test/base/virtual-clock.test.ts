import fc from 'fast-check';
import { expect, test } from 'vitest';
import { VirtualClock } from '../../src/base/virtual-clock.ts';

test('V1: tasks run by time, equal times in the order in which they were scheduled', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -5, max: 20 }), { maxLength: 80 }), (delays) => {
      const clock = new VirtualClock();
      const ran: [number, number][] = [];
      for (const [index, delayMs] of delays.entries()) clock.schedule(delayMs, () => ran.push([Math.max(delayMs, 0), index]));
      clock.advance(20);
      expect(ran).toEqual([...ran].sort(([a, i], [b, j]) => a - b || i - j));
      expect(ran).toHaveLength(delays.length);
    }),
  );
});

test('V2: while a task runs, the time is exactly the time it was scheduled for', () => {
  const clock = new VirtualClock();
  const seen: number[] = [];
  clock.schedule(7, () => {
    seen.push(clock.nowMs());
    clock.schedule(5, () => seen.push(clock.nowMs()));
  });
  clock.advance(100);
  expect(seen).toEqual([7, 12]);
  expect(clock.nowMs()).toBe(100);
  expect(clock.wallMs()).toBe(1_700_000_000_100);
});

test('a cancelled task does not run, and cancelling one that ran is harmless', () => {
  const clock = new VirtualClock();
  const ran: string[] = [];
  const cancelFirst = clock.schedule(1, () => ran.push('first'));
  const cancelSecond = clock.schedule(2, () => ran.push('second'));
  clock.schedule(3, () => ran.push('third'));
  cancelSecond();
  expect(clock.nextMs()).toBe(1);
  clock.advance(10);
  cancelFirst();
  expect(ran).toEqual(['first', 'third']);
  expect(clock.nextMs()).toBe(Number.POSITIVE_INFINITY);
});

test('a task due after the end of an advance waits for the next one', () => {
  const clock = new VirtualClock();
  let ran = 0;
  clock.schedule(10, () => (ran += 1));
  clock.advance(9);
  expect(ran).toBe(0);
  clock.advance(1);
  expect(ran).toBe(1);
});

test('a task that is never due never runs', () => {
  const clock = new VirtualClock();
  clock.schedule(Number.POSITIVE_INFINITY, () => expect.unreachable());
  expect(clock.step()).toBe(false);
});
