/**
 * Writes proto3 messages backwards: from the last field to the first, so that every length is known when its
 * prefix is written, and nothing is measured or moved (as in upb and the reverse writers of Wire and Go).
 *
 * The bytes are canonical: fields in ascending order, shortest varints, absent where proto3 says default.
 * Callers therefore write fields in descending order, and repeated elements from last to first.
 */

import { Buffer } from 'node:buffer'; // as in value.ts
import { varintBytes, writeVarint } from '../base/bytes.ts';
import type { Slab } from './slab.ts';

/** A place in what is being written: how many bytes lie behind it. */
export type Mark = number;

/** Strings up to this length are tried as ASCII, byte by byte, before the native writer is called. */
const shortText = 40;

export class ProtoWriter {
  #bytes: Buffer;
  /** Where the message ends. */
  #end: number;
  /** First byte written so far. */
  #at: number;
  readonly #slab: Slab | undefined;

  /**
   * `roomBytes`: a guess of the message's size; a wrong one costs a copy. `slab`: for messages that are soon let go;
   * absent: memory of its own.
   */
  constructor(roomBytes: number, slab?: Slab) {
    this.#slab = slab;
    this.#bytes = slab ? slab.open(this, roomBytes) : Buffer.allocUnsafe(roomBytes);
    this.#end = slab ? slab.end : roomBytes;
    this.#at = this.#end;
  }

  /** Bytes written so far. */
  mark(): Mark {
    return this.#end - this.#at;
  }

  /** A copy of all that was written since. */
  since(mark: Mark): Uint8Array {
    return Buffer.from(this.#bytes.subarray(this.#at, this.#end - mark));
  }

  /** The message, as a view into the writer's buffer. */
  finish(): Uint8Array {
    return this.#slab?.close(this, this.#bytes, this.#at) ?? this.#bytes.subarray(this.#at, this.#end);
  }

  /** Makes everything written since `mark` the message in `field`. */
  message(field: number, mark: Mark): void {
    this.#prefix(field, this.mark() - mark);
  }

  /** An unsigned integer up to 2^53 - 1; 0 is left out. */
  uint(field: number, value: number): void {
    if (value !== 0) this.presentUint(field, value);
  }

  /** The same for a field with presence: undefined is left out. */
  optionalUint(field: number, value: number | undefined): void {
    if (value !== undefined) this.presentUint(field, value);
  }

  /** An unsigned integer that is written whatever it is. */
  presentUint(field: number, value: number): void {
    this.#varint(value);
    this.#varint(field << 3);
  }

  /** A list of unsigned integers, packed; an empty one is left out. */
  uints(field: number, values: readonly number[]): void {
    if (values.length === 0) return;
    const mark = this.mark();
    for (let at = values.length - 1; at >= 0; at -= 1) this.#varint(values[at] ?? 0);
    this.#prefix(field, this.mark() - mark);
  }

  /** False is left out. */
  flag(field: number, value: boolean): void {
    if (value) this.presentUint(field, 1);
  }

  /** 0 is left out. */
  double(field: number, value: number): void {
    if (!Object.is(value, 0)) this.presentDouble(field, value);
  }

  presentDouble(field: number, value: number): void {
    this.#reserve(8);
    this.#at -= 8;
    this.#bytes.writeDoubleLE(value, this.#at);
    this.#varint((field << 3) | 1);
  }

  /** Empty and undefined are left out. */
  string(field: number, text: string | undefined): void {
    if (text !== undefined && text !== '') this.presentString(field, text);
  }

  presentString(field: number, text: string): void {
    const mark = this.mark();
    this.#text(text);
    this.#prefix(field, this.mark() - mark);
  }

  /** Each one, the empty ones too. */
  strings(field: number, texts: readonly string[]): void {
    for (let at = texts.length - 1; at >= 0; at -= 1) this.presentString(field, texts[at] ?? '');
  }

  /** Empty is left out. The bytes are copied. */
  bytes(field: number, bytes: Uint8Array): void {
    if (bytes.length > 0) this.presentBytes(field, bytes);
  }

  presentBytes(field: number, bytes: Uint8Array): void {
    this.raw(bytes);
    this.#prefix(field, bytes.length);
  }

  /** Bytes as they are, without field: a whole message that somebody else encoded. */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#at -= bytes.length;
    this.#bytes.set(bytes, this.#at);
  }

  #prefix(field: number, length: number): void {
    this.#varint(length);
    this.#varint((field << 3) | 2);
  }

  #text(text: string): void {
    if (text.length <= shortText && this.#ascii(text)) return;
    const length = Buffer.byteLength(text);
    this.#reserve(length);
    this.#at -= length;
    this.#bytes.write(text, this.#at, length);
  }

  /** Writes the text if it is ASCII; says whether it was. */
  #ascii(text: string): boolean {
    this.#reserve(text.length);
    const bytes = this.#bytes;
    const start = this.#at - text.length;
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      if (code > 0x7f) return false;
      bytes[start + index] = code;
    }
    this.#at = start;
    return true;
  }

  #varint(value: number): void {
    this.#reserve(8);
    if (value < 0x80) {
      this.#at -= 1;
      this.#bytes[this.#at] = value;
      return;
    }
    this.#at -= varintBytes(value);
    writeVarint(this.#bytes, this.#at, value);
  }

  #reserve(bytes: number): void {
    if (this.#at < bytes) this.#grow(bytes);
  }

  #grow(bytes: number): void {
    const written = this.#end - this.#at;
    const grown = Buffer.allocUnsafe(2 * (written + bytes));
    this.#bytes.copy(grown, grown.length - written, this.#at, this.#end);
    this.#end = grown.length;
    this.#at = grown.length - written;
    this.#bytes = grown;
  }
}
