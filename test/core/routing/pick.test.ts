import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import type { Catalog } from '../../../src/core/catalog/catalog.ts';
import type { GateState, Offer, ServerState, ServerStatus } from '../../../src/core/catalog/server-state.ts';
import { noteAnswer } from '../../../src/core/routing/latency.ts';
import { betterOfTwo, candidatesOf, subsetMax } from '../../../src/core/routing/pick.ts';
import { announcer, body, catalogOf, offerOf, record } from '../catalog/fixtures.ts';

const noRank = (): number => 0;

function namesOf(offers: readonly Offer[]): readonly string[] {
  return offers.map((offer) => offer.server.name).sort();
}

function candidates(
  catalog: Catalog,
  prefer: readonly string[] = [],
): { readonly offers: readonly string[]; readonly probes: readonly string[] } {
  const { offers, probes } = candidatesOf(catalog.matching({ function: 'work', need: { prefer } }), noRank);
  return { offers: namesOf(offers), probes: namesOf(probes) };
}

function stand(catalog: Catalog, name: string, status: ServerStatus, isOwnEvidence = false): void {
  catalog.setStanding(`i-${name}`, { status, isOwnEvidence, isLinked: false });
}

describe('tiers', () => {
  test('sound servers come first, alone while they are half of the offers or more (P1)', () => {
    const catalog = catalogOf('a', 'b', 'c', 'd');
    stand(catalog, 'c', 'suspect');
    stand(catalog, 'd', 'suspect', true);
    expect(candidates(catalog).offers).toEqual(['a', 'b']);
  });

  test('servers suspected by hearsay join when the sound ones are under half, those suspected here do not', () => {
    const catalog = catalogOf('a', 'b', 'c', 'd');
    stand(catalog, 'b', 'suspect');
    stand(catalog, 'c', 'suspect');
    stand(catalog, 'd', 'suspect', true);
    expect(candidates(catalog).offers).toEqual(['a', 'b', 'c']);
    stand(catalog, 'c', 'unreachable');
    expect(candidates(catalog).offers).toEqual(['a', 'b']);
  });

  test('servers suspected here are taken when there is nobody else', () => {
    const catalog = catalogOf('a', 'b');
    stand(catalog, 'a', 'unreachable', true);
    expect(candidates(catalog).offers).toEqual(['b']);
    stand(catalog, 'b', 'left');
    expect(candidates(catalog).offers).toEqual(['a']);
  });

  test.each(['leaving', 'left', 'dead'] as const)('a server that is %s is never taken', (status) => {
    const catalog = catalogOf('a');
    stand(catalog, 'a', status);
    expect(candidates(catalog)).toEqual({ offers: [], probes: [] });
  });

  test('the highest version with a sound server wins; a suspected one does not outweigh a lower sound version', () => {
    const catalog = catalogOf('old');
    catalog.setOffers(announcer('new'), body(record('work', { version: '1.1.0' })), 0);
    expect(candidates(catalog).offers).toEqual(['new']);
    stand(catalog, 'new', 'suspect');
    expect(candidates(catalog).offers).toEqual(['new']);
    stand(catalog, 'new', 'suspect', true);
    expect(candidates(catalog).offers).toEqual(['old']);
    stand(catalog, 'old', 'suspect', true);
    expect(candidates(catalog).offers).toEqual(['new']);
  });
});

describe('breakers', () => {
  test.each(['open', 'probing'] as const)('an offer behind a breaker that is %s is no candidate (P2)', (state) => {
    for (const part of ['server', 'offer'] as const) {
      const catalog = catalogOf('a', 'b');
      const offer = offerOf(catalog, 'a');
      (part === 'server' ? offer.server : offer).gate.state = state;
      expect(candidates(catalog)).toEqual({ offers: ['b'], probes: [] });
    }
  });

  test('an offer whose breaker grants a probe gets the next call, also when others are sound (P2)', () => {
    const catalog = catalogOf('a', 'b');
    offerOf(catalog, 'a').server.gate.state = 'ready';
    expect(candidates(catalog)).toEqual({ offers: ['b'], probes: ['a'] });
  });

  test('no probe passes a second breaker that is open (P2)', () => {
    for (const [server, offer] of [
      ['ready', 'open'],
      ['open', 'ready'],
    ] as const) {
      const catalog = catalogOf('a', 'b');
      offerOf(catalog, 'a').server.gate.state = server;
      offerOf(catalog, 'a').gate.state = offer;
      expect(candidates(catalog).probes).toEqual([]);
    }
  });

  test('a server suspected here is probed only when there is nobody sound', () => {
    const catalog = catalogOf('a', 'b');
    stand(catalog, 'a', 'suspect', true);
    offerOf(catalog, 'a').server.gate.state = 'ready';
    expect(candidates(catalog)).toEqual({ offers: ['b'], probes: [] });
    stand(catalog, 'b', 'left');
    expect(candidates(catalog)).toEqual({ offers: [], probes: ['a'] });
  });

  test('no call is lowered to an older version for a probe', () => {
    const catalog = catalogOf('old');
    catalog.setOffers(announcer('new'), body(record('work', { version: '1.1.0' })), 0);
    offerOf(catalog, 'old').server.gate.state = 'ready';
    expect(candidates(catalog)).toEqual({ offers: ['new'], probes: [] });
  });
});

