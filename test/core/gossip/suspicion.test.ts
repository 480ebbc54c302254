import { describe, expect, test } from 'vitest';
import type { Accusation, MemberRecord, Report } from '../../../src/core/gossip/record.ts';
import { meshDefaults } from '../../../src/core/gossip/settings.ts';
import { type Court, Suspicions } from '../../../src/core/gossip/suspicion.ts';
import { Rig } from './rig.ts';

const target: MemberRecord = {
  kind: 'member',
  owner: 'x',
  epoch: 1,
  instance: 'i',
  final: 'none',
  version: 1,
  incarnation: 0,
  url: 'x:1',
  isLeaving: false,
  resources: [],
  bodyHash: '',
  adopters: [],
};
const court: Court = { quorum: 3, hardQuorum: 2, maySilenceConvict: true, mayReport: () => true };

function report(observer: string, ...evidence: Accusation[]): Report {
  return { target: 'x', epoch: 1, instance: 'i', incarnation: 0, observer, evidence, ageMs: 0 };
}

function verdictOn(...reports: readonly Report[]) {
  const suspicions = new Suspicions(meshDefaults);
  for (const one of reports) suspicions.keep(one, 0);
  return suspicions.judge(target, court, 0);
}

describe('a dial that ends for want of trust', () => {
  test.each([
    ['untrusted', 'we do not believe who answers: reported as silence is', [['untrusted']]],
    ['unwelcome', 'they do not believe us: avoided here, and nobody hears a word against them', []],
  ] as const)('%s: %s', (evidence, _what, reported) => {
    const rig = new Rig(['b', 'c', 'd']);
    rig.lose('b', 'silent');
    rig.failDials('b:1', evidence);
    for (const { to, message } of rig.takeSent('probeRequest'))
      rig.hear(to, { kind: 'probeNack', request: message.request, evidence: 'silent' });
    rig.advance(1_000, ['b']);
    const said = rig.takeSent('suspect').filter(({ to }) => to === 'c');
    expect(said.flatMap(({ message }) => message.reports.map((report) => report.evidence))).toEqual(reported);
    expect(rig.statusOf('b')).toBe('suspect');
  });
});

describe('reports convict (S4)', () => {
  test('soon, when two say refused and one of them saw its link break', () => {
    expect(verdictOn(report('a', 'reset', 'refused'), report('b', 'refused'))).toEqual({ kind: 'pending', atMs: meshDefaults.buryHardMs });
    expect(verdictOn(report('a', 'reset', 'refused'), report('b', 'reset', 'refused'))).toEqual({
      kind: 'pending',
      atMs: meshDefaults.buryHardMs,
    });
  });

  test('only as silence does, when nobody saw a link break: a firewall refuses too', () => {
    expect(verdictOn(report('a', 'refused'), report('b', 'refused'))).toEqual({ kind: 'none' });
    expect(verdictOn(report('a', 'refused'), report('b', 'refused'), report('c', 'refused'))).toEqual({
      kind: 'pending',
      atMs: meshDefaults.burySilentMs,
    });
  });

  test('never for one voice alone (S3), nor for breaks that no dial confirmed', () => {
    expect(verdictOn(report('a', 'reset', 'refused'))).toEqual({ kind: 'none' });
    expect(verdictOn(report('a', 'reset', 'refused'), report('b', 'reset'))).toEqual({ kind: 'none' });
  });
});

test('two words of one observer that overtake each other are news once each, in whatever order they come', () => {
  const suspicions = new Suspicions(meshDefaults);
  const [silent, stalled] = [report('a', 'silent'), report('a', 'stalled')];
  expect(suspicions.keep(silent, 0)).toBe(true);
  expect(suspicions.keep(stalled, 1)).toBe(true);
  expect(suspicions.keep(silent, 2)).toBe(false);
  expect(suspicions.keep(stalled, 3)).toBe(false);
  // What is said again later counts as it is said.
  expect(suspicions.keep(silent, 1 + meshDefaults.reportExpiryMs / 3)).toBe(true);
});
