import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeddleError } from '../../src/errors.ts';
import { fromWireError, toWireError } from '../../src/wire/error.ts';
import { decodeSessionAck, decodeSessionHello, encodeSessionAck, encodeSessionHello } from '../../src/wire/session-codec.ts';

const hello = { instance: 'a1', name: 'laptop', protocolMin: 1, protocolMax: 3 };
const ack = { server: 'gpu-1', instance: 'b2', cluster: 'default', addresses: ['127.0.0.1:7420', '127.0.0.1:7421'], protocol: 1 };

describe('a greeting', () => {
  it('of a client comes back as it was sent', () => {
    expect(decodeSessionHello(encodeSessionHello(hello))).toEqual(hello);
  });

  it('of a server comes back as it was sent', () => {
    expect(decodeSessionAck(encodeSessionAck(ack))).toEqual(ack);
  });

  it('that refuses carries its error whole', () => {
    const refusal = new HeddleError('version_mismatch', { ours: '1..1', theirs: '2..3' }, { cause: new Error('too new') });
    const got = decodeSessionAck(encodeSessionAck({ ...ack, refusal: toWireError(refusal) }));
    const error = got.refusal && fromWireError(got.refusal);
    expect(error).toMatchObject({ code: 'version_mismatch', executed: 'no', detail: refusal.detail });
    expect(error?.cause).toMatchObject({ message: 'too new' });
  });

  it('of a newer peer is read without the fields that are not known', () => {
    const later = Buffer.concat([encodeSessionHello(hello), Buffer.from([0x7a, 0x01, 0x41])]);
    expect(decodeSessionHello(later)).toEqual(hello);
  });

  it('that is none gives protocol_error and nothing else (fault 23)', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        for (const decode of [decodeSessionHello, decodeSessionAck]) {
          try {
            decode(bytes);
          } catch (error) {
            expect(HeddleError.is(error, 'protocol_error')).toBe(true);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});
