import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeddleError } from '../../src/errors.ts';
import { keyBytesMax } from '../../src/wire/call-terms.ts';
import type { Frame } from '../../src/wire/frame.ts';
import { decodeFrame, encodeFrame } from '../../src/wire/frame-codec.ts';
import { ProtoWriter } from '../../src/wire/proto-writer.ts';
import { frame } from './arbitraries.ts';

/** The frame, or undefined when it was refused in the one way in which it may be. */
function decoded(bytes: Uint8Array): Frame | undefined {
  try {
    return decodeFrame(bytes);
  } catch (error) {
    if (HeddleError.is(error, 'protocol_error')) return undefined;
    throw error;
  }
}

/** A frame of `body` in field 2 (a call). */
function callOf(write: (writer: ProtoWriter) => void): Uint8Array {
  const writer = new ProtoWriter(64);
  write(writer);
  writer.message(2, 0);
  return writer.finish();
}

describe('a frame from a hostile peer (F3, faults 23 and 24)', () => {
  it('that is cut off anywhere is refused or shorter, never anything else', () => {
    fc.assert(
      fc.property(frame, fc.nat(), (sent, at) => {
        const bytes = encodeFrame(sent);
        decoded(bytes.subarray(0, at % bytes.length));
      }),
      { numRuns: 1000, seed: 1, interruptAfterTimeLimit: 5000 },
    );
  });

  it('that had any of its bytes changed is refused or another frame, never anything else', () => {
    fc.assert(
      fc.property(frame, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }), (sent, changes) => {
        const bytes = Uint8Array.from(encodeFrame(sent));
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
        decoded(bytes);
      }),
      { numRuns: 3000, seed: 2, interruptAfterTimeLimit: 10_000 },
    );
  });

  it('that is noise is refused or a frame, never anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void decoded(bytes)),
      { numRuns: 3000, seed: 3, interruptAfterTimeLimit: 5000 },
    );
  });

  it('that announces more than it holds costs nothing', () => {
    const before = process.memoryUsage();
    for (const field of [2, 3, 7, 10, 12, 14]) {
      for (const length of [2 ** 31, 2 ** 40, Number.MAX_SAFE_INTEGER]) {
        const writer = new ProtoWriter(32);
        writer.presentUint(1, 1);
        const claim = new ProtoWriter(32);
        claim.presentUint(field, length);
        const bytes = Buffer.from(claim.finish());
        bytes[0] = (field << 3) | 2;
        expect(decoded(Buffer.concat([writer.finish(), bytes]))).toBeUndefined();
      }
    }
    const after = process.memoryUsage();
    expect(after.arrayBuffers + after.heapUsed - before.arrayBuffers - before.heapUsed).toBeLessThan(10_000_000);
  });

  it('with a name that is not UTF-8 is refused', () => {
    expect(decoded(callOf((writer) => writer.presentBytes(2, Uint8Array.from([0x61, 0xff]))))).toBeUndefined();
    expect(decoded(callOf((writer) => writer.presentBytes(2, Buffer.from('\ufffd'))))).toMatchObject({ function: '\ufffd' });
  });

  it('with a name of a megabyte is only long', () => {
    expect(decoded(callOf((writer) => writer.presentString(2, 'x'.repeat(1_000_000))))).toMatchObject({ kind: 'call' });
  });

  it.each([
    [21, 'an affinity key'],
    [23, 'an idempotency key'],
    [27, 'the instance of an entry'],
  ])('with field %i, %s, is read up to its limit and refused one byte beyond', (field) => {
    const withText = (text: string) => decoded(callOf((writer) => writer.presentString(field, text)));
    expect(withText('x'.repeat(keyBytesMax))).toMatchObject({ kind: 'call' });
    expect(withText('x'.repeat(keyBytesMax + 1))).toBeUndefined();
    // Bytes count, not characters.
    expect(withText('\u00e9'.repeat(keyBytesMax / 2))).toMatchObject({ kind: 'call' });
    expect(withText('\u00e9'.repeat(keyBytesMax / 2 + 1))).toBeUndefined();
  });

  it('that says what this version does not know is read the careful way', () => {
    const standing = new ProtoWriter(16);
    standing.presentUint(1, 99);
    standing.message(18, 0);
    expect(decoded(standing.finish())).toMatchObject({ kind: 'standing', state: 'forgotten' });
    expect(decoded(callOf((writer) => writer.presentUint(20, 99)))).toMatchObject({ terms: { priority: undefined } });
  });

  it('with __proto__ as a key of its meta is refused, and with constructor it is data', () => {
    const meta = (key: string) =>
      callOf((writer) => {
        const mark = writer.mark();
        writer.presentString(2, 'x');
        writer.presentString(1, key);
        writer.message(19, mark);
      });
    expect(decoded(meta('__proto__'))).toBeUndefined();
    const read = decoded(meta('constructor'));
    expect(read?.kind === 'call' && Object.entries(read.meta ?? {})).toEqual([['constructor', 'x']]);
  });

  it('with an error that has ten thousand causes is refused without overflowing the stack', () => {
    const writer = new ProtoWriter(1024);
    for (let depth = 0; depth < 10_000; depth += 1) writer.message(6, 0);
    writer.message(2, 0);
    writer.message(3, 0);
    expect(decoded(writer.finish())).toBeUndefined();
  });

  it('with numbers of ten bytes is refused where they mean nothing, and with flags of ten bytes it is read', () => {
    const huge = Buffer.from('ffffffffffffffffff01', 'hex');
    expect(decoded(Buffer.concat([Buffer.from([0x12, 1 + huge.length, 0x08]), huge]))).toBeUndefined();
    expect(decoded(Buffer.concat([Buffer.from([0x12, 1 + huge.length, 0x30]), huge]))).toMatchObject({ isDirect: true });
  });
});
