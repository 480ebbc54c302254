/**
 * Whom a newcomer asks for the members of the fabric.
 *
 * F1 one peer at a time is asked for everything, the next one when the first has not answered in time: three seeds would
 *    give the same three times.
 * F2 a peer that holds very many names others instead (referral.ts): each gives a share of the buckets. What does not come in
 *    time, or cannot be given, is shared out among those that have given theirs and the peer that named them all: nobody
 *    sends the whole list for want of one part of it. If that peer does not answer either, all begins anew.
 * F3 time is counted from the last word of an answer: a crowd at a seed is served in turn (snapshots.ts). What others say that were
 *    not asked gives nobody more time.
 */

import type { Dialling } from './dialling.ts';
import type { Intake } from './intake.ts';
import type { LinkState } from './links.ts';
import type { OwnerRecord } from './record.ts';
import { meshLimits } from './settings.ts';
import type { MeshState } from './state.ts';
import { isSameRoot, type Sync } from './sync.ts';

/** Dials that an answer may take. */
const patienceDials = 2;

export class FirstSync {
  readonly #state: MeshState;
  readonly #sync: Sync;
  readonly #intake: Intake;
  readonly #dialling: Dialling;
  /** Instance of the peer that was asked for everything. */
  #asked: string | undefined;
  /** Buckets that are still to come, by the instance that was asked for them. */
  readonly #shares = new Map<string, readonly number[]>();
  /** Instances that have given what they were asked for. */
  readonly #givers = new Set<string>();
  /** Peers that were met meanwhile, in turn. */
  readonly #waiting = new Set<string>();
  #untilMs = Number.POSITIVE_INFINITY;
  #isAnswered = false;

  constructor(state: MeshState, parts: { readonly sync: Sync; readonly intake: Intake; readonly dialling: Dialling }) {
    this.#state = state;
    this.#sync = parts.sync;
    this.#intake = parts.intake;
    this.#dialling = parts.dialling;
  }

  /** All that was asked for has been said. */
  get isAnswered(): boolean {
    return this.#isAnswered;
  }

  /** A link came up, or another one to the same member is the one in use now. */
  onLink(link: LinkState): void {
    if (this.#shares.has(link.instance)) return this.#askShare(link);
    if (this.#asked === undefined || this.#asked === link.instance) this.#askAll(link);
    else this.#waiting.add(link.instance);
  }

  /** Something of an answer came. */
  onProgress({ instance }: LinkState): void {
    if (this.#shares.has(instance) || instance === this.#asked) this.#patience();
  }

  /** The end of an answer. */
  onAnswer(link: LinkState): void {
    const { instance } = link;
    this.onProgress(link);
    const wasShare = this.#shares.delete(instance);
    if (wasShare) this.#givers.add(instance);
    if ((wasShare || instance === this.#asked) && this.#shares.size === 0) this.#isAnswered = true;
  }

  /** The peer names others to ask; nobody: it cannot give its share. */
  onReferral(link: LinkState, records: readonly OwnerRecord[]): void {
    if (this.#state.hasJoined || (this.#asked !== link.instance && !this.#shares.has(link.instance))) return;
    if (records.length === 0) return this.#askOthers([link.instance]);
    if (this.#asked !== link.instance || this.#shares.size > 0) return;
    const givers = records.slice(0, meshLimits.snapshotGivers);
    this.#patience();
    for (const [at, { instance }] of givers.entries()) {
      this.#shares.set(
        instance,
        range(meshLimits.buckets).filter((bucket) => bucket % givers.length === at),
      );
    }
    for (const record of givers) this.#intake.take(record, link.id, true);
    for (const { owner, instance } of givers) this.#reach(owner, instance);
  }

  /** A tick: what does not come is asked of somebody else. */
  tend(): void {
    if (this.#state.hasJoined || this.#asked === undefined || this.#state.nowMs < this.#untilMs) return;
    if (this.#shares.size > 0) this.#askOthers([...this.#shares.keys()]);
    else this.#askNext();
  }

  /** We have joined: those that were met meanwhile may know more. */
  finish(): void {
    const root = this.#state.records.root();
    for (const instance of this.#waiting) {
      const link = this.#state.links.to(instance);
      if (link && !(link.root && isSameRoot(link.root, root))) this.#sync.start(link);
    }
    this.#waiting.clear();
    this.#shares.clear();
    this.#givers.clear();
  }

  #reach(name: string, instance: string): void {
    const link = this.#state.links.to(instance);
    const record = this.#state.findMember(name);
    if (link) this.#askShare(link);
    else if (record?.instance === instance) this.#dialling.reach(record);
  }

  #askAll(link: LinkState): void {
    this.#asked = link.instance;
    this.#waiting.delete(link.instance);
    this.#patience();
    this.#sync.start(link, { mayRefer: true });
  }

  #askShare(link: LinkState): void {
    this.#sync.start(link, { only: this.#shares.get(link.instance) });
  }

  /** What these were to give, from those that have given their shares, and from the one that named them all. */
  #askOthers(missed: readonly string[]): void {
    const buckets = missed.flatMap((instance) => this.#shares.get(instance) ?? []);
    for (const instance of missed) {
      this.#shares.delete(instance);
      this.#givers.delete(instance);
    }
    const sources = missed.includes(this.#asked ?? '') ? [] : this.#sources();
    if (sources.length === 0) {
      this.#shares.clear();
      return this.#askNext();
    }
    this.#patience();
    for (const [at, source] of sources.slice(0, buckets.length).entries()) {
      const more = buckets.filter((_, place) => place % sources.length === at);
      this.#shares.set(source.instance, [...(this.#shares.get(source.instance) ?? []), ...more]);
      this.#askShare(source);
    }
  }

  #sources(): readonly LinkState[] {
    const instances = new Set([...this.#givers, this.#asked ?? '']);
    return [...instances].map((instance) => this.#state.links.to(instance)).filter((link) => link !== undefined);
  }

  #askNext(): void {
    for (const instance of this.#waiting) {
      const link = this.#state.links.to(instance);
      this.#waiting.delete(instance);
      if (link) return this.#askAll(link);
    }
    const [link] = this.#state.links.used();
    if (link) return this.#askAll(link);
    this.#asked = undefined;
  }

  #patience(): void {
    this.#untilMs = this.#state.nowMs + patienceDials * this.#state.stretched(this.#state.settings.dialTimeoutMs);
  }
}

function range(count: number): readonly number[] {
  return Array.from({ length: count }, (_, at) => at);
}
