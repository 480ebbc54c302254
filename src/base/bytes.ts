/**
 * Variable-length integers as in protobuf (base 128, least significant group first) and a reader over bytes
 * that came from outside.
 *
 * B1 reading never throws and never leaves the bytes: what is cut off or over 2^53 - 1 reads as -1 or undefined.
 * B2 what is taken is a view, never a copy.
 */

/** How many bytes `value` (an integer from 0 to 2^53 - 1) takes. */
export function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes += 1;
  return bytes;
}

/** Writes `value` at `at` and says where the next byte goes. */
export function writeVarint(target: Uint8Array, at: number, value: number): number {
  let next = at;
  let rest = value;
  // Shifts work on 32 bits only, so large values are divided down first.
  while (rest > 0x7fff_ffff) {
    target[next++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  while (rest >= 0x80) {
    target[next++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  target[next++] = rest;
  return next;
}

/** Reads integers and views from the front of `bytes`. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  /** Views made straight from it cost a third of those that `subarray` makes, and a link makes one for each frame. */
  readonly #memory: ArrayBufferLike;
  readonly #offset: number;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#memory = bytes.buffer;
    this.#offset = bytes.byteOffset;
  }

  get isDone(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** The next integer; -1 when it is cut off, longer than ten bytes, or over 2^53 - 1. */
  varint(): number {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 10; count += 1) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) return -1;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value <= Number.MAX_SAFE_INTEGER ? value : -1;
      scale *= 0x80;
    }
    return -1;
  }

  /** The next `length` bytes, as a view; undefined when there are fewer. */
  take(length: number): Uint8Array | undefined {
    const end = this.#at + length;
    if (length < 0 || end > this.#bytes.length) return undefined;
    const taken = new Uint8Array(this.#memory, this.#offset + this.#at, length);
    this.#at = end;
    return taken;
  }
}

/** Whether a view keeps more memory alive than so many bytes, and than `factor` times its own. */
export function keepsMoreThan(bytes: Uint8Array, memoryBytesMax: number, factor: number): boolean {
  return bytes.buffer.byteLength > Math.max(memoryBytesMax, factor * bytes.length);
}

/** The same bytes as a Buffer, not copied. */
export function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
