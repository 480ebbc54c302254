/**
 * A member that its observers cannot reach, though others can.
 */

import { describe, expect, test } from 'vitest';

import type { Process } from './process.ts';
import { startSettled } from './settled.ts';
import { World } from './world.ts';

const subject = 'm11';

/** A fabric in which the `cut` members nearest before the subject on the rings and the subject do not reach each other. */
function cutFromNearest({ size, cut }: { readonly size: number; readonly cut: number }): {
  readonly world: World;
  readonly member: Process;
  readonly near: readonly string[];
} {
  const world = new World({ seed: 'adoption', isChecked: size < 30 });
  startSettled(
    world,
    Array.from({ length: size }, (_, at) => `m${`${at}`.padStart(2, '0')}`),
  );
  world.advance(3_000);
  expect(world.viewProblem()).toBeUndefined();
  const { slots, rings } = world.arena;
  const near = rings.observersOf(subject, cut, (slot) => slots.keyOf(slot) !== subject).map((slot) => slots.keyOf(slot));
  for (const name of near) {
    world.cut(`${name}:1`, `${subject}:1`);
    world.cut(`${subject}:1`, `${name}:1`);
  }
  return { world, member: world.at(`${subject}:1`), near };
}

function isGone(world: World): boolean {
  const others = world.live().filter(({ options }) => options.name !== subject);
  return others.every(({ gossip }) => !gossip.views().some(({ name }) => name === subject));
}

describe('a member that none of its observers reaches', () => {
  test('is adopted by four others within 8 s, and dead nowhere (A1, M5)', () => {
    const { world, member, near } = cutFromNearest({ size: 24, cut: 4 });
    const { self } = member.gossip.inspection;
    expect(world.until(() => self.record.adopters.length === 4, 8_000)).toBeDefined();
    for (const name of self.record.adopters) {
      expect(near).not.toContain(name);
      expect(world.at(`${name}:1`).gossip.inspection.overlay.isNeighbour(subject)).toBe(true);
    }
    world.advance(10_000);
    expect(world.convictions).toEqual([]);
    expect(world.checks.violations).toEqual([]);
    expect(self.record.adopters).toHaveLength(4);
  });

  test('is dead everywhere within 6 s once it has lost power, by the word of its adopters', () => {
    const { world } = cutFromNearest({ size: 62, cut: 12 });
    world.advance(12_000);
    world.network.weather.isolate(`${subject}:1`);
    expect(world.until(() => isGone(world), 6_000)).toBeDefined();
  });

  test('lets its adopters go half a minute after the network is whole again (A2, A3)', () => {
    const { world, member } = cutFromNearest({ size: 24, cut: 4 });
    world.advance(10_000);
    world.heal();
    const { self } = member.gossip.inspection;
    expect(world.until(() => self.record.adopters.length === 0, 45_000)).toBeGreaterThan(29_000);
    world.advance(6_000);
    expect(world.viewProblem()).toBeUndefined();
    for (const { gossip } of world.live()) expect(gossip.inspection.adoptions.size).toBe(0);
  });
});
