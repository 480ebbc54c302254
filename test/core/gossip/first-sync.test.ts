import { describe, expect, test } from 'vitest';

import type { SyncDigest } from '../../../src/core/gossip/message.ts';
import { meshDefaults, meshLimits } from '../../../src/core/gossip/settings.ts';
import { helloOf, Rig, recordOf } from './rig.ts';

const patienceMs = 2 * meshDefaults.dialTimeoutMs + 100;

interface Asked {
  readonly to: string;
  readonly message: SyncDigest;
}

/** A newcomer that knows `b` and `c`, with what it has asked them. */
function newcomer(): { readonly rig: Rig; readonly asked: readonly Asked[] } {
  const rig = new Rig([], { join: ['b:1', 'c:1'] });
  for (const [at, name] of ['b', 'c'].entries()) up(rig, name, at + 1);
  return { rig, asked: rig.takeSent('syncDigest') };
}

function up(rig: Rig, name: string, link: number): void {
  rig.links.set(name, link);
  rig.feed({ kind: 'greeted', link, hello: helloOf(name) });
}

function end(rig: Rig, name: string): void {
  rig.hear(name, { kind: 'syncHeads', buckets: [], heads: [] });
}

function hasJoined(rig: Rig): boolean {
  return rig.gossip.inspection.hasJoined;
}

/** What was sent since in the way of questions. */
function questions(rig: Rig): readonly (readonly [string, readonly number[] | undefined])[] {
  return rig.takeSent('syncDigest').map(({ to, message }) => [to, message.only] as const);
}

/** `b` names `x` and `y`, which have links by now. */
function referred(): Rig {
  const { rig } = newcomer();
  rig.take();
  rig.hear('b', { kind: 'syncReferral', records: ['x', 'y'].map((name) => recordOf(name)) });
  for (const [at, name] of ['x', 'y'].entries()) up(rig, name, at + 10);
  return rig;
}

