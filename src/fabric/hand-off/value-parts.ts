/**
 * Parts of the values that are kept here, for those who want no more of them: what a path leads to, and the elements of a list.
 *
 * T1 a part is small and sent, or kept as a value by itself, with a hash and a size of its own, as long as that of which it is one.
 * T2 values are looked into one after the other: memory has one of them in pieces, and its pieces only while there is room.
 * T3 a path that leads nowhere, and what is no list, are `bad_argument`, which says what is there instead. Whatever else keeps a
 *    part from being made, the whole is named in its stead: whoever asked looks into that.
 */

import type { Parked, Part, Path, Payload } from '../../core/payload.ts';
import { elementsMax } from '../../core/workflow/each-record.ts';
import { typeName } from '../../core/workflow/fields.ts';
import { notThere, walk } from '../../core/workflow/fill.ts';
import { HeddleError } from '../../errors.ts';
import { parkedBytesMax } from '../../wire/common-messages.ts';
import { decodeValue, encodeValue } from '../../wire/value.ts';
import type { KeptValue } from './kept-value.ts';
import type { ParkedValues } from './parked-values.ts';

/** What is wanted of a value. */
export interface WantedPart {
  readonly parked: Parked;
  readonly path: Path;
  /** What that leads to is a list, of which these bytes are sent, divided by its length, and elements that are larger kept by themselves. */
  readonly listBytes?: number | undefined;
}

export interface ValuePartsOptions {
  readonly values: Pick<ParkedValues, 'park' | 'findPart' | 'keepPart' | 'ownerOf'>;
  /** How long a part stays without a word of its coordinator. */
  readonly leaseMs: number;
}

export class ValueParts {
  readonly #options: ValuePartsOptions;
  /** T2: values in pieces, as long as memory lasts. */
  readonly #pieces = new WeakMap<KeptValue, WeakRef<{ readonly value: unknown }>>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: ValuePartsOptions) {
    this.#options = options;
  }

  /** Rejects with `bad_argument` (T3). */
  take(value: KeptValue, wanted: WantedPart): Promise<Payload> {
    const taken = this.#turn.then(() => this.#take(value, wanted));
    this.#turn = taken.catch(() => {});
    return taken;
  }

  async #take(value: KeptValue, wanted: WantedPart): Promise<Payload> {
    const { parked, path, listBytes } = wanted;
    const known = this.#options.values.findPart(parked, path);
    if (known && listBytes === undefined) return known;
    try {
      const { value: whole } = await this.#piecesOf(value);
      const walked = walk(whole, path);
      if (!walked.isFound) throw new HeddleError('bad_argument', { path, expected: 'a part', found: notThere(path, walked) });
      return listBytes === undefined ? this.#part(walked.value, wanted) : this.#list(walked.value, { ...wanted, listBytes });
    } catch (problem) {
      if (HeddleError.is(problem, 'bad_argument')) throw problem;
      return { encoding: value.encoding, bytes: new Uint8Array(0), parked };
    }
  }

  async #piecesOf(value: KeptValue): Promise<{ readonly value: unknown }> {
    const known = this.#pieces.get(value)?.deref();
    if (known) return known;
    const bytes = Buffer.allocUnsafeSlow(value.size);
    let at = 0;
    for await (const slice of value.slices()) {
      bytes.set(slice, at);
      at += slice.length;
    }
    if (at < value.size) throw new HeddleError('cancelled', { reason: 'the value was dropped' }, { executed: 'no' });
    const pieces = { value: decodeValue({ encoding: value.encoding, bytes }) };
    this.#pieces.set(value, new WeakRef(pieces));
    return pieces;
  }

  #list(list: unknown, wanted: WantedPart & { readonly listBytes: number }): Payload {
    const { path, parked, listBytes } = wanted;
    if (!Array.isArray(list)) throw new HeddleError('bad_argument', { path, expected: 'a list', found: typeName(list) });
    // Whoever asked refuses it, and wants to say how long it is.
    if (list.length > elementsMax) return encodeValue(list.map(() => null));
    const overBytes = Math.max(1, Math.floor(listBytes / Math.max(1, list.length)));
    const parts: Part[] = [];
    const small = list.map((item: unknown, at) => {
      const value = this.#part(item, { parked, path: [...path, at] }, overBytes);
      if (!value.parked) return item;
      parts.push({ at, value });
      return null;
    });
    return parts.length === 0 ? encodeValue(small) : { ...encodeValue(small), parts };
  }

  #part(part: unknown, { parked, path }: WantedPart, overBytes?: number): Payload {
    const known = this.#options.values.findPart(parked, path);
    if (known) return known;
    const encoded = encodeValue(part, { bytesMax: parkedBytesMax });
    // Bytes may be a view of the whole, which would stay for them.
    const own = encoded.encoding === 'bytes' ? { ...encoded, bytes: new Uint8Array(encoded.bytes) } : encoded;
    const { leaseMs, values } = this.#options;
    const kept = values.park(own, { leaseMs, isRepeatable: parked.isRepeatable, owner: values.ownerOf(parked) }, overBytes);
    return kept.parked ? values.keepPart(parked, path, { ...kept, parked: { ...kept.parked, whole: parked.id } }) : kept;
  }
}
