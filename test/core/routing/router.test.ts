import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import { Catalog } from '../../../src/core/catalog/catalog.ts';
import type { OfferQuery } from '../../../src/core/catalog/match.ts';
import type { Moment, Tried } from '../../../src/core/routing/explain.ts';
import { Router } from '../../../src/core/routing/router.ts';
import { announcer, body, catalogOf, offerOf, record } from '../catalog/fixtures.ts';

const noon: Moment = { nowMs: 1_000, wallMs: Date.UTC(2026, 0, 1, 12, 0, 0) };
const work: OfferQuery = { function: 'work' };

function routerOf(catalog: Catalog, seed = 'router'): Router {
  return new Router({ catalog, random: seededRandom(seed) });
}

function picks(router: Router, query: OfferQuery, tried?: Tried): readonly string[] {
  const found = new Set<string>();
  for (let draw = 0; draw < 50; draw += 1) found.add(router.pick(query, tried, 0)?.server.name ?? 'nobody');
  return [...found].sort();
}

/** B {cpu} and C {gpu} offer the same function, as in case 8. */
function cpuAndGpu(): Catalog {
  const catalog = new Catalog();
  catalog.setOffers(announcer('B', ['cpu']), body(record('work')), 0);
  catalog.setOffers(announcer('C', ['gpu']), body(record('work')), 0);
  return catalog;
}

