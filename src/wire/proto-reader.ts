/**
 * Reads proto3 messages, distrusting every byte.
 *
 * R1 lengths, varints, tags and UTF-8 are checked; what is wrong throws `protocol_error` naming it.
 * R2 nothing is allocated on the word of a length: byte fields are views into the message.
 * R3 fields that the caller does not know are skipped.
 * A caller loops over `tag()` until it gives 0, and calls one read (or `skip`) for each.
 */

import { bufferOf } from '../base/bytes.ts';
import { keepText, knownBytesMax, knownText } from './known-texts.ts';
import { utf8Text } from './utf8.ts';
import { protocolError } from './value-problem.ts';

/** Tag of a field that holds a varint. */
export const varintTag = (field: number): number => field << 3;
/** Tag of a field that holds eight bytes. */
export const doubleTag = (field: number): number => (field << 3) | 1;
/** Tag of a field that holds bytes, text or a message. */
export const bytesTag = (field: number): number => (field << 3) | 2;

export class ProtoReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  #end: number;
  #passedAt = 0;
  #passedEnd = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#end = bytes.length;
  }

  /** Whether the message is read to its end. */
  get isAtEnd(): boolean {
    return this.#at >= this.#end;
  }

  /** The next field's tag; 0 at the end of the message. */
  tag(): number {
    if (this.isAtEnd) return 0;
    const tag = this.uint();
    if (tag < 8 || tag > 0xffff_ffff) throw protocolError(`a message holds a field with the number ${Math.floor(tag / 8)}`);
    return tag;
  }

  /** An unsigned integer. Beyond 2^53 - 1 it is an error, however many bytes it is written in. */
  uint(): number {
    const first = this.#byte();
    if (first < 0x80) return first;
    let value = first & 0x7f;
    for (let scale = 0x80, count = 1; count < 10; count += 1, scale *= 0x80) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
    }
    throw protocolError('an integer is over 2^53 - 1');
  }

  /** A list of unsigned integers, packed; its elements are put behind those of `values`. */
  uints(values: number[]): void {
    const outer = this.enter();
    while (!this.isAtEnd) values.push(this.uint());
    this.leave(outer);
  }

  /** Any varint but 0 is true, negative ones too. */
  flag(): boolean {
    let isSet = false;
    for (let count = 0; count < 10; count += 1) {
      const byte = this.#byte();
      if ((byte & 0x7f) !== 0) isSet = true;
      if (byte < 0x80) return isSet;
    }
    throw protocolError('a flag has more than 10 bytes');
  }

  double(): number {
    const at = this.#take(8);
    return bufferOf(this.#bytes).readDoubleLE(at);
  }

  string(): string {
    const length = this.uint();
    const start = this.#take(length);
    if (length === 0) return '';
    return (length <= knownBytesMax ? knownText(this.#bytes, start, length) : undefined) ?? this.#decoded(start, length);
  }

  /** A view: it lives as long as the message, and the message as long as it. */
  bytes(): Uint8Array {
    const length = this.uint();
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** Enters the message that comes next; `leave` needs what this gives. */
  enter(): number {
    const length = this.uint();
    const start = this.#take(length);
    const outer = this.#end;
    this.#at = start;
    this.#end = start + length;
    return outer;
  }

  /** Passes over the message that comes next, to be entered when all around it has been read. */
  pass(): void {
    const length = this.uint();
    this.#passedAt = this.#take(length);
    this.#passedEnd = this.#at;
  }

  /** Enters the message passed last, for good. */
  enterPassed(): void {
    this.#at = this.#passedAt;
    this.#end = this.#passedEnd;
  }

  /** All that is left of the message, as a view. */
  rest(): Uint8Array {
    const start = this.#take(this.#end - this.#at);
    return this.#bytes.subarray(start, this.#end);
  }

  /** Where the next field begins. */
  get position(): number {
    return this.#at;
  }

  /** What was read between two positions, as a view. */
  view(from: number, to: number): Uint8Array {
    return this.#bytes.subarray(from, to);
  }

  leave(outer: number): void {
    this.#at = this.#end;
    this.#end = outer;
  }

  /** Passes over the field whose tag was just read. */
  skip(tag: number): void {
    switch (tag & 7) {
      case 0:
        this.flag();
        return;
      case 1:
        this.#take(8);
        return;
      case 2:
        this.#take(this.uint());
        return;
      case 5:
        this.#take(4);
        return;
      default:
        throw protocolError(`a field has wire type ${tag & 7}`);
    }
  }

  #byte(): number {
    const byte = this.#at < this.#end ? this.#bytes[this.#at] : undefined;
    if (byte === undefined) throw protocolError('a message ends in the middle of an integer');
    this.#at += 1;
    return byte;
  }

  #decoded(start: number, length: number): string {
    const bytes = this.#bytes.subarray(start, start + length);
    const text = utf8Text(bytes);
    if (text === undefined) throw protocolError('a text is not UTF-8');
    if (length <= knownBytesMax) keepText(text, bytes);
    return text;
  }

  /** Steps over `length` bytes and says where they begin. */
  #take(length: number): number {
    const start = this.#at;
    if (length > this.#end - start) throw protocolError(`a message ends ${length - (this.#end - start)} bytes too early`);
    this.#at = start + length;
    return start;
  }
}
