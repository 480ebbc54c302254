/**
 * How many bytes every member sends, by kind of message, and in any ten and sixty seconds (M8).
 *
 * A message counts as what wire/mesh-codec.ts makes of it and the head of its frame; HTTP/2, TLS and TCP are not counted.
 * M8 knows three budgets, of which none counts mending (Sync) and bodies: what a member says in any ten seconds, what it says in
 * a minute in which much is lost or comes back, and what is due to newcomers, which the first two leave out.
 */

import type { MeshMessage } from '../../src/core/gossip/message.ts';
import type { OwnerRecord } from '../../src/core/gossip/record.ts';
import { sizeOf } from '../../src/core/gossip/spread.ts';
import { encodeMeshMessage } from '../../src/wire/mesh-codec.ts';
import { SlidingSum } from './sliding-sum.ts';

export type MessageKind = MeshMessage['kind'];

export interface TrafficOptions {
  /** A record that speaks of somebody who has just come; default: none does. */
  readonly isOfNewcomer?: ((record: OwnerRecord) => boolean) | undefined;
  /** Much is lost now, or has come back within the last minute; default: never. */
  readonly isStormy?: (() => boolean) | undefined;
}

/** When it was sent, and to whom. */
export interface Sending {
  readonly nowMs: number;
  /** The link leads to one that has just come. */
  readonly isToNewcomer: boolean;
}

/** The most that one member sent, by what M8 says of it. */
export interface Most {
  /** Within ten seconds in which little was lost. */
  readonly calm: number;
  /** Within sixty seconds in which much was lost or came back. */
  readonly storm: number;
  /** Records of newcomers that it passed on, and beats on its links to them, within ten seconds. */
  readonly joins: number;
}

/** Length and kind of a frame (proto/heddle/v1/fabric.proto), and its place in a batch. */
const frameHeadBytes = 6;
const calmSeconds = 10;
const stormSeconds = 60;
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
  readonly calm: SlidingSum;
  readonly storm: SlidingSum;
  readonly joins: SlidingSum;
  readonly most: { calm: number; storm: number; joins: number };
}

const nothing: Most = { calm: 0, storm: 0, joins: 0 };

export class Traffic {
  readonly byKind = new Map<MessageKind, { messages: number; bytes: number }>();
  readonly #senders = new Map<string, Sender>();
  readonly #options: TrafficOptions;
  #last: { readonly message: MeshMessage; readonly bytes: number } | undefined;

  constructor(options: TrafficOptions = {}) {
    this.#options = options;
  }

  sent(sender: string, message: MeshMessage, sending: Sending): void {
    const bytes = this.#sizeOf(message);
    const kind = this.byKind.get(message.kind) ?? { messages: 0, bytes: 0 };
    kind.messages += 1;
    kind.bytes += bytes;
    this.byKind.set(message.kind, kind);
    const of = this.#senderOf(sender);
    of.total += bytes;
    if (!uncounted.has(message.kind)) this.#count(of, { message, bytes, ...sending });
  }

  /** All that a member has sent. */
  bytesOf(sender: string): number {
    return this.#senders.get(sender)?.total ?? 0;
  }

  mostOf(sender: string): Most {
    return this.#senders.get(sender)?.most ?? nothing;
  }

  #count(of: Sender, { message, bytes, nowMs, isToNewcomer }: Sending & { readonly message: MeshMessage; readonly bytes: number }): void {
    const second = Math.floor(nowMs / 1_000);
    const joins = message.kind === 'beat' && isToNewcomer ? bytes : bytes * this.#shareOfNewcomers(message);
    const own = bytes - joins;
    const sums = {
      calm: of.calm.add(own, second),
      storm: of.storm.add(own, second),
      joins: of.joins.add(joins, second),
    };
    const isStormy = this.#options.isStormy?.() === true;
    if (isStormy) of.most.storm = Math.max(of.most.storm, sums.storm);
    else of.most.calm = Math.max(of.most.calm, sums.calm);
    of.most.joins = Math.max(of.most.joins, sums.joins);
  }

  /** The part of a push that is about those who have just come. */
  #shareOfNewcomers(message: MeshMessage): number {
    const { isOfNewcomer } = this.#options;
    if (message.kind !== 'push' || !isOfNewcomer) return 0;
    let all = 0;
    let theirs = 0;
    for (const record of message.records) {
      const bytes = sizeOf(record);
      all += bytes;
      if (isOfNewcomer(record)) theirs += bytes;
    }
    return all === 0 ? 0 : theirs / all;
  }

  /** A flood sends one message to several links. */
  #sizeOf(message: MeshMessage): number {
    if (this.#last?.message !== message) this.#last = { message, bytes: encodeMeshMessage(message).length + frameHeadBytes };
    return this.#last.bytes;
  }

  #senderOf(name: string): Sender {
    const held = this.#senders.get(name) ?? {
      total: 0,
      calm: new SlidingSum(calmSeconds),
      storm: new SlidingSum(stormSeconds),
      joins: new SlidingSum(calmSeconds),
      most: { ...nothing },
    };
    this.#senders.set(name, held);
    return held;
  }
}
