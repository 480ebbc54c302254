import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DeadlineWheel, type WheelEntry } from '../../src/base/deadline-wheel.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';

const tickMs = 10;

function entry(expire: (nowMs: number) => void = () => {}): WheelEntry {
  return { wheelNext: undefined, wheelPrevious: undefined, expiresAtMs: 0, expire };
}

const steps = fc.array(
  fc.record({
    waitMs: fc.double({ min: 0, max: 400, noNaN: true }),
    delayMs: fc.oneof(fc.double({ min: -50, max: 300, noNaN: true }), fc.double({ min: 0, max: 30_000, noNaN: true })),
    isDisarmed: fc.boolean(),
  }),
  { maxLength: 60 },
);

test('D2: an entry expires once, never early, at most one tick late, and never when it was disarmed', () => {
  fc.assert(
    fc.property(steps, (plan) => {
      const clock = new VirtualClock();
      const wheel = new DeadlineWheel(clock);
      const armed = plan.map(({ waitMs, delayMs, isDisarmed }) => {
        clock.advance(waitMs);
        const expiries: number[] = [];
        const armedAtMs = clock.nowMs();
        const one = entry((nowMs) => expiries.push(nowMs));
        wheel.arm(one, armedAtMs + delayMs);
        if (isDisarmed) wheel.disarm(one);
        return { atMs: Math.max(armedAtMs, armedAtMs + delayMs), expiries, isDisarmed };
      });
      clock.advance(40_000);
      for (const { atMs, expiries, isDisarmed } of armed) {
        expect(expiries).toHaveLength(isDisarmed ? 0 : 1);
        for (const expiredMs of expiries) {
          expect(expiredMs).toBeGreaterThanOrEqual(atMs);
          expect(expiredMs).toBeLessThanOrEqual(atMs + tickMs + 1e-6);
        }
      }
      expect(wheel.armed).toBe(0);
    }),
  );
});

test('D3: there is no timer before the first entry, and none once the last has expired', () => {
  const clock = new VirtualClock();
  const wheel = new DeadlineWheel(clock);
  expect(clock.nextMs()).toBe(Number.POSITIVE_INFINITY);
  wheel.arm(entry(), 25);
  expect(clock.nextMs()).toBe(10);
  clock.advance(30);
  expect(clock.nextMs()).toBe(Number.POSITIVE_INFINITY);
});

test('D3: after the last entry was disarmed the timer is gone within a tick', () => {
  const clock = new VirtualClock();
  const wheel = new DeadlineWheel(clock);
  const one = entry();
  wheel.arm(one, 5_000);
  wheel.disarm(one);
  clock.advance(tickMs);
  expect(clock.nextMs()).toBe(Number.POSITIVE_INFINITY);
});

test('D1: many entries share one timer', () => {
  const clock = new VirtualClock();
  const wheel = new DeadlineWheel(clock);
  for (let count = 0; count < 1_000; count += 1) wheel.arm(entry(), 100 + count);
  expect(wheel.armed).toBe(1_000);
  clock.step();
  expect(clock.nextMs()).toBe(20);
});

test('an entry that an earlier one of its tick disarms does not expire', () => {
  const clock = new VirtualClock();
  const wheel = new DeadlineWheel(clock);
  let expired = 0;
  const second = entry(() => (expired += 1));
  wheel.arm(
    entry(() => wheel.disarm(second)),
    15,
  );
  wheel.arm(second, 15);
  clock.advance(100);
  expect(expired).toBe(0);
  expect(wheel.armed).toBe(0);
});

test('an entry that an earlier one of its tick arms anew for later expires later', () => {
  const clock = new VirtualClock();
  const wheel = new DeadlineWheel(clock);
  const expiries: number[] = [];
  const second = entry((nowMs) => expiries.push(nowMs));
  const first = entry(() => {
    wheel.disarm(second);
    wheel.arm(second, 500);
  });
  wheel.arm(first, 15);
  wheel.arm(second, 15);
  clock.advance(1_000);
  expect(expiries).toEqual([500]);
});

test('an expiring entry may arm itself again', () => {
  const clock = new VirtualClock();
  const wheel = new DeadlineWheel(clock);
  const expiries: number[] = [];
  const again = entry((nowMs) => {
    expiries.push(nowMs);
    if (expiries.length < 3) wheel.arm(again, nowMs + 30);
  });
  wheel.arm(again, 30);
  clock.advance(1_000);
  expect(expiries).toEqual([30, 60, 90]);
});

test('a wheel that was starved for longer than a whole turn expires everything that is due', () => {
  let nowMs = 0;
  let tick = (): void => {};
  const clock = {
    nowMs: () => nowMs,
    wallMs: () => nowMs,
    schedule: (_: number, task: () => void) => {
      tick = task;
      return () => {};
    },
  };
  const wheel = new DeadlineWheel(clock);
  let expired = 0;
  for (let atMs = 10; atMs <= 30_000; atMs += 70)
    wheel.arm(
      entry(() => (expired += 1)),
      atMs,
    );
  const all = wheel.armed;
  nowMs = 35_000;
  tick();
  expect(expired).toBe(all);
});

test('arming twice is an error of our own code', () => {
  const wheel = new DeadlineWheel(new VirtualClock());
  const one = entry();
  wheel.arm(one, 10);
  expect(() => wheel.arm(one, 20)).toThrow('armed twice');
});

test('a closed wheel leaves no timer and expires nothing', () => {
  const clock = new VirtualClock();
  const wheel = new DeadlineWheel(clock);
  let expired = 0;
  wheel.arm(
    entry(() => (expired += 1)),
    10,
  );
  wheel.close();
  expect(clock.nextMs()).toBe(Number.POSITIVE_INFINITY);
  clock.advance(100);
  expect(expired).toBe(0);
});
