/**
 * The contract of whoever signs and verifies for members (core/gossip/seals.ts), on Ed25519 under X.509, and on the keys of simulations:
 * what virtual time shows of signed records holds for real ones.
 */

import { describe, expect, test } from 'vitest';
import type { Seals } from '../../src/core/gossip/seals.ts';
import { RecordSeals } from '../../src/fabric/mesh/record-seals.ts';
import { instanceOf } from '../../src/identity/instance-proof.ts';
import { ed25519 } from '../../src/identity/signing-key.ts';
import { SimulatedAuthority, SimulatedCredentials, SimulatedKeys } from '../../src/testing/simulated-certificates.ts';
import { Credentials } from '../../src/transport/credentials.ts';
import { Voucher } from '../../src/transport/voucher.ts';
import { Authority } from '../certificates.ts';
import { recordOf } from '../core/gossip/rig.ts';

const startMs = Date.now();
const hourMs = 3_600_000;

interface Member {
  readonly name: string;
  readonly instance: string;
  readonly seals: Seals;
  /** Takes another certificate of the same CA. */
  recertify(): void;
}

/** Makes members of one fabric; with `ca`, of another CA than the rest. Their certificates are good for an hour. */
interface World {
  nowMs: number;
  member(name: string, ca?: 'other'): Member;
}

function holderOf(name: string) {
  const instanceProof = Buffer.from(name.padEnd(16, '.')).toString('hex');
  return { name, cluster: 'default', instance: instanceOf(name, instanceProof), instanceProof };
}

function realWorld(): World {
  const [own, other] = [new Authority(), new Authority()];
  const world: World = {
    nowMs: startMs,
    member(name, ca) {
      const wallMs = (): number => world.nowMs;
      const issue = () => (ca === 'other' ? other : own).server(name);
      const credentials = new Credentials(issue(), { use: 'server', wallMs });
      const seals = new RecordSeals(holderOf(name), { voucher: new Voucher(credentials, wallMs), keys: ed25519, wallMs });
      return { ...holderOf(name), seals, recertify: () => credentials.replace(issue()) };
    },
  };
  return world;
}

function simulatedWorld(): World {
  const [own, other, keys] = [new SimulatedAuthority(), new SimulatedAuthority('other'), new SimulatedKeys()];
  const world: World = {
    nowMs: startMs,
    member(name, ca) {
      const wallMs = (): number => world.nowMs;
      const authority = ca === 'other' ? other : own;
      const issue = () => authority.issue(name, { isServer: true, untilMs: startMs + hourMs });
      const voucher = new SimulatedCredentials({ own: issue(), trusted: [authority] }, wallMs);
      const seals = new RecordSeals(holderOf(name), { voucher, keys, wallMs });
      return { ...holderOf(name), seals, recertify: () => voucher.replace({ own: issue() }) };
    },
  };
  return world;
}

/** What `at` thinks of a record of `by`, whose statement has come. */
function doubtAt(at: Member, by: Member, change: (signed: Uint8Array) => Uint8Array = (signed) => signed): string | undefined {
  const { seal } = by.seals.sealRecord(recordOf(by.name, { instance: by.instance }));
  const { hash, bytes } = by.seals.statement;
  at.seals.learn(hash, bytes);
  const { name, instance } = by;
  return at.seals.check(seal && { ...seal, signed: change(seal.signed) }, { says: 'record', name, instance })?.reason;
}

describe.each([
  ['on Ed25519 and certificates', realWorld],
  ['of a simulation', simulatedWorld],
] as const)('seals %s', (_kind, worldOf) => {
  test('prove whose word a word is, once the statement about its key has come', () => {
    const world = worldOf();
    const [a, b] = [world.member('a'), world.member('b')];
    const { seal } = b.seals.sealRecord(recordOf('b', { instance: b.instance }));
    expect(a.seals.check(seal, { says: 'record', name: 'b', instance: b.instance })?.reason).toBe('unknown_key');
    expect(doubtAt(a, b)).toBeUndefined();
    expect(a.seals.check(undefined, { says: 'record', name: 'b', instance: b.instance })?.reason).toBe('unsigned');
  });

  test('prove nothing for other bytes, another name, another process, or a report', () => {
    const world = worldOf();
    const [a, b] = [world.member('a'), world.member('b')];
    expect(doubtAt(a, b, (signed) => signed.map((byte, at) => (at === 9 ? byte ^ 1 : byte)))).toBe('bad_signature');
    const { seal } = b.seals.sealRecord(recordOf('b', { instance: b.instance }));
    expect(a.seals.check(seal, { says: 'record', name: 'c', instance: b.instance })?.reason).toBe('wrong_signer');
    expect(a.seals.check(seal, { says: 'record', name: 'b', instance: a.instance })?.reason).toBe('wrong_signer');
    expect(a.seals.check(seal, { says: 'report', name: 'b' })?.reason).toBe('bad_signature');
  });

  test('prove nothing under a CA that is not trusted here', () => {
    const world = worldOf();
    expect(doubtAt(world.member('a'), world.member('b', 'other'))).toBe('untrusted_key');
  });

  test('end with the certificate, give or take five minutes', () => {
    const world = worldOf();
    const [a, b, c] = [world.member('a'), world.member('b'), world.member('c')];
    const { seal } = b.seals.sealRecord(recordOf('b', { instance: b.instance }));
    const held = (): string | undefined => a.seals.check(seal, { says: 'record', name: 'b', instance: b.instance })?.reason;
    expect([doubtAt(a, b), held()]).toEqual([undefined, undefined]);
    world.nowMs = startMs + hourMs + 4 * 60_000;
    expect([held(), b.seals.renew()]).toEqual([undefined, false]);
    world.nowMs += 2 * 60_000;
    expect(held()).toBe('stale_key');
    // To whoever hears of it only now it proves nothing any more, clocks or not.
    expect(doubtAt(c, b)).toBe('stale_key');
  });

  test('are others as soon as the certificate is; the last two count, the one before is retired', () => {
    const world = worldOf();
    const [a, b] = [world.member('a'), world.member('b')];
    const first = b.seals.statement;
    const { seal } = b.seals.sealRecord(recordOf('b', { instance: b.instance }));
    expect(doubtAt(a, b)).toBeUndefined();
    const held = (): string | undefined => a.seals.check(seal, { says: 'record', name: 'b', instance: b.instance })?.reason;
    for (const expected of [undefined, 'stale_key']) {
      b.recertify();
      expect([b.seals.renew(), b.seals.statement.hash === first.hash]).toEqual([true, false]);
      expect([doubtAt(a, b), held()]).toEqual([undefined, expected]);
    }
  });
});
