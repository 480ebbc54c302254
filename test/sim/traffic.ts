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
import { MessageSizes } from './message-sizes.ts';
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
  readonly #sizes = new MessageSizes();

  constructor(options: TrafficOptions = {}) {
    this.#options = options;
  }

  sent(sender: string, message: MeshMessage, sending: Sending): void {
    const bytes = this.#sizes.of(message) + frameHeadBytes;
    const kind = this.byKind.get(message.kind) ?? this.#kindOf(message.kind);
    kind.messages += 1;
    kind.bytes += bytes;
    const of = this.#senders.get(sender) ?? this.#senderOf(sender);
    of.total += bytes;
    if (!uncounted.has(message.kind)) this.#count(of, bytes, { message, sending });
  }

  /** All that a member has sent. */
  bytesOf(sender: string): number {
    return this.#senders.get(sender)?.total ?? 0;
  }

  mostOf(sender: string): Most {
    return this.#senders.get(sender)?.most ?? nothing;
  }

  #count(of: Sender, bytes: number, { message, sending }: { readonly message: MeshMessage; readonly sending: Sending }): void {
    const second = Math.floor(sending.nowMs / 1_000);
    const joins = message.kind === 'beat' && sending.isToNewcomer ? bytes : bytes * this.#shareOfNewcomers(message);
    const calm = of.calm.add(bytes - joins, second);
    const storm = of.storm.add(bytes - joins, second);
    if (this.#options.isStormy?.() === true) of.most.storm = Math.max(of.most.storm, storm);
    else of.most.calm = Math.max(of.most.calm, calm);
    // Nothing added is no new most.
    if (joins > 0) of.most.joins = Math.max(of.most.joins, of.joins.add(joins, second));
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

  #kindOf(name: MessageKind): { messages: number; bytes: number } {
    const kind = { messages: 0, bytes: 0 };
    this.byKind.set(name, kind);
    return kind;
  }

  #senderOf(name: string): Sender {
    const sender = {
      total: 0,
      calm: new SlidingSum(calmSeconds),
      storm: new SlidingSum(stormSeconds),
      joins: new SlidingSum(calmSeconds),
      most: { ...nothing },
    };
    this.#senders.set(name, sender);
    return sender;
  }
}
