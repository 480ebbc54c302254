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

test('a wall clock that is put right by a little is no sleep (Z2)', () => {
  const { wall, sleep } = watched();
  for (const ms of [sleepMsMin - 1, 1 - sleepMsMin, 1 - sleepMsMin]) {
    wall.step(ms);
    expect(sleep.hasSlept(0)).toBe(false);
  }
});

test('sleeps that are short one by one are one, however often it looked between them (Z1)', () => {
  const { clock, wall, sleep } = watched();
  const seen = [1, 2, 3, 4].map(() => {
    wall.step(sleepMsMin / 3);
    clock.advance(1);
    return sleep.hasSlept(clock.nowMs());
  });
  expect(seen).toEqual([false, false, true, false]);
});

test('a wall clock that was set back, and hides a sleep, is taken for one (Z2)', () => {
  const { wall, sleep } = watched();
  wall.step(-3_600_000);
  wall.step(2 * sleepMsMin);
  expect(sleep.hasSlept(0)).toBe(true);
});
