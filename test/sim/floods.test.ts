/**
 * News in a fabric on rings: how fast, how often, and how much of it at once.
 */

import { expect, test } from 'vitest';

import { hashBytes } from './hashes.ts';
import { startSettled } from './settled.ts';
import { World } from './world.ts';

const nameOf = (at: number): string => `m${`${at}`.padStart(4, '0')}`;

function settled(count: number): World {
  const world = new World({ seed: 'floods', isChecked: false });
  startSettled(
    world,
    Array.from({ length: count }, (_, at) => nameOf(at)),
  );
  world.advance(3_000);
  expect(world.isOneView(), world.viewProblem()).toBe(true);
  return world;
}

test('news reaches every one of 300 members within 100 ms', () => {
  const world = settled(300);
  const body = new TextEncoder().encode('an offer');
  world.at(`${nameOf(7)}:1`).pump.feed({ kind: 'publish', catalog: { bodyHash: hashBytes(body), body } });
  const hasHeard = (): boolean => world.live().every(({ gossip }) => gossip.findBody(hashBytes(body)) !== undefined);
  world.advance(100);
  expect(hasHeard()).toBe(true);
});

test('an owner that changes its catalog 100 times a second is heard 4 times a second, and troubles nobody (fault 31)', () => {
  const world = settled(30);
  const owner = world.at(`${nameOf(3)}:1`);
  const versionAt = (at: number): number => world.at(`${nameOf(at)}:1`).gossip.inspection.records.find(nameOf(3))?.version ?? 0;
  const before = versionAt(20);
  let last = '';
  for (let turn = 0; turn < 500; turn += 1) {
    const body = new TextEncoder().encode(`offer ${turn}`);
    last = hashBytes(body);
    owner.pump.feed({ kind: 'publish', catalog: { bodyHash: last, body } });
    world.advance(10);
  }
  expect(versionAt(20) - before).toBeGreaterThanOrEqual(18);
  expect(versionAt(20) - before).toBeLessThanOrEqual(21);
  world.advance(400);
  for (const { gossip } of world.live()) expect(gossip.views().find(({ name }) => name === nameOf(3))?.bodyHash).toBe(last);
  expect(world.accusations).toEqual([]);
});

test('150 members that start at once from 3 seeds have one view within 10 s (fault 34; 1,000 by sim:measure)', () => {
  const world = new World({ seed: 'storm', isChecked: false });
  const seeds = [0, 1, 2].map((at) => `${nameOf(at)}:1`);
  for (let at = 0; at < 150; at += 1) {
    const address = `${nameOf(at)}:1`;
    world.start({ name: nameOf(at), address, join: seeds.filter((seed) => seed !== address) });
  }
  expect(
    world.until(() => world.isOneView(), 10_000),
    world.viewProblem(),
  ).toBeDefined();
  expect(world.convictions).toEqual([]);
});
