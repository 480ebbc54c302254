import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Parking, type ParkingEffect, type ParkingInput } from '../../../src/core/handoff/parking.ts';

const limits = { memoryBytesMax: 100, bytesMax: 1_000, valuesMax: 5, bytesOfOneMax: 500, valuesOfOneMax: 3 };

/** A parking that is fed, and what came of it. */
function lot(limited: Partial<typeof limits> = {}) {
  const parking = new Parking({ ...limits, ...limited });
  const feed = (nowMs: number, ...inputs: readonly ParkingInput[]): readonly ParkingEffect[] =>
    inputs.flatMap((input) => {
      parking.handle(input, nowMs);
      return [...parking.takeEffects()];
    });
  return { parking, feed };
}

const parked = (id: number, bytes: number, leaseMs = 30_000): ParkingInput => ({ kind: 'parked', id, bytes, leaseMs });
const wake: ParkingInput = { kind: 'wake' };

describe('a value that is parked', () => {
  it('stays until its lease is over, and is dropped once (K1)', () => {
    const { parking, feed } = lot();
    feed(0, parked(1, 10));
    expect(parking.nextWakeMs()).toBe(30_000);
    expect(feed(29_999, wake)).toEqual([]);
    expect(feed(30_000, wake)).toEqual([{ kind: 'drop', id: 1, why: 'expired' }]);
    expect(feed(30_001, wake, { kind: 'released', ids: [1] })).toEqual([]);
    expect(parking).toMatchObject({ size: 0, bytes: 0, memoryBytes: 0 });
    expect(parking.nextWakeMs()).toBe(Number.POSITIVE_INFINITY);
  });

  it('stays longer when its lease is renewed, or less long', () => {
    const { parking, feed } = lot();
    feed(0, parked(1, 10), parked(2, 10), parked(3, 10));
    feed(10_000, { kind: 'renewed', ids: [1, 7], forMs: 30_000 }, { kind: 'renewed', ids: [2], forMs: 5_000 });
    expect(parking.nextWakeMs()).toBe(15_000);
    expect(feed(15_000, wake)).toEqual([{ kind: 'drop', id: 2, why: 'expired' }]);
    expect(feed(30_000, wake)).toEqual([{ kind: 'drop', id: 3, why: 'expired' }]);
    expect(feed(40_000, wake)).toEqual([{ kind: 'drop', id: 1, why: 'expired' }]);
  });

  it('is dropped when it is released; what is not there means nothing (K5)', () => {
    const { parking, feed } = lot();
    feed(0, parked(1, 10), parked(2, 20));
    expect(feed(5, { kind: 'released', ids: [1, 9, 1] })).toEqual([{ kind: 'drop', id: 1, why: 'released' }]);
    expect(parking).toMatchObject({ size: 1, bytes: 20, memoryBytes: 20 });
    expect([parking.has(1), parking.has(2)]).toEqual([false, true]);
  });

  it('goes to disk, the oldest first, when memory is full (K2)', () => {
    const { parking, feed } = lot();
    expect(feed(0, parked(1, 60), parked(2, 40))).toEqual([]);
    expect(feed(1, parked(3, 30))).toEqual([{ kind: 'spill', id: 1 }]);
    expect(parking.memoryBytes).toBe(130);
    expect(feed(2, { kind: 'spilled', id: 1, ok: true })).toEqual([]);
    expect(parking).toMatchObject({ size: 3, bytes: 130, memoryBytes: 70 });
    expect(feed(3, parked(4, 31))).toEqual([{ kind: 'spill', id: 2 }]);
  });

  it('goes to disk itself when it is larger than all memory', () => {
    const { parking, feed } = lot();
    expect(feed(0, parked(1, 50), parked(2, 500))).toEqual([{ kind: 'spill', id: 2 }]);
    feed(1, { kind: 'spilled', id: 2, ok: true });
    expect(parking.memoryBytes).toBe(50);
  });

  it('counts in memory until it is written, also when it is dropped before', () => {
    const { parking, feed } = lot();
    feed(0, parked(1, 500));
    expect(feed(1, { kind: 'released', ids: [1] })).toEqual([{ kind: 'drop', id: 1, why: 'released' }]);
    expect(parking).toMatchObject({ size: 0, bytes: 0, memoryBytes: 500 });
    feed(2, { kind: 'spilled', id: 1, ok: true });
    expect(parking.memoryBytes).toBe(0);
  });

  it('stays in memory when it cannot be written, and then nothing is taken that would not fit there', () => {
    const { parking, feed } = lot();
    feed(0, parked(1, 90), parked(2, 20), { kind: 'spilled', id: 1, ok: false });
    expect(parking.memoryBytes).toBe(110);
    expect([parking.hasRoom(10), parking.hasRoom(11)]).toEqual([true, false]);
    feed(1, { kind: 'released', ids: [1] });
    expect(parking).toMatchObject({ memoryBytes: 20, bytes: 20 });
    expect(parking.hasRoom(500)).toBe(true);
  });

  it('is not taken beyond the bounds of all (K3)', () => {
    const { parking, feed } = lot({ bytesMax: 100, valuesMax: 2 });
    feed(0, parked(1, 60));
    expect([parking.hasRoom(40), parking.hasRoom(41)]).toEqual([true, false]);
    feed(0, parked(2, 10));
    expect(parking.hasRoom(1)).toBe(false);
  });

  it('that came on disk costs no memory', () => {
    const { parking, feed } = lot();
    expect(feed(0, { kind: 'parked', id: 1, bytes: 900, leaseMs: 10, isOnDisk: true })).toEqual([]);
    expect(parking).toMatchObject({ bytes: 900, memoryBytes: 0 });
    feed(10, wake);
    expect(parking).toMatchObject({ bytes: 0, memoryBytes: 0 });
  });
});

