import { describe, expect, test } from 'vitest';

import { commonObserversOf, courtOf } from '../../../src/core/gossip/court.ts';
import type { Report } from '../../../src/core/gossip/record.ts';
import { meshLimits } from '../../../src/core/gossip/settings.ts';
import { helloOf, instanceOf, Rig, recordOf } from './rig.ts';

const others = Array.from({ length: 23 }, (_, at) => `m${`${at}`.padStart(2, '0')}`);

function observers(rig: Rig, name: string): readonly string[] {
  return commonObserversOf(name, rig.gossip.inspection).map(({ owner }) => owner);
}

/** Members that stand nowhere near `name` on the rings. */
function farFrom(rig: Rig, name: string): readonly string[] {
  const { arena } = rig.gossip.inspection;
  const near = arena.rings.observersOf(name, 12, (slot) => arena.slots.keyOf(slot) !== name).map((slot) => arena.slots.keyOf(slot));
  return others.filter((other) => other !== name && !near.includes(other));
}

/** A member with links to all, of which those to two of its observers break; nobody listens there. */
function lacking(): { readonly rig: Rig; readonly lost: readonly string[] } {
  const rig = new Rig(others);
  rig.advance(500);
  const lost = observers(rig, 'a').slice(0, 2);
  for (const name of lost) rig.lose(name);
  for (const name of lost) rig.failDials(`${name}:1`, 'refused');
  rig.takeSent('adopt');
  return { rig, lost };
}

function adoptersOf(rig: Rig): readonly string[] {
  return rig.gossip.inspection.self.record.adopters;
}

function asked(rig: Rig): readonly string[] {
  return rig.takeSent('adopt').map(({ to }) => to);
}

describe('a member that two of its four observers have lost', () => {
  test('asks two others after 3 s, and names those that accept (A1)', () => {
    const { rig, lost } = lacking();
    rig.advance(2_900, lost);
    expect(asked(rig)).toEqual([]);
    rig.advance(700, lost);
    const [first = '', second = '', ...more] = asked(rig);
    expect(more).toEqual([]);
    expect(observers(rig, 'a')).not.toContain(first);
    expect(observers(rig, 'a')).not.toContain(second);
    rig.take();
    rig.hear(first, { kind: 'adopted' });
    rig.hear(second, { kind: 'adopted' });
    expect(adoptersOf(rig)).toEqual([first, second]);
    rig.advance(100, lost);
    const told = rig.takeSent('push').flatMap(({ message }) => message.records);
    expect(told[0]).toMatchObject({ owner: 'a', adopters: [first, second] });
    rig.advance(10_000, lost);
    expect(asked(rig)).toEqual([]);
  });

  test('asks another one where it is refused, and says why (A2)', () => {
    const { rig, lost } = lacking();
    rig.advance(3_600, lost);
    const [first = '', second = ''] = asked(rig);
    rig.hear(first, { kind: 'adopted', refusal: 'full' });
    expect(rig.notes()).toContainEqual({ kind: 'adoption.refused', name: first, code: 'full' });
    rig.hear(second, { kind: 'adopted' });
    rig.advance(5_000, lost);
    const next = asked(rig);
    expect(next).not.toContain(first);
    expect(next.length).toBeGreaterThan(0);
    expect(adoptersOf(rig)).toEqual([second]);
  });

  test('asks nobody twice in half a minute, and none of its observers, however often it is refused (A1)', () => {
    const { rig, lost } = lacking();
    const everybody: string[] = [];
    for (let turn = 0; turn < 28; turn += 1) {
      rig.advance(1_000, lost);
      const names = asked(rig);
      everybody.push(...names);
      for (const name of names) rig.hear(name, { kind: 'adopted', refusal: 'full' });
    }
    expect(everybody.length).toBeGreaterThan(10);
    expect(new Set(everybody).size).toBe(everybody.length);
    expect(everybody.filter((name) => observers(rig, 'a').includes(name))).toEqual([]);
  });

  test('asks nobody when it leaves', () => {
    const { rig, lost } = lacking();
    rig.feed({ kind: 'leave' });
    rig.advance(6_000, lost);
    expect(asked(rig)).toEqual([]);
  });

  test('takes no answer that it did not ask for', () => {
    const { rig, lost } = lacking();
    rig.hear('m09', { kind: 'adopted' });
    rig.advance(500, lost);
    expect(adoptersOf(rig)).toEqual([]);
  });

  test('names one no more that it has not heard for 3 s, and asks again (A3)', () => {
    const { rig, lost } = lacking();
    rig.advance(3_600, lost);
    const [first = '', second = ''] = asked(rig);
    for (const name of [first, second]) rig.hear(name, { kind: 'adopted' });
    rig.advance(4_000, [...lost, first]);
    expect(adoptersOf(rig)).toEqual([first, second]);
    rig.advance(1_500, [...lost, first]);
    expect(adoptersOf(rig)).toEqual([second]);
    rig.advance(5_000, [...lost, first]);
    expect(asked(rig).length).toBeGreaterThan(0);
  });

  test('lets its adopters go 30 s after its observers are back (A3)', () => {
    const { rig, lost } = lacking();
    rig.advance(3_600, lost);
    for (const name of asked(rig)) rig.hear(name, { kind: 'adopted' });
    expect(adoptersOf(rig)).toHaveLength(2);
    for (const [at, name] of lost.entries()) {
      rig.links.set(name, 100 + at);
      rig.feed({ kind: 'greeted', link: 100 + at, hello: helloOf(name) });
      rig.hear(name, { kind: 'push', records: [] });
    }
    rig.advance(29_000);
    expect(adoptersOf(rig)).toHaveLength(2);
    rig.advance(2_000);
    expect(adoptersOf(rig)).toEqual([]);
    expect(rig.notes()).toContainEqual({ kind: 'mesh.adopted', adopters: [] });
  });

  test('asks nobody while convictions are frozen (A4)', () => {
    const { rig, lost } = lacking();
    rig.gossip.inspection.doubts.freeze(true);
    rig.advance(6_000, lost);
    expect(asked(rig)).toEqual([]);
  });
});

