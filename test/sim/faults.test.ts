import { beforeEach, describe, expect, test } from 'vitest';

import type { MeshMessage } from '../../src/core/gossip/message.ts';
import { slotOf } from '../../src/core/gossip/record.ts';
import type { MemberStatus } from '../../src/core/gossip/view.ts';
import { World } from './world.ts';

let world: World;
beforeEach(() => {
  world = new World({ seed: 'faults' });
});

function start(...names: readonly string[]): void {
  for (const name of names) world.start({ name, address: `${name}:1`, join: [`${names[0]}:1`] });
  expect(world.until(() => world.isOneView(), 1_000)).toBeDefined();
  world.advance(2_000);
}

function statusOf(name: string, by: string): MemberStatus | undefined {
  return world
    .at(`${by}:1`)
    .gossip.views()
    .find((view) => view.name === name)?.status;
}

/** How the other members see one. */
function statuses(name: string): readonly (MemberStatus | undefined)[] {
  const others = world.live().filter(({ options }) => options.name !== name);
  return others.map(({ options }) => statusOf(name, options.name));
}

function cutOff(name: string, ...others: readonly string[]): void {
  for (const other of others) {
    world.cut(`${name}:1`, `${other}:1`);
    world.cut(`${other}:1`, `${name}:1`);
  }
}

