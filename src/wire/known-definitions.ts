/**
 * Definitions of workflows that came or went before, kept because most are submitted again and again.
 *
 * K1 what comes is known by its bytes, all of them: the same bytes give the same objects, which nobody changes.
 * K2 at most `definitionsMax` are kept, of `keptBytesMax` together, those that came last; none that brings bytes along
 *    (literals.ts), or a value beside its frame.
 * K3 what goes is kept with its commands, from the second time on, and let go with them.
 * Read anew, ten steps cost 110 us a run, and what is made of them is made anew too (fabric/run/workflow-checks.ts).
 */

import type { WireCommand } from '../core/workflow/record.ts';
import type { Sink } from './common-messages.ts';
import { type Definition, readDefinition, writeDefinition } from './definition-message.ts';
import type { LargeIncoming, LargeOutgoing } from './frame.ts';
import { bringsBytes } from './literals.ts';
import { ProtoReader } from './proto-reader.ts';

const definitionsMax = 64;
export const keptBytesMax = 1024 * 1024;
/** Of one: more would push out too many others. */
const definitionBytesMax = 128 * 1024;

interface Known {
  readonly bytes: Buffer;
  readonly definition: Definition;
}

interface Encoded {
  readonly returns: Definition['returns'];
  /** Undefined: it has gone once. */
  readonly bytes?: Uint8Array | undefined;
}

/** K1, K2. */
class Shelf {
  /** The one that was asked for last stands last. */
  readonly #known: Known[] = [];
  #bytes = 0;

  find(bytes: Uint8Array): Definition | undefined {
    const at = this.#known.findLastIndex((one) => one.bytes.length === bytes.length && one.bytes.equals(bytes));
    const [found] = at < 0 ? [] : this.#known.splice(at, 1);
    if (found) this.#known.push(found);
    return found?.definition;
  }

  keep(bytes: Buffer, definition: Definition): void {
    this.#known.push({ bytes, definition });
    this.#bytes += bytes.length;
    while (this.#known.length > definitionsMax || this.#bytes > keptBytesMax) this.#bytes -= this.#known.shift()?.bytes.length ?? 0;
  }
}

const shelf = new Shelf();
const encoded = new WeakMap<readonly WireCommand[], Encoded>();

/** `bytes`: fields of a definition, a view that is not kept. */
export function readKnownDefinition(bytes: Uint8Array, large: LargeIncoming | undefined): Definition {
  const before = shelf.find(bytes);
  if (before) return before;
  // Its templates are views: they hold these bytes, and not all that came with them.
  const own = Buffer.from(bytes);
  const outlet = large && new Watched(large);
  const definition = readDefinition({ reader: new ProtoReader(own), large: outlet });
  const { commands, returns } = definition;
  if (own.length <= definitionBytesMax && !outlet?.isUsed && !bringsBytes(commands, returns)) shelf.keep(own, definition);
  return definition;
}

/** K3. */
export function writeKnownDefinition(sink: Sink, definition: Definition): void {
  const { writer, large } = sink;
  const { commands, returns } = definition;
  const before = encoded.get(commands);
  if (before?.bytes && before.returns === returns) return writer.raw(before.bytes);
  const mark = writer.mark();
  const outlet = large && new WatchedOutgoing(large);
  writeDefinition({ writer, large: outlet }, definition);
  const isKept = before?.returns === returns && outlet?.isUsed === false && writer.mark() - mark <= definitionBytesMax;
  encoded.set(commands, { returns, bytes: isKept ? writer.since(mark) : undefined });
}

/** Notes whether anything comes beside the frame. */
class Watched implements LargeIncoming {
  isUsed = false;
  readonly #inner: LargeIncoming;

  constructor(inner: LargeIncoming) {
    this.#inner = inner;
  }

  expect(transfer: number, bytes: number, fill: (value: Uint8Array) => void): void {
    this.isUsed = true;
    this.#inner.expect(transfer, bytes, fill);
  }
}

/** Likewise of what goes. */
class WatchedOutgoing implements LargeOutgoing {
  isUsed = false;
  readonly #inner: LargeOutgoing;

  constructor(inner: LargeOutgoing) {
    this.#inner = inner;
  }

  put(bytes: Uint8Array): number {
    this.isUsed = true;
    return this.#inner.put(bytes);
  }
}
