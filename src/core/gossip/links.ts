/**
 * The links that are up, and when each was last heard. What each is there for is link-use.ts.
 *
 * Of two links to one instance that crossed, the one that the lower name dialled stays; a link that is older than any
 * crossing gives way to a new one, because nobody dials a member whose link works. An accepted link counts only once its
 * dialler has spoken on it: the dialler may have given up long before its greeting was read.
 * Silent is a link over which one side does not hear the other, whichever: a peer that we hear may have lost every word of
 * ours (a one-way cut), and its beats say so by what they acknowledge.
 */

import { LinkUse } from './link-use.ts';
import type { Beat, Root } from './message.ts';
import type { MeshSettings } from './settings.ts';

const samplesKept = 8;
const samplesNeeded = 3;
/** Beats in a row that acknowledge too little: the first one after a stall of the peer may have left before it read ours. */
const deafBeats = 2;

/** One link to another member. */
export class LinkState {
  readonly id: number;
  readonly name: string;
  readonly instance: string;
  readonly isDialler: boolean;
  readonly openedAtMs: number;
  heardAtMs: number;
  /** Beats sent. */
  sequence = 0;
  /** Beats of the peer in a row whose root was not ours. */
  mismatches = 0;
  /** Accepted beside another link; it counts once its dialler has spoken on it. */
  isHeld = false;
  /** No new synchronisation before this time. */
  syncAfterMs = 0;
  readonly use: LinkUse;
  /** Of the last beats, by sequence; NaN once it is acknowledged. */
  readonly #sentAtMs = new Float64Array(samplesKept).fill(Number.NaN);
  readonly #roundTripsMs: number[] = [];
  #saidRoundTripMs: number | undefined;
  #peerSequence = 0;
  #peerBeatAtMs = 0;
  #jitterMs = 0;
  #root: Root | undefined;
  #ackedSequence = 0;
  /** When the first beat left that the peer has not acknowledged. */
  #unheardSinceMs: number | undefined;
  /** Beats in a row that came without a new acknowledgement though one was overdue. */
  #deafBeats = 0;

  constructor(options: {
    readonly id: number;
    readonly name: string;
    readonly instance: string;
    readonly isDialler: boolean;
    readonly nowMs: number;
  }) {
    this.id = options.id;
    this.name = options.name;
    this.instance = options.instance;
    this.isDialler = options.isDialler;
    this.openedAtMs = options.nowMs;
    this.heardAtMs = options.nowMs;
    this.use = new LinkUse(options.nowMs);
  }

  /** Shortest of the last round trips; of one or two nothing is said: a process that is starting answers late. */
  get roundTripMs(): number | undefined {
    return this.#roundTripsMs.length < samplesNeeded ? undefined : Math.min(...this.#roundTripsMs);
  }

