/**
 * How often one owner's word is looked at: H1-H5 of pacing.ts. Member `a` hears of `b` over its own link and over that of `c`.
 */

import { describe, expect, test } from 'vitest';
import type { MemberRecord, OwnerRecord } from '../../../src/core/gossip/record.ts';
import { meshLimits } from '../../../src/core/gossip/settings.ts';
import { instanceOf, Rig, recordOf } from './rig.ts';

const { changesAtOnce, changesPerSecond } = meshLimits;

function heldBy(rig: Rig, name = 'b'): OwnerRecord | undefined {
  return rig.gossip.inspection.records.find(name);
}

function say(rig: Rig, version: number, change: Partial<MemberRecord> = {}, over = 'b'): void {
  rig.hear(over, { kind: 'push', records: [recordOf('b', { version, ...change })] });
}

/** `b` has said as much as is taken at once: what is held is version `changesAtOnce + 1`. */
function hurried(): Rig {
  const rig = new Rig(['b', 'c', 'd']);
  for (let version = 2; version <= changesAtOnce + 1; version += 1) say(rig, version);
  expect(heldBy(rig)?.version).toBe(changesAtOnce + 1);
  rig.take();
  return rig;
}

describe('an owner that says more than is looked at', () => {
  test(`H1: is heard ${changesAtOnce} times at once; what it says then is taken within a tick, the newest alone`, () => {
    const rig = hurried();
    for (let version = 100; version <= 200; version += 1) say(rig, version);
    expect(heldBy(rig)?.version).toBe(changesAtOnce + 1);
    rig.advance(150);
    expect(heldBy(rig)?.version).toBe(200);
    const passedOn = rig
      .takeSent('push')
      .flatMap(({ to, message }) => message.records.map(({ owner, version }) => `${to} ${owner} ${version}`));
    expect(passedOn.filter((text) => text.includes(' b '))).toEqual([
      `c b ${changesAtOnce + 1}`,
      `d b ${changesAtOnce + 1}`,
      'c b 200',
      'd b 200',
    ]);
  });

  test(`H1: is taken in ${changesPerSecond} times a second, however long it goes on, and its last word always`, () => {
    const rig = hurried();
    let taken = 0;
    let version = 1_000;
    let before = heldBy(rig)?.version;
    for (let at = 0; at < 400; at += 1) {
      for (let more = 0; more < 5; more += 1) {
        version += 1;
        say(rig, version);
      }
      rig.advance(50);
      const now = heldBy(rig)?.version;
      if (now !== before) taken += 1;
      before = now;
    }
    expect(taken).toBeGreaterThan(0.5 * 20 * Math.min(changesPerSecond, 10));
    expect(taken).toBeLessThanOrEqual(20 * changesPerSecond + 1);
    rig.advance(200);
    expect(heldBy(rig)?.version).toBe(version);
  });

  test('H1: does not keep others waiting, and is heard at once when it has been quiet', () => {
    const rig = hurried();
    rig.hear('b', { kind: 'push', records: [recordOf('c', { version: 2 })] });
    expect(heldBy(rig, 'c')?.version).toBe(2);
    rig.advance((1_000 * changesAtOnce) / changesPerSecond);
    for (let version = 100; version < 100 + changesAtOnce; version += 1) {
      say(rig, version);
      expect(heldBy(rig)?.version).toBe(version);
    }
  });

  test('H2: leaves and ends at once', () => {
    const rig = hurried();
    say(rig, 100, { isLeaving: true });
    expect(heldBy(rig)).toMatchObject({ version: 100, isLeaving: true });
    say(rig, 101, { isLeaving: true, final: 'left' });
    expect(heldBy(rig)).toMatchObject({ version: 101, final: 'left' });
  });

  test('H2: cannot end and come back for nothing: what comes after an end waits', () => {
    const rig = hurried();
    say(rig, 100, { final: 'left' });
    say(rig, 1, { epoch: 2 });
    say(rig, 1, { epoch: 3, final: 'left' });
    expect(heldBy(rig)).toMatchObject({ epoch: 1, version: 100 });
    rig.advance(400);
    expect(heldBy(rig)).toMatchObject({ epoch: 3, final: 'left' });
  });

  test('H3: refutes at once what is held against it here, and not twice with one report', () => {
    const rig = hurried();
    const target = { target: 'b', epoch: 1, instance: instanceOf('b'), incarnation: 0 };
    rig.hear('c', { kind: 'suspect', reports: [{ ...target, observer: 'c', evidence: ['silent'], ageMs: 0 }] });
    say(rig, 100, { incarnation: 1 }, 'd');
    expect(heldBy(rig)).toMatchObject({ version: 100, incarnation: 1 });
    say(rig, 101, { incarnation: 2 }, 'd');
    expect(heldBy(rig)).toMatchObject({ version: 100, incarnation: 1 });
  });

  test('H4: is not silenced by who makes up words for it: what came over another link is kept beside them', () => {
    const rig = hurried();
    say(rig, 150, {}, 'b');
    say(rig, 120, {}, 'c');
    say(rig, 140, {}, 'b');
    rig.advance(100);
    expect(heldBy(rig)?.version).toBe(150);
  });

  test('H5: is told of once in ten seconds, with how many of its words waited', () => {
    const rig = hurried();
    const told = (): readonly number[] => rig.notes().flatMap((note) => (note.kind === 'member.hurried' ? [note.count] : []));
    for (let version = 100; version < 110; version += 1) say(rig, version);
    expect(told()).toEqual([1]);
    rig.advance(10_000);
    expect(told()).toEqual([1, 9]);
    for (let version = 200; version < 200 + changesAtOnce + 1; version += 1) say(rig, version);
    expect(told()).toEqual([1, 9, 1]);
  });

  test(`H5: of more than ${meshLimits.hurriedOwners} at once what the others say comes by Sync`, () => {
    const names = Array.from({ length: meshLimits.hurriedOwners + 1 }, (_, at) => `m${at}`);
    const rig = new Rig(['b']);
    const push = (version: number): void => {
      for (const name of names) rig.hear('b', { kind: 'push', records: [recordOf(name, { version })] });
    };
    for (let version = 1; version <= changesAtOnce + 2; version += 1) push(version);
    rig.advance(100);
    expect(names.filter((name) => heldBy(rig, name)?.version === changesAtOnce + 2)).toHaveLength(meshLimits.hurriedOwners);
    push(changesAtOnce + 2);
    expect(names.filter((name) => heldBy(rig, name)?.version === changesAtOnce + 2)).toHaveLength(names.length);
  });
});
