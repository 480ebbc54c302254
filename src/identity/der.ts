/**
 * DER, as much of it as a certificate needs: one function a type, each giving the bytes of one value (ITU-T X.690).
 *
 * Also reads, one value at a time: what a certificate's own bytes say is copied rather than written anew.
 */

/** Tags of X.690, with the class and the constructed bit where they have one. */
const tags = { boolean: 0x01, integer: 0x02, bits: 0x03, octets: 0x04, oid: 0x06, utf8: 0x0c, sequence: 0x30, set: 0x31 } as const;

/** One value: what is inside `content`, and the whole of it, tag and length included. */
export interface DerValue {
  readonly tag: number;
  readonly content: Uint8Array;
  readonly whole: Uint8Array;
}

/** Any value by its tag. */
export function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag]), lengthOf(content.length), content]);
}

export function sequence(...values: readonly Uint8Array[]): Buffer {
  return der(tags.sequence, ...values);
}

export function set(...values: readonly Uint8Array[]): Buffer {
  return der(tags.set, ...values);
}

export function boolean(value: boolean): Buffer {
  return der(tags.boolean, Buffer.from([value ? 0xff : 0]));
}

/** A whole number over 0, most significant byte first. */
export function integer(bytes: Uint8Array): Buffer {
  const isNegative = ((bytes[0] ?? 0) & 0x80) !== 0;
  return der(tags.integer, isNegative ? Buffer.from([0]) : Buffer.alloc(0), bytes);
}

/** `unused` bits at the end do not count. */
export function bits(bytes: Uint8Array, unused = 0): Buffer {
  return der(tags.bits, Buffer.from([unused]), bytes);
}

export function octets(bytes: Uint8Array): Buffer {
  return der(tags.octets, bytes);
}

export function utf8(text: string): Buffer {
  return der(tags.utf8, Buffer.from(text));
}

/** `1.2.840.10045.4.3.2` */
export function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  return der(tags.oid, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

/** Tagged by its place: `[3]`. */
export function tagged(place: number, ...values: readonly Uint8Array[]): Buffer {
  return der(0xa0 | place, ...values);
}

/** UTCTime until 2049, GeneralizedTime from then on (RFC 5280, 4.1.2.5). */
export function time(ms: number): Buffer {
  const text = `${new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/g, '')}`;
  const isFar = Number(text.slice(0, 4)) >= 2050;
  return der(isFar ? 0x18 : 0x17, Buffer.from(isFar ? text : text.slice(2)));
}

/** The values that lie one behind the other in `bytes`; what is cut off is left out. */
export function readAll(bytes: Uint8Array): readonly DerValue[] {
  const values: DerValue[] = [];
  for (let at = 0; at + 2 <= bytes.length; ) {
    const first = bytes[at + 1] ?? 0;
    const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
    const length = lengthBytes === 0 ? first : bytes.subarray(at + 2, at + 2 + lengthBytes).reduce((sum, byte) => sum * 256 + byte, 0);
    const start = at + 2 + lengthBytes;
    if (start + length > bytes.length) break;
    values.push({ tag: bytes[at] ?? 0, content: bytes.subarray(start, start + length), whole: bytes.subarray(at, start + length) });
    at = start + length;
  }
  return values;
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const bytes = length < 0x100 ? [length] : length < 0x1_0000 ? [length >> 8, length] : [length >> 16, length >> 8, length];
  return Buffer.from([0x80 | bytes.length, ...bytes]);
}

function base128(value: number): readonly number[] {
  const groups = [value & 0x7f];
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) groups.unshift((rest & 0x7f) | 0x80);
  return groups;
}
