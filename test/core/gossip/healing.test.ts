import { describe, expect, test } from 'vitest';

import type { Obituary } from '../../../src/core/gossip/record.ts';
import { helloOf, instanceOf, Rig, recordOf } from './rig.ts';

/** The end of a member by the word of all the others. */
function obituaryOf(owner: string, observers: readonly string[]): Obituary {
  const of = { epoch: 1, instance: instanceOf(owner) };
  const report = { ...of, target: owner, incarnation: 0, evidence: ['reset', 'refused'], ageMs: 300 } as const;
  const reports = observers.map((observer) => ({ ...report, observer }));
  return { kind: 'obituary', owner, ...of, final: 'dead', version: 0, url: `${owner}:1`, reports };
}

/** `a`, linked to `b` and `c`, with so many dead. */
function amongGraves(dead: readonly string[]): Rig {
  const rig = new Rig(['b', 'c']);
  for (const name of dead) {
    rig.hear('b', { kind: 'push', records: [recordOf(name)] });
    rig.hear('b', { kind: 'push', records: [obituaryOf(name, ['b', 'c'])] });
    expect(rig.gossip.inspection.records.find(name)?.final).toBe('dead');
  }
  // Whom a does not know yet it has dialled when it heard of it.
  rig.failDials('d:1', 'refused');
  rig.take();
  return rig;
}

/** Addresses dialled while time passes; every dial fails. */
function dialsIn(rig: Rig, ms: number): readonly string[] {
  const dialled: string[] = [];
  for (let passedMs = 0; passedMs < ms; passedMs += 100) {
    rig.advance(100);
    const dials = rig.take().flatMap((effect) => (effect.kind === 'dial' ? [effect] : []));
    for (const { dial, address } of dials) {
      dialled.push(address);
      rig.feed({ kind: 'dialled', dial, outcome: { kind: 'failed', evidence: 'silent' } });
    }
  }
  return dialled;
}

describe('the heal loop', () => {
  test('of one member dials once in members / 2 seconds, for as long as the end is remembered (H1)', () => {
    const rig = amongGraves(['d', 'e', 'f', 'g', 'h']);
    // Eight records: a dial every 4 s, give or take a quarter.
    const count = dialsIn(rig, 400_000).length;
    expect(count).toBeGreaterThan(90);
    expect(count).toBeLessThan(110);
  });

  test('tries everybody, and the one lost last first (H2)', () => {
    const rig = amongGraves(['d', 'e', 'f']);
    const dialled = dialsIn(rig, 120_000);
    expect(dialled[0]).toBe('f:1');
    expect(new Set(dialled)).toEqual(new Set(['d:1', 'e:1', 'f:1']));
  });

  test('leaves an address alone where another member listens, and one whose member left (H4)', () => {
    const rig = amongGraves(['d', 'e', 'f']);
    rig.hear('b', { kind: 'push', records: [recordOf('b', { url: 'd:1', version: 2 }), recordOf('e', { final: 'left', version: 2 })] });
    expect(new Set(dialsIn(rig, 60_000))).toEqual(new Set(['f:1']));
  });

  test('is what the simulator can switch off', () => {
    const rig = new Rig(['b', 'c'], { rules: { heals: false } });
    rig.hear('b', { kind: 'push', records: [obituaryOf('f', ['b', 'c'])] });
    expect(dialsIn(rig, 60_000)).toEqual([]);
  });
});

describe('a member that was missed and has a link again', () => {
  test('is a sign to dial all the others that are missed, whatever their back-off (H3)', () => {
    const rig = new Rig(['b', 'c', 'd', 'e', 'f']);
    for (const name of ['b', 'c', 'd']) rig.lose(name, 'silent');
    // For half a minute nobody answers: the next dials are far away.
    dialsIn(rig, 30_000);
    rig.feed({ kind: 'greeted', link: 99, hello: helloOf('b') });
    const dialled = rig.take().flatMap((effect) => (effect.kind === 'dial' ? [effect.address] : []));
    expect([...dialled].sort()).toEqual(['c:1', 'd:1']);
  });
});