describe('a newcomer', () => {
  test('asks the first of its seeds for everything, and the other one when it has joined (F1)', () => {
    const { rig, asked } = newcomer();
    expect(asked).toMatchObject([{ to: 'b', message: { mayRefer: true } }]);
    expect(asked[0]?.message.only).toBeUndefined();
    end(rig, 'b');
    expect(hasJoined(rig)).toBe(true);
    const [later, ...more] = rig.takeSent('syncDigest');
    expect(later?.to).toBe('c');
    expect(later?.message.mayRefer).toBeUndefined();
    expect(more).toEqual([]);
  });

  test('asks the next one after two dials without a word, and the first again after that (F1)', () => {
    const { rig } = newcomer();
    rig.advance(patienceMs - 200);
    expect(questions(rig)).toEqual([]);
    rig.advance(200);
    expect(questions(rig)).toEqual([['c', undefined]]);
    rig.advance(patienceMs);
    expect(questions(rig)).toEqual([['b', undefined]]);
    end(rig, 'b');
    expect(hasJoined(rig)).toBe(true);
  });

  test('waits for one that is still answering (F3)', () => {
    const { rig } = newcomer();
    for (let part = 0; part < 4; part += 1) {
      rig.advance(patienceMs / 2);
      rig.hear('b', { kind: 'syncRecords', records: [recordOf(`m${part}`)], wants: [] });
    }
    expect(questions(rig)).toEqual([]);
  });

  test('does not wait longer for it because another one speaks (F3)', () => {
    const { rig } = newcomer();
    for (let part = 0; part < 4; part += 1) {
      rig.advance(patienceMs / 4);
      rig.hear('c', { kind: 'syncRecords', records: [recordOf(`m${part}`)], wants: [] });
      rig.hear('c', { kind: 'syncHeads', buckets: [], heads: [] });
    }
    expect(questions(rig)).toEqual([['c', undefined]]);
  });

  test('tells nobody else what it was given', () => {
    const { rig } = newcomer();
    rig.advance(100);
    rig.take();
    rig.hear('b', { kind: 'syncRecords', records: [recordOf('m1')], wants: [] });
    rig.hear('b', { kind: 'push', records: [recordOf('m2')] });
    rig.advance(100);
    const told = rig.takeSent('push').flatMap(({ to, message }) => message.records.map(({ owner }) => `${owner} to ${to}`));
    expect(told).toEqual(['m2 to c']);
  });

  test('that is referred to others dials them, asks each for its share of the buckets, and has joined when it has all (F2)', () => {
    const { rig } = newcomer();
    rig.take();
    rig.hear('b', { kind: 'syncReferral', records: ['x', 'y'].map((name) => recordOf(name)) });
    expect(rig.take().flatMap((effect) => (effect.kind === 'dial' ? [effect.address] : []))).toEqual(['x:1', 'y:1']);
    end(rig, 'b');
    for (const [at, name] of ['x', 'y'].entries()) up(rig, name, at + 10);
    const shares = questions(rig);
    expect(shares.map(([to]) => to)).toEqual(['x', 'y']);
    expect(shares.flatMap(([, only]) => only ?? []).sort((a, b) => a - b)).toEqual(
      Array.from({ length: meshLimits.buckets }, (_, bucket) => bucket),
    );
    end(rig, 'x');
    expect(hasJoined(rig)).toBe(false);
    end(rig, 'y');
    expect(hasJoined(rig)).toBe(true);
  });

  test('asks whoever referred it, and those who gave theirs, for a share that does not come (F2)', () => {
    const rig = referred();
    const [, [, share] = []] = questions(rig);
    end(rig, 'x');
    rig.advance(patienceMs);
    const again = questions(rig);
    expect(again.map(([to]) => to)).toEqual(['x', 'b']);
    expect(again.flatMap(([, only]) => only ?? []).sort((a, b) => a - b)).toEqual(share);
    end(rig, 'b');
    end(rig, 'x');
    expect(hasJoined(rig)).toBe(true);
  });

  test('asks whoever referred it at once for what another one does not know itself yet (F2)', () => {
    const rig = referred();
    const [[, first] = [], [, second] = []] = questions(rig);
    rig.hear('x', { kind: 'syncReferral', records: [] });
    expect(questions(rig)).toEqual([['b', first]]);
    end(rig, 'b');
    expect(hasJoined(rig)).toBe(false);
    end(rig, 'y');
    expect([hasJoined(rig), second?.length]).toEqual([true, meshLimits.buckets / 2]);
  });

  test('shares out what does not come among those that have given theirs: nobody sends all of it (F2)', () => {
    const { rig } = newcomer();
    rig.take();
    const names = Array.from({ length: 8 }, (_, at) => `x${at}`);
    rig.hear('b', { kind: 'syncReferral', records: names.map((name) => recordOf(name)) });
    for (const [at, name] of names.entries()) up(rig, name, at + 10);
    const shares = questions(rig);
    for (const name of names.slice(2)) end(rig, name);
    rig.advance(patienceMs);
    const again = questions(rig);
    expect(again.map(([to]) => to).sort()).toEqual(['b', ...names.slice(2)]);
    const missing = shares.slice(0, 2).flatMap(([, only]) => only ?? []);
    expect(again.flatMap(([, only]) => only ?? []).sort((a, b) => a - b)).toEqual(missing.sort((a, b) => a - b));
    expect(Math.max(...again.map(([, only]) => only?.length ?? 0))).toBeLessThanOrEqual(10);
    for (const name of ['b', ...names.slice(3)]) end(rig, name);
    expect(hasJoined(rig)).toBe(false);
    end(rig, 'x2');
    expect(hasJoined(rig)).toBe(true);
  });

  test('begins anew with the next one where that does not answer either (F2)', () => {
    const rig = referred();
    questions(rig);
    rig.advance(patienceMs);
    questions(rig);
    rig.advance(patienceMs);
    expect(questions(rig)).toEqual([['c', undefined]]);
  });

  test('asks for its share anew over a link that takes the place of another (F2)', () => {
    const rig = referred();
    questions(rig);
    rig.feed({ kind: 'linkDown', link: 10, evidence: 'reset' });
    up(rig, 'x', 20);
    expect(questions(rig).map(([to]) => to)).toEqual(['x']);
  });

  test('asks eight others at the most, and is referred once: not by those that it was referred to (F2)', () => {
    const { rig } = newcomer();
    rig.take();
    const many = Array.from({ length: 12 }, (_, at) => recordOf(`x${at}`));
    rig.hear('b', { kind: 'syncReferral', records: many });
    const dialled = (): number => rig.take().filter(({ kind }) => kind === 'dial').length;
    expect(dialled()).toBe(meshLimits.snapshotGivers);
    for (let at = 0; at < 8; at += 1) up(rig, `x${at}`, 10 + at);
    rig.take();
    rig.hear('x0', { kind: 'syncReferral', records: [recordOf('y')] });
    rig.hear('b', { kind: 'syncReferral', records: [recordOf('z')] });
    expect(dialled()).toBe(0);
    expect([rig.statusOf('y'), rig.statusOf('z')]).toEqual([undefined, undefined]);
  });

  test('takes no referral that it did not ask for', () => {
    const { rig } = newcomer();
    rig.take();
    rig.hear('c', { kind: 'syncReferral', records: [recordOf('x')] });
    expect(rig.take()).toEqual([]);
    end(rig, 'b');
    rig.take();
    rig.hear('b', { kind: 'syncReferral', records: [recordOf('x')] });
    expect(rig.take()).toEqual([]);
    expect(rig.statusOf('x')).toBeUndefined();
  });
});

