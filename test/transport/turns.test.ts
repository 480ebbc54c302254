import { expect, test } from 'vitest';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { turnMs } from '../../src/transport/limits.ts';
import { Turns } from '../../src/transport/turns.ts';

/** Links whose frames take `eachMs` to deliver; `loop` is one turn of the event loop. */
function world() {
  const clock = new VirtualClock();
  let looks = 0;
  const tasks: (() => void)[] = [];
  const turns = new Turns({
    nowMs: () => {
      looks += 1;
      return clock.nowMs();
    },
    inNextTurn: (task) => tasks.push(task),
  });
  const served: string[] = [];
  const link = (name: string, frames: number, eachMs: number): void => {
    let left = frames;
    const takeTurn = (): boolean => {
      for (; left > 0 && !turns.isOver(); left -= 1) {
        served.push(name);
        clock.advance(eachMs);
      }
      return left > 0;
    };
    turns.begin();
    if (takeTurn()) turns.add({ takeTurn });
  };
  const loop = (): string => {
    for (const task of tasks.splice(0)) task();
    return served.splice(0).join('');
  };
  return { clock, turns, link, loop, tasks, looks: () => looks };
}

test('a turn ends when its time is over, with what is under way (T1)', () => {
  const { link, loop, tasks } = world();
  link('a', 5, turnMs / 2 + 1);
  expect([loop(), loop(), loop()]).toEqual(['aaaa', 'a', '']);
  expect(tasks).toEqual([]);
});

test('what is read while a turn is over waits; the next turn takes it (T1)', () => {
  const { clock, turns, loop } = world();
  turns.begin();
  expect(turns.isOver()).toBe(false);
  clock.advance(turnMs);
  expect(turns.isOver()).toBe(true);
  loop();
  expect(turns.isOver()).toBe(false);
});

test('one delivery longer than a turn is a turn of its own: something is always delivered (T1)', () => {
  const { link, loop } = world();
  link('a', 2, 50);
  link('b', 1, 50);
  // The first was delivered as it was read, with nothing else.
  expect([loop(), loop(), loop()]).toEqual(['aa', 'b', '']);
});

test('a link with one frame does not stand behind those with many, which take turns (T2)', () => {
  const { link, loop } = world();
  for (const name of ['a', 'b', 'c']) link(name, 100, turnMs / 2);
  loop();
  const order = Array.from({ length: 30 }, loop).join('');
  expect([...'abc'].map((name) => order.split(name).length - 1).sort()).toEqual([20, 20, 20]);
  link('x', 1, turnMs / 2);
  expect(loop() + loop()).toMatch(/^(..)?x/);
});

test('links that come with one frame after another do not starve one with many (T2)', () => {
  const { link, loop } = world();
  link('a', 1_000, turnMs);
  loop();
  let ofMany = 0;
  for (let at = 0; at < 100; at += 1) {
    link('x', 1, turnMs);
    ofMany += [...loop()].filter((name) => name === 'a').length;
  }
  expect(ofMany).toBe(50);
});

test('while turns are short, one in ten milliseconds looks at the clock for each frame (T3)', () => {
  const { clock, turns, loop, tasks, looks } = world();
  let timed = 0;
  for (let at = 0; at < 1_000; at += 1) {
    turns.begin();
    const before = looks();
    for (let frame = 0; frame < 8; frame += 1) turns.isOver();
    timed += looks() > before ? 1 : 0;
    loop();
    clock.advance(0.1);
  }
  expect(timed).toBeGreaterThan(5);
  expect(timed).toBeLessThanOrEqual(10);
  loop();
  expect(tasks).toEqual([]);
});