describe('a member', () => {
  test('that loses power is avoided within 2.2 s and dead within 6 s (fault 4)', () => {
    start('a', 'b', 'c', 'd');
    cutOff('d', 'a', 'b', 'c');
    const avoided = (): boolean => ['a', 'b', 'c'].every((by) => statusOf('d', by) !== 'alive');
    expect(world.until(avoided, 2_200)).toBeDefined();
    expect(world.until(() => ['a', 'b', 'c'].every((by) => statusOf('d', by) === undefined), 3_800)).toBeDefined();
  });

  test('that is stopped for 1 s is not even suspected (fault 5)', () => {
    start('a', 'b', 'c');
    world.pause('c:1');
    world.advance(1_000);
    world.resume('c:1');
    world.advance(2_000);
    expect(world.accusations).toEqual([]);
  });

  test('that is stopped for 5 s is suspected as stalled, and cleared within 1 s (fault 5)', () => {
    start('a', 'b', 'c');
    world.pause('c:1');
    world.advance(5_000);
    const view = world
      .at('a:1')
      .gossip.views()
      .find(({ name }) => name === 'c');
    expect(view).toMatchObject({ status: 'suspect', evidence: ['stalled'] });
    world.resume('c:1');
    expect(world.until(() => world.isOneView(), 1_000)).toBeDefined();
    expect(world.at('a:1').gossip.inspection.records.find('c')?.epoch).toBe(1);
  });

  test('that is stopped for 30 s is dead, and returns with a new epoch (fault 5)', () => {
    start('a', 'b', 'c');
    world.pause('c:1');
    world.advance(30_000);
    expect(statuses('c').slice(0, 2)).toEqual([undefined, undefined]);
    world.resume('c:1');
    expect(world.until(() => world.isOneView(), 2_000)).toBeDefined();
    expect(world.at('a:1').gossip.inspection.records.find('c')?.epoch).toBe(2);
  });

  test('whose own loop was blocked for 3 s suspects nobody (fault 7)', () => {
    start('a', 'b', 'c');
    world.pause('b:1');
    world.advance(3_000);
    world.resume('b:1');
    world.advance(5_000);
    expect(world.accusations.filter(({ by }) => by === 'b')).toEqual([]);
  });

  test('that one other cannot reach is buried by nobody, and the third still takes its calls (fault 10)', () => {
    start('a', 'b', 'c');
    world.cut('a:1', 'b:1');
    world.advance(60_000);
    expect(world.convictions).toEqual([]);
    expect(statusOf('b', 'c')).toBe('alive');
    expect(statusOf('a', 'c')).toBe('alive');
    expect(statusOf('b', 'a')).not.toBe('alive');
  });

  test('that is killed beside one other is dead within 1 s, one that falls silent beside one other never is', () => {
    start('a', 'b');
    cutOff('a', 'b');
    world.advance(60_000);
    expect(statusOf('b', 'a')).toBe('unreachable');
    world.heal();
    expect(world.until(() => world.isOneView(), 30_000)).toBeDefined();
    world.kill('b:1');
    expect(world.until(() => statusOf('b', 'a') === undefined, 1_000)).toBeDefined();
  });

  test.each(['A', 'm', 'z'])('that is killed while only its seed has a link to it (%s) is dead everywhere within 0.5 s', (newcomer) => {
    start('a', 'b', 'c', 'd');
    world.start({ name: newcomer, address: `${newcomer}:1`, join: ['a:1'] });
    world.advance(5);
    world.kill(`${newcomer}:1`);
    expect(world.until(() => statuses(newcomer).every((status) => status === undefined), 500)).toBeDefined();
    expect(world.at('a:1').gossip.inspection.records.find(newcomer)?.final).toBe('dead');
  });

  test.each([true, false])(
    'that restarts at once on its port is back within 1 s with a higher epoch, remembered: %s (faults 14, 15)',
    (hasMemory) => {
      start('a', 'b', 'c');
      const old = world.at('b:1').instance;
      world.kill('b:1');
      world.start({ name: 'b', address: 'b:1', join: ['a:1'], hasMemory });
      expect(world.until(() => world.isOneView(), 1_000)).toBeDefined();
      const record = world.at('c:1').gossip.inspection.records.find('b');
      expect(record?.epoch).toBe(2);
      expect(record?.instance).not.toBe(old);
    },
  );

  test('whose old epoch is offered again after its restart stays what it is (fault 14)', () => {
    start('a', 'b', 'c');
    cutOff('c', 'a', 'b');
    world.kill('b:1');
    world.start({ name: 'b', address: 'b:1', join: ['a:1'], hasMemory: true });
    const epochAt = (by: string) => world.at(`${by}:1`).gossip.inspection.records.find('b')?.epoch;
    expect(world.until(() => epochAt('a') === 2 && statusOf('b', 'a') === 'alive', 1_000)).toBeDefined();
    // c has heard nothing of it, and tells the others what it knows as soon as it can.
    expect(epochAt('c')).toBe(1);
    const seen = new Set<number | undefined>();
    world.heal();
    const isOver = (): boolean => {
      for (const by of ['a', 'b']) seen.add(epochAt(by));
      return world.isOneView() && epochAt('c') === 2;
    };
    expect(world.until(isOver, 15_000)).toBeDefined();
    expect([...seen]).toEqual([2]);
    expect(statuses('b')).toEqual(['alive', 'alive']);
  });

  test('that leaves is gone everywhere within 1 s, is not dialled again, and comes back with a higher epoch (case 16)', () => {
    start('a', 'b', 'c');
    world.leave('b:1');
    world.advance(300);
    world.at('b:1').pump.feed({ kind: 'finish' });
    world.advance(10);
    expect(statuses('b').filter((status) => status !== undefined && status !== 'leaving')).not.toContain('alive');
    world.kill('b:1');
    expect(world.until(() => world.isOneView(), 700)).toBeDefined();
    const dialsBefore = world.dialsTo('b:1');
    world.advance(60_000);
    expect(world.dialsTo('b:1')).toBe(dialsBefore);
    world.start({ name: 'b', address: 'b:1', join: ['a:1'] });
    expect(world.until(() => world.isOneView(), 1_000)).toBeDefined();
    expect(world.at('c:1').gossip.inspection.records.find('b')?.epoch).toBe(2);
  });

  test('of the same cluster name is refused for another pinned uid, and catalogs stay apart (fault 16)', () => {
    world.start({ name: 'a', address: 'a:1', join: [], pinUid: '11'.repeat(16) });
    world.start({ name: 'b', address: 'b:1', join: ['a:1'], pinUid: '22'.repeat(16) });
    world.start({ name: 'c', address: 'c:1', join: ['a:1'], cluster: 'other' });
    world.advance(10_000);
    for (const { options, gossip } of world.live()) expect(gossip.views().map(({ name }) => name)).toEqual([options.name]);
    const failed = world.at('b:1').news.find(({ kind }) => kind === 'roundFailed');
    expect(failed).toMatchObject({ seeds: 1, refusals: [{ code: 'cluster_mismatch' }] });
  });

  test('whose seeds are all down tries on with backoff and says so once a minute (fault 33)', () => {
    world.start({ name: 'a', address: 'a:1', join: ['x:1', 'a:1'] });
    expect(world.until(() => world.at('a:1').news.some(({ kind }) => kind === 'roundFailed'), 1_000)).toBeDefined();
    world.advance(150_000);
    expect(world.notesOf('join.failing')).toBe(3);
    expect(world.dialsTo('x:1')).toBeLessThan(150_000 / 200);
    world.start({ name: 'x', address: 'x:1', join: [] });
    expect(world.until(() => world.isOneView(), 1_000)).toBeDefined();
  });
});

