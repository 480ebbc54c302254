/**
 * How many bytes every member sends, by kind of message and in any ten seconds (M8).
 *
 * A message counts as what wire/mesh-codec.ts makes of it and the head of its frame; HTTP/2, TLS and TCP are not counted.
 */

import type { MeshMessage } from '../../src/core/gossip/message.ts';
import { encodeMeshMessage } from '../../src/wire/mesh-codec.ts';

export type MessageKind = MeshMessage['kind'];

/** Length and kind of a frame (proto/heddle/v1/fabric.proto), and its place in a batch. */
const frameHeadBytes = 6;
const windowMs = 10_000;
const slotMs = 1_000;
const slots = windowMs / slotMs;
/** What belongs to joining and to mending, which the budget of M8 leaves out. */
const uncounted: ReadonlySet<MessageKind> = new Set<MessageKind>([
  'syncDigest',
  'syncHeads',
  'syncRecords',
  'syncReferral',
  'bodyWanted',
  'body',
]);

interface Sender {
  total: number;
  /** Bytes that count for M8, by second, a ring of ten. */
  readonly ring: Float64Array;
  slot: number;
  most: number;
}

export class Traffic {
  readonly byKind = new Map<MessageKind, { messages: number; bytes: number }>();
  readonly #senders = new Map<string, Sender>();
  #last: { readonly message: MeshMessage; readonly bytes: number } | undefined;

  sent(sender: string, message: MeshMessage, nowMs: number): void {
    const bytes = this.#sizeOf(message);
    const kind = this.byKind.get(message.kind) ?? { messages: 0, bytes: 0 };
    kind.messages += 1;
    kind.bytes += bytes;
    this.byKind.set(message.kind, kind);
    const of = this.#senderOf(sender);
    of.total += bytes;
    if (!uncounted.has(message.kind)) count(of, bytes, Math.floor(nowMs / slotMs));
  }

  /** All that a member has sent. */
  bytesOf(sender: string): number {
    return this.#senders.get(sender)?.total ?? 0;
  }

  /** The most that a member sent within ten seconds, mending and bodies left out. */
  mostOf(sender: string): number {
    return this.#senders.get(sender)?.most ?? 0;
  }

  /** Begins to count anew. */
  clear(): void {
    this.byKind.clear();
    this.#senders.clear();
  }

  /** A flood sends one message to several links. */
  #sizeOf(message: MeshMessage): number {
    if (this.#last?.message !== message) this.#last = { message, bytes: encodeMeshMessage(message).length + frameHeadBytes };
    return this.#last.bytes;
  }

  #senderOf(name: string): Sender {
    const held = this.#senders.get(name) ?? { total: 0, ring: new Float64Array(slots), slot: 0, most: 0 };
    this.#senders.set(name, held);
    return held;
  }
}

function count(sender: Sender, bytes: number, slot: number): void {
  const { ring } = sender;
  for (let next = Math.max(sender.slot + 1, slot - slots + 1); next <= slot; next += 1) ring[next % slots] = 0;
  sender.slot = slot;
  ring[slot % slots] = (ring[slot % slots] ?? 0) + bytes;
  sender.most = Math.max(
    sender.most,
    ring.reduce((sum, part) => sum + part, 0),
  );
}