describe('a member that is asked to adopt another (A2)', () => {
  /** One that is no neighbour on the rings. */
  function stranger(rig: Rig): string {
    return others.find((name) => !rig.gossip.inspection.overlay.isNeighbour(name)) ?? '';
  }

  function ask(rig: Rig, name: string): unknown {
    rig.hear(name, { kind: 'adopt' });
    return rig.takeSent('adopted').map(({ message }) => message);
  }

  test('holds a mesh link to it for as long as it is named', () => {
    const rig = new Rig(others);
    const name = stranger(rig);
    const link = rig.gossip.inspection.links.to(instanceOf(name));
    rig.advance(200);
    expect(link?.use.isNeededHere).toBe(false);
    expect(ask(rig, name)).toEqual([{ kind: 'adopted' }]);
    expect(link?.use.isNeededHere).toBe(true);
    rig.hear(name, { kind: 'push', records: [recordOf(name, { version: 2, adopters: ['a'] })] });
    rig.advance(20_000);
    expect(link?.use.isNeededHere).toBe(true);
    rig.hear(name, { kind: 'push', records: [recordOf(name, { version: 3 })] });
    rig.advance(1_000);
    expect(link?.use.isNeededHere).toBe(false);
  });

  test('lets it go when its record does not come', () => {
    const rig = new Rig(others);
    const name = stranger(rig);
    ask(rig, name);
    rig.advance(6_000);
    expect(rig.gossip.inspection.adoptions.size).toBe(0);
    expect(rig.gossip.inspection.overlay.isNeighbour(name)).toBe(false);
  });

  test('adopts eight and refuses the ninth', () => {
    const rig = new Rig(others);
    for (const name of others.slice(0, meshLimits.adoptees)) expect(ask(rig, name)).toEqual([{ kind: 'adopted' }]);
    expect(ask(rig, others[meshLimits.adoptees] ?? '')).toEqual([{ kind: 'adopted', refusal: 'full' }]);
    // One that asks twice is adopted once.
    expect(ask(rig, others[0] ?? '')).toEqual([{ kind: 'adopted' }]);
  });

  test('refuses one that it does not know, and anybody while it is cut off or leaves', () => {
    const rig = new Rig(['b', 'c', 'd', 'e']);
    rig.links.set('x', 99);
    rig.feed({ kind: 'greeted', link: 99, hello: helloOf('x') });
    expect(ask(rig, 'x')).toEqual([{ kind: 'adopted', refusal: 'stranger' }]);
    rig.gossip.inspection.isIsolated = true;
    expect(ask(rig, 'b')).toEqual([{ kind: 'adopted', refusal: 'isolated' }]);
    rig.feed({ kind: 'leave' });
    expect(ask(rig, 'b')).toEqual([{ kind: 'adopted', refusal: 'leaving' }]);
  });
});

describe('the word of an adopter', () => {
  const target = 'm05';

  function report(observer: string): Report {
    return { target, epoch: 1, instance: instanceOf(target), incarnation: 0, observer, evidence: ['silent'], ageMs: 0 };
  }

  test('counts about whoever names it, and about nobody else', () => {
    const rig = new Rig(others);
    const far = farFrom(rig, target);
    const held = (): number => {
      const record = rig.gossip.inspection.findMember(target);
      return record ? rig.gossip.inspection.suspicions.against(record, rig.nowMs).length : -1;
    };
    rig.hear('m00', { kind: 'suspect', reports: far.slice(0, 3).map(report) });
    expect(held()).toBe(0);
    rig.hear('m00', { kind: 'push', records: [recordOf(target, { version: 2, adopters: far.slice(0, 3) })] });
    rig.hear('m00', { kind: 'suspect', reports: far.map(report) });
    expect(held()).toBe(3);
  });

  test('has a seat: where adopters live, the word of the one observer that is left convicts nobody', () => {
    const rig = new Rig(others);
    const state = rig.gossip.inspection;
    const court = () => {
      const record = state.findMember(target);
      return record ? courtOf(record, state).quorum : 0;
    };
    for (const name of observers(rig, target).filter((owner) => owner !== 'a')) {
      if (commonObserversOf(target, state).filter(({ owner }) => state.suspicions.own(owner)).length === 3) break;
      state.suspicions.accuse({ name, instance: instanceOf(name) }, 'silent', { nowMs: 0, isChecked: true });
    }
    expect(court()).toBe(1);
    rig.hear('m00', { kind: 'push', records: [recordOf(target, { version: 2, adopters: farFrom(rig, target).slice(0, 3) })] });
    expect(court()).toBe(3);
  });

  test('makes a quorum with the words of others like it: the member is buried', () => {
    const rig = new Rig(others);
    const adopters = farFrom(rig, target).slice(0, 3);
    rig.hear('m00', { kind: 'push', records: [recordOf(target, { version: 2, adopters })] });
    rig.lose(target, 'silent');
    rig.hear('m00', { kind: 'suspect', reports: adopters.map(report) });
    rig.advance(3_100, [target]);
    expect(rig.statusOf(target)).toBeUndefined();
  });
});
