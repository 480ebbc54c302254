/**
 * Joining on a machine with much to do: processes that run for a moment now and then.
 */

import { describe, expect, test } from 'vitest';

import { World } from './world.ts';

interface Share {
  readonly runsMs: number;
  readonly standsMs: number;
}

/** A newcomer's way in while these processes get so much of their machine; undefined: it has not joined within `forMs`. */
function joinedAfterMs(starved: readonly ('seed' | 'new')[], { runsMs, standsMs }: Share, forMs: number): number | undefined {
  const world = new World({ seed: 'busy', isChecked: false });
  for (const name of ['seed', 'old']) world.start({ name, address: `${name}:1`, join: ['seed:1'] });
  world.advance(3_000);
  const { gossip } = world.start({ name: 'new', address: 'new:1', join: ['seed:1'] });
  const addresses = starved.map((name) => `${name}:1`);
  const startedMs = world.clock.nowMs();
  while (!gossip.inspection.hasJoined && world.clock.nowMs() - startedMs < forMs) {
    for (const address of addresses) world.pause(address);
    world.advance(standsMs);
    for (const address of addresses) world.resume(address);
    world.advance(runsMs);
  }
  return gossip.inspection.hasJoined ? world.clock.nowMs() - startedMs : undefined;
}

describe('a newcomer joins within 40 s', () => {
  test('on a host that lets it run every 1.2 s, for a moment', () => {
    expect(joinedAfterMs(['new'], { standsMs: 1_200, runsMs: 1 }, 40_000)).toBeDefined();
  });
});

test('a newcomer whose seed takes 1.6 s to answer joins all the same: its third dial waits so long', () => {
  const world = new World({ seed: 'slow', isChecked: false });
  world.network.weather.setAll({ delayMs: 400 });
  world.start({ name: 'seed', address: 'seed:1', join: [] });
  const { gossip } = world.start({ name: 'new', address: 'new:1', join: ['seed:1'] });
  expect(world.until(() => gossip.inspection.hasJoined, 10_000)).toBeGreaterThan(3_000);
});