describe('a fabric', () => {
  test('that is split in halves for 2 min serves on both sides and is one again within 15 s (fault 9)', () => {
    const [left, right] = [
      ['a', 'b', 'c'],
      ['d', 'e', 'f'],
    ];
    start(...(left ?? []), ...(right ?? []));
    for (const name of left ?? []) cutOff(name, ...(right ?? []));
    world.advance(120_000);
    for (const side of [left ?? [], right ?? []]) {
      for (const by of side) expect(side.map((name) => statusOf(name, by))).toEqual(side.map(() => 'alive'));
    }
    world.heal();
    expect(world.until(() => world.isOneView(), 15_000)).toBeDefined();
    expect(world.checks.violations).toEqual([]);
  });

  const many = Array.from({ length: 13 }, (_, at) => `m${at}`);
  const rack = many.slice(0, 4);
  const rest = many.slice(4);

  test('that loses 30 % at once avoids them within 3 s, convicts nobody for 10 min, and then buries them (fault 11)', () => {
    start(...many);
    for (const name of rack) cutOff(name, ...rest);
    const isAvoided = (): boolean => rest.every((by) => rack.every((name) => statusOf(name, by) === 'unreachable'));
    expect(world.until(isAvoided, 3_000)).toBeDefined();
    world.advance(590_000);
    expect(isAvoided()).toBe(true);
    expect(world.convictions).toEqual([]);
    for (const by of rest) expect(rest.map((name) => statusOf(name, by))).toEqual(rest.map(() => 'alive'));
    expect(world.until(() => rest.every((by) => rack.every((name) => statusOf(name, by) === undefined)), 20_000)).toBeDefined();
    expect(world.checks.violations).toEqual([]);
  });

  test('without the guard would bury them all (negative control)', () => {
    world = new World({ seed: 'unguarded', rules: { guardsMasses: false } });
    start(...many);
    for (const name of rack) cutOff(name, ...rest);
    world.advance(10_000);
    expect(rest.every((by) => rack.every((name) => statusOf(name, by) === undefined))).toBe(true);
  });

  test('whose lost rack comes back is one again within 15 s, with nobody buried and everybody judged as before (fault 11)', () => {
    start(...many);
    for (const name of rack) cutOff(name, ...rest);
    world.advance(120_000);
    world.heal();
    expect(world.until(() => world.isOneView(), 15_000)).toBeDefined();
    expect(world.convictions).toEqual([]);
    world.advance(15_000);
    expect(world.live().map(({ gossip }) => gossip.inspection.doubts.isFrozen)).toEqual(many.map(() => false));
    world.kill('m7:1');
    expect(world.until(() => statuses('m7').every((status) => status === undefined), 1_000)).toBeDefined();
  });
});

