/**
 * More members than a full mesh holds: links by the rings, floods over them, and the edge between the two.
 */

import { describe, expect, test } from 'vitest';

import type { Process } from './process.ts';
import { World } from './world.ts';

const nameOf = (at: number): string => `m${`${at}`.padStart(4, '0')}`;

function startMany(world: World, count: number, from = 0): void {
  for (let at = from; at < from + count; at += 1) {
    const name = nameOf(at);
    world.start({ name, address: `${name}:1`, join: [`${nameOf(0)}:1`] });
    world.advance(20);
  }
}

function settled(count: number, seed = 'rings'): World {
  const world = new World({ seed });
  startMany(world, count);
  expect(
    world.until(() => world.isOneView(), 10_000),
    world.viewProblem(),
  ).toBeDefined();
  return world;
}

function meshLinksOf({ gossip }: Process): readonly string[] {
  return [...gossip.inspection.links.mesh()].map((link) => link.name).sort();
}

function neighboursOf({ gossip }: Process): readonly string[] {
  return gossip.inspection.overlay
    .neighbours()
    .map((record) => record.owner)
    .sort();
}

describe('a fabric of 24 members', () => {
  test('has a mesh link from each member to its ring neighbours and to nobody else (O1)', () => {
    const world = settled(24);
    world.advance(5_000);
    for (const process of world.live()) {
      const neighbours = neighboursOf(process);
      expect(neighbours.length).toBeGreaterThanOrEqual(4);
      expect(neighbours.length).toBeLessThanOrEqual(12);
      expect(meshLinksOf(process)).toEqual(neighbours);
      for (const name of neighbours) expect(neighboursOf(world.at(`${name}:1`))).toContain(process.options.name);
    }
    expect(world.checks.violations).toEqual([]);
  });

  test('closes the links that nobody needs a minute after their last use, and none before (C2)', () => {
    const world = settled(24);
    const seed = world.at(`${nameOf(0)}:1`);
    world.advance(50_000);
    expect(seed.gossip.inspection.links.size).toBe(23);
    world.advance(25_000);
    expect(seed.gossip.inspection.links.size).toBeLessThanOrEqual(12);
    expect(world.isOneView(), world.viewProblem()).toBe(true);
    expect(world.accusations).toEqual([]);
    world.advance(70_000);
    // Nor are they opened again: a sample now and then asks who is there, and that is all.
    expect(seed.gossip.inspection.links.size).toBeLessThanOrEqual(12);
  });

  test('buries one that is killed, and one that loses power, everywhere within 1 s and 6 s', () => {
    const world = settled(24);
    world.advance(70_000);
    world.kill(`${nameOf(7)}:1`);
    expect(
      world.until(() => world.isOneView(), 1_000),
      world.viewProblem(),
    ).toBeDefined();
    const dark = `${nameOf(9)}:1`;
    for (const process of world.live()) {
      world.cut(dark, process.options.address);
      world.cut(process.options.address, dark);
    }
    const others = world.live().filter((process) => process.options.address !== dark);
    const isBuried = (process: Process): boolean => !process.gossip.views().some(({ name }) => name === nameOf(9));
    expect(world.until(() => others.every(isBuried), 6_000)).toBeDefined();
    world.heal();
    expect(
      world.until(() => world.isOneView(), 30_000),
      world.viewProblem(),
    ).toBeDefined();
    expect(world.checks.violations).toEqual([]);
  });

  test('goes on as before when one gets its cable back: nobody freezes, and a crash is known at once (G5)', () => {
    const world = settled(24);
    const dark = `${nameOf(9)}:1`;
    world.network.weather.isolate(dark);
    world.advance(10_000);
    expect(world.notesOf('mesh.frozen')).toBe(1); // it alone, which misses everybody
    world.network.weather.rejoin(dark);
    world.advance(500);
    world.kill(`${nameOf(7)}:1`);
    expect(
      world.until(() => world.isOneView(), 1_000),
      world.viewProblem(),
    ).toBeDefined();
    expect(world.notesOf('mesh.frozen')).toBe(1);
    expect(world.checks.violations).toEqual([]);
  });

  test('keeps a call link that works: its beats last as long as a call does', () => {
    const world = settled(24);
    const caller = world.at(`${nameOf(3)}:1`);
    const callee = world
      .live()
      .find((process) => process !== caller && !neighboursOf(caller).includes(process.options.name) && process.options.name > nameOf(12));
    if (!callee) throw new Error('everybody is a neighbour');
    world.advance(130_000);
    expect(caller.gossip.inspection.links.to(callee.instance)).toBeUndefined();
    caller.pump.feed({ kind: 'want', name: callee.options.name, instance: callee.instance });
    world.advance(10);
    const link = caller.gossip.inspection.links.to(callee.instance);
    if (!link) throw new Error('the call has no link');
    for (let turn = 0; turn < 1_300; turn += 1) {
      caller.pump.feed({ kind: 'busy', link: link.id });
      world.advance(100);
    }
    expect(caller.gossip.inspection.liveLinkTo(callee.instance)).toBe(link);
    expect(link.use.isMesh).toBe(false);
    expect(world.accusations).toEqual([]);
    world.advance(70_000);
    expect(caller.gossip.inspection.links.to(callee.instance)).toBeUndefined();
  });
});