describe('a member that a newcomer asks', () => {
  const nothing: SyncDigest = {
    kind: 'syncDigest',
    root: { high: 0, low: 0 },
    buckets: Array.from({ length: 2 * meshLimits.buckets }, () => 0),
  };

  /** It knows so many others, itself and the asker included. */
  function knowing(count: number, join: readonly string[] = []): Rig {
    const rig = new Rig(['b'], { join });
    const names = Array.from({ length: count - 2 }, (_, at) => `m${`${at}`.padStart(3, '0')}`);
    rig.hear('b', { kind: 'push', records: names.map((name) => recordOf(name)) });
    rig.take();
    return rig;
  }

  test('gives 512 records itself, and refers for one more to those next to the newcomer on the rings', () => {
    const rig = knowing(meshLimits.wholeSnapshotRecords);
    rig.hear('b', { ...nothing, mayRefer: true });
    expect(rig.takeSent('syncReferral')).toEqual([]);
    expect(rig.takeSent('syncRecords').length).toBeGreaterThan(0);
    const more = knowing(meshLimits.wholeSnapshotRecords + 1);
    more.hear('b', { ...nothing, mayRefer: true });
    expect(more.takeSent('syncRecords')).toEqual([]);
    const [referral] = more.takeSent('syncReferral');
    const owners = referral?.message.records.map(({ owner }) => owner) ?? [];
    expect(owners.length).toBeGreaterThanOrEqual(4);
    expect(owners.length).toBeLessThanOrEqual(meshLimits.snapshotGivers);
    expect(owners).not.toContain('a');
    expect(owners).not.toContain('b');
  });

  test('answers itself where the newcomer knows no referral, has most of it, or asks for a share', () => {
    const rig = knowing(600);
    rig.hear('b', nothing);
    rig.hear('b', { ...nothing, buckets: nothing.buckets.map(() => 7), mayRefer: true });
    rig.hear('b', { ...nothing, only: [3, 4] });
    expect(rig.takeSent('syncReferral')).toEqual([]);
    const { slots } = rig.gossip.inspection.arena;
    const given = rig.takeSent('syncRecords').at(-1)?.message.records ?? [];
    expect(given.length).toBeGreaterThan(0);
    for (const { owner } of given) expect([3, 4]).toContain(slots.bucketOf(slots.find(owner) ?? 0));
  });

  test('refuses a share as long as it is a newcomer itself', () => {
    const rig = knowing(5, ['s:1']);
    rig.hear('b', { ...nothing, only: [3] });
    expect(rig.takeSent('syncReferral')).toMatchObject([{ message: { records: [] } }]);
  });
});
