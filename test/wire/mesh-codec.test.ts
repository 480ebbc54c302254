import { join } from 'node:path';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { describe, expect, test } from 'vitest';

import type { Hello, HelloAck, MeshMessage } from '../../src/core/gossip/message.ts';
import type { MemberRecord, Obituary, OwnerRecord, Report } from '../../src/core/gossip/record.ts';
import { meshLimits } from '../../src/core/gossip/settings.ts';
import { HeddleError } from '../../src/errors.ts';
import { decodeMeshMessage, encodeMeshMessage } from '../../src/wire/mesh-codec.ts';
import { decodeAck, decodeHello, encodeAck, encodeHello } from '../../src/wire/mesh-hello.ts';
import { decodeRecord, recordBytes } from '../../src/wire/mesh-record.ts';
import { protoFolder } from '../../src/wire/proto-files.ts';

const schema = new protobuf.Root();
schema.resolvePath = (_, target) => join(protoFolder, target);
schema.loadSync('heddle/v1/mesh.proto', { keepCase: true });

const id = 'a1'.repeat(16);
const hash = '0f'.repeat(32);
const root = { high: 0xffff_fffe, low: 7 };
const report: Report = { target: 'b', epoch: 3, instance: id, incarnation: 2, observer: 'c', evidence: ['refused', 'reset'], ageMs: 12.5 };
const member: MemberRecord = {
  kind: 'member',
  owner: 'b',
  epoch: 3,
  instance: id,
  final: 'none',
  version: 9,
  incarnation: 2,
  url: '127.0.0.1:7420',
  isLeaving: true,
  resources: ['gpu', 'region=eu'],
  bodyHash: hash,
  adopters: ['x', 'y'],
};
const obituary: Obituary = {
  kind: 'obituary',
  owner: 'b',
  epoch: 3,
  instance: id,
  final: 'dead',
  version: 0,
  url: 'b:1',
  reports: [report],
};
const uid = { uid: 'ee'.repeat(16), isSettled: true };
const greeter = {
  cluster: 'default',
  uid,
  name: 'b',
  epoch: 3,
  instance: id,
  url: 'b:1',
  uptimeMs: 5,
  protocolMin: 1,
  protocolMax: 1,
  features: ['rings'],
  root,
};

const messages: readonly MeshMessage[] = [
  { kind: 'beat', sequence: 300, ackedSequence: 299, ackDelayMs: 0.5, root, health: 1.5, uid, isMesh: true, isBusy: true },
  { kind: 'push', records: [member, obituary] },
  { kind: 'suspect', reports: [report] },
  { kind: 'syncDigest', root, buckets: Array.from({ length: 512 }, (_, at) => at * 8_388_607) },
  { kind: 'syncHeads', buckets: [0, 127, 255], heads: [{ slot: 'b', epoch: 3, instance: id, final: 'left', version: 4 }] },
  { kind: 'syncRecords', records: [member], wants: ['x', '7/y'] },
  { kind: 'bodyWanted', hash },
  { kind: 'probeRequest', request: 300, target: 'b', instance: id },
  { kind: 'probeAck', request: 300 },
  { kind: 'doubts', ids: ['00000000ffffffff', '0123456789abcdef'] },
  { kind: 'syncDigest', root, buckets: Array.from({ length: 512 }, (_, at) => at), only: [0, 7, 255], mayRefer: true },
  { kind: 'syncDigest', root, buckets: Array.from({ length: 512 }, (_, at) => at), only: [] },
  { kind: 'syncReferral', records: [member] },
  { kind: 'adopt' },
  { kind: 'adopted' },
  { kind: 'adopted', refusal: 'isolated' },
  { kind: 'probeNack', request: 7, evidence: 'refused' },
  { kind: 'body', hash, piece: 1, pieces: 3, bytes: new Uint8Array([1, 2, 3]) },
];

/** A record without the bytes that it came as. */
function withoutRaw(record: OwnerRecord): OwnerRecord {
  return { ...record, raw: undefined } as OwnerRecord; // of no unknown kind: those are their bytes
}

function plain(message: MeshMessage | undefined): unknown {
  if (message?.kind === 'push' || message?.kind === 'syncRecords' || message?.kind === 'syncReferral')
    return { ...message, records: message.records.map(withoutRaw) };
  return message?.kind === 'body' ? { ...message, bytes: [...message.bytes] } : message;
}

/** What protobufjs, which has read the proto file, makes of the bytes when it writes them again. */
function rewritten(type: string, bytes: Uint8Array): Uint8Array {
  const message = schema.lookupType(`heddle.v1.${type}`);
  return message.encode(message.decode(bytes)).finish();
}

