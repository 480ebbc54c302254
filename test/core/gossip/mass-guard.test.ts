import { describe, expect, test } from 'vitest';

import type { Report } from '../../../src/core/gossip/record.ts';
import { helloOf, instanceOf, Rig, recordOf } from './rig.ts';

/** `a` with links to `b` and `c`, and with `count` members to which it has none. */
function amongStrangers(count: number): { readonly rig: Rig; readonly strangers: readonly string[] } {
  const rig = new Rig(['b', 'c'], { settings: { fullMeshMax: 100 } });
  const strangers = Array.from({ length: count }, (_, at) => `m${at}`);
  rig.hear('b', { kind: 'push', records: strangers.map((name) => recordOf(name)) });
  rig.take();
  return { rig, strangers };
}

function idOf(rig: Rig, name: string): string {
  const record = rig.gossip.inspection.findMember(name);
  if (!record) throw new Error(`${name} is not known`);
  return rig.gossip.inspection.doubts.idOf(record);
}

function reportOn(target: string, observer: string): Report {
  return { target, epoch: 1, instance: instanceOf(target), incarnation: 0, observer, evidence: ['silent'], ageMs: 0 };
}

describe('a member that hears many doubts at once', () => {
  test('freezes with more than three and more than a fifth, not with so many (G1)', () => {
    // 20 strangers and three more: 4.6 are a fifth.
    for (const [doubted, isFrozen] of [
      [4, false],
      [5, true],
    ] as const) {
      const { rig, strangers } = amongStrangers(20);
      rig.hear('b', { kind: 'doubts', ids: strangers.slice(0, doubted).map((name) => idOf(rig, name)) });
      expect(rig.gossip.inspection.doubts.isFrozen).toBe(isFrozen);
      expect(rig.statusOf('m0')).toBe(isFrozen ? 'unreachable' : 'alive');
      expect(rig.statusOf('m19')).toBe('alive');
    }
  });

  test('does not count those that fell under suspicion one after the other', () => {
    const { rig, strangers } = amongStrangers(20);
    for (const name of strangers) {
      rig.hear('b', { kind: 'doubts', ids: [idOf(rig, name)] });
      rig.advance(2_600);
    }
    expect(rig.gossip.inspection.doubts.isFrozen).toBe(false);
  });

  test('passes each doubt on once, and at most one set a second (G2)', () => {
    const { rig, strangers } = amongStrangers(20);
    const ids = strangers.map((name) => idOf(rig, name));
    rig.hear('b', { kind: 'doubts', ids: ids.slice(0, 5) });
    expect(rig.takeSent('doubts')).toEqual(['b', 'c'].map((to) => ({ to, message: { kind: 'doubts', ids: ids.slice(0, 5) } })));
    rig.hear('c', { kind: 'doubts', ids: ids.slice(0, 8) });
    rig.hear('b', { kind: 'doubts', ids: ids.slice(0, 10) });
    expect(rig.takeSent('doubts')).toEqual([]);
    rig.advance(1_050);
    expect(rig.takeSent('doubts')).toEqual(['b', 'c'].map((to) => ({ to, message: { kind: 'doubts', ids: ids.slice(5, 10) } })));
    rig.advance(10_000);
    expect(rig.takeSent('doubts')).toEqual([]);
  });

  test('believes a member that refutes, and tells the others nothing of it (G3)', () => {
    const { rig, strangers } = amongStrangers(20);
    rig.hear('b', { kind: 'doubts', ids: strangers.slice(0, 6).map((name) => idOf(rig, name)) });
    rig.hear('c', { kind: 'push', records: [recordOf('m0', { incarnation: 1, version: 2 })] });
    expect(rig.statusOf('m0')).toBe('alive');
    expect(rig.statusOf('m1')).toBe('unreachable');
  });

  test('that is itself among them refutes, at most once in 250 ms (G3, fault 32)', () => {
    const { rig } = amongStrangers(4);
    const own = () => rig.gossip.inspection.self.record;
    rig.hear('b', { kind: 'doubts', ids: [idOf(rig, 'a')] });
    expect(own().incarnation).toBe(1);
    rig.hear('b', { kind: 'doubts', ids: [idOf(rig, 'a')] });
    expect(own().incarnation).toBe(1);
    rig.advance(300);
    expect(own().incarnation).toBe(2);
    expect(rig.takeSent('doubts')).toEqual([]);
  });

  test('that is isolated tells one that comes back that it doubts it, and nobody anything of others (G5)', () => {
    const others = ['b', 'c', 'd', 'e', 'f'];
    const rig = new Rig(others);
    rig.advance(2_000, others);
    for (const name of others) rig.failDials(`${name}:1`, 'silent');
    rig.advance(3_000, others);
    const { doubts, isIsolated } = rig.gossip.inspection;
    expect([doubts.isFrozen, isIsolated]).toEqual([true, true]);
    expect(rig.takeSent('doubts')).toEqual([]);
    const id = idOf(rig, 'b');
    rig.links.set('b', 20);
    rig.feed({ kind: 'linkDown', link: 1, evidence: 'silent' });
    rig.feed({ kind: 'greeted', link: 20, hello: helloOf('b') });
    expect(rig.takeSent('doubts')).toEqual([{ to: 'b', message: { kind: 'doubts', ids: [id] } }]);
  });

  test('convicts nobody while it is frozen; it thaws 10 s after the suspects became few, and then the court decides (G4)', () => {
    const { rig, strangers } = amongStrangers(20);
    rig.hear('b', { kind: 'doubts', ids: strangers.slice(0, 6).map((name) => idOf(rig, name)) });
    const renew = (): void => {
      const near = [...strangers, 'b', 'c'];
      rig.hear('b', { kind: 'suspect', reports: near.filter((name) => name !== 'm0').map((name) => reportOn('m0', name)) });
    };
    for (let at = 0; at < 4; at += 1) {
      renew();
      rig.advance(4_000);
    }
    expect(rig.gossip.inspection.records.find('m0')?.final).toBe('none');
    // All but one of them live.
    rig.hear('c', { kind: 'push', records: strangers.slice(1, 6).map((name) => recordOf(name, { incarnation: 1, version: 2 })) });
    renew();
    rig.advance(9_000);
    expect(rig.gossip.inspection.doubts.isFrozen).toBe(true);
    rig.advance(2_000);
    expect(rig.gossip.inspection.doubts.isFrozen).toBe(false);
    renew();
    rig.advance(3_100);
    expect(rig.gossip.inspection.records.find('m0')?.final).toBe('dead');
  });

  test('thaws after 10 min whatever is doubted (G4)', () => {
    const { rig, strangers } = amongStrangers(20);
    rig.hear('b', { kind: 'doubts', ids: strangers.map((name) => idOf(rig, name)) });
    rig.advance(599_000);
    expect(rig.gossip.inspection.doubts.isFrozen).toBe(true);
    rig.advance(2_000);
    expect(rig.gossip.inspection.doubts.isFrozen).toBe(false);
    expect(rig.notes().filter(({ kind }) => kind === 'mesh.frozen')).toMatchObject([
      { isFrozen: true, suspects: 20 },
      { isFrozen: false, suspects: 20 },
    ]);
  });

  test('tells whoever links to it whom it doubts, so that those hear of it', () => {
    const { rig, strangers } = amongStrangers(20);
    const ids = strangers.slice(0, 5).map((name) => idOf(rig, name));
    rig.hear('b', { kind: 'doubts', ids });
    rig.advance(100);
    rig.takeSent('doubts');
    rig.links.set('m0', 50);
    rig.feed({ kind: 'greeted', link: 50, hello: helloOf('m0') });
    expect(rig.takeSent('doubts')).toEqual([{ to: 'm0', message: { kind: 'doubts', ids } }]);
  });

  test('tells whoever links to it of nobody that has refuted since it counted last (G3)', () => {
    const { rig, strangers } = amongStrangers(20);
    const ids = strangers.slice(0, 5).map((name) => idOf(rig, name));
    rig.hear('b', { kind: 'doubts', ids });
    rig.advance(600);
    rig.takeSent('doubts');
    rig.hear('c', { kind: 'push', records: [recordOf('m1', { incarnation: 1, version: 2 })] });
    rig.links.set('m0', 50);
    rig.feed({ kind: 'greeted', link: 50, hello: helloOf('m0') });
    expect(rig.takeSent('doubts')).toEqual([{ to: 'm0', message: { kind: 'doubts', ids: ids.filter((_, at) => at !== 1) } }]);
    expect(rig.statusOf('m1')).toBe('alive');
  });

  test('makes no doubt of a report that the member has refuted before it came', () => {
    const { rig, strangers } = amongStrangers(20);
    rig.hear('b', { kind: 'doubts', ids: strangers.slice(0, 6).map((name) => idOf(rig, name)) });
    rig.hear('c', { kind: 'push', records: [recordOf('m0', { incarnation: 1, version: 2 })] });
    rig.advance(1_100);
    rig.takeSent('doubts');
    rig.hear('b', { kind: 'suspect', reports: strangers.slice(1, 9).map((name) => reportOn('m0', name)) });
    rig.advance(1_100);
    expect(rig.statusOf('m0')).toBe('alive');
    expect(rig.takeSent('doubts')).toEqual([]);
  });
});
