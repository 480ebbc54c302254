import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import type { Beat, MeshMessage } from '../../src/core/gossip/message.ts';
import type { MemberRecord, Obituary, Report } from '../../src/core/gossip/record.ts';
import { encodeMeshMessage } from '../../src/wire/mesh-codec.ts';
import { recordBytes } from '../../src/wire/mesh-record.ts';
import { MessageSizes } from './message-sizes.ts';

const id = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString('hex'));
const name = fc.string({ minLength: 1, maxLength: 200 });
/** Around the lengths of a varint. */
const count = fc.oneof(fc.constantFrom(0, 1, 127, 128, 16_383, 16_384, 2 ** 32), fc.maxSafeNat());
const amount = fc.double({ min: 0, max: 1e9, noNaN: true });
const evidence = fc.subarray(['reset', 'refused', 'silent', 'stalled'] as const);

const beat: fc.Arbitrary<Beat> = fc.record({
  kind: fc.constant('beat' as const),
  sequence: count,
  ackedSequence: count,
  ackDelayMs: amount,
  root: fc.record({ high: fc.nat(), low: fc.nat() }),
  health: fc.oneof(fc.constant(1), amount),
  uid: fc.record({ uid: fc.oneof(fc.constant(''), id), isSettled: fc.boolean() }),
  isMesh: fc.boolean(),
  isBusy: fc.boolean(),
});
const report: fc.Arbitrary<Report> = fc.record({
  target: name,
  epoch: count,
  instance: id,
  incarnation: count,
  observer: name,
  evidence,
  ageMs: amount,
});
const head = { owner: name, epoch: count, instance: id, version: count, url: name };
const member: fc.Arbitrary<MemberRecord> = fc.record({
  kind: fc.constant('member' as const),
  ...head,
  final: fc.constantFrom('none' as const, 'left' as const),
  incarnation: count,
  isLeaving: fc.boolean(),
  resources: fc.array(name, { maxLength: 3 }),
  bodyHash: fc.oneof(fc.constant(''), id),
  adopters: fc.array(name, { maxLength: 2 }),
});
const obituary: fc.Arbitrary<Obituary> = fc.record({
  kind: fc.constant('obituary' as const),
  ...head,
  final: fc.constant('dead' as const),
  reports: fc.array(report, { maxLength: 3 }),
});
const record = fc.oneof(member, obituary);
const message: fc.Arbitrary<MeshMessage> = fc.oneof(
  beat,
  fc.record({ kind: fc.constant('push' as const), records: fc.array(record, { maxLength: 4 }) }),
  fc.record({ kind: fc.constant('suspect' as const), reports: fc.array(report, { maxLength: 4 }) }),
  fc.record({ kind: fc.constant('probeAck' as const), request: count }),
);

describe('the size of a message', () => {
  test('is that of its bytes, whatever it says (Z1)', () => {
    const sizes = new MessageSizes();
    fc.assert(
      fc.property(message, (one) => {
        expect(sizes.of(one)).toBe(encodeMeshMessage(one).length);
      }),
    );
  });

  test('is the same when its parts are sent again, and counts a record that came over the wire by the bytes that came (Z1)', () => {
    const sizes = new MessageSizes();
    fc.assert(
      fc.property(fc.array(record, { maxLength: 3 }), (made) => {
        const raw = made.map((one) => ({ ...one, raw: Uint8Array.from([...recordBytes(one), 0x78, 1]) }));
        for (const records of [made, [...made, ...raw], raw, made])
          expect(sizes.of({ kind: 'push', records })).toBe(encodeMeshMessage({ kind: 'push', records }).length);
      }),
    );
  });
});
