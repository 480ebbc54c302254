import { describe, expect, test } from 'vitest';

import { seededRandom } from '../../../src/base/random.ts';
import { Gossip } from '../../../src/core/gossip/gossip.ts';
import type { MemberRecord, Obituary } from '../../../src/core/gossip/record.ts';
import { meshDefaults } from '../../../src/core/gossip/settings.ts';
import { hashBytes, hashText } from '../../sim/hashes.ts';

const instances = { a: 'a', b: 'b', c: 'c', d: 'd' } as const;
type Name = keyof typeof instances;
const instanceOf = (name: Name): string => instances[name].padStart(32, '0');

/** Member `a`, with links to `c` and `d`, and with the record of `b`, to which it has none. */
function amongFour(): Gossip {
  const gossip = new Gossip({
    name: 'a',
    instance: instanceOf('a'),
    cluster: 'default',
    uid: '1'.padStart(32, '0'),
    url: 'a:1',
    resources: [],
    epoch: 0,
    startedAtMs: 0,
    settings: meshDefaults,
    random: seededRandom('intake'),
    hash64: hashText,
    hashBody: hashBytes,
  });
  gossip.handle({ kind: 'start', join: [] }, 0);
  for (const [link, name] of [[1, 'c'] as const, [2, 'd'] as const]) {
    const hello = {
      cluster: 'default',
      uid: { uid: '1'.padStart(32, '0'), isSettled: true },
      name,
      epoch: 1,
      instance: instanceOf(name),
      url: `${name}:1`,
      uptimeMs: 0,
      protocolMin: 1,
      protocolMax: 1,
      features: [],
      root: { high: 0, low: 0 },
      purpose: 'link',
      isConfigured: false,
      isJoining: false,
    } as const;
    gossip.handle({ kind: 'greeted', link, hello }, 0);
    gossip.handle({ kind: 'received', link, message: { kind: 'push', records: [recordOf(name)] } }, 0);
  }
  gossip.handle({ kind: 'received', link: 1, message: { kind: 'push', records: [recordOf('b')] } }, 0);
  return gossip;
}

function recordOf(owner: Name): MemberRecord {
  const head = { owner, epoch: 1, instance: instanceOf(owner), version: 1, incarnation: 0 };
  return { kind: 'member', final: 'none', url: `${owner}:1`, isLeaving: false, resources: [], bodyHash: '', ...head };
}

/** The end of `b` by the word of these, each with hard evidence. */
function obituaryBy(...observers: readonly string[]): Obituary {
  const of = { epoch: 1, instance: instanceOf('b') };
  const report = { ...of, target: 'b', incarnation: 0, evidence: ['reset', 'refused'], ageMs: 300 } as const;
  return {
    kind: 'obituary',
    owner: 'b',
    ...of,
    final: 'dead',
    version: 1,
    url: 'b:1',
    reports: observers.map((observer) => ({ ...report, observer })),
  };
}

describe('an obituary (I2)', () => {
  test.each([
    ['of two observers is taken', ['c', 'd'], 'dead'],
    ['of one observer, written down twice, is not', ['c', 'c'], 'none'],
    ['of one observer and somebody whom nobody knows is not', ['c', 'x'], 'none'],
  ] as const)('%s', (_, observers, final) => {
    const gossip = amongFour();
    gossip.handle({ kind: 'received', link: 1, message: { kind: 'push', records: [obituaryBy(...observers)] } }, 1);
    expect(gossip.inspection.records.find('b')?.final).toBe(final);
  });
});