const step = fc.oneof(
  fc.record({ kind: fc.constant('park' as const), bytes: fc.integer({ min: 1, max: 300 }), leaseMs: fc.integer({ min: 1, max: 50 }) }),
  fc.record({ kind: fc.constant('renew' as const), pick: fc.nat(20), forMs: fc.integer({ min: 1, max: 50 }) }),
  fc.record({ kind: fc.constant('release' as const), pick: fc.nat(20) }),
  fc.record({ kind: fc.constant('written' as const), ok: fc.boolean() }),
  fc.record({ kind: fc.constant('pass' as const), ms: fc.nat(20) }),
);

describe('whatever happens to a parking', () => {
  it('accounts for every byte, and drops every value once', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { parking, feed } = lot({ bytesMax: 2_000, valuesMax: 12 });
        const [kept, writing, dropped] = [new Map<number, number>(), [] as number[], new Set<number>()];
        let [nowMs, nextId] = [0, 1];
        const take = (effects: readonly ParkingEffect[]): void => {
          for (const effect of effects) {
            if (effect.kind === 'spill') writing.push(effect.id);
            else {
              expect(dropped.has(effect.id)).toBe(false);
              dropped.add(effect.id);
              kept.delete(effect.id);
            }
          }
        };
        for (const one of steps) {
          if (one.kind === 'park' && parking.hasRoom(one.bytes)) {
            kept.set(nextId, one.bytes);
            take(feed(nowMs, parked(nextId++, one.bytes, one.leaseMs)));
          } else if (one.kind === 'renew') take(feed(nowMs, { kind: 'renewed', ids: [one.pick], forMs: one.forMs }));
          else if (one.kind === 'release') take(feed(nowMs, { kind: 'released', ids: [one.pick] }));
          else if (one.kind === 'written') {
            const id = writing.shift();
            if (id !== undefined) take(feed(nowMs, { kind: 'spilled', id, ok: one.ok }));
          } else if (one.kind === 'pass') {
            nowMs += one.ms;
            take(feed(nowMs, wake));
          }
          expect(parking.size).toBe(kept.size);
          expect(parking.bytes).toBe([...kept.values()].reduce((sum, bytes) => sum + bytes, 0));
          expect(parking.memoryBytes).toBeGreaterThanOrEqual(0);
        }
        for (const id of writing.splice(0)) take(feed(nowMs, { kind: 'spilled', id, ok: true }));
        take(feed(nowMs + 1_000, wake));
        expect(parking).toMatchObject({ size: 0, bytes: 0, memoryBytes: 0 });
        expect(dropped.size).toBe(nextId - 1);
      }),
    );
  });
});

describe('what one owner has parked', () => {
  const owned = (id: number, bytes: number, owner: string | undefined): ParkingInput => ({
    kind: 'parked',
    id,
    bytes,
    leaseMs: 30_000,
    owner,
  });

  it('is bounded by bytes and by values, and what others have does not count (K4)', () => {
    const { parking, feed } = lot();
    feed(0, owned(1, 400, 'alice'), owned(2, 100, undefined), owned(3, 10, 'bob'));
    expect(parking.hasShare({ owner: 'alice', bytes: 100 })).toBe(true);
    expect(parking.hasShare({ owner: 'alice', bytes: 101 })).toBe(false);
    expect(parking.hasShare({ owner: 'bob', bytes: 490 })).toBe(true);
    expect(parking.hasShare({ owner: undefined, bytes: 100_000 })).toBe(true);
    feed(0, owned(4, 10, 'bob'), owned(5, 10, 'bob'));
    expect(parking.hasShare({ owner: 'bob', bytes: 0 })).toBe(false);
    expect([parking.ownerOf(1), parking.ownerOf(2), parking.ownerOf(9)]).toEqual(['alice', undefined, undefined]);
  });

  it('is its own again when it is released or its lease is over (K4)', () => {
    const { parking, feed } = lot();
    feed(0, owned(1, 300, 'alice'), owned(2, 200, 'alice'));
    expect(parking.hasShare({ owner: 'alice', bytes: 1 })).toBe(false);
    feed(0, { kind: 'released', ids: [1, 1] });
    expect([parking.hasShare({ owner: 'alice', bytes: 300 }), parking.hasShare({ owner: 'alice', bytes: 301 })]).toEqual([true, false]);
    feed(30_000, wake);
    expect([parking.hasShare({ owner: 'alice', bytes: 500 }), parking.hasShare({ owner: 'alice', bytes: 501 })]).toEqual([true, false]);
  });
});
