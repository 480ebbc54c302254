import { describe, expect, test } from 'vitest';
import { LoopLoad, latenessMsMax } from '../../src/fabric/serve/loop-load.ts';
import { Observer } from '../../src/observe/observer.ts';
import { BusyClock } from './busy-clock.ts';

function rig() {
  const clock = new BusyClock();
  const observer = new Observer();
  const events: string[] = [];
  observer.onAll(({ kind }) => events.push(kind));
  const load = new LoopLoad(clock, observer);
  const ask = (urgency: 0 | 1 | 2 = 1, isRetry = false): boolean => load.latenessAt(clock.nowMs(), { urgency, isRetry }) > 0;
  /** One turn of the loop in which `calls` calls of `eachMs` come together; how many were let in. */
  const turn = (calls: number, eachMs: number, urgency: 0 | 1 | 2 = 1): number => {
    let taken = 0;
    for (let n = 0; n < calls; n += 1) {
      if (ask(urgency)) continue;
      taken += 1;
      clock.burn(eachMs);
      load.saw(clock.nowMs());
    }
    return taken;
  };
  /** Turns without a pause between them: a queue that stands. */
  const stand = (forMs: number, calls = 200, eachMs = 2): void => {
    for (const untilMs = clock.nowMs() + forMs; clock.nowMs() < untilMs; ) {
      turn(calls, eachMs);
      clock.runUntil(clock.nowMs());
    }
  };
  return { clock, load, events, ask, turn, stand };
}

describe('a process', () => {
  test('that is on time refuses nobody, and has no timer while nobody calls (E1)', () => {
    const { clock, load, ask } = rig();
    for (let n = 0; n < 100; n += 1) {
      expect([ask(0), ask(1), ask(2)]).toEqual([false, false, false]);
      clock.runUntil(clock.nowMs() + 5);
    }
    clock.runUntil(clock.nowMs() + 30);
    expect([clock.nextMs(), load.isOverloaded]).toEqual([Number.POSITIVE_INFINITY, false]);
  });

  test('works off a burst of 900 ms without refusing any of it (E2)', () => {
    const { turn, events } = rig();
    expect(turn(900, 1, 2)).toBe(900);
    expect(events).toEqual([]);
  });

  test('is forgiven one long handler, or one long pause (E2)', () => {
    const { clock, turn, load, ask } = rig();
    ask();
    clock.burn(3_000);
    load.saw(clock.nowMs());
    expect(turn(50, 1)).toBe(50);
    clock.runUntil(clock.nowMs() + 20);
    ask();
    clock.burn(3_000);
    expect(turn(50, 1)).toBe(50);
    clock.runUntil(clock.nowMs() + 20);
    expect(load.isOverloaded).toBe(false);
  });

  test('is not forgiven many of them in a row', () => {
    const { turn, events } = rig();
    expect(turn(100, 200)).toBeLessThan(10);
    expect(events).toEqual(['loop.overloaded']);
  });

  test('that was late for a second cuts its turns short (E3)', () => {
    const { clock, turn, stand, events } = rig();
    stand(2_500);
    expect(events).toEqual(['loop.overloaded']);
    const sinceMs = clock.nowMs();
    const taken = turn(1_000, 2);
    expect(taken).toBeGreaterThan(10);
    expect(clock.nowMs() - sinceMs).toBeLessThanOrEqual(latenessMsMax[1] + 10 + 2);
  });

  test('that is on time counts what waited to be read all the same', () => {
    const { clock, load, ask, events } = rig();
    const answers: boolean[] = [];
    for (let n = 0; n < 120; n += 1) {
      load.waitedMs = n < 110 ? 250 : 150;
      answers.push(ask());
      clock.runUntil(clock.nowMs() + 10);
    }
    expect(events).toEqual(['loop.overloaded']);
    expect([answers.slice(0, 70).includes(true), answers[105], answers[115]]).toEqual([false, true, false]);
  });

  test('is forgiven what waited through one long pause', () => {
    const { clock, load, ask, events } = rig();
    ask();
    clock.burn(3_000);
    load.saw(clock.nowMs());
    for (let n = 0; n < 50; n += 1) {
      load.waitedMs = 2_990;
      expect(ask()).toBe(false);
      clock.runUntil(clock.nowMs() + 1);
    }
    expect(events).toEqual([]);
  });

  test('that was forgiven a pause is forgiven nothing of what came after it', () => {
    const { clock, load, ask, events } = rig();
    ask();
    clock.burn(150);
    for (let n = 0; n < 240; n += 1) {
      load.waitedMs = 100;
      ask();
      clock.runUntil(clock.nowMs() + 5);
    }
    expect(events).toEqual(['loop.overloaded']);
  });

  test('refuses batch first and critical last', () => {
    const { clock, ask, stand } = rig();
    stand(2_500);
    ask();
    const refused: string[] = [];
    for (let ms = 0; ms < 500; ms += 1) {
      clock.burn(1);
      refused.push([ask(0), ask(1), ask(2)].map(Number).join(''));
    }
    expect([...new Set(refused)]).toEqual(['000', '001', '011', '111']);
  });

  test('refuses who comes again while it refuses most, be it on time just then, but not who is critical (E4)', () => {
    const { clock, load, stand, ask } = rig();
    stand(2_500);
    clock.runUntil(clock.nowMs());
    load.waitedMs = 250;
    for (let n = 0; n < 20; n += 1) expect(ask()).toBe(true);
    load.waitedMs = 0;
    clock.runUntil(clock.nowMs());
    expect([ask(1, true), ask(2, true), ask(0, true)]).toEqual([true, true, false]);
    for (let n = 0; n < 20; n += 1) expect(ask()).toBe(false);
    expect([ask(1, true), ask(2, true), ask(0, true)]).toEqual([false, false, false]);
  });

  test('takes everything again once it was on time for a second, and leaves no timer (E2)', () => {
    const { clock, load, stand, turn, events } = rig();
    stand(2_500);
    for (let n = 0; n < 80; n += 1) {
      turn(1, 1);
      clock.runUntil(clock.nowMs() + 20);
      if (n === 30) expect(load.isOverloaded).toBe(true);
    }
    expect([load.isOverloaded, events]).toEqual([false, ['loop.overloaded', 'loop.recovered']]);
    expect(turn(100, 1)).toBe(100);
    clock.runUntil(clock.nowMs() + 100);
    expect(clock.nextMs()).toBe(Number.POSITIVE_INFINITY);
  });

  test('recovers also when nobody calls any more', () => {
    const { clock, load, stand } = rig();
    stand(2_500);
    clock.runUntil(clock.nowMs() + 2_000);
    expect([load.isOverloaded, clock.nextMs()]).toEqual([false, Number.POSITIVE_INFINITY]);
  });

  test('has no timer once it is closed', () => {
    const { clock, load, ask } = rig();
    ask();
    load.close();
    expect(clock.nextMs()).toBe(Number.POSITIVE_INFINITY);
  });
});
