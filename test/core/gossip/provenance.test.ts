/**
 * Whose word a word is: P1-P4 of provenance.ts, on real keys and certificates.
 */

import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { MemberRecord, Obituary, OwnerRecord } from '../../../src/core/gossip/record.ts';
import { meshLimits } from '../../../src/core/gossip/settings.ts';
import { decodeRecord, recordBytes } from '../../../src/wire/mesh-record.ts';
import { Authority } from '../../certificates.ts';
import { rawOf, Signer } from '../../sealed.ts';
import { Cast, type SealedRig } from './sealed-rig.ts';

const cast = new Cast();
const { ca, startMs, wallMs, a, b, c, d, evil } = cast;

let rig: SealedRig;
beforeEach(() => {
  rig = cast.begin();
});

describe('a record', () => {
  test('counts once its key is known, and is passed on byte for byte', () => {
    const record = b.record();
    rig.push(b, record);
    expect([rig.held('b'), rig.takeSent('bodyWanted').map(({ to, message }) => [to, message.hash])]).toEqual([
      undefined,
      [['b', b.key.statement.hash]],
    ]);
    rig.give(b, b);
    rig.advance(50);
    expect(rig.statusOf('b')).toBe('alive');
    const passedOn = rig.takeSent('push').filter(({ to }) => to === 'c');
    expect(passedOn.flatMap(({ message }) => message.records.filter(({ owner }) => owner === 'b').map(({ raw }) => raw))).toEqual([
      record.raw,
    ]);
    expect(rig.refused()).toEqual([]);
  });

  test('has its key asked of others where the one who passed it on does not have it', () => {
    rig.push(c, b.record());
    rig.takeSent('bodyWanted');
    rig.hear('c', { kind: 'body', hash: b.key.statement.hash, piece: 0, pieces: 0, bytes: new Uint8Array() });
    const [asked] = rig.takeSent('bodyWanted');
    expect(asked?.to).not.toBe('c');
    // Not even the key's statement is taken from somebody who was not asked for it; nobody can put another in its place.
    rig.hear(asked?.to ?? '', { kind: 'body', hash: b.key.statement.hash, piece: 0, pieces: 1, bytes: evil.key.statement.bytes });
    expect(rig.held('b')).toBeUndefined();
  });

  test('whose key never comes is forgotten, and told of', () => {
    rig.push(c, b.record());
    rig.advance(13_000);
    expect([rig.refused(), rig.held('b')]).toEqual([[['b', 'unknown_key', 'c']], undefined]);
  });

  test.each<[string, string, () => OwnerRecord]>([
    ['a goodbye in the name of another', 'wrong_signer', () => evil.record({ ...b.record(), final: 'left', isLeaving: true, version: 99 })],
    ['a catalog in the name of another', 'wrong_signer', () => evil.record({ ...b.record(), bodyHash: '0f'.repeat(32), version: 99 })],
    ['another address, in a record of another', 'wrong_signer', () => evil.record({ ...b.record(), url: 'evil:1', version: 99 })],
    ['a later epoch, in the name of another', 'wrong_signer', () => evil.record({ ...b.record(), epoch: 99 })],
    [
      'a word without a signature',
      'unsigned',
      () => decodeRecord(recordBytes({ ...b.record({ version: 99 }), raw: undefined, seal: undefined })),
    ],
    ['a word that was changed on its way', 'bad_signature', () => changed(b.record({ version: 99 }), 'b:1', 'e:1')],
    [
      'a word with something behind its signature',
      'unsigned',
      () => decodeRecord(Buffer.concat([rawOf(b.record({ version: 99 })), Buffer.from([0x30, 0x07])])),
    ],
    ['a record of an unknown kind in the name of another', 'wrong_signer', () => evil.recordOfKind(9, 'b', b.instance)],
  ])('%s is not taken, and not passed on', (_what, reason, forged) => {
    rig.introduce(b, c, evil);
    const before = rig.held('b');
    rig.push(evil, forged());
    rig.advance(50);
    expect(rig.refused()).toEqual([['b', reason, 'evil']]);
    expect([rig.held('b'), rig.statusOf('b'), rig.held(' 9/b')]).toEqual([before, 'alive', undefined]);
    const passedOn = rig.takeSent('push').flatMap(({ message }) => message.records);
    expect(passedOn.filter(({ owner, version }) => owner === 'b' && version === 99)).toEqual([]);
  });

  test("of an unknown kind counts as its owner's word too, and is passed on as it came", () => {
    rig.introduce(b, c);
    const record = b.recordOfKind(9, 'b', b.instance);
    rig.push(b, record);
    rig.advance(50);
    expect(rig.held(' 9/b')).toBe(record);
    const passedOn = rig.takeSent('push').filter(({ to }) => to === 'c');
    expect(passedOn.flatMap(({ message }) => message.records.filter(({ kind }) => kind === 'unknown').map(({ raw }) => raw))).toEqual([
      record.raw,
    ]);
  });

  test("of a process that is another's is not taken, whoever signs it", () => {
    rig.introduce(b);
    const thief = new Signer('evil', ca.server('evil'), { wallMs, instance: b.instance });
    rig.push(evil, thief.record());
    rig.give(evil, thief);
    expect([rig.refused(), rig.held('evil')]).toEqual([[['evil', 'untrusted_key', 'evil']], undefined]);
  });

  test('that is older than the one that is known changes nothing, however good its signature', () => {
    const [first, goodbye] = [b.record(), b.record({ epoch: 2, final: 'left', isLeaving: true, version: 8 })];
    const back = b.record({ epoch: 3, version: 9, incarnation: 2 });
    rig.introduce(b);
    for (const record of [goodbye, back]) rig.push(b, record);
    rig.advance(50);
    rig.take();
    const check = vi.spyOn(cast.seals, 'check');
    for (const replayed of [first, goodbye]) rig.push(evil, replayed);
    rig.advance(50);
    expect([rig.held('b'), rig.statusOf('b'), check.mock.calls.length]).toEqual([back, 'alive', 0]);
    check.mockRestore();
    // It hears what is true instead.
    const answers = rig.takeSent('push').filter(({ to }) => to === 'evil');
    expect(answers.flatMap(({ message }) => message.records.map(({ version }) => version))).toEqual([9]);
  });

  test('in our own name is not believed either: our epoch stays', () => {
    rig.introduce(evil);
    rig.push(evil, evil.record({ ...a.record(), instance: evil.instance, epoch: 7 }));
    rig.push(evil, obituary(a, [evil.report(a, { observer: 'c' })]));
    expect(rig.gossip.inspection.self.record.epoch).toBe(1);
    expect(rig.refused()).toEqual([['a', 'wrong_signer', 'evil']]);
  });
});

