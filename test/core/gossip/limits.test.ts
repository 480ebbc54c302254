import { describe, expect, test } from 'vitest';

import { seededRandom } from '../../../src/base/random.ts';
import { Arena } from '../../../src/core/gossip/arena.ts';
import { recordProblem } from '../../../src/core/gossip/check.ts';
import { Gossip } from '../../../src/core/gossip/gossip.ts';
import type { MeshEffect } from '../../../src/core/gossip/io.ts';
import type { Hello } from '../../../src/core/gossip/message.ts';
import type { MemberRecord, Report } from '../../../src/core/gossip/record.ts';
import { Records } from '../../../src/core/gossip/records.ts';
import { meshDefaults, meshLimits } from '../../../src/core/gossip/settings.ts';
import { Suspicions } from '../../../src/core/gossip/suspicion.ts';
import { hashBytes, hashText } from '../../sim/hashes.ts';
import { helloOf as helloNamed } from './rig.ts';

const instanceOf = (number: number): string => number.toString(16).padStart(32, '0');

const member: MemberRecord = {
  kind: 'member',
  owner: 'b',
  epoch: 1,
  instance: instanceOf(2),
  final: 'none',
  version: 1,
  incarnation: 0,
  url: 'b:1',
  isLeaving: false,
  resources: [],
  bodyHash: '',
  adopters: [],
};
const report: Report = {
  target: 'b',
  epoch: 1,
  instance: instanceOf(2),
  incarnation: 0,
  observer: 'c',
  evidence: ['silent'],
  ageMs: 0,
};

function makeGossip(): Gossip {
  return new Gossip({
    name: 'a',
    instance: instanceOf(0xa),
    cluster: 'default',
    uid: instanceOf(1),
    url: 'a:1',
    resources: [],
    epoch: 0,
    startedAtMs: 0,
    settings: meshDefaults,
    random: seededRandom('limits'),
    hash64: hashText,
    hashBody: hashBytes,
  });
}

function helloOf(change: Partial<Hello>): Hello {
  return helloNamed('b', { instance: instanceOf(2), ...change });
}

function effectsOf<K extends MeshEffect['kind']>(effects: readonly MeshEffect[], kind: K): readonly Extract<MeshEffect, { kind: K }>[] {
  return effects.filter((effect): effect is Extract<MeshEffect, { kind: K }> => effect.kind === kind);
}

describe('the table of records', () => {
  const full = new Records(new Arena(hashText));
  for (let at = 0; at < meshLimits.records; at += 1) full.offer({ ...member, owner: `m${at}`, final: at === 7 ? 'left' : 'none' }, at);

  test('makes room for one more by forgetting an end, and then takes no more', () => {
    expect(full.size).toBe(meshLimits.records);
    expect(full.offer({ ...member, owner: 'one more' }, 0)).toBe('taken');
    expect(full.find('m7')).toBeUndefined();
    expect(full.offer({ ...member, owner: 'two more' }, 0)).toBe('full');
    expect(full.size).toBe(meshLimits.records);
  });

  test('still takes news of those that it knows', () => {
    expect(full.offer({ ...member, owner: 'm0', version: 2 }, 0)).toBe('taken');
  });
});

describe('reports about one member', () => {
  test('are kept of 16 observers, not of a 17th, and count for 10 s (fault 32)', () => {
    const suspicions = new Suspicions(meshDefaults);
    for (let at = 0; at < meshLimits.reportsPerTarget; at += 1) expect(suspicions.keep({ ...report, observer: `o${at}` }, 0)).toBe(true);
    expect(suspicions.keep({ ...report, observer: 'one more' }, 0)).toBe(false);
    expect(suspicions.against(member, 10_000)).toHaveLength(meshLimits.reportsPerTarget);
    expect(suspicions.against(member, 10_001)).toEqual([]);
  });

  test('are void for a higher incarnation, and again worth telling for it', () => {
    const suspicions = new Suspicions(meshDefaults);
    suspicions.keep(report, 0);
    expect(suspicions.keep(report, 100)).toBe(false);
    expect(suspicions.against({ ...member, incarnation: 1 }, 100)).toEqual([]);
    expect(suspicions.keep({ ...report, incarnation: 1 }, 200)).toBe(true);
    expect(suspicions.keep(report, 300)).toBe(false);
  });

  test.each([
    [
      'two with hard evidence after 0.2 s',
      [
        ['refused', 'reset'],
        ['refused', 'reset'],
      ],
      200,
    ],
    ['two on silence after 3 s', [['silent'], ['refused']], 3_000],
    ['two of whom one only saw it stalled after 10 s', [['silent'], ['stalled']], 10_000],
    ['one alone never', [['refused', 'reset']], undefined],
  ] as const)('convict by %s', (_, evidences, dueMs) => {
    const suspicions = new Suspicions(meshDefaults);
    for (const [at, evidence] of evidences.entries()) suspicions.keep({ ...report, observer: `o${at}`, evidence }, 0);
    const court = { quorum: 2, hardQuorum: 2, maySilenceConvict: true, mayReport: () => true };
    const verdict = suspicions.judge(member, court, 0);
    expect(verdict).toEqual(dueMs === undefined ? { kind: 'none' } : { kind: 'pending', atMs: dueMs });
    if (dueMs !== undefined) expect(suspicions.judge(member, court, dueMs).kind).toBe('convicted');
  });
});

