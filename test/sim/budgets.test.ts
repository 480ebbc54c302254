import { describe, expect, test } from 'vitest';

import type { MeshRules } from '../../src/core/gossip/state.ts';
import { SlidingSum } from './sliding-sum.ts';
import { World } from './world.ts';

/** So many start at once from three seeds. */
function storm(size: number, rules: Partial<MeshRules> = {}): World {
  const world = new World({ seed: 'storm', isMetered: true, rules });
  const seeds = ['m0:1', 'm1:1', 'm2:1'];
  for (let at = 0; at < size; at += 1)
    world.start({ name: `m${at}`, address: `m${at}:1`, join: seeds.filter((seed) => seed !== `m${at}:1`) });
  expect(world.until(() => world.isOneView(), 10_000)).toBeDefined();
  world.advance(500);
  return world;
}

describe('the budget of M8', () => {
  test('holds where a hundred join at once, and not where seeds tell every newcomer of every other', () => {
    expect(storm(100).checks.violations).toEqual([]);
    expect(storm(100, { sparesCrowds: false }).checks.violations[0]).toMatch(/^M8 m\d sent \d+ bytes about 100 newcomers/);
  });

  test('in a storm is a megabyte a minute, and three times the share in any ten seconds otherwise', () => {
    const world = new World({ seed: 'budget', isMetered: true });
    for (let at = 0; at < 10; at += 1) world.start({ name: `m${at}`, address: `m${at}:1`, join: at === 0 ? [] : ['m0:1'] });
    world.advance(15_000);
    const half = Array.from({ length: 4 }, (_, at) => `m${at}:1`);
    const [chatty, later, loud] = [world.at('m0:1'), world.at('m5:1'), world.at('m6:1')];
    const say = (by: typeof chatty, messages: number): void => {
      const ids = Array.from({ length: 1_000 }, (_, at) => `${at}`.padStart(16, '0'));
      for (let at = 0; at < messages; at += 1)
        world.traffic?.sent(by.host.address, { kind: 'doubts', ids }, { nowMs: world.clock.nowMs(), isToNewcomer: false });
    };
    say(chatty, 20);
    expect(world.checks.budgets.problemOf(chatty, 10)).toMatch(/within ten seconds/);
    world.split(half);
    say(later, 60);
    expect(world.checks.budgets.problemOf(later, 10)).toBeUndefined();
    say(loud, 130);
    expect(world.checks.budgets.problemOf(loud, 10)).toMatch(/in a minute of storm/);
  });
});

describe('a sliding sum', () => {
  test('forgets a slot when as many others have followed as it has slots', () => {
    const sum = new SlidingSum(3);
    expect([sum.add(1, 0), sum.add(2, 0), sum.add(4, 2), sum.add(8, 3), sum.add(16, 9)]).toEqual([1, 3, 7, 12, 16]);
  });
});