describe('the edge between a full mesh and rings', () => {
  test('is crossed in both directions without a link that closes, a member that is doubted or a view that is lost (O3)', () => {
    const world = settled(9);
    world.advance(2_000);
    for (const process of world.live()) expect(meshLinksOf(process)).toHaveLength(8);
    const pairs = () =>
      world.live().flatMap((process) => [...process.gossip.inspection.links.used()].map((link) => `${process.options.name} ${link.id}`));
    const before = pairs();
    startMany(world, 3, 9);
    expect(
      world.until(() => world.isOneView(), 2_000),
      world.viewProblem(),
    ).toBeDefined();
    world.advance(5_000);
    expect(pairs()).toEqual(expect.arrayContaining(before));
    expect(world.live().some((process) => meshLinksOf(process).length < 11)).toBe(true);
    for (const at of [9, 10, 11]) {
      world.leave(`${nameOf(at)}:1`);
      world.advance(300);
      world.at(`${nameOf(at)}:1`).pump.feed({ kind: 'finish' });
      world.advance(10);
      world.kill(`${nameOf(at)}:1`);
    }
    expect(
      world.until(() => world.isOneView(), 2_000),
      world.viewProblem(),
    ).toBeDefined();
    world.advance(2_000);
    for (const process of world.live()) expect(meshLinksOf(process)).toHaveLength(8);
    expect(pairs()).toEqual(expect.arrayContaining(before));
    expect(world.accusations).toEqual([]);
    expect(world.checks.violations).toEqual([]);
  });
});

test('the round trip to a member is told when it is known, and when it is another one', () => {
  const world = new World({ seed: 'trips' });
  const told: (number | undefined)[] = [];
  world.onNews = ({ options }, news) => {
    if (options.name === 'a' && news.kind === 'changed' && news.view.name === 'b') told.push(news.view.roundTripMs);
  };
  for (const name of ['a', 'b']) world.start({ name, address: `${name}:1`, join: ['a:1'] });
  world.advance(3_000);
  expect(told.at(-1)).toBeGreaterThan(0.3);
  expect(told.at(-1)).toBeLessThan(3);
  const before = told.length;
  world.advance(60_000);
  expect(told.length - before).toBeLessThanOrEqual(4); // the shortest of eight is within 0.4 and 2.4 ms
  world.network.weather.setAll({ delayMs: 20 });
  world.advance(6_000);
  expect(told.at(-1)).toBeGreaterThan(20); // what is told is no further off than twofold
});
