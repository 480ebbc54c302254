/**
 * The fields of a protobuf message, written and read one by one. What messages there are: batch-codec.ts, chunk-codec.ts.
 */

import { type ByteReader, varintBytes, writeVarint } from '../base/bytes.ts';

/** Tag of a field that holds a number or a flag. */
export const numberTag = (field: number): number => field << 3;
/** Tag of a field that holds bytes or a message. */
export const bytesTag = (field: number): number => (field << 3) | 2;

/** What `bytes` takes in a field numbered up to 15. */
export function bytesFieldBytes(bytes: Uint8Array): number {
  return 1 + varintBytes(bytes.length) + bytes.length;
}

/** What a number takes in a field numbered up to 15; 0 is left out. */
export function numberFieldBytes(value: number): number {
  return value === 0 ? 0 : 1 + varintBytes(value);
}

/** Fills a message whose size is known. */
export class FieldWriter {
  readonly message: Buffer;
  #at = 0;

  constructor(bytes: number) {
    this.message = Buffer.allocUnsafe(bytes);
  }

  /** 0 is left out. */
  number(tag: number, value: number): void {
    if (value !== 0) this.#at = writeVarint(this.message, this.#tag(tag), value);
  }

  bytes(tag: number, bytes: Uint8Array): void {
    const from = writeVarint(this.message, this.#tag(tag), bytes.length);
    this.message.set(bytes, from);
    this.#at = from + bytes.length;
  }

  /** A field of so many bytes, which follow the message. */
  openBytes(tag: number, length: number): void {
    this.#at = writeVarint(this.message, this.#tag(tag), length);
  }

  /** Every tag of these messages is a single byte. */
  #tag(tag: number): number {
    this.message[this.#at] = tag;
    return this.#at + 1;
  }
}

/** The bytes of the field whose tag was just read; undefined when they are cut off. */
export function readBytes(reader: ByteReader): Uint8Array | undefined {
  return reader.take(reader.varint());
}

/** Passes over a field of a later version; false when its bytes are wrong. */
export function skipField(reader: ByteReader, tag: number): boolean {
  if (tag < 8) return false;
  switch (tag % 8) {
    case 0:
      return reader.varint() >= 0;
    case 1:
      return reader.take(8) !== undefined;
    case 2:
      return readBytes(reader) !== undefined;
    case 5:
      return reader.take(4) !== undefined;
    default:
      return false;
  }
}
