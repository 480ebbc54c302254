/** How old frames may be after this process stood still: W1 and W2 of src/fabric/server/stall-watch.ts. */
import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/base/clock.ts';
import { DeadlineWheel } from '../../src/base/deadline-wheel.ts';
import { StallWatch, stallMsMin } from '../../src/fabric/server/stall-watch.ts';

/** A loop that the test holds up: time passes, and timers run only when they are let. */
function rig() {
  const loop = { nowMs: 0, tasks: [] as { atMs: number; run: () => void }[] };
  const clock: Clock = {
    nowMs: () => loop.nowMs,
    wallMs: () => loop.nowMs,
    schedule: (delayMs, run) => {
      const task = { atMs: loop.nowMs + delayMs, run };
      loop.tasks.push(task);
      return () => {
        loop.tasks = loop.tasks.filter((other) => other !== task);
      };
    },
  };
  const runTimers = (): void => {
    const due = loop.tasks.filter(({ atMs }) => atMs <= loop.nowMs);
    loop.tasks = loop.tasks.filter((task) => !due.includes(task));
    for (const { run } of due) run();
  };
  const late: number[] = [];
  const wheel: DeadlineWheel = new DeadlineWheel(clock, (lateMs) => {
    late.push(lateMs);
    watch.note(lateMs);
  });
  const watch: StallWatch = new StallWatch(clock, () => wheel.dueMs);
  const arm = (): void => wheel.arm({ wheelNext: undefined, wheelPrevious: undefined, expiresAtMs: 0, expire: () => {} }, 60_000);
  return { loop, runTimers, late, watch, arm };
}

describe('a stall', () => {
  it('in which the loop was blocked is taken off what is read after the timers, until they run again (W2)', () => {
    const { loop, runTimers, watch, arm } = rig();
    arm();
    loop.nowMs = 3_000;
    runTimers();
    expect(watch.gapMs(loop.nowMs)).toBe(2_990);
    expect(watch.gapMs(loop.nowMs)).toBe(2_990);
    runTimers();
    expect(watch.gapMs(loop.nowMs)).toBe(0);
  });

  it('in which the process was stopped is seen before any timer runs (W1)', () => {
    const { loop, runTimers, watch, arm } = rig();
    arm();
    loop.nowMs = 1_000;
    expect(watch.gapMs(loop.nowMs)).toBe(990);
    loop.nowMs = 1_001;
    runTimers();
    runTimers();
    expect(watch.gapMs(loop.nowMs)).toBe(0);
  });

  it('is none while timers run about in time, nor where nothing was to run', () => {
    const { loop, runTimers, late, watch, arm } = rig();
    loop.nowMs = 5_000;
    expect(watch.gapMs(loop.nowMs)).toBe(0);
    arm();
    loop.nowMs += 10 + stallMsMin - 1;
    expect(watch.gapMs(loop.nowMs)).toBe(0);
    runTimers();
    expect(late).toEqual([stallMsMin - 1]);
    expect(watch.gapMs(loop.nowMs)).toBe(0);
  });
});