describe('preferences', () => {
  test('rank what may be taken and refuse nobody', () => {
    const catalog = catalogOf('plain');
    catalog.setOffers(announcer('eu', ['region=eu']), body(record('work')), 0);
    catalog.setOffers(announcer('best', ['region=eu', 'ssd']), body(record('work')), 0);
    expect(candidates(catalog, ['region=eu']).offers).toEqual(['best', 'eu']);
    expect(candidates(catalog, ['region=eu', 'ssd']).offers).toEqual(['best']);
    expect(candidates(catalog, ['tpu']).offers).toEqual(['best', 'eu', 'plain']);
  });

  test('do not lift a suspected server above a sound one', () => {
    const catalog = catalogOf('plain', 'other');
    catalog.setOffers(announcer('eu', ['region=eu']), body(record('work')), 0);
    stand(catalog, 'eu', 'suspect');
    expect(candidates(catalog, ['region=eu']).offers).toEqual(['other', 'plain']);
  });
});

describe('the subset', () => {
  const names = Array.from({ length: 100 }, (_, at) => `s${at}`);
  const rank = (server: ServerState): number => seededRandom(`me/${server.instance}`).next();
  const subset = (catalog: Catalog): readonly string[] => namesOf(candidatesOf(catalog.matching({ function: 'work' }), rank).offers);

  test('holds at most 32 offers and all of 32', () => {
    expect(subset(catalogOf(...names))).toHaveLength(subsetMax);
    expect(subset(catalogOf(...names.slice(0, 32)))).toHaveLength(32);
  });

  test('changes by one when one of its servers goes', () => {
    const catalog = catalogOf(...names);
    const before = subset(catalog);
    catalog.remove(`i-${before[0]}`, 0);
    const after = subset(catalog);
    expect(after.filter((name) => !before.includes(name))).toHaveLength(1);
  });
});

describe('two choices', () => {
  test('with one candidate there is no choice, with none no offer', () => {
    const random = seededRandom('few');
    const catalog = catalogOf('a');
    expect(betterOfTwo(catalog.offersOf('work'), 0, random)?.server.name).toBe('a');
    expect(betterOfTwo([], 0, random)).toBeUndefined();
  });

  test('of two the one with fewer calls in flight is always taken', () => {
    const catalog = catalogOf('a', 'b');
    offerOf(catalog, 'a').inFlight = 1;
    const random = seededRandom('load');
    for (let draw = 0; draw < 100; draw += 1) expect(betterOfTwo(catalog.offersOf('work'), 0, random)?.server.name).toBe('b');
  });

  test('latencies within a factor of 2 count as equal, beyond it the slower is the exception (P3, P4)', () => {
    const share = (slowMs: number): number => {
      const catalog = catalogOf('a', 'b');
      const random = seededRandom(`ratio ${slowMs}`);
      const [a, b] = [offerOf(catalog, 'a'), offerOf(catalog, 'b')];
      for (let sample = 0; sample < 16; sample += 1) {
        noteAnswer(a, 10, 0);
        noteAnswer(b, slowMs, 0);
      }
      return Array.from({ length: 10_000 }, () => betterOfTwo([a, b], 0, random)).filter((offer) => offer === b).length / 10_000;
    };
    expect(share(19)).toBeCloseTo(1 / 2, 1);
    expect(share(21)).toBeCloseTo(1 / (1 + 2.1 ** 2), 1);
    expect(share(100)).toBeCloseTo(1 / (1 + 10 ** 2), 2);
  });

  test('the slower one is tried by one call at a time (P4)', () => {
    const catalog = catalogOf('a', 'b');
    const [a, b] = [offerOf(catalog, 'a'), offerOf(catalog, 'b')];
    for (let sample = 0; sample < 16; sample += 1) {
      noteAnswer(a, 10, 0);
      noteAnswer(b, 30, 0);
    }
    b.inFlight = 1;
    const random = seededRandom('one at a time');
    for (let draw = 0; draw < 200; draw += 1) expect(betterOfTwo([a, b], 0, random)).toBe(a);
  });

  test('ties fall evenly on all candidates (P3)', () => {
    const catalog = catalogOf('a', 'b', 'c', 'd', 'e');
    const counts = new Map<string, number>();
    const random = seededRandom('ties');
    for (let draw = 0; draw < 10_000; draw += 1) {
      const name = betterOfTwo(catalog.offersOf('work'), 0, random)?.server.name ?? '';
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    for (const count of counts.values()) expect(Math.abs(count - 2_000)).toBeLessThan(200);
    expect(counts.size).toBe(5);
  });
});

describe('whatever the state of servers and breakers', () => {
  const state = fc.record({
    status: fc.constantFrom<ServerStatus>('alive', 'suspect', 'unreachable', 'leaving', 'left', 'dead'),
    isOwnEvidence: fc.boolean(),
    isLinked: fc.boolean(),
    gate: fc.constantFrom<GateState>('closed', 'closed', 'open', 'ready', 'probing'),
  });

  test('nothing is a candidate that is leaving, left, buried or behind an open breaker, and nobody usable is left without one', () => {
    fc.assert(
      fc.property(fc.array(state, { minLength: 1, maxLength: 8 }), (states) => {
        const catalog = catalogOf(...states.map((_, at) => `s${at}`));
        for (const [at, { gate, ...standing }] of states.entries()) {
          catalog.setStanding(`i-s${at}`, standing);
          offerOf(catalog, `s${at}`).server.gate.state = gate;
        }
        const found = candidatesOf(catalog.matching({ function: 'work' }), noRank);
        for (const { server } of found.offers) expect([server.tier > 0, server.gate.state]).toEqual([true, 'closed']);
        for (const { server } of found.probes) expect([server.tier > 0, server.gate.state]).toEqual([true, 'ready']);
        const usable = catalog
          .offersOf('work')
          .filter(({ server }) => server.tier > 0 && (server.gate.state === 'closed' || server.gate.state === 'ready'));
        expect(found.offers.length + found.probes.length > 0).toBe(usable.length > 0);
      }),
    );
  });
});
