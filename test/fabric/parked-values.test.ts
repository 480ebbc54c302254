import { afterEach, describe, expect, it } from 'vitest';

import { systemClock } from '../../src/base/clock.ts';
import { type Random, seededRandom, systemRandom } from '../../src/base/random.ts';
import type { Parked } from '../../src/core/payload.ts';
import { handOffDefaults } from '../../src/fabric/hand-off/hand-off-settings.ts';
import { ParkedValues } from '../../src/fabric/hand-off/parked-values.ts';
import { Observer } from '../../src/observe/observer.ts';
import { MemorySpill } from '../../src/storage/memory-spill.ts';

const kept: ParkedValues[] = [];
afterEach(() => Promise.all(kept.splice(0).map((values) => values.close())));

function park(random: Random, count: number): { readonly values: ParkedValues; readonly all: readonly Parked[] } {
  const values = new ParkedValues({
    clock: systemClock,
    random,
    identity: { name: 'here', instance: 'here-1' },
    spill: new MemorySpill(),
    observer: new Observer(),
    settings: { ...handOffDefaults, inlineBytesMax: 1 },
  });
  kept.push(values);
  const lease = { leaseMs: 60_000, isRepeatable: false };
  const payloads = Array.from({ length: count }, () => values.park({ encoding: 'bytes', bytes: new Uint8Array(10) }, lease));
  return { values, all: payloads.flatMap(({ parked }) => (parked ? [parked] : [])) };
}

it('H5 who has been told of some values can tell the number of no other', () => {
  const { values, all } = park(systemRandom(), 200);
  expect(new Set(all.map(({ id }) => id)).size).toBe(200);
  // Of 52 bits: that one of 200 has none of the upper 24 has a chance of 1 in 80,000.
  for (const parked of all) {
    expect(parked.id).toBeGreaterThan(2 ** 28);
    expect(Number.isSafeInteger(parked.id)).toBe(true);
    expect(values.find(parked)).toBeDefined();
    for (const by of [-1, 1, 16]) expect(values.find({ ...parked, id: parked.id + by })).toBeUndefined();
  }
});

it('H5 the numbers of two servers have nothing in common, those of a seed are the same', () => {
  const ids = (random: Random) => park(random, 5).all.map(({ id }) => id);
  expect(ids(systemRandom())).not.toEqual(ids(systemRandom()));
  expect(ids(seededRandom('seed'))).toEqual(ids(seededRandom('seed')));
});

describe('H4 one client', () => {
  const settings = { ...handOffDefaults, inlineBytesMax: 1, memoryBytesMax: 1_000, spillBytesMax: 1_000 };

  function rig(): { readonly values: ParkedValues; readonly parkFor: (owner: string | undefined, bytes: number) => Parked } {
    const values = new ParkedValues({
      clock: systemClock,
      random: seededRandom('shares'),
      identity: { name: 'here', instance: 'here-1' },
      spill: new MemorySpill(),
      observer: new Observer(),
      settings,
    });
    kept.push(values);
    const parkFor = (owner: string | undefined, bytes: number): Parked => {
      const { parked } = values.park({ encoding: 'bytes', bytes: new Uint8Array(bytes) }, { leaseMs: 60_000, isRepeatable: false, owner });
      return parked ?? expect.fail('it was sent along');
    };
    return { values, parkFor };
  }

  it('has at most half of the room, streams that are being gathered included; others have theirs', () => {
    const { values, parkFor } = rig();
    parkFor('token:alice', 600);
    values.gather({ bytes: 300, owner: 'token:alice' });
    const refused = (): unknown => parkFor('token:alice', 101);
    expect(refused).toThrow(expect.objectContaining({ code: 'bad_result', executed: 'yes' }));
    expect(refused).toThrow(/one client may keep on here until its results are pulled \(half of the 2000 bytes, and 50000 values\)/);
    expect(() => values.gather({ bytes: 101, owner: 'token:alice' })).toThrow(/one client/);
    parkFor('token:bob', 700);
    values.gather({ bytes: -300, owner: 'token:alice' });
    parkFor('token:alice', 400);
    expect(() => parkFor(undefined, 301)).toThrow(/room/);
    parkFor(undefined, 300);
  });

  it('pays for the parts of its values as well, and has its share again when they are released', () => {
    const { values, parkFor } = rig();
    const whole = parkFor('token:alice', 900);
    const owner = values.ownerOf(whole);
    expect([owner, values.ownerOf(parkFor(undefined, 10))]).toEqual(['token:alice', undefined]);
    expect(() => parkFor(owner, 101)).toThrow(/one client/);
    values.lease({ renewed: [], released: [whole.id], forMs: 0 });
    expect(values.ownerOf(parkFor('token:alice', 1_000))).toBe('token:alice');
  });
});
