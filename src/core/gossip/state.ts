/**
 * The tables of one member, shared by the activities that work on them (greeting, spread, sync, detector, dialling,
 * bodies), and the effects that they leave.
 */

import type { Random } from '../../base/random.ts';
import { Adoptions } from './adoptions.ts';
import { Arena } from './arena.ts';
import { Crowd } from './crowd.ts';
import { Doubts } from './doubts.ts';
import { Flaps } from './flaps.ts';
import type { Hash64 } from './hash64.ts';
import type { MeshEffect, MeshNews } from './io.ts';
import { type LinkState, Links } from './links.ts';
import type { MeshMessage } from './message.ts';
import type { MeshNote } from './note.ts';
import { Overlay } from './overlay.ts';
import type { MemberRecord, OwnerRecord } from './record.ts';
import { Records } from './records.ts';
import type { Seals } from './seals.ts';
import { Self, type SelfOptions } from './self.ts';
import type { MeshSettings } from './settings.ts';
import { Suspicions } from './suspicion.ts';
import { Unproven } from './unproven.ts';

export interface MeshHashes {
  /** For roots and rings; the same function in every member. */
  readonly hash64: Hash64;
  /** Content hash of a catalog body, in hex. */
  readonly hashBody: (body: Uint8Array) => string;
}

/** Rules that the simulator switches off to see itself catch the difference; always all on in production. */
export interface MeshRules {
  readonly canRefute: boolean;
  readonly needsQuorum: boolean;
  readonly asksOthers: boolean;
  readonly isFinalFinal: boolean;
  readonly heals: boolean;
  readonly shiftsDeadlines: boolean;
  readonly guardsMasses: boolean;
  readonly floodsOnce: boolean;
  readonly sparesCrowds: boolean;
}

export const allRules: MeshRules = {
  canRefute: true,
  needsQuorum: true,
  asksOthers: true,
  isFinalFinal: true,
  heals: true,
  shiftsDeadlines: true,
  guardsMasses: true,
  floodsOnce: true,
  sparesCrowds: true,
};

const noEffects: readonly MeshEffect[] = [];
const healthMax = 8;
/** A bad mark is half forgotten after 35 ticks that came in time. */
const healthPerTick = 0.98;

export interface MeshMachineOptions extends SelfOptions, MeshHashes {
  readonly settings: MeshSettings;
  readonly random: Random;
  readonly rules?: MeshRules | undefined;
  /** Shared by the members of one process; default: one of its own. */
  readonly arena?: Arena | undefined;
}

export class MeshState {
  readonly settings: MeshSettings;
  readonly random: Random;
  readonly hashes: MeshHashes;
  readonly rules: MeshRules;
  readonly self: Self;
  readonly arena: Arena;
  readonly records: Records;
  readonly links = new Links();
  readonly overlay: Overlay;
  readonly suspicions: Suspicions;
  readonly doubts: Doubts;
  readonly flaps = new Flaps();
  readonly adoptions = new Adoptions();
  readonly crowd = new Crowd();
  readonly seals: Seals | undefined;
  readonly unproven = new Unproven();
  /** Members whose view may have changed since the views were last told. */
  readonly touched = new Set<string>();
  nowMs: number;
  #health = 1;
  isIsolated = false;
  /** When our own loop was last found late. */
  stalledAtMs = Number.NEGATIVE_INFINITY;
  /** A link has been up once. */
  hasMet = false;
  /** Knows the members of the fabric; until then it is a newcomer. */
  hasJoined = false;
  phase: 'idle' | 'running' | 'finished' = 'idle';
  #effects: MeshEffect[] = [];

  constructor(options: MeshMachineOptions) {
    this.settings = options.settings;
    this.random = options.random;
    this.hashes = { hash64: options.hash64, hashBody: options.hashBody };
    this.rules = options.rules ?? allRules;
    this.seals = options.seals;
    this.self = new Self(options);
    this.arena = options.arena ?? new Arena(options.hash64);
    this.records = new Records(this.arena);
    this.overlay = new Overlay(this);
    this.suspicions = new Suspicions(options.settings);
    this.doubts = new Doubts(this.arena.doubtIds);
    this.nowMs = options.startedAtMs;
    this.records.offer(this.self.record, this.nowMs);
    this.touched.add(this.self.name);
  }

  /** 1 is well; up to 8 while our own loop is late, or deaf. */
  get health(): number {
    return this.#health;
  }

  /** Our own loop was late, or nobody answers us at all. */
  worsen(): void {
    this.#health = Math.min(healthMax, this.#health + 1);
  }

  /** A tick came in time. */
  recover(): void {
    this.#health = Math.max(1, this.#health * healthPerTick);
  }

  /** A time that others have, as long as our own slowness may make it seem: at most eight times as long. */
  stretched(ms: number): number {
    return ms * this.#health;
  }

  emit(effect: MeshEffect): void {
    this.#effects.push(effect);
  }

  note(note: MeshNote): void {
    this.#effects.push({ kind: 'note', note });
  }

  tell(news: MeshNews): void {
    this.#effects.push({ kind: 'tell', news });
  }

  send(link: number, message: MeshMessage): void {
    this.#effects.push({ kind: 'send', link, message });
  }

  takeEffects(): readonly MeshEffect[] {
    const effects = this.#effects;
    if (effects.length === 0) return noEffects;
    this.#effects = [];
    return effects;
  }

  /** The owner's record of a member that has not ended. */
  findMember(name: string): MemberRecord | undefined {
    const record = this.records.find(name);
    return record?.kind === 'member' && record.final === 'none' ? record : undefined;
  }

  /** Members that have not ended, this one included. */
  *members(): Iterable<MemberRecord> {
    for (const record of this.records.all()) {
      if (record.kind === 'member' && record.final === 'none') yield record;
    }
  }

  /** The link to a member on which something was heard within its deadline. An idle call link proves nothing. */
  liveLinkTo(instance: string): LinkState | undefined {
    const link = this.links.to(instance);
    return link?.isHeardLately(this.settings, this) ? link : undefined;
  }

  /** The link to a member, unless something should have been heard on it. */
  openLinkTo(instance: string): LinkState | undefined {
    const link = this.links.to(instance);
    return link && !link.isSilent(this.settings, this) ? link : undefined;
  }

  /** Nothing of our own stands against it, and no report unless its link works here. */
  isHeldAlive(record: MemberRecord): boolean {
    if (record.instance === this.self.instance) return true;
    if (this.suspicions.own(record.owner)?.instance === record.instance) return false;
    if (this.liveLinkTo(record.instance)) return true;
    if (this.doubts.isFrozen && this.doubts.isDoubted(record)) return false;
    return !this.suspicions.hasHearsay(record, this.nowMs);
  }

  touch(record: OwnerRecord): void {
    this.touched.add(record.owner);
  }
}
