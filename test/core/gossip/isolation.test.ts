import { describe, expect, test } from 'vitest';

import { Rig } from './rig.ts';

const others = ['b', 'c', 'd', 'e', 'f'];

function isIsolated(rig: Rig): boolean {
  return rig.gossip.inspection.isIsolated;
}

/** What `a` has told others about anybody. */
function reported(rig: Rig): readonly string[] {
  return rig.takeSent('suspect').flatMap(({ message }) => message.reports.map(({ target }) => target));
}

describe('a member that loses links to silence', () => {
  test('is isolated with more than half of them lost at once, not with fewer (I1)', () => {
    const rig = new Rig(others);
    rig.advance(2_000, ['b', 'c']);
    expect(isIsolated(rig)).toBe(false);
    rig.advance(5_000, ['b', 'c', 'd']);
    expect(isIsolated(rig)).toBe(true);
    expect(rig.notes().filter(({ kind }) => kind === 'mesh.isolated')).toEqual([{ kind: 'mesh.isolated', isIsolated: true }]);
  });

  test('is not, when they were lost one after the other (I1)', () => {
    const rig = new Rig(others);
    rig.advance(11_000, ['b']);
    rig.advance(11_000, ['b', 'c']);
    rig.advance(4_000, ['b', 'c', 'd']);
    expect(isIsolated(rig)).toBe(false);
  });

  test('tells nobody while it is isolated, and is itself again when half of them are back (I1)', () => {
    const rig = new Rig(others);
    const mute = ['b', 'c', 'd'];
    for (let passedMs = 0; passedMs < 8_000; passedMs += 100) {
      rig.advance(100, mute);
      for (const name of mute) rig.failDials(`${name}:1`, 'silent');
    }
    expect(isIsolated(rig)).toBe(true);
    expect(reported(rig)).toEqual([]);
    rig.advance(200, ['b', 'c']);
    expect(isIsolated(rig)).toBe(false);
    rig.advance(6_000, ['b', 'c']);
    expect(new Set(reported(rig))).toEqual(new Set(['b', 'c']));
  });

  test('is not, when their hosts answer that nobody listens there (I2)', () => {
    const rig = new Rig(others);
    for (const name of ['b', 'c', 'd', 'e']) rig.lose(name);
    for (const name of ['b', 'c', 'd', 'e']) rig.failDials(`${name}:1`, 'refused');
    rig.advance(500, ['b', 'c', 'd', 'e']);
    expect(isIsolated(rig)).toBe(false);
  });

  test('is not beside one other: who of two is cut off nobody can say', () => {
    const rig = new Rig(['b']);
    rig.advance(4_000, ['b']);
    expect(isIsolated(rig)).toBe(false);
  });
});