describe('a key', () => {
  test.each<[string, string, () => Signer]>([
    ['of another CA', 'untrusted_key', () => new Signer('b', new Authority().server('b'), { wallMs })],
    ['for another cluster', 'untrusted_key', () => new Signer('b', ca.server('b'), { wallMs, cluster: 'other' })],
    ["of a name that is not the certificate's", 'untrusted_key', () => new Signer('evil', ca.server('evil'), { wallMs, name: 'b' })],
    ['whose certificate has ended', 'stale_key', () => new Signer('b', ca.server('b', -2.5), { wallMs: () => startMs - 2.5 * 3_600_000 })],
  ])('%s proves nothing', (_what, reason, made) => {
    const stranger = made();
    rig.push(evil, stranger.record());
    rig.give(evil, stranger);
    expect([rig.refused(), rig.held('b')]).toEqual([[['b', reason, 'evil']], undefined]);
  });

  test('that is followed by another counts until its time is over: rotation loses nobody', () => {
    const renewed = cast.signer('b');
    rig.introduce(renewed, c);
    const old = renewed.record({ version: 2 });
    renewed.credentials.replace(ca.server('b'));
    expect(renewed.key.renew()).toBe(true);
    // Still under way with the key before, then with the new one.
    rig.push(c, old);
    rig.push(renewed, renewed.record({ version: 3 }));
    expect(rig.held('b')?.version).toBe(2);
    rig.give(renewed, renewed);
    expect([rig.held('b')?.version, rig.statusOf('b'), rig.refused()]).toEqual([3, 'alive', []]);
  });

  test('before the last two is retired, whatever time it would have', () => {
    const renewed = cast.signer('b');
    rig.introduce(renewed);
    const stolen = renewed.record({ version: 50 });
    for (const version of [3, 4]) {
      renewed.credentials.replace(ca.server('b'));
      renewed.key.renew();
      rig.push(renewed, renewed.record({ version }));
      rig.give(renewed, renewed);
    }
    rig.push(evil, stolen);
    expect([rig.held('b')?.version, rig.refused()]).toEqual([4, [['b', 'stale_key', 'evil']]]);
  });

  test('that has ended is not taken any more: a replayed word ends with it', () => {
    rig.introduce(b);
    const kept = b.record({ version: 2 });
    // The certificates of these tests are good for an hour, clocks may differ by five minutes.
    cast.nowMs = startMs + 66 * 60_000;
    rig.push(evil, kept);
    expect([rig.held('b')?.version, rig.refused()]).toEqual([1, [['b', 'stale_key', 'evil']]]);
  });
});