describe('picking', () => {
  test('needs decide, and nothing relaxes them (case 8)', () => {
    const catalog = cpuAndGpu();
    const router = routerOf(catalog);
    expect(picks(router, { ...work, need: ['gpu'] })).toEqual(['C']);
    expect(picks(router, { ...work, need: { any: ['cpu', 'tpu'] } })).toEqual(['B']);
    expect(picks(router, { ...work, need: { none: ['cpu', 'gpu'] } })).toEqual(['nobody']);
    catalog.setStanding('i-C', { status: 'unreachable', isOwnEvidence: true, isLinked: false });
    expect(picks(router, { ...work, need: ['gpu'] })).toEqual(['C']);
  });

  test('the highest version in range is taken (case 13)', () => {
    const catalog = catalogOf('a');
    catalog.setOffers(announcer('b'), body(record('work', { version: '1.2.0' })), 0);
    const router = routerOf(catalog);
    expect(picks(router, { ...work, version: '>=1.1' })).toEqual(['b']);
    expect(picks(router, work)).toEqual(['b']);
    expect(picks(router, { ...work, version: '1.0.0' })).toEqual(['a']);
  });

  test('a target is the only one', () => {
    const router = routerOf(catalogOf('a', 'b'));
    expect(picks(router, { ...work, target: 'b' })).toEqual(['b']);
    expect(picks(router, { ...work, target: 'a' })).toEqual(['a']);
    expect(picks(router, work)).toEqual(['a', 'b']);
  });

  test('what was tried is not picked again, however good', () => {
    const router = routerOf(catalogOf('a', 'b', 'c'));
    expect(picks(router, work, new Map([['i-a', 'unreachable']]))).toEqual(['b', 'c']);
    expect(
      picks(
        router,
        work,
        new Map([
          ['i-a', 'unreachable'],
          ['i-b', 'draining'],
          ['i-c', 'overloaded'],
        ]),
      ),
    ).toEqual(['nobody']);
  });

  test('after the highest version was tried, the next one in range is taken', () => {
    const catalog = catalogOf('a');
    catalog.setOffers(announcer('b'), body(record('work', { version: '1.2.0' })), 0);
    expect(picks(routerOf(catalog), work, new Map([['i-b', 'unreachable']]))).toEqual(['a']);
  });

  test('every change of the catalog is seen by the next pick (R1)', () => {
    const catalog = catalogOf('a');
    const router = routerOf(catalog);
    expect(picks(router, work)).toEqual(['a']);
    catalog.setOffers(announcer('b'), body(record('work')), 0);
    expect(picks(router, work)).toEqual(['a', 'b']);
    catalog.setStanding('i-a', { status: 'leaving', isOwnEvidence: false, isLinked: true });
    expect(picks(router, work)).toEqual(['b']);
    offerOf(catalog, 'b').server.gate.state = 'open';
    catalog.touch();
    expect(picks(router, work)).toEqual(['nobody']);
    catalog.remove('i-a', 0);
    catalog.remove('i-b', 0);
    expect(picks(router, work)).toEqual(['nobody']);
    catalog.setOffers(announcer('c'), body(record('work')), 0);
    expect(picks(router, work)).toEqual(['c']);
  });

  test('more shapes and functions than are kept change nothing but the work (R3)', () => {
    const router = routerOf(catalogOf('a'));
    for (let shape = 0; shape < 200; shape += 1)
      expect(router.pick({ ...work, need: { none: [`r${shape}`] } }, undefined, 0)?.server.name).toBe('a');
    for (let shape = 0; shape < 200; shape += 1) expect(router.pick({ ...work, need: [`r${shape}`] }, undefined, 0)).toBeUndefined();
  });

  test('lists are kept for 64 shapes of a function, and for 10,000 functions (R3)', () => {
    const names = Array.from({ length: 10_001 }, (_, at) => `f${at}`);
    const catalog = new Catalog();
    catalog.setOffers(announcer('a'), body(...names.map((name) => record(name))), 0);
    const router = routerOf(catalog);
    const made = vi.spyOn(catalog, 'matching');
    const madeFor = (queries: readonly OfferQuery[]): number => {
      made.mockClear();
      for (const query of queries) router.pick(query, undefined, 0);
      return made.mock.calls.length;
    };
    const shapes = Array.from({ length: 65 }, (_, at) => ({ function: 'f0', need: { none: [`r${at}`] } }));
    expect([madeFor(shapes.slice(0, 64)), madeFor(shapes.slice(0, 64))]).toEqual([64, 0]);
    expect([madeFor(shapes.slice(64)), madeFor(shapes.slice(0, 1))]).toEqual([1, 1]);
    const functions = names.map((name) => ({ function: name, need: { none: ['x'] } }));
    expect([madeFor(functions.slice(0, 10_000)), madeFor(functions.slice(1, 10_000))]).toEqual([10_000, 0]);
    expect([madeFor(functions.slice(10_000)), madeFor(functions.slice(1, 2))]).toEqual([1, 1]);
  });

  test('what asks for one server, or for all, takes none while a breaker grants its probe (P2)', () => {
    const catalog = catalogOf('a', 'b');
    const router = routerOf(catalog);
    expect(router.candidateAt(work, 'i-b', 0)).toEqual({ offer: offerOf(catalog, 'b'), isOnly: false });
    expect(router.candidates(work, 0)).toHaveLength(2);
    offerOf(catalog, 'a').gate.state = 'ready';
    catalog.touch();
    expect([router.candidateAt(work, 'i-b', 0), router.candidates(work, 0)]).toEqual([undefined, []]);
  });

  test('a hundred processes do not all keep to the same subset', () => {
    const catalog = catalogOf(...Array.from({ length: 64 }, (_, at) => `s${at}`));
    const seen = new Set<string>();
    for (let process = 0; process < 100; process += 1)
      seen.add(routerOf(catalog, `p${process}`).pick(work, undefined, 0)?.server.name ?? '');
    expect(seen.size).toBeGreaterThan(40);
  });

  test('the same seed makes the same choices', () => {
    const choices = (): readonly string[] => {
      const router = routerOf(catalogOf('a', 'b', 'c'), 'same');
      return Array.from({ length: 100 }, () => router.pick(work, undefined, 0)?.server.name ?? '');
    };
    expect(choices()).toEqual(choices());
  });

  test('a picked offer always fulfils the query', () => {
    const tags = fc.uniqueArray(fc.constantFrom('cpu', 'gpu', 'db'));
    const servers = fc.array(fc.record({ tags, version: fc.constantFrom('1.0.0', '1.1.0', '2.0.0') }), { maxLength: 6 });
    const query = fc.record({
      need: fc.record({ all: tags, none: tags, prefer: tags }),
      version: fc.constantFrom(undefined, '^1', '>=2', '1.0.0'),
    });
    fc.assert(
      fc.property(servers, query, (given, wanted) => {
        const catalog = new Catalog();
        for (const [at, server] of given.entries())
          catalog.setOffers(announcer(`s${at}`, server.tags), body(record('work', { version: server.version })), 0);
        const asked = { ...work, ...wanted };
        const offer = routerOf(catalog).pick(asked, undefined, 0);
        const mismatch = catalog.mismatchTest(asked);
        if (offer) expect(mismatch(offer)).toBeUndefined();
        else expect(catalog.offersOf('work').filter((other) => mismatch(other) === undefined)).toEqual([]);
      }),
    );
  });
});

