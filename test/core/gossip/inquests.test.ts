import { describe, expect, test } from 'vitest';

import type { Obituary, Report } from '../../../src/core/gossip/record.ts';
import { instanceOf, Rig, recordOf } from './rig.ts';

const hard = ['refused', 'reset'] as const;

function reportBy(observer: string, change: Partial<Report> = {}): Report {
  return { target: 'b', epoch: 1, instance: instanceOf('b'), incarnation: 0, observer, evidence: hard, ageMs: 300, ...change };
}

/** The end of `b` by these words. */
function obituaryBy(...reports: readonly Report[]): Obituary {
  return { kind: 'obituary', owner: 'b', epoch: 1, instance: instanceOf('b'), final: 'dead', version: 0, url: 'b:1', reports };
}

/** `a` with links to `c` and `d`, and with the record of `b`, to which it has none. */
function amongFour(): Rig {
  const rig = new Rig(['c', 'd']);
  rig.hear('c', { kind: 'push', records: [recordOf('b')] });
  return rig;
}

function finalOf(rig: Rig): string | undefined {
  return rig.gossip.inspection.records.find('b')?.final;
}

describe('an obituary', () => {
  test.each([
    ['of two observers is taken', [reportBy('c'), reportBy('d')], 'dead'],
    ['of one observer, written down twice, is not', [reportBy('c'), reportBy('c')], 'none'],
    ['of one observer and somebody whom nobody knows is not', [reportBy('c'), reportBy('x')], 'none'],
    ['of nobody is not', [], 'none'],
    ['with a word about somebody else is not', [reportBy('c'), reportBy('d', { target: 'c' })], 'none'],
    ['with a word about an earlier process is not', [reportBy('c'), reportBy('d', { instance: instanceOf('x') })], 'none'],
    ['with a word about an earlier epoch is not', [reportBy('c'), reportBy('d', { epoch: 0 })], 'none'],
  ] as const)('%s (Q2)', (_, reports, final) => {
    const rig = amongFour();
    rig.hear('c', { kind: 'push', records: [obituaryBy(...reports)] });
    expect(finalOf(rig)).toBe(final);
  });

  test('of one observer is taken where our own dial agrees (Q2)', () => {
    const rig = amongFour();
    rig.failDials('b:1', 'refused');
    rig.advance(400);
    rig.failDials('b:1', 'refused');
    rig.hear('c', { kind: 'push', records: [obituaryBy(reportBy('c'))] });
    expect(finalOf(rig)).toBe('dead');
  });

  test('of an observer whom we do not know yet counts once the two have synchronised (Q3)', () => {
    const rig = amongFour();
    rig.hear('c', { kind: 'push', records: [obituaryBy(reportBy('c'), reportBy('e'))] });
    expect(finalOf(rig)).toBe('none');
    expect(rig.takeSent('syncDigest')).toMatchObject([{ to: 'c' }]);
    rig.hear('c', { kind: 'push', records: [recordOf('e')] });
    expect(finalOf(rig)).toBe('dead');
  });

  test.each(['refused', 'silent'] as const)('that is not clear after that either is decided by a dial of our own: %s (Q4)', (evidence) => {
    const rig = amongFour();
    rig.hear('c', { kind: 'push', records: [obituaryBy()] });
    rig.advance(1_000);
    expect(finalOf(rig)).toBe('none');
    expect(rig.failDials('b:1', evidence)).toBe(1);
    expect(finalOf(rig)).toBe('dead');
  });

  test('that is not clear counts at once where our dial has failed before, however far the next one is (Q4)', () => {
    const rig = amongFour();
    for (let passedMs = 0; passedMs < 20_000; passedMs += 100) {
      rig.failDials('b:1', 'silent');
      rig.advance(100);
    }
    rig.hear('c', { kind: 'push', records: [obituaryBy()] });
    expect(finalOf(rig)).toBe('none');
    rig.hear('c', { kind: 'push', records: [] });
    expect(finalOf(rig)).toBe('dead');
  });

  test('is not taken while our own link to its subject works: that one is told (Q1)', () => {
    const rig = new Rig(['b', 'c', 'd']);
    const obituary = obituaryBy(reportBy('c'), reportBy('d'));
    rig.hear('c', { kind: 'push', records: [obituary] });
    expect(finalOf(rig)).toBe('none');
    expect(rig.takeSent('push')).toContainEqual({ to: 'b', message: { kind: 'push', records: [obituary] } });
  });
});