describe('a report', () => {
  test("is its observer's word: in the name of another it convicts nobody", () => {
    rig.introduce(b, c, d, evil);
    const forged = [c, d].map(({ name }) => evil.report(b, { observer: name }));
    rig.hear('evil', { kind: 'suspect', reports: forged });
    rig.push(evil, obituary(b, forged));
    rig.advance(1_000);
    expect(rig.statusOf('b')).toBe('alive');
    expect(rig.refused()).toEqual([
      ['c', 'wrong_signer', 'evil'],
      ['d', 'wrong_signer', 'evil'],
      ['b', 'wrong_signer', 'evil'],
    ]);
    expect(rig.takeSent('suspect')).toEqual([]);
  });

  test('that is proved counts as it did: two that saw the connection refused bury a member', () => {
    rig.introduce(b, c, d, evil);
    rig.lose('b');
    rig.failDials('b:1', 'refused');
    for (const one of [c, d]) rig.hear(one.name, { kind: 'suspect', reports: [one.report(b)] });
    rig.advance(400, ['b']);
    expect(rig.held('b')?.final).toBe('dead');
    // What goes round is the word of each observer, signed.
    const buried = rig.takeSent('push').flatMap(({ message }) => message.records.filter(({ kind }) => kind === 'obituary'));
    const observers = buried.flatMap((one) =>
      one.kind === 'obituary' ? one.reports.map(({ observer, seal }) => [observer, seal !== undefined]) : [],
    );
    expect(observers.length).toBeGreaterThan(0);
    expect(observers.every(([, isSigned]) => isSigned === true)).toBe(true);
  });

  test('buries nobody who is not known here: one observer could say it of anybody', () => {
    rig.introduce(c, evil);
    const unheard = obituary(b, [evil.report(b, { epoch: 2 ** 50 })], 2 ** 50);
    rig.push(evil, unheard, obituary(b, []));
    expect([rig.held('b'), rig.refused()]).toEqual([undefined, [['b', 'unsigned', 'evil']]]);
    rig.introduce(b);
    expect(rig.statusOf('b')).toBe('alive');
  });
});

describe('somebody who sends forgeries without end', () => {
  test('is looked at 64 times in ten seconds, told of once, and heard again after that (P3, P4)', () => {
    rig.introduce(b, evil);
    const check = vi.spyOn(cast.seals, 'check');
    const before = check.mock.calls.length;
    for (let version = 2; version < 302; version += 1) rig.push(evil, evil.record({ ...b.record(), version }));
    expect([check.mock.calls.length - before, rig.refused()]).toEqual([meshLimits.forgeriesPerLink, [['b', 'wrong_signer', 'evil']]]);
    rig.push(b, b.record({ version: 2 }));
    expect(rig.held('b')?.version).toBe(2);
    rig.advance(13_000);
    rig.push(evil, evil.record({ version: 5 }));
    expect(rig.held('evil')?.version).toBe(5);
    check.mockRestore();
  });

  test('takes no more memory than its share of what waits for keys (U1)', () => {
    const strangers = Array.from({ length: 40 }, (_, at) => b.record({ version: at + 1 }));
    for (const record of strangers) rig.push(evil, record);
    expect(rig.gossip.inspection.unproven.take(b.key.statement.hash)).toHaveLength(meshLimits.unprovenPerKey);
  });
});

/** The same bytes with one text replaced by another of the same length. */
function changed(record: MemberRecord, from: string, to: string): OwnerRecord {
  const bytes = Buffer.from(rawOf(record));
  bytes.write(to, bytes.indexOf(from));
  return decodeRecord(bytes);
}

function obituary(of: Signer, reports: Obituary['reports'], epoch = 1): Obituary {
  return { kind: 'obituary', owner: of.name, epoch, instance: of.instance, final: 'dead', version: 0, url: `${of.name}:1`, reports };
}