describe('accounting', () => {
  test('what is started and ended is balanced, at the offer and at the server', () => {
    const catalog = catalogOf('a');
    const router = routerOf(catalog);
    const offer = offerOf(catalog, 'a');
    for (let attempt = 0; attempt < 4; attempt += 1) router.started(offer);
    expect([offer.inFlight, offer.server.inFlight]).toEqual([4, 4]);
    router.succeeded(offer, 1, 1);
    router.failed(offer, 1, 1);
    router.shed(offer, 1);
    router.released(offer);
    expect([offer.inFlight, offer.server.inFlight]).toEqual([0, 0]);
  });

  test('one failed attempt turns sequential calls to the other server', () => {
    const catalog = catalogOf('a', 'b');
    const router = routerOf(catalog);
    router.started(offerOf(catalog, 'a'));
    router.failed(offerOf(catalog, 'a'), 2, 0);
    expect(picks(router, work)).toEqual(['b']);
  });

  test('an overloaded answer turns calls to the other server for some seconds', () => {
    const catalog = catalogOf('a', 'b');
    const router = routerOf(catalog);
    router.started(offerOf(catalog, 'a'));
    router.shed(offerOf(catalog, 'a'), 0);
    expect(picks(router, work)).toEqual(['b']);
    const later = new Set(Array.from({ length: 50 }, () => router.pick(work, undefined, 5_000)?.server.name));
    expect(later.size).toBe(2);
  });
});

