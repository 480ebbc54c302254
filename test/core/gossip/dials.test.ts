import { describe, expect, test } from 'vitest';

import { meshDefaults } from '../../../src/core/gossip/settings.ts';
import { Rig } from './rig.ts';

/** The time that each dial made since the last look may take. */
function patience(rig: Rig): readonly number[] {
  return rig.take().flatMap((effect) => (effect.kind === 'dial' ? [effect.timeoutMs] : []));
}

/** The loop stands still for a while. */
function stall(rig: Rig, ms: number): void {
  rig.nowMs += ms;
  rig.feed({ kind: 'wake' });
}

describe('a dial', () => {
  test('that checks somebody may take half as long as others', () => {
    const rig = new Rig(['b', 'c']);
    rig.lose('b');
    expect(patience(rig)).toEqual([meshDefaults.checkTimeoutMs]);
    const newcomer = new Rig([], { join: ['s:1'] });
    expect(patience(newcomer)).toEqual([meshDefaults.dialTimeoutMs]);
  });

  test('may take longer while our own loop is late, at most eight times as long, and less again when it is in time', () => {
    const rig = new Rig(['b', 'c', 'd', 'e', 'f']);
    stall(rig, 400);
    rig.take();
    rig.lose('b');
    const [once = 0] = patience(rig);
    expect(once).toBeGreaterThan(1.9 * meshDefaults.checkTimeoutMs);
    expect(once).toBeLessThanOrEqual(2 * meshDefaults.checkTimeoutMs);
    for (let time = 0; time < 20; time += 1) stall(rig, 400);
    rig.take();
    rig.lose('c');
    const [often = 0] = patience(rig);
    expect(often).toBeGreaterThan(7.5 * meshDefaults.checkTimeoutMs);
    expect(often).toBeLessThanOrEqual(8 * meshDefaults.checkTimeoutMs);
    rig.advance(30_000, ['b', 'c']);
    rig.take();
    rig.lose('d');
    expect(patience(rig)).toEqual([meshDefaults.checkTimeoutMs]);
  });

  test('of a newcomer to a seed may take twice as long after every one in vain, at most four times', () => {
    const rig = new Rig([], { join: ['s:1'] });
    const times: number[] = [];
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const dial = rig.take().find((effect) => effect.kind === 'dial');
      if (dial?.kind !== 'dial') throw new Error('no dial');
      times.push(dial.timeoutMs);
      rig.feed({ kind: 'dialled', dial: dial.dial, outcome: { kind: 'failed', evidence: 'stalled' } });
      rig.advance(600);
    }
    expect(times).toEqual([1_000, 2_000, 4_000, 4_000, 4_000]);
  });
});
