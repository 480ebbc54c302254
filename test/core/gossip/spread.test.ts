import { describe, expect, test } from 'vitest';

import { Rig, recordOf } from './rig.ts';

/** Who was pushed a word about `owner`. */
function toldOf(rig: Rig, owner: string): readonly string[] {
  return rig
    .takeSent('push')
    .filter(({ message }) => message.records.some((record) => record.owner === owner))
    .map(({ to }) => to)
    .sort();
}

describe('a flood', () => {
  test('goes once to every other link, after it has waited for company', () => {
    const rig = new Rig(['b', 'c', 'd']);
    rig.advance(500);
    rig.take();
    rig.hear('b', { kind: 'push', records: [recordOf('news'), recordOf('more')] });
    expect(toldOf(rig, 'news')).toEqual([]);
    rig.nowMs += 5;
    rig.feed({ kind: 'wake' });
    const pushes = rig.takeSent('push');
    expect(pushes.map(({ to, message }) => [to, message.records.length])).toEqual([
      ['c', 2],
      ['d', 2],
    ]);
    rig.hear('c', { kind: 'push', records: [recordOf('news')] });
    rig.advance(50);
    expect(toldOf(rig, 'news')).toEqual([]);
  });

  test('spares a peer that has sent the same meanwhile', () => {
    const rig = new Rig(['b', 'c', 'd']);
    rig.advance(500);
    rig.take();
    rig.hear('b', { kind: 'push', records: [recordOf('news')] });
    rig.hear('c', { kind: 'push', records: [recordOf('news')] });
    rig.nowMs += 5;
    rig.feed({ kind: 'wake' });
    expect(toldOf(rig, 'news')).toEqual(['d']);
  });

  test('never ends where a member passes on what it knows already: the rule that the simulator switches off', () => {
    const rig = new Rig(['b', 'c'], { rules: { floodsOnce: false } });
    rig.advance(500);
    rig.hear('b', { kind: 'push', records: [recordOf('news')] });
    rig.advance(50);
    rig.take();
    rig.hear('b', { kind: 'push', records: [recordOf('news')] });
    rig.advance(50);
    expect(toldOf(rig, 'news')).toContain('c');
  });
});
