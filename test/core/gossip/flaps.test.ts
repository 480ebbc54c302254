import { describe, expect, test } from 'vitest';

import { Flaps } from '../../../src/core/gossip/flaps.ts';
import { Rig } from './rig.ts';

const member = { name: 'b', instance: 'i' };

/** Changes at these times; gives what each of them brought. */
function changes(flaps: Flaps, ...times: readonly number[]): readonly (number | undefined)[] {
  return times.map((atMs) => flaps.onChange(member, atMs));
}

describe('a member that changes between alive and suspect', () => {
  test('three times in 60 s is not damped, a fourth time it is, for 30 s (D1)', () => {
    const flaps = new Flaps();
    expect(changes(flaps, 0, 100, 200, 60_000)).toEqual([undefined, undefined, undefined, 30_000]);
    expect(flaps.isDamped(member.name, member.instance, 89_999)).toBe(true);
    expect(flaps.isDamped(member.name, member.instance, 90_000)).toBe(false);
    expect(changes(new Flaps(), 0, 100, 200, 60_001)).toEqual([undefined, undefined, undefined, undefined]);
  });

  test('again and again is damped twice as long each time, at most 5 min (D1)', () => {
    const flaps = new Flaps();
    const dampings: (number | undefined)[] = [];
    for (let at = 0; at < 6; at += 1) {
      const startMs = at * 320_000;
      dampings.push(changes(flaps, startMs, startMs + 1, startMs + 2, startMs + 3)[3]);
      flaps.tend(startMs + 4);
    }
    expect(dampings).toEqual([30_000, 60_000, 120_000, 240_000, 300_000, 300_000]);
  });

  test('and is then quiet for 5 min begins anew, and nothing is kept of it (D3)', () => {
    const flaps = new Flaps();
    changes(flaps, 0, 1, 2, 3);
    expect(flaps.tend(30_003)).toEqual(['b']);
    flaps.tend(330_003);
    expect(flaps.size).toBe(1);
    flaps.tend(330_004);
    expect(flaps.size).toBe(0);
    expect(changes(flaps, 400_000, 400_001, 400_002, 400_003)[3]).toBe(30_000);
  });

  test('and comes back as another process is another member', () => {
    const flaps = new Flaps();
    changes(flaps, 0, 1, 2, 3);
    expect(flaps.isDamped(member.name, 'j', 4)).toBe(false);
  });
});

test('a member whose link goes silent and comes back twice in a minute is told as flapping, and no more once that is over', () => {
  const rig = new Rig(['b', 'c', 'd']);
  const isFlapping = () => rig.gossip.views().find(({ name }) => name === 'b')?.isFlapping;
  for (let round = 0; round < 2; round += 1) {
    rig.advance(2_000, ['b']);
    expect(rig.statusOf('b')).toBe('suspect');
    rig.advance(1_000);
    expect(rig.statusOf('b')).toBe('alive');
  }
  expect(isFlapping()).toBe(true);
  expect(rig.notes().filter(({ kind }) => kind === 'member.flapped')).toMatchObject([{ name: 'b', forMs: 30_000 }]);
  rig.take();
  rig.advance(30_000);
  expect(isFlapping()).toBe(false);
  const told = rig.take().flatMap((effect) => (effect.kind === 'tell' && effect.news.kind === 'changed' ? [effect.news.view] : []));
  expect(told.filter(({ name }) => name === 'b').map((view) => view.isFlapping)).toContain(false);
});