describe('a record is refused', () => {
  test.each([
    ['with 65 resources', { resources: Array.from({ length: 65 }, (_, at) => `r${at}`) }],
    ['with a resource of 65 bytes', { resources: ['x'.repeat(65)] }],
    ['with a name of 65 bytes', { owner: 'x'.repeat(65) }],
    ['with a name that is no name', { owner: '__proto__' }],
    ['with an address of 257 characters', { url: 'x'.repeat(257) }],
    ['with half an instance', { instance: 'ab' }],
    ['with a body that is no hash', { bodyHash: 'ab' }],
    ['with 5 adopters', { adopters: ['c', 'd', 'e', 'f', 'g'] }],
    ['with an adopter without a name', { adopters: [''] }],
  ])('%s', (_, change) => {
    expect(recordProblem({ ...member, ...change })).toBeTypeOf('string');
  });

  test('not at the edge of any of these limits', () => {
    const adopters = ['c', 'd', 'e', 'f'];
    const resources = Array.from({ length: 64 }, (_, at) => `${at}`.padEnd(64, 'r'));
    expect(
      recordProblem({ ...member, owner: 'x'.repeat(64), url: 'x'.repeat(256), resources, bodyHash: 'ab'.repeat(32), adopters }),
    ).toBeUndefined();
  });
});

describe('a member', () => {
  test('takes its name from silent holders three times a minute, not a fourth time', () => {
    const gossip = makeGossip();
    gossip.handle({ kind: 'start', join: [] }, 0);
    gossip.handle({ kind: 'greeted', link: 1, hello: helloOf({}) }, 0);
    const epochs: number[] = [];
    for (let holder = 0; holder < 5; holder += 1) {
      gossip.takeEffects();
      const { epoch } = gossip.inspection.self.record;
      const twin = { ...member, owner: 'a', epoch, instance: instanceOf(0xb + holder), url: `x${holder}:1` };
      gossip.handle({ kind: 'received', link: 1, message: { kind: 'push', records: [twin] } }, 10 * holder);
      for (const { dial } of effectsOf(gossip.takeEffects(), 'dial')) {
        gossip.handle({ kind: 'dialled', dial, outcome: { kind: 'failed', evidence: 'refused' } }, 10 * holder);
      }
      epochs.push(gossip.inspection.self.record.epoch);
    }
    expect(epochs).toEqual([2, 3, 4, 4, 4]);
  });

  test('checks the names of 64 newcomers at once, and tells the 65th to come back', () => {
    const gossip = makeGossip();
    gossip.handle({ kind: 'start', join: [] }, 0);
    gossip.handle({ kind: 'greeted', link: 1, hello: helloOf({ name: 'c', instance: instanceOf(3), url: 'c:1' }) }, 0);
    gossip.handle({ kind: 'received', link: 1, message: { kind: 'push', records: [{ ...member, url: 'b:1' }] } }, 0);
    const busy = effectsOf(gossip.takeEffects(), 'dial').length;
    const codes: (string | undefined)[] = [];
    for (let at = 0; at < meshLimits.dials + 1 - busy; at += 1) {
      gossip.handle(
        { kind: 'greeted', link: 10 + at, hello: helloOf({ instance: instanceOf(100 + at), url: `n${at}:1`, isJoining: true }) },
        0,
      );
      codes.push(...effectsOf(gossip.takeEffects(), 'answer').map(({ ack }) => ack.refusal?.code));
    }
    expect(codes).toEqual(['overloaded']);
  });

  test('drops a body whose bytes do not have the hash that was asked for', () => {
    const gossip = makeGossip();
    const wanted = hashBytes(new Uint8Array([1]));
    gossip.handle({ kind: 'start', join: [] }, 0);
    gossip.handle({ kind: 'greeted', link: 1, hello: helloOf({}) }, 0);
    gossip.handle({ kind: 'received', link: 1, message: { kind: 'push', records: [{ ...member, bodyHash: wanted }] } }, 0);
    gossip.handle(
      { kind: 'received', link: 1, message: { kind: 'body', hash: wanted, piece: 0, pieces: 1, bytes: new Uint8Array([2]) } },
      1,
    );
    expect(gossip.findBody(wanted)).toBeUndefined();
    gossip.handle(
      { kind: 'received', link: 1, message: { kind: 'body', hash: wanted, piece: 0, pieces: 1, bytes: new Uint8Array([1]) } },
      2,
    );
    expect(gossip.findBody(wanted)).toEqual(new Uint8Array([1]));
  });
});
