/**
 * One member at a time, fed by hand: the member `a` with links to others, and what it says over them.
 */

import { seededRandom } from '../../../src/base/random.ts';
import { Gossip } from '../../../src/core/gossip/gossip.ts';
import type { LinkEvidence, MeshEffect, MeshInput } from '../../../src/core/gossip/io.ts';
import type { Hello, MeshMessage } from '../../../src/core/gossip/message.ts';
import type { MeshNote } from '../../../src/core/gossip/note.ts';
import type { MemberRecord } from '../../../src/core/gossip/record.ts';
import type { Seals } from '../../../src/core/gossip/seals.ts';
import { type MeshSettings, meshDefaults } from '../../../src/core/gossip/settings.ts';
import { allRules, type MeshRules } from '../../../src/core/gossip/state.ts';
import { hashBytes, hashText } from '../../sim/hashes.ts';

/** 128 bits that follow from a name. */
export function instanceOf(name: string): string {
  return Buffer.from(name).toString('hex').padStart(32, '0').slice(-32);
}

/** What a member says of itself in its first epoch. */
export function recordOf(owner: string, change: Partial<MemberRecord> = {}): MemberRecord {
  const head = { owner, epoch: 1, instance: instanceOf(owner), version: 1, incarnation: 0 };
  return {
    kind: 'member',
    final: 'none',
    url: `${owner}:1`,
    isLeaving: false,
    resources: [],
    bodyHash: '',
    adopters: [],
    ...head,
    ...change,
  };
}

export function helloOf(name: string, change: Partial<Hello> = {}): Hello {
  return {
    cluster: 'default',
    uid: { uid: '1'.padStart(32, '0'), isSettled: true },
    name,
    epoch: 1,
    instance: instanceOf(name),
    url: `${name}:1`,
    uptimeMs: 0,
    protocolMin: 1,
    protocolMax: 1,
    features: [],
    root: { high: 0, low: 0 },
    purpose: 'link',
    isConfigured: false,
    isJoining: false,
    ...change,
  };
}

export interface RigOptions {
  readonly rules?: Partial<MeshRules>;
  readonly settings?: Partial<MeshSettings>;
  /** Seeds; with any, `a` is a newcomer. */
  readonly join?: readonly string[];
  /** Signs as this process of `a`; the others are introduced by whoever wants them. */
  readonly me?: { readonly instance: string; readonly seals: Seals };
}

/** Member `a` with a link to each of the others; the first one's link is numbered 1. */
export class Rig {
  readonly gossip: Gossip;
  nowMs = 0;
  readonly links = new Map<string, number>();
  #effects: MeshEffect[] = [];

  constructor(others: readonly string[], { rules, settings, join = [], me }: RigOptions = {}) {
    this.gossip = new Gossip({
      name: 'a',
      instance: me?.instance ?? instanceOf('a'),
      seals: me?.seals,
      cluster: 'default',
      uid: '1'.padStart(32, '0'),
      url: 'a:1',
      resources: [],
      epoch: 0,
      startedAtMs: 0,
      settings: { ...meshDefaults, ...settings },
      random: seededRandom('rig'),
      rules: { ...allRules, ...rules },
      hash64: hashText,
      hashBody: hashBytes,
    });
    this.feed({ kind: 'start', join });
    for (const [at, name] of others.entries()) {
      this.links.set(name, at + 1);
      this.feed({ kind: 'greeted', link: at + 1, hello: helloOf(name) });
      this.hear(name, { kind: 'push', records: [recordOf(name)] });
    }
    if (join.length === 0) this.take();
  }

  feed(input: MeshInput): void {
    this.gossip.handle(input, this.nowMs);
    this.#effects.push(...this.gossip.takeEffects());
  }

  /** The peer says something over its link. */
  hear(name: string, message: MeshMessage): void {
    this.feed({ kind: 'received', link: this.linkOf(name), message });
  }

  /** The peer's link broke. */
  lose(name: string, evidence: 'reset' | 'silent' = 'reset'): void {
    this.feed({ kind: 'linkDown', link: this.linkOf(name), evidence });
  }

  /** Time passes tick by tick; everybody but `mute` is heard. */
  advance(ms: number, mute: readonly string[] = []): void {
    const untilMs = this.nowMs + ms;
    while (this.nowMs < untilMs) {
      this.nowMs += 50;
      for (const [name, link] of this.links) if (!mute.includes(name)) this.feed({ kind: 'heard', link, atMs: this.nowMs });
      this.feed({ kind: 'wake' });
    }
  }

  /** Every dial under way to this address has failed. */
  failDials(address: string, evidence: LinkEvidence): number {
    const dials = this.#effects.filter((effect) => effect.kind === 'dial' && effect.address === address);
    this.#effects = this.#effects.filter((effect) => !dials.includes(effect));
    for (const effect of dials) {
      if (effect.kind === 'dial') this.feed({ kind: 'dialled', dial: effect.dial, outcome: { kind: 'failed', evidence } });
    }
    return dials.length;
  }

  /** The effects since the last take. */
  take(): readonly MeshEffect[] {
    return this.#effects.splice(0);
  }

  /** What was said since the last take, with to whom; effects of other kinds stay. */
  takeSent<K extends MeshMessage['kind']>(
    kind: K,
  ): readonly { readonly to: string; readonly message: Extract<MeshMessage, { kind: K }> }[] {
    const names = new Map([...this.links].map(([name, link]) => [link, name]));
    const sent: { to: string; message: Extract<MeshMessage, { kind: K }> }[] = [];
    const rest: MeshEffect[] = [];
    for (const effect of this.#effects) {
      if (effect.kind === 'send' && isOf(effect.message, kind)) sent.push({ to: names.get(effect.link) ?? '?', message: effect.message });
      else rest.push(effect);
    }
    this.#effects = rest;
    return sent;
  }

  notes(): readonly MeshNote[] {
    return this.#effects.flatMap((effect) => (effect.kind === 'note' ? [effect.note] : []));
  }

  statusOf(name: string): string | undefined {
    return this.gossip.views().find((view) => view.name === name)?.status;
  }

  linkOf(name: string): number {
    const link = this.links.get(name);
    if (link === undefined) throw new Error(`no link to ${name}`);
    return link;
  }
}

function isOf<K extends MeshMessage['kind']>(message: MeshMessage, kind: K): message is Extract<MeshMessage, { kind: K }> {
  return message.kind === kind;
}