  /** The round trip is known, or no longer near what it was when this last said so. */
  takeRoundTripNews(): boolean {
    const { roundTripMs } = this;
    if (isNearTrip(this.#saidRoundTripMs, roundTripMs)) return false;
    this.#saidRoundTripMs = roundTripMs;
    return true;
  }

  /** How long the peer may be silent. */
  deadlineMs(settings: MeshSettings, health: number): number {
    const wanted = 3 * settings.beatIntervalMs + 4 * this.#jitterMs;
    return Math.min(Math.max(wanted, settings.silenceMinMs), settings.silenceMaxMs) * health;
  }

  /** Both ways: it heard us as well. */
  isHeardLately(settings: MeshSettings, options: { readonly health: number; readonly nowMs: number }): boolean {
    return !this.isDeaf && options.nowMs - this.heardAtMs <= this.deadlineMs(settings, options.health);
  }

  /** Its last beats acknowledged too little. */
  get isDeaf(): boolean {
    return this.#deafBeats >= deafBeats;
  }

  /** Our own loop was late: what came late by it is nobody's silence. */
  shift(lateMs: number, nowMs: number): void {
    this.heardAtMs = Math.min(this.heardAtMs + lateMs, nowMs);
    if (this.#unheardSinceMs !== undefined) this.#unheardSinceMs = Math.min(this.#unheardSinceMs + lateMs, nowMs);
  }

  /** Nothing was heard for too long, though beats are due. */
  isSilent(settings: MeshSettings, options: { readonly health: number; readonly nowMs: number }): boolean {
    if (this.isHeardLately(settings, options) || !this.use.hasBeats(options.nowMs)) return false;
    return this.isDeaf || options.nowMs - this.use.beatsSinceMs > this.deadlineMs(settings, options.health);
  }

  nextBeat(nowMs: number): Pick<Beat, 'sequence' | 'ackedSequence' | 'ackDelayMs'> {
    this.sequence += 1;
    this.#sentAtMs[this.sequence % samplesKept] = nowMs;
    this.#unheardSinceMs ??= nowMs;
    const ackDelayMs = this.#peerSequence === 0 ? 0 : Math.max(0, nowMs - this.#peerBeatAtMs);
    return { sequence: this.sequence, ackedSequence: this.#peerSequence, ackDelayMs };
  }

  /** What the peer knows, as a hash, by its last beat. */
  get root(): Root | undefined {
    return this.#root;
  }

  onBeat(beat: Beat, options: { readonly nowMs: number; readonly settings: MeshSettings; readonly health: number }): void {
    this.#root = beat.root;
    this.#weighAcknowledgement(beat.ackedSequence, options);
    const sentAtMs = this.#sentAt(beat.ackedSequence);
    if (sentAtMs !== undefined) {
      this.#roundTripsMs.push(Math.max(0, options.nowMs - sentAtMs - beat.ackDelayMs));
      if (this.#roundTripsMs.length > samplesKept) this.#roundTripsMs.shift();
      this.#sentAtMs[beat.ackedSequence % samplesKept] = Number.NaN;
    }
    if (this.#peerSequence !== 0) {
      const { beatIntervalMs } = options.settings;
      const lateMs = Math.abs(options.nowMs - this.#peerBeatAtMs - beatIntervalMs);
      // Smoothed like the deviation of a round trip (Jacobson 1988, gain 1/4), one outlier bounded by a beat.
      this.#jitterMs += (Math.min(lateMs, beatIntervalMs) - this.#jitterMs) / 4;
    }
    this.#peerSequence = Math.max(this.#peerSequence, beat.sequence);
    this.#peerBeatAtMs = options.nowMs;
    this.use.onBeat(beat, options.nowMs, options.settings.beatIntervalMs);
  }

  /** When a beat was sent that is one of the last and was not acknowledged. */
  #sentAt(sequence: number): number | undefined {
    if (sequence > this.sequence || sequence <= this.sequence - samplesKept) return undefined;
    const sentAtMs = this.#sentAtMs[sequence % samplesKept] ?? Number.NaN;
    return Number.isNaN(sentAtMs) ? undefined : sentAtMs;
  }

  #weighAcknowledgement(acked: number, { nowMs, settings, health }: Parameters<LinkState['onBeat']>[1]): void {
    if (acked > this.#ackedSequence) {
      this.#ackedSequence = acked;
      this.#deafBeats = 0;
      this.#unheardSinceMs = this.#sentAt(acked + 1);
    } else if (this.#unheardSinceMs !== undefined && nowMs - this.#unheardSinceMs > this.deadlineMs(settings, health)) {
      this.#deafBeats += 1;
    }
  }
}

export class Links {
  readonly #byId = new Map<number, LinkState>();
  readonly #byInstance = new Map<string, LinkState>();
  #revision = 0;
  /** No link in use can be silent before, unless another one comes into use or a beat shows a peer deaf. */
  #quietUntilMs = Number.NEGATIVE_INFINITY;

  get size(): number {
    return this.#byId.size;
  }

  /** Another number whenever another link is there, or another one is in use. */
  get revision(): number {
    return this.#revision;
  }

  /**
   * None of the links in use is silent; false: perhaps one is. Cost: next to nothing, but a look at all of them once in about
   * `silenceMinMs`: none can be silent sooner after it was heard, whatever its jitter and our own health.
   */
  areHeard({ silenceMinMs }: MeshSettings, nowMs: number): boolean {
    if (nowMs < this.#quietUntilMs) return true;
    let firstMs = Number.POSITIVE_INFINITY;
    for (const link of this.#byInstance.values()) firstMs = Math.min(firstMs, link.isDeaf ? Number.NEGATIVE_INFINITY : link.heardAtMs);
    this.#quietUntilMs = firstMs + silenceMinMs;
    return nowMs < this.#quietUntilMs;
  }

  /** A beat has come over a link. */
  onBeat(link: LinkState, ...said: Parameters<LinkState['onBeat']>): void {
    link.onBeat(...said);
    if (link.isDeaf) this.#quietUntilMs = Number.NEGATIVE_INFINITY;
  }

  find(id: number): LinkState | undefined {
    return this.#byId.get(id);
  }

  /** The link that is used towards an instance. */
  to(instance: string): LinkState | undefined {
    return this.#byInstance.get(instance);
  }

  /** The links in use, one per instance. */
  used(): Iterable<LinkState> {
    return this.#byInstance.values();
  }

  /** Those of the used ones over which gossip goes. */
  mesh(): readonly LinkState[] {
    const links: LinkState[] = [];
    for (const link of this.#byInstance.values()) if (link.use.isMesh) links.push(link);
    return links;
  }

  /** Uses a link no more: it stays open until its calls have settled. */
  retire(link: LinkState): void {
    if (this.#byInstance.get(link.instance) === link) this.#byInstance.delete(link.instance);
    this.#changed();
  }

  /** Every link to an instance, those that are not used included. */
  allTo(instance: string): readonly LinkState[] {
    return [...this.#byId.values()].filter((link) => link.instance === instance);
  }

  all(): Iterable<LinkState> {
    return this.#byId.values();
  }

  /** Adds a link without using it, unless it is the only one. True when it is. */
  hold(link: LinkState): boolean {
    this.#byId.set(link.id, link);
    this.#changed();
    link.isHeld = this.#byInstance.has(link.instance);
    if (!link.isHeld) this.#byInstance.set(link.instance, link);
    return !link.isHeld;
  }

  /** Adds a link and gives the one that it makes superfluous, if any (perhaps itself). */
  add(link: LinkState, options: { readonly lowerName: string; readonly crossingMs: number }): LinkState | undefined {
    this.#byId.set(link.id, link);
    this.#changed();
    link.isHeld = false;
    const other = this.#byInstance.get(link.instance);
    if (!other || other === link) {
      this.#byInstance.set(link.instance, link);
      return undefined;
    }
    const hasCrossed = link.openedAtMs - other.openedAtMs <= options.crossingMs && link.isDialler !== other.isDialler;
    const isLinkPreferred = !hasCrossed || wasDialledByLower(link, options.lowerName);
    this.#byInstance.set(link.instance, isLinkPreferred ? link : other);
    return isLinkPreferred ? other : link;
  }

  /** Removes a link; the other one to the same instance, if there is one, takes its place. */
  remove(id: number): LinkState | undefined {
    const link = this.#byId.get(id);
    if (!link) return undefined;
    this.#byId.delete(id);
    this.#changed();
    if (this.#byInstance.get(link.instance) !== link) return link;
    this.#byInstance.delete(link.instance);
    for (const other of this.#byId.values()) {
      if (other.instance === link.instance) this.#byInstance.set(link.instance, other);
    }
    return link;
  }

  #changed(): void {
    this.#revision += 1;
    this.#quietUntilMs = Number.NEGATIVE_INFINITY;
  }
}

/** Neither twice the other, in whole milliseconds: nobody chooses by less. */
export function isNearTrip(a: number | undefined, b: number | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const [shorter, longer] = [Math.max(1, Math.min(a, b)), Math.max(1, a, b)];
  return longer < 2 * shorter;
}

function wasDialledByLower(link: LinkState, lowerName: string): boolean {
  return link.isDialler === (lowerName !== link.name);
}
