import { loadSync } from '@grpc/proto-loader';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeddleError } from '../../src/errors.ts';
import type { CallFrame, Frame, LargeIncoming, LargeOutgoing, SubmitFrame } from '../../src/wire/frame.ts';
import { bodyBytesMax, decodeFrame, encodeFrame, inlineBytesMax } from '../../src/wire/frame-codec.ts';
import { protoFolder } from '../../src/wire/proto-files.ts';
import { ProtoWriter } from '../../src/wire/proto-writer.ts';
import { callFrame } from '../frames.ts';
import { frame } from './arbitraries.ts';

/** The frame's message as an independent implementation of protobuf sees it. */
function reference(): { serialize: (message: object) => Buffer; deserialize: (bytes: Buffer) => object } {
  const file = loadSync('heddle/v1/fabric.proto', { includeDirs: [protoFolder], longs: Number, enums: Number });
  const definition = file['heddle.v1.Frame'];
  if (!definition || !('serialize' in definition)) throw new Error('there is no message Frame');
  return definition as ReturnType<typeof reference>;
}

/** What one link does with large values: keeps them under a number. */
class Bulk implements LargeOutgoing, LargeIncoming {
  readonly sent = new Map<number, Uint8Array>();
  readonly #waiting = new Map<number, (value: Uint8Array) => void>();

  put(bytes: Uint8Array): number {
    const transfer = this.sent.size + 1;
    this.sent.set(transfer, bytes);
    return transfer;
  }