describe('refusing', () => {
  function refusalOf(catalog: Catalog, query: OfferQuery, tried?: Tried): { readonly code: string; readonly message: string } {
    return routerOf(catalog).refusal(query, tried, noon);
  }

  test('an unknown function is named with its nearest', () => {
    expect(refusalOf(catalogOf('a'), { function: 'wrok' })).toMatchObject({
      code: 'no_such_function',
      executed: 'no',
      detail: { function: 'wrok', nearest: ['work'] },
    });
  });

  test('a need that nobody fulfils lists what exists (case 8)', () => {
    const error = refusalOf(cpuAndGpu(), { ...work, need: ['tpu'] });
    expect(error.code).toBe('no_matching_offer');
    expect(error.message).toBe('no offer of "work" matches tpu; there are: B: lacks tpu (has cpu); C: lacks tpu (has gpu)');
  });

  test('a version that nobody offers names those that exist (case 13)', () => {
    const catalog = catalogOf('a');
    catalog.setOffers(announcer('b'), body(record('work', { version: '1.2.0' })), 0);
    const error = refusalOf(catalog, { ...work, version: '^2' });
    expect(error.code).toBe('no_matching_offer');
    expect(error.message).toContain('version 1.0.0 is not in ^2');
    expect(error.message).toContain('version 1.2.0 is not in ^2');
  });

  test('a refused route names the reason of every offer, with the time of day of a breaker', () => {
    const catalog = cpuAndGpu();
    for (const name of ['D', 'E', 'F']) catalog.setOffers(announcer(name, ['gpu']), body(record('work')), 0);
    Object.assign(offerOf(catalog, 'C').server.gate, { state: 'open', untilMs: noon.nowMs + 3_000 });
    Object.assign(offerOf(catalog, 'D').gate, { state: 'open', untilMs: noon.nowMs + 2_000 });
    catalog.setStanding('i-E', { status: 'leaving', isOwnEvidence: false, isLinked: true });
    const query = { ...work, need: ['gpu'] };
    const tried = new Map([['i-F', 'draining']] as const);
    expect(routerOf(catalog).pick(query, tried, noon.nowMs)).toBeUndefined();
    expect(routerOf(catalog).refusal(query, tried, noon)).toMatchObject({
      code: 'no_route',
      detail: {
        offers: [
          { server: 'B', why: 'lacks gpu (has cpu)' },
          { server: 'C', why: 'breaker open until 12:00:03Z' },
          { server: 'D', why: 'breaker of the function open until 12:00:02Z' },
          { server: 'E', why: 'is leaving' },
          { server: 'F', why: 'tried already: draining' },
        ],
      },
    });
    expect(routerOf(catalog).explain(query, tried, noon).retryAtMs).toBe(noon.nowMs + 2_000);
  });

  test('a long list is cut and says so', () => {
    const catalog = catalogOf(...Array.from({ length: 500 }, (_, at) => `s${at}`));
    const error = refusalOf(catalog, { ...work, need: ['gpu'] });
    expect(error.message).toContain('480 more: not listed');
    expect(error.message.length).toBeLessThan(2_000);
  });
});

describe('explaining', () => {
  test('says of each offer whether it may be picked, and why not', () => {
    const catalog = catalogOf('a', 'b');
    catalog.setOffers(announcer('c'), body(record('work', { version: '0.9.0' })), 0);
    const { verdicts, retryAtMs } = routerOf(catalog).explain(work, undefined, noon);
    expect(retryAtMs).toBeUndefined();
    expect(verdicts.map(({ offer, isCandidate }) => [offer.server.name, isCandidate])).toEqual([
      ['a', true],
      ['b', true],
      ['c', false],
    ]);
    expect(verdicts[0]?.why).toBe('candidate: 1.5 ms, 0 in flight');
    expect(verdicts[2]?.why).toContain('others come first');
  });

  test('agrees with what is picked', () => {
    const catalog = cpuAndGpu();
    const router = routerOf(catalog);
    const candidates = router.explain({ ...work, need: ['gpu'] }, undefined, noon).verdicts.filter(({ isCandidate }) => isCandidate);
    expect(candidates.map(({ offer }) => offer.server.name)).toEqual(picks(router, { ...work, need: ['gpu'] }));
  });
});

describe('breakers before every offer', () => {
  test('open until the first of them grants its probe; one offer without an open one is a way', () => {
    const catalog = catalogOf('a', 'b', 'gone');
    const router = routerOf(catalog);
    catalog.setStanding('i-gone', { status: 'left', isOwnEvidence: false, isLinked: false });
    Object.assign(offerOf(catalog, 'a').server.gate, { state: 'open', untilMs: 3_000 });
    expect(router.breakersOpenUntilMs(work)).toBe(undefined);
    Object.assign(offerOf(catalog, 'b').server.gate, { state: 'open', untilMs: 1_000 });
    expect(router.breakersOpenUntilMs(work)).toBe(1_000);
    // Both breakers before b must let it through.
    Object.assign(offerOf(catalog, 'b').gate, { state: 'open', untilMs: 2_000 });
    expect(router.breakersOpenUntilMs(work)).toBe(2_000);
    expect(router.breakersOpenUntilMs({ ...work, target: 'a' })).toBe(3_000);
    expect(router.breakersOpenUntilMs({ function: 'unknown' })).toBe(undefined);
  });
});
