/**
 * One piece of memory for many messages, filled from its end: a message takes no more of it than its bytes.
 *
 * B1 messages never overlap: a writer that begins while another is not done gets a new slab.
 * A message keeps its whole slab alive, so only those belong here that are soon let go: frames on their way out.
 * (Node's own pool is 8 KiB; making new ones was a tenth of what relaying a call cost.)
 */

const slabBytes = 64 * 1024;

export class Slab {
  #bytes = Buffer.allocUnsafeSlow(slabBytes);
  #memory = this.#bytes.buffer;
  /** What lies before is free. */
  #end = slabBytes;
  /** Whose message is not done. */
  #writer: object | undefined;

  /** Where the next message ends, in what `open` gave last. */
  get end(): number {
    return this.#end;
  }

  /** Memory in which a message of `roomBytes` can end at `end`. */
  open(writer: object, roomBytes: number): Buffer {
    if (this.#writer || this.#end < roomBytes) this.#renew(roomBytes);
    this.#writer = writer;
    return this.#bytes;
  }

  /** The message is done; it begins at `start` of `bytes`. Gives a view of it; undefined when it outgrew the slab, or was left behind. */
  close(writer: object, bytes: Buffer, start: number): Uint8Array | undefined {
    if (this.#writer !== writer) return undefined;
    this.#writer = undefined;
    if (bytes !== this.#bytes) return undefined;
    const end = this.#end;
    this.#end = start;
    // A third of what `subarray` costs.
    return new Uint8Array(this.#memory, start, end - start);
  }

  #renew(roomBytes: number): void {
    this.#end = Math.max(slabBytes, roomBytes);
    this.#bytes = Buffer.allocUnsafeSlow(this.#end);
    this.#memory = this.#bytes.buffer;
  }
}