  expect(transfer: number, bytes: number, fill: (value: Uint8Array) => void): void {
    expect(this.sent.get(transfer)?.length).toBe(bytes);
    this.#waiting.set(transfer, fill);
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Delivers everything, in any order. */
  deliver(order: (a: number, b: number) => number): void {
    for (const transfer of [...this.#waiting.keys()].sort(order)) {
      this.#waiting.get(transfer)?.(this.sent.get(transfer) ?? new Uint8Array(0));
      this.#waiting.delete(transfer);
    }
  }
}

const call = callFrame('echo', [], { id: 7, timeoutMs: 1_000 });

function withArgument(bytes: Uint8Array): CallFrame {
  return { ...call, args: { template: { encoding: 'bytes', bytes }, inputs: [] } };
}

describe('a frame', () => {
  it('comes back as it was sent', () => {
    fc.assert(
      fc.property(frame, (sent) => {
        expect(says(decodeFrame(encodeFrame(sent)))).toBe(says(sent));
      }),
      { numRuns: 1000 },
    );
  });

  it('has exactly the bytes that the proto files say (F1)', () => {
    const { serialize, deserialize } = reference();
    fc.assert(
      fc.property(frame, (sent) => {
        const ours = Buffer.from(encodeFrame(sent));
        const theirs = serialize(deserialize(ours));
        expect(theirs.toString('hex')).toBe(ours.toString('hex'));
      }),
      { numRuns: 500 },
    );
  });

  it('of a newer peer is read without the fields that this version does not know', () => {
    fc.assert(
      fc.property(frame, fc.integer({ min: 41, max: 100_000 }), (sent, field) => {
        const later = new ProtoWriter(64);
        later.presentString(field, 'later');
        later.presentUint(field + 1, 5);
        later.presentDouble(field + 2, 0.5);
        expect(says(decodeFrame(Buffer.concat([encodeFrame(sent), later.finish()])))).toBe(says(sent));
      }),
    );
  });

  it('is read whatever the order of its fields', () => {
    const head = new ProtoWriter(16);
    head.uint(1, 7);
    const bytes = encodeFrame({ ...call, id: 0 });
    expect(says(decodeFrame(Buffer.concat([bytes, head.finish()])))).toBe(says(call));
  });

  it('is written with whole milliseconds, a started one counting', () => {
    expect(decodeFrame(encodeFrame({ ...call, timeoutMs: 0.2 }))).toMatchObject({ timeoutMs: 1 });
    expect(decodeFrame(encodeFrame({ ...call, timeoutMs: -3 }))).toMatchObject({ timeoutMs: 0 });
    expect(decodeFrame(encodeFrame({ ...call, timeoutMs: Number.POSITIVE_INFINITY }))).toMatchObject({
      timeoutMs: Number.MAX_SAFE_INTEGER,
    });
  });

  it('that asks for nothing beyond the usual has no terms, and no byte of them', () => {
    const plain = encodeFrame(call);
    expect(decodeFrame(plain)).toMatchObject({ terms: undefined, via: undefined });
    expect(encodeFrame({ ...call, terms: {} }).length).toBe(plain.length);
    expect(encodeFrame({ ...call, acked: 100 }).length).toBe(plain.length + 3);
  });

  it('shares its payloads with the bytes it was read from (F2)', () => {
    const bytes = encodeFrame(withArgument(Uint8Array.from([1, 2, 3])));
    const read = decodeFrame(bytes) as CallFrame;
    expect(read.args.template.bytes.buffer).toBe(bytes.buffer);
  });
});

describe('a large payload', () => {
  it('stays in its frame up to 64 KiB and leaves it one byte beyond', () => {
    const bulk = new Bulk();
    expect(encodeFrame(withArgument(new Uint8Array(inlineBytesMax)), bulk).length).toBeGreaterThan(inlineBytesMax);
    expect(bulk.sent.size).toBe(0);
    expect(encodeFrame(withArgument(new Uint8Array(inlineBytesMax + 1)), bulk).length).toBeLessThan(200);
    expect(bulk.sent.size).toBe(1);
  });

  it('is put into its place when it arrives', () => {
    const bulk = new Bulk();
    const large = new Uint8Array(100_000).fill(7);
    const sent = {
      ...call,
      args: {
        template: { encoding: 'bytes' as const, bytes: large },
        inputs: [{ at: [0], path: [], name: 'a', value: { encoding: 'json' as const, bytes: large } }],
      },
    };
    const read = decodeFrame(encodeFrame(sent, bulk), bulk) as CallFrame;
    expect(bulk.waiting).toBe(2);
    expect(read.args.template.bytes.length).toBe(0);
    bulk.deliver((a, b) => b - a);
    expect(says(read) === says(sent)).toBe(true);
  });

  it('is a protocol error where nothing can come beside the frame', () => {
    const bytes = encodeFrame(withArgument(new Uint8Array(100_000)), new Bulk());
    expect(() => decodeFrame(bytes)).toThrow(HeddleError);
  });
});

describe('a large body', () => {
  const commands = Array.from({ length: 4000 }, (_unused, at) => ({
    name: `step${at}`,
    function: 'work',
    args: {
      value: { encoding: 'json' as const, bytes: Buffer.from(`[${at}, null]`) },
      holes: [{ at: [1], source: { kind: 'input' as const, path: [] } }],
    },
    need: undefined,
    after: [],
  }));
  const large = { encoding: 'bytes' as const, bytes: new Uint8Array(90_000).fill(1) };
  const submit: SubmitFrame = {
    kind: 'submit',
    id: 9,
    commands,
    returns: { kind: 'all' },
    input: large,
    isDetached: false,
    looksBare: [],
  };

  it('leaves its frame, and the large values inside it too (F4)', () => {
    for (const order of [(a: number, b: number) => a - b, (a: number, b: number) => b - a]) {
      const bulk = new Bulk();
      const bytes = encodeFrame(submit, bulk);
      expect(bytes.length).toBeLessThan(100);
      expect(bulk.sent.size).toBe(2);
      const read = decodeFrame(bytes, bulk);
      expect(read).toMatchObject({ kind: 'submit', id: 9 });
      bulk.deliver(order);
      expect(says(read) === says(submit)).toBe(true);
    }
  });

  it('stays inside at the limit', () => {
    const bulk = new Bulk();
    const body = (bytes: number): Frame => ({ kind: 'mesh', message: new Uint8Array(bytes) });
    expect(encodeFrame(body(bodyBytesMax), bulk).length).toBeGreaterThan(bodyBytesMax);
    expect(bulk.sent.size).toBe(0);
    const read = decodeFrame(encodeFrame(body(bodyBytesMax + 1), bulk), bulk);
    bulk.deliver(() => 0);
    expect(says(read) === says(body(bodyBytesMax + 1))).toBe(true);
  });

  it('that is not what its frame says fails when its last part arrives', () => {
    const bulk = new Bulk();
    decodeFrame(encodeFrame(submit, bulk), bulk);
    for (const transfer of bulk.sent.keys()) bulk.sent.set(transfer, Buffer.from([0xff, 0xff]));
    expect(() => bulk.deliver((a, b) => a - b)).toThrow(HeddleError);
  });
});

/** What a frame says, as text: bytes in hex, absent and undefined alike. */
function says(part: unknown): string {
  return JSON.stringify(comparable(part));
}

function comparable(part: unknown): unknown {
  if (part instanceof Uint8Array) return Buffer.from(part).toString('hex');
  if (Array.isArray(part)) return part.map(comparable);
  if (typeof part !== 'object' || part === null) return part;
  const fields = Object.entries(part).filter(([, value]) => value !== undefined);
  return Object.fromEntries(fields.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => [key, comparable(value)]));
}
