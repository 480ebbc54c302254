import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LinkState, Links } from '../../../src/core/gossip/links.ts';
import { meshDefaults as settings } from '../../../src/core/gossip/settings.ts';

const root = { high: 0, low: 0 } as never; // carried, never read here

/** A link, and beats both ways every 500 ms from time 0 on; `acked` says what the peer acknowledges at each. */
class Beating {
  readonly link = new LinkState({ id: 1, name: 'b', instance: 'i', isDialler: true, nowMs: 0 });
  nowMs = 0;
  #sequence = 0;

  beats(times: number, acked: () => number): void {
    for (let turn = 0; turn < times; turn += 1) {
      this.nowMs += settings.beatIntervalMs;
      this.link.nextBeat(this.nowMs);
      this.hears(acked());
    }
  }

  hears(ackedSequence: number): void {
    this.#sequence += 1;
    this.link.heardAtMs = this.nowMs;
    const beat = { kind: 'beat', sequence: this.#sequence, ackedSequence, ackDelayMs: 0, root, health: 1, isMesh: true } as never; // the rest is of no interest
    this.link.onBeat(beat, { nowMs: this.nowMs, settings, health: 1 });
  }

  get isSilent(): boolean {
    return this.link.isSilent(settings, { health: 1, nowMs: this.nowMs });
  }
}

describe('a link', () => {
  test('is silent once nothing was heard for its deadline', () => {
    const beating = new Beating();
    beating.beats(5, () => beating.link.sequence);
    beating.nowMs += settings.silenceMinMs;
    expect(beating.isSilent).toBe(false);
    beating.nowMs += 1;
    expect(beating.isSilent).toBe(true);
  });

  test('is silent once the peer, though heard, has heard nothing for as long (fault 10)', () => {
    const beating = new Beating();
    beating.beats(5, () => beating.link.sequence);
    beating.beats(4, () => 5); // the first of these is 1.5 s old with the last
    expect(beating.isSilent).toBe(false);
    beating.beats(2, () => 5);
    expect(beating.isSilent).toBe(true);
    beating.beats(1, () => beating.link.sequence);
    expect(beating.isSilent).toBe(false);
  });

  test('is not silent for one beat that a stalled peer had sent before it read ours (fault 5)', () => {
    const beating = new Beating();
    beating.beats(5, () => beating.link.sequence);
    for (let turn = 0; turn < 6; turn += 1) {
      beating.nowMs += settings.beatIntervalMs;
      beating.link.nextBeat(beating.nowMs);
    }
    beating.hears(5);
    expect(beating.isSilent).toBe(false);
    beating.beats(1, () => beating.link.sequence);
    expect(beating.isSilent).toBe(false);
  });

  test('is not silent for what our own loop came late with (fault 7)', () => {
    const beating = new Beating();
    beating.beats(5, () => beating.link.sequence);
    beating.beats(1, () => 5);
    beating.nowMs += 5_000;
    beating.link.shift(5_000, beating.nowMs);
    for (let turn = 0; turn < 3; turn += 1) beating.hears(5); // queued before it heard our last beat
    expect(beating.isSilent).toBe(false);
  });
});

/** What may happen to the links of a member, or in between: time that passes, a peer that speaks, that hears us or does not. */
const happenings = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 1_000 }) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('beat' as const), at: fc.nat(1), isHeard: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('open' as const, 'speak' as const), at: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('close' as const, 'retire' as const), at: fc.nat(1) }) },
);
type Happening = typeof happenings extends fc.Arbitrary<infer One> ? One : never;

function happen(links: Links, one: Happening, now: { id: number; nowMs: number }): void {
  if (one.kind === 'pass') {
    now.nowMs += one.ms;
    return;
  }
  const { nowMs } = now;
  const named = { name: `m${one.at}`, instance: `i${one.at}` };
  if (one.kind === 'open') {
    now.id += 1;
    const opened = new LinkState({ id: now.id, ...named, isDialler: now.id % 2 === 0, nowMs });
    opened.use.setNeeded(true, nowMs);
    if (now.id % 3 === 0) links.hold(opened);
    else links.add(opened, { lowerName: 'a', crossingMs: 1_000 });
    return;
  }
  const link = [...links.all()].findLast(({ name }) => name === named.name);
  if (!link) return;
  if (one.kind === 'close') links.remove(link.id);
  else if (one.kind === 'retire') links.retire(link);
  else link.heardAtMs = nowMs;
  if (one.kind !== 'beat') return;
  link.nextBeat(nowMs);
  const ackedSequence = one.isHeard ? link.sequence : 0;
  const beat = { kind: 'beat', sequence: link.sequence, ackedSequence, ackDelayMs: 0, root, health: 1, isMesh: true } as never; // the rest is of no interest
  links.onBeat(link, beat, { nowMs, settings, health: 1 });
}

test('links are never taken for heard while one in use is silent', () => {
  const seen = { heard: 0, silent: 0 };
  fc.assert(
    fc.property(fc.array(happenings, { minLength: 60, maxLength: 120 }), (all) => {
      const links = new Links();
      const now = { id: 0, nowMs: 0 };
      for (const one of all) {
        happen(links, one, now);
        const { nowMs } = now;
        const isAnySilent = [...links.used()].some((used) => used.isSilent(settings, { health: 1, nowMs }));
        const areHeard = links.areHeard(settings, nowMs);
        seen.heard += areHeard ? 1 : 0;
        seen.silent += isAnySilent ? 1 : 0;
        expect(areHeard && isAnySilent).toBe(false);
      }
    }),
  );
  expect(Math.min(seen.heard, seen.silent)).toBeGreaterThan(100);
});
