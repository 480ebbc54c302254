import { beforeEach, describe, expect, test } from 'vitest';

import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { ProcessClock } from '../../src/testing/process-clock.ts';

let world: VirtualClock;
let clock: ProcessClock;
let log: string[];
beforeEach(() => {
  world = new VirtualClock();
  clock = new ProcessClock(world);
  log = [];
});

const write = (text: string) => () => void log.push(`${text} at ${clock.nowMs()}`);

describe('the clock of a simulated process', () => {
  test('runs what it is given, once, and nothing that was cancelled', () => {
    clock.schedule(10, write('a'));
    const cancel = clock.schedule(5, write('b'));
    cancel();
    expect(clock.armed).toBe(1);
    world.advance(100);
    expect(log).toEqual(['a at 10']);
    expect(clock.armed).toBe(0);
  });

  test('runs late timers first and deliveries then when a pause ends (K1)', () => {
    clock.schedule(20, write('second'));
    clock.schedule(10, write('first'));
    clock.schedule(5_000, write('later'));
    clock.pause();
    world.advance(5);
    clock.deliver(write('frame'));
    world.advance(995);
    expect(log).toEqual([]);
    clock.resume();
    expect(log).toEqual(['first at 1000', 'second at 1000', 'frame at 1000']);
    world.advance(4_000);
    expect(log).toHaveLength(4);
  });

  test('does nothing any more once it is killed, whatever was waiting (K2)', () => {
    clock.schedule(10, write('timer'));
    clock.pause();
    clock.deliver(write('frame'));
    world.advance(50);
    clock.kill();
    clock.resume();
    clock.deliver(write('another'));
    world.advance(50);
    expect(log).toEqual([]);
    expect(clock.armed).toBe(0);
  });

  test('goes faster and slower, and timers that wait go with it (K3)', () => {
    clock.schedule(1_000, write('timer'));
    world.advance(500);
    clock.setRate(2);
    world.advance(250);
    expect(log).toEqual(['timer at 1000']);
    clock.setRate(0.5);
    clock.schedule(100, write('slow'));
    world.advance(199);
    expect(log).toHaveLength(1);
    world.advance(1);
    expect(log).toEqual(['timer at 1000', 'slow at 1100']);
  });

  test('is never before the time of the timer that runs, at any rate (K4)', () => {
    const early: number[] = [];
    for (let at = 1; at <= 2_000; at += 1) {
      clock.setRate(0.8 + (at % 41) / 100);
      const dueMs = clock.nowMs() + at / 7;
      clock.schedule(at / 7, () => void (clock.nowMs() < dueMs && early.push(at)));
      world.advance(at / 3);
    }
    expect(early).toEqual([]);
  });

  test('steps its wall clock and leaves its own time alone (K3)', () => {
    world.advance(1_000);
    const wallMs = clock.wallMs();
    clock.step(-86_400_000);
    expect(clock.wallMs()).toBe(wallMs - 86_400_000);
    expect(clock.nowMs()).toBe(1_000);
  });
});