describe('two fabrics of one name', () => {
  test('merge only when one of them lists an address of the other', () => {
    for (const [name, seed] of [
      ['a', 'a'],
      ['b', 'a'],
      ['c', 'c'],
      ['d', 'c'],
    ] as const) {
      world.start({ name, address: `${name}:1`, join: [`${seed}:1`] });
    }
    world.advance(5_000);
    expect(
      world
        .at('a:1')
        .gossip.views()
        .map(({ name }) => name),
    ).toEqual(['a', 'b']);
    world.start({ name: 'e', address: 'e:1', join: ['a:1', 'c:1'] });
    expect(world.until(() => world.isOneView(), 5_000)).toBeDefined();
    world.advance(1_000);
    expect(new Set(world.live().map(({ gossip }) => gossip.inspection.self.uid.uid)).size).toBe(1);
  });
});

describe('what one member says', () => {
  /** Puts a message into somebody's ears, as if `from` had said it. */
  function say(from: string, to: string, message: MeshMessage): void {
    const { gossip, pump, instance } = world.at(`${to}:1`);
    const link = gossip.inspection.links.to(world.at(`${from}:1`).instance);
    expect(link, `${to} has a link to ${from} (${instance})`).toBeDefined();
    pump.feed({ kind: 'received', link: link?.id ?? 0, message });
  }

  test('of a healthy one, a thousand times a second and under any name, changes nothing and costs little (fault 32)', () => {
    const many = Array.from({ length: 12 }, (_, at) => `m${at}`);
    start(...many);
    const victim = world.at('m3:1');
    const liar = world.at('m5:1');
    const peers = [...liar.gossip.inspection.links.used()].map(({ name }) => name);
    const versionOf = () => victim.gossip.inspection.self.record.version;
    for (let second = 0; second < 10; second += 1) {
      const before = versionOf();
      for (let at = 0; at < 1_000; at += 1) {
        const { epoch, incarnation } = victim.gossip.inspection.self.record;
        const observer = at % 5 === 0 ? `nobody${at}` : 'm5';
        const about = { target: 'm3', epoch, instance: victim.instance, incarnation: incarnation + (at % 3) };
        say('m5', peers[at % peers.length] ?? '', {
          kind: 'suspect',
          reports: [{ ...about, observer, evidence: ['refused', 'reset'], ageMs: 60_000 }],
        });
        world.advance(1);
        if (at % 100 === 0) expect(statuses('m3')).toEqual(many.slice(1).map(() => 'alive'));
      }
      expect(versionOf() - before).toBeLessThanOrEqual(4);
    }
    expect(world.convictions).toEqual([]);
    expect(world.isOneView()).toBe(true);
  });

  test('in words that only a newer build knows reaches everybody, byte for byte, and stays out of the way (fault 17)', () => {
    start('a', 'b', 'c', 'd');
    cutOff('a', 'c', 'd');
    const raw = new Uint8Array([1, 2, 3, 250]);
    const { epoch, instance } = world.at('a:1').gossip.inspection.self.record;
    const record = { kind: 'unknown', kindNumber: 9, owner: 'a', epoch, instance, final: 'none', version: 1, raw } as const;
    say('a', 'b', { kind: 'push', records: [record] });
    world.advance(200);
    for (const by of ['b', 'c', 'd']) expect(world.at(`${by}:1`).gossip.inspection.records.find(slotOf(record))).toMatchObject({ raw });
    world.heal();
    // Whoever comes later is told as well, and so is its own author.
    world.start({ name: 'e', address: 'e:1', join: ['d:1'] });
    world.advance(5_000);
    for (const by of ['a', 'e']) expect(world.at(`${by}:1`).gossip.inspection.records.find(slotOf(record))).toMatchObject({ raw });
    expect(world.isOneView()).toBe(true);
  });
});
