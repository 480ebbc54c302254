import { describe, expect, test } from 'vitest';

import { seededRandom } from '../../../src/base/random.ts';
import { LinkState } from '../../../src/core/gossip/links.ts';
import type { MeshMessage } from '../../../src/core/gossip/message.ts';
import { meshDefaults, meshLimits } from '../../../src/core/gossip/settings.ts';
import { MeshState } from '../../../src/core/gossip/state.ts';
import { Sync } from '../../../src/core/gossip/sync.ts';
import { hashBytes, hashText } from '../../sim/hashes.ts';
import { instanceOf, recordOf } from './rig.ts';

/** One end of one link, with nothing but its table and its part of a synchronisation. */
class Side {
  readonly state: MeshState;
  readonly sync: Sync;
  readonly link: LinkState;

  constructor(name: string, peer: string) {
    this.state = new MeshState({
      name,
      instance: instanceOf(name),
      cluster: 'default',
      uid: '1'.padStart(32, '0'),
      url: `${name}:1`,
      resources: [],
      epoch: 0,
      startedAtMs: 0,
      settings: meshDefaults,
      random: seededRandom(name),
      hash64: hashText,
      hashBody: hashBytes,
    });
    this.sync = new Sync(this.state, (record) => void this.state.records.offer(record, 0));
    this.link = new LinkState({ id: 1, name: peer, instance: instanceOf(peer), isDialler: true, nowMs: 0 });
    this.state.links.hold(this.link);
    this.state.takeEffects();
  }

  take(): readonly MeshMessage[] {
    return this.state.takeEffects().flatMap((effect) => (effect.kind === 'send' ? [effect.message] : []));
  }

  hear(message: MeshMessage): void {
    if (message.kind === 'syncDigest') this.sync.onDigest(this.link, message);
    if (message.kind === 'syncHeads') this.sync.onHeads(1, message);
    if (message.kind === 'syncRecords') this.sync.onRecords(1, message);
    if (message.kind === 'push') for (const record of message.records) this.state.records.offer(record, 0);
  }
}

/** Lets two sides talk until both are silent for a tick; gives every message. */
function talk(a: Side, b: Side): readonly MeshMessage[] {
  const all: MeshMessage[] = [];
  a.sync.start(a.link);
  for (let quiet = 0; quiet < 2; ) {
    const [fromA, fromB] = [a.take(), b.take()];
    for (const message of fromA) b.hear(message);
    for (const message of fromB) a.hear(message);
    all.push(...fromA, ...fromB);
    for (const side of [a, b]) side.sync.tend();
    quiet = fromA.length + fromB.length === 0 ? quiet + 1 : 0;
  }
  return all;
}

function sizeOf(message: MeshMessage): number {
  if (message.kind === 'syncHeads') return message.heads.length;
  if (message.kind === 'syncRecords') return message.records.length;
  return message.kind === 'push' ? message.records.length : 0;
}

function fill(side: Side, from: number, to: number, version = 1): void {
  for (let at = from; at < to; at += 1) side.state.records.offer(recordOf(`m${at}`, { version }), 0);
}

describe('a synchronisation', () => {
  test.each([
    ['a newcomer with everybody', 0, 12_000],
    ['two halves that know nothing of one another', 6_000, 6_000],
    ['everybody with everybody', 12_000, 12_000],
  ])('of %s ends with one root, in messages of bounded size (Y4)', (_, known, others) => {
    const [a, b] = [new Side('a', 'b'), new Side('b', 'a')];
    fill(a, 0, known);
    fill(b, 12_000 - others, 12_000, known === others && known === 12_000 ? 2 : 1);
    const messages = talk(a, b);
    expect(a.state.records.root()).toEqual(b.state.records.root());
    expect(a.state.records.members).toBe(12_002);
    expect(Math.max(...messages.map(sizeOf))).toBeLessThanOrEqual(meshLimits.recordsPerMessage);
  });

  test('of a newcomer names nothing that is then given (Y2)', () => {
    const [a, b] = [new Side('a', 'b'), new Side('b', 'a')];
    fill(b, 0, 1_000);
    const heads = talk(a, b).flatMap((message) => (message.kind === 'syncHeads' ? message.heads : []));
    expect(heads.length).toBeLessThan(20);
    expect(a.state.records.root()).toEqual(b.state.records.root());
  });

  test.each([
    [1_000, 'leaves that to those whom the newcomer has asked (Y5)', false],
    [100, 'gives it all (Y5)', true],
  ])('that one of %i members begins with a newcomer %s', (members, _, isGiven) => {
    const [newcomer, other] = [new Side('a', 'b'), new Side('b', 'a')];
    fill(other, 0, members);
    const given = talk(other, newcomer).reduce((sum, message) => sum + sizeOf(message), 0);
    expect(given).toBeGreaterThanOrEqual(isGiven ? members : 1);
    expect(given).toBeLessThan(isGiven ? members + 20 : 20);
    newcomer.state.hasJoined = true;
    talk(other, newcomer);
    expect(newcomer.state.records.root()).toEqual(other.state.records.root());
  });

  test('of one that was changed in one place moves that one record', () => {
    const [a, b] = [new Side('a', 'b'), new Side('b', 'a')];
    for (const side of [a, b]) fill(side, 0, 5_000);
    talk(a, b);
    b.state.records.offer(recordOf('m77', { version: 9 }), 0);
    const records = talk(a, b).flatMap((message) => ('records' in message ? message.records : []));
    expect(records.map(({ owner }) => owner)).toEqual(['m77']);
    expect(a.state.records.root()).toEqual(b.state.records.root());
  });

  test('gives newcomers no more in a tick than a bounded share, and all of it in a few (S1)', () => {
    const [a, b] = [new Side('a', 'b'), new Side('b', 'a')];
    fill(b, 0, 12_000);
    a.sync.start(a.link);
    for (const message of a.take()) b.hear(message);
    const perTick: number[] = [];
    for (let tick = 0; tick < 3; tick += 1) {
      perTick.push(b.take().reduce((sum, message) => sum + sizeOf(message), 0));
      b.sync.tend();
    }
    const bucketsMost = 12_000 / meshLimits.buckets + 60;
    expect(perTick[0]).toBeGreaterThanOrEqual(meshLimits.snapshotRecordsPerTick);
    expect(perTick[0]).toBeLessThanOrEqual(meshLimits.snapshotRecordsPerTick + bucketsMost);
    expect((perTick[0] ?? 0) + (perTick[1] ?? 0)).toBeGreaterThanOrEqual(12_000);
    expect(perTick[2]).toBe(0);
  });
});