describe('a mesh message', () => {
  test.each(messages.map((message) => [message.kind, message] as const))('comes back as it was: %s', (_, message) => {
    expect(plain(decodeMeshMessage(encodeMeshMessage(message)))).toEqual(plain(message));
  });

  test.each(messages.map((message) => [message.kind, message] as const))('is what the proto file says: %s', (_, message) => {
    const bytes = encodeMeshMessage(message);
    // Another writer may pack lists that ours does not; what we read of its bytes must be the same.
    expect(plain(decodeMeshMessage(rewritten('MeshMessage', bytes)))).toEqual(plain(message));
  });

  test('holds at most 16,384 doubts', () => {
    const ids = Array.from({ length: meshLimits.doubts + 1 }, (_, at) => at.toString(16).padStart(16, '0'));
    const most = { kind: 'doubts', ids: ids.slice(1) } as const;
    expect(decodeMeshMessage(encodeMeshMessage(most))).toEqual(most);
    expect(() => decodeMeshMessage(encodeMeshMessage({ kind: 'doubts', ids }))).toThrow(HeddleError);
  });

  test('of a kind that this build does not know is no message', () => {
    expect(decodeMeshMessage(new Uint8Array([0xa2, 0x06, 0x02, 0x08, 0x01]))).toBeUndefined();
  });

  test('of hostile bytes is a protocol_error or a message, never anything else (fault 23)', () => {
    const hostile = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .tuple(fc.constantFrom(...messages), fc.nat(400), fc.integer({ min: 0, max: 255 }))
        .map(([message, at, byte]) => encodeMeshMessage(message).map((old, place) => (place === at ? byte : old))),
      fc.tuple(fc.constantFrom(...messages), fc.nat(400)).map(([message, end]) => encodeMeshMessage(message).subarray(0, end)),
    );
    fc.assert(
      fc.property(hostile, (bytes) => {
        try {
          decodeMeshMessage(bytes);
        } catch (error) {
          expect(HeddleError.is(error, 'protocol_error')).toBe(true);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a record', () => {
  test('is relayed as its owner wrote it, fields of a newer build included (fault 17)', () => {
    const newer = new Uint8Array([...recordBytes(member), 0xa2, 0x06, 0x01, 0x2a]);
    const relayed = decodeMeshMessage(encodeMeshMessage({ kind: 'push', records: [decodeRecord(newer)] }));
    expect(relayed?.kind === 'push' && relayed.records.map((record) => [...(record.raw ?? [])])).toEqual([[...newer]]);
    expect(withoutRaw(decodeRecord(newer))).toEqual(withoutRaw(member));
  });

  test('of an unknown kind keeps its head and its bytes (fault 17)', () => {
    const type = schema.lookupType('heddle.v1.Record');
    const bytes = type
      .encode(type.create({ kind: 9, owner: 'b', epoch: 3, instance: Buffer.from(id, 'hex'), version: 4, body: Buffer.from('new') }))
      .finish();
    const record = decodeRecord(bytes);
    expect(record).toMatchObject({ kind: 'unknown', kindNumber: 9, owner: 'b', epoch: 3, instance: id, final: 'none', version: 4 });
    expect([...recordBytes(record)]).toEqual([...bytes]);
  });

  test('owns its bytes: the message that it came in may be overwritten', () => {
    const bytes = recordBytes(member);
    const record = decodeRecord(bytes);
    bytes.fill(0);
    expect(withoutRaw(decodeRecord(recordBytes(record)))).toEqual(withoutRaw(member));
  });
});

describe('a greeting', () => {
  const hello: Hello = { ...greeter, purpose: 'probe', isConfigured: true, isJoining: true };
  const ack: HelloAck = {
    ...greeter,
    epochSeen: 7,
    refusal: { code: 'name_taken', message: 'taken', holder: { instance: id, url: 'x:1', epoch: 4 } },
  };

  test('comes back as it was, and is what the proto file says', () => {
    expect(decodeHello(encodeHello(hello))).toEqual(hello);
    expect(decodeHello(rewritten('MeshHello', encodeHello(hello)))).toEqual(hello);
    expect(decodeAck(encodeAck(ack))).toEqual(ack);
    expect(decodeAck(rewritten('MeshAck', encodeAck(ack)))).toEqual(ack);
  });

  test('that does not say who greets is a protocol_error', () => {
    expect(() => decodeHello(new Uint8Array())).toThrow(expect.objectContaining({ code: 'protocol_error' }));
    expect(() => decodeAck(new Uint8Array())).toThrow(expect.objectContaining({ code: 'protocol_error' }));
  });
});
