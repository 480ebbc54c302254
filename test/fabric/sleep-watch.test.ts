/** Z1 and Z2 of src/fabric/call/sleep-watch.ts. */
import { expect, test } from 'vitest';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { SleepWatch, sleepMsMin } from '../../src/fabric/call/sleep-watch.ts';
import { ProcessClock } from '../../src/testing/process-clock.ts';

function watched() {
  const clock = new VirtualClock();
  const wall = new ProcessClock(clock);
  return { clock, wall, sleep: new SleepWatch(wall) };
}

test('a machine that ran all the time has not slept, however long that was (Z1)', () => {
  const { clock, sleep } = watched();
  clock.advance(10 * sleepMsMin);
  expect(sleep.hasSlept(0)).toBe(false);
});

test('one whose wall clock went on without the other slept under all that began before it woke, and under nothing since (Z1)', () => {
  const { clock, wall, sleep } = watched();
  clock.advance(1_000);
  wall.step(sleepMsMin);
  expect(sleep.hasSlept(1_000)).toBe(true);
  clock.advance(1_000);
  expect([0, 1_000, 1_001].map((sinceMs) => sleep.hasSlept(sinceMs))).toEqual([true, true, false]);
});

test('a wall clock that is put right by a little, or set back, is no sleep (Z2)', () => {
  const { wall, sleep } = watched();
  wall.step(sleepMsMin - 1);
  expect(sleep.hasSlept(0)).toBe(false);
  wall.step(-3_600_000);
  expect(sleep.hasSlept(0)).toBe(false);
  wall.step(sleepMsMin);
  expect(sleep.hasSlept(0)).toBe(true);
});
