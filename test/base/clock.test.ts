import { expect, test } from 'vitest';
import { delay, systemClock } from '../../src/base/clock.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';

test('a delay resolves at its time', async () => {
  const clock = new VirtualClock();
  let isOver = false;
  const waiting = delay(clock, 50).then(() => (isOver = true));
  clock.advance(49);
  await Promise.resolve();
  expect(isOver).toBe(false);
  clock.advance(1);
  await waiting;
  expect(isOver).toBe(true);
});

test('a delay ends at once when its signal aborts, and leaves no timer and no listener', async () => {
  const clock = new VirtualClock();
  const abort = new AbortController();
  const waiting = delay(clock, 50, abort.signal);
  abort.abort();
  await waiting;
  expect(clock.nextMs()).toBe(Number.POSITIVE_INFINITY);
});

test('a delay with a signal that is aborted already schedules nothing', async () => {
  const clock = new VirtualClock();
  await delay(clock, 50, AbortSignal.abort());
  expect(clock.nextMs()).toBe(Number.POSITIVE_INFINITY);
});

test('the real clock runs a task no earlier than asked, by its own time', async () => {
  const startMs = systemClock.nowMs();
  await delay(systemClock, 2.5);
  expect(systemClock.nowMs() - startMs).toBeGreaterThan(1.5);
});

test('the real clock does not fire a delay at once that is longer than a timer can hold', async () => {
  let ran = false;
  const cancel = systemClock.schedule(Number.POSITIVE_INFINITY, () => (ran = true));
  await delay(systemClock, 5);
  cancel();
  expect(ran).toBe(false);
});
