import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Catalog } from '../../../src/core/catalog/catalog.ts';
import { vanishedMs } from '../../../src/core/catalog/function-index.ts';
import type { Offer } from '../../../src/core/catalog/server-state.ts';
import { announcer, body, catalogOf, offerOf, record } from './fixtures.ts';

function serversOf(offers: readonly Offer[]): readonly string[] {
  return offers.map((offer) => offer.server.name).sort();
}

describe('announcing', () => {
  test('an offer carries the resources of its server and its function', () => {
    const catalog = new Catalog();
    catalog.setOffers(announcer('a', ['cpu', 'db']), body(record('work', { resources: ['gpu', 'db'] })), 0);
    expect([...offerOf(catalog, 'a').resources].sort()).toEqual(['cpu', 'db', 'gpu']);
  });

  test('what appeared and what was withdrawn is told', () => {
    const catalog = new Catalog();
    expect(catalog.setOffers(announcer('a'), body(record('f'), record('g')), 0).appeared.map((offer) => offer.record.name)).toEqual([
      'f',
      'g',
    ]);
    const change = catalog.setOffers(announcer('a'), body(record('g'), record('h')), 1);
    expect(change.appeared.map((offer) => offer.record.name)).toEqual(['h']);
    expect(change.withdrawn.map((offer) => offer.record.name)).toEqual(['f']);
    expect(catalog.has('f')).toBe(false);
    expect(serversOf(catalog.offersOf('g'))).toEqual(['a']);
  });

  test('an offer stays the same object while it is announced, with its new record (C1)', () => {
    const catalog = catalogOf('a');
    const offer = offerOf(catalog, 'a');
    offer.inFlight = 3;
    catalog.setOffers(announcer('a', ['gpu']), body(record('work', { effect: 'pure', resources: ['ssd'] })), 5);
    expect(offerOf(catalog, 'a')).toBe(offer);
    expect(offer).toMatchObject({ inFlight: 3, effect: 'pure', record: { effect: 'pure' } });
    expect([...offer.resources]).toEqual(['gpu', 'ssd']);
    expect(offer.server.resources).toEqual(['gpu']);
  });

  test('a restarted server is another one: its state starts clean (C3)', () => {
    const catalog = catalogOf('a');
    const old = offerOf(catalog, 'a');
    old.server.gate.state = 'open';
    catalog.setOffers({ ...announcer('a'), instance: 'i-a2' }, body(record('work')), 1);
    expect(catalog.remove('i-a', 2)).toEqual([old]);
    expect(catalog.offersOf('work').map((offer) => [offer.server.instance, offer.server.gate.state])).toEqual([['i-a2', 'closed']]);
  });

  test('a body that lists a name and version twice counts as one offer', () => {
    const catalog = new Catalog();
    const change = catalog.setOffers(announcer('a'), body(record('f', { effect: 'pure' }), record('f', { effect: 'once' })), 0);
    expect(change.appeared).toHaveLength(1);
    expect(catalog.list()).toHaveLength(1);
  });

  test('names that objects inherit are functions like any other', () => {
    const catalog = new Catalog();
    expect(catalog.has('constructor')).toBe(false);
    catalog.setOffers(announcer('toString'), body(record('constructor')), 0);
    expect(catalog.offersOf('constructor')).toHaveLength(1);
    expect(catalog.offersOf('hasOwnProperty')).toEqual([]);
  });

  test('a list that was handed out is a snapshot', () => {
    const catalog = catalogOf('a', 'b');
    const before = catalog.offersOf('work');
    catalog.remove('i-a', 0);
    expect(before).toHaveLength(2);
    expect(catalog.offersOf('work')).toHaveLength(1);
  });

  test('the index agrees with the announcements, whatever the order of changes', () => {
    const step = fc.record({
      server: fc.constantFrom('a', 'b', 'c'),
      functions: fc.option(fc.uniqueArray(fc.constantFrom('f', 'g', 'h')), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const catalog = new Catalog();
        const model = new Map<string, readonly string[]>();
        for (const { server, functions } of steps) {
          if (functions) {
            catalog.setOffers(announcer(server), body(...functions.map((name) => record(name))), 0);
            model.set(server, functions);
          } else {
            catalog.remove(`i-${server}`, 0);
            model.delete(server);
          }
        }
        for (const name of ['f', 'g', 'h']) {
          expect(serversOf(catalog.offersOf(name))).toEqual(
            [...model]
              .filter(([, functions]) => functions.includes(name))
              .map(([server]) => server)
              .sort(),
          );
        }
        expect(catalog.list()).toHaveLength([...model.values()].flat().length);
      }),
    );
  });
});

describe('revisions', () => {
  test('every change of offers raises both counters, a change of tier one, no change none (C2)', () => {
    const catalog = catalogOf('a');
    const counters = (): readonly number[] => [catalog.revision, catalog.offersRevision];
    const start = counters();
    catalog.setStanding('i-a', { status: 'alive', isOwnEvidence: false, isLinked: true });
    expect(counters()).toEqual(start);
    catalog.setStanding('i-a', { status: 'suspect', isOwnEvidence: true, isLinked: true });
    expect(counters()[0]).toBeGreaterThan(start[0] ?? 0);
    expect(counters()[1]).toBe(start[1]);
    const then = counters();
    catalog.touch();
    expect(counters()).toEqual([(then[0] ?? 0) + 1, then[1]]);
    catalog.remove('i-a', 0);
    expect(counters()[1]).toBeGreaterThan(then[1] ?? 0);
  });

  test('an instance that announces nothing has no standing and no offers', () => {
    const catalog = new Catalog();
    catalog.setStanding('i-a', { status: 'dead', isOwnEvidence: true, isLinked: false });
    expect(catalog.findServer('i-a')).toBeUndefined();
    expect(catalog.remove('i-a', 0)).toEqual([]);
    expect(catalog.revision).toBe(1);
  });
});

describe('standing', () => {
  test.each([
    ['alive', false, false, 1],
    ['suspect', false, false, 2],
    ['suspect', false, true, 1],
    ['suspect', true, true, 3],
    ['unreachable', true, false, 3],
    ['unreachable', false, false, 3],
    ['unreachable', false, true, 1],
    ['dead', false, false, 0],
    ['dead', false, true, 1],
    ['leaving', false, true, 0],
    ['left', false, true, 0],
  ] as const)('%s, own evidence %s, linked %s: tier %d', (status, isOwnEvidence, isLinked, tier) => {
    const catalog = catalogOf('a');
    catalog.setStanding('i-a', { status, isOwnEvidence, isLinked });
    expect(offerOf(catalog, 'a').server.tier).toBe(tier);
  });

  test('a member that comes and goes is last, whatever it is now; one that is gone stays out', () => {
    const catalog = catalogOf('a');
    catalog.setStanding('i-a', { status: 'alive', isOwnEvidence: false, isLinked: true, isFlapping: true });
    expect(offerOf(catalog, 'a').server.tier).toBe(3);
    catalog.setStanding('i-a', { status: 'left', isOwnEvidence: false, isLinked: true, isFlapping: true });
    expect(offerOf(catalog, 'a').server.tier).toBe(0);
  });
});

describe('the round trip of a link', () => {
  test('is kept from the last standing that knew one', () => {
    const catalog = catalogOf('a');
    catalog.setStanding('i-a', { status: 'alive', isOwnEvidence: false, isLinked: true, roundTripMs: 12 });
    catalog.setStanding('i-a', { status: 'alive', isOwnEvidence: false, isLinked: false });
    expect(offerOf(catalog, 'a').server.roundTripMs).toBe(12);
  });
});

describe('effects', () => {
  test('X4: after any announcements each offer has the strictest effect of its version, and conflicts are those of the new offers', () => {
    const effects = ['pure', 'idempotent', 'once'] as const;
    const functions = fc.uniqueArray(
      fc.record({ name: fc.constantFrom('f', 'g'), version: fc.constantFrom('1.0.0', '2.0.0'), effect: fc.constantFrom(...effects) }),
      { selector: ({ name, version }) => `${name}@${version}` },
    );
    const news = fc.array(fc.record({ server: fc.constantFrom('a', 'b', 'c'), functions, isGone: fc.boolean() }), { maxLength: 12 });
    fc.assert(
      fc.property(news, (all) => {
        const catalog = new Catalog();
        for (const { server, functions: announced, isGone } of all) {
          const records = announced.map(({ name, ...more }) => record(name, more));
          const change = isGone ? undefined : catalog.setOffers(announcer(server), body(...records), 0);
          if (isGone) catalog.remove(`i-${server}`, 0);
          const offers = ['f', 'g'].flatMap((name) => catalog.offersOf(name));
          const rivalsOf = ({ record: { name, version } }: Offer): readonly number[] =>
            offers
              .filter((other) => other.record.name === name && other.record.version === version)
              .map((other) => effects.indexOf(other.record.effect));
          for (const offer of offers) expect(offer.effect).toBe(effects[Math.max(...rivalsOf(offer))]);
          const disputed = (change?.appeared ?? []).filter((offer) => new Set(rivalsOf(offer)).size > 1);
          const told = (change?.conflicted ?? []).map((one) => `${one.function}@${one.version}`);
          expect(told.sort()).toEqual(disputed.map((offer) => `${offer.record.name}@${offer.record.version}`).sort());
        }
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  test('the strictest among the offers of a version counts, and a conflict is told once', () => {
    const catalog = new Catalog();
    expect(catalog.setOffers(announcer('a'), body(record('f', { effect: 'pure' })), 0).conflicted).toEqual([]);
    expect(catalog.setOffers(announcer('b'), body(record('f', { effect: 'idempotent' })), 0).conflicted).toEqual([
      { function: 'f', version: '1.0.0' },
    ]);
    expect(catalog.setOffers(announcer('b'), body(record('f', { effect: 'idempotent' })), 0).conflicted).toEqual([]);
    expect(catalog.offersOf('f').map((offer) => offer.effect)).toEqual(['idempotent', 'idempotent']);
    catalog.setOffers(announcer('c'), body(record('f', { effect: 'once' })), 0);
    expect(new Set(catalog.offersOf('f').map((offer) => offer.effect))).toEqual(new Set(['once']));
    catalog.remove('i-c', 0);
    catalog.remove('i-b', 0);
    expect(catalog.offersOf('f').map((offer) => offer.effect)).toEqual(['pure']);
  });

  test('another version has an effect of its own', () => {
    const catalog = new Catalog();
    catalog.setOffers(announcer('a'), body(record('f', { effect: 'pure' }), record('f', { version: '2.0.0' })), 0);
    expect(offerOf(catalog, 'a', 'f').effect).toBe('pure');
  });
});

describe('vanished functions', () => {
  test('one that lost its last offer is remembered for five seconds', () => {
    const catalog = catalogOf('a', 'b');
    catalog.remove('i-a', 1_000);
    expect(catalog.hasJustVanished('work', 1_000)).toBe(false);
    catalog.remove('i-b', 2_000);
    expect(catalog.hasJustVanished('work', 2_000 + vanishedMs)).toBe(true);
    expect(catalog.hasJustVanished('work', 2_001 + vanishedMs)).toBe(false);
    expect(catalog.hasJustVanished('never', 2_000)).toBe(false);
    catalog.setOffers(announcer('a'), body(record('work')), 3_000);
    expect(catalog.hasJustVanished('work', 3_000)).toBe(false);
  });

  test('at most a thousand are remembered, the latest', () => {
    const catalog = new Catalog();
    const names = Array.from({ length: 1_001 }, (_, at) => `f${at}`);
    catalog.setOffers(announcer('a'), body(...names.map((name) => record(name))), 0);
    catalog.remove('i-a', 0);
    expect(names.filter((name) => catalog.hasJustVanished(name, 0))).toHaveLength(1_000);
    expect(catalog.hasJustVanished('f1000', 0)).toBe(true);
  });
});

describe('asking', () => {
  test('matching offers come by version, the highest first', () => {
    const catalog = new Catalog();
    catalog.setOffers(announcer('a'), body(record('f'), record('f', { version: '1.10.0' })), 0);
    catalog.setOffers(announcer('b', ['gpu']), body(record('f', { version: '1.9.0' }), record('f')), 0);
    const versions = (query: Omit<Parameters<Catalog['matching']>[0], 'function'>): readonly (readonly string[])[] =>
      catalog
        .matching({ function: 'f', ...query })
        .groups.map((group) => group.map((offer) => `${offer.record.version} ${offer.server.name}`));
    expect(versions({})).toEqual([['1.10.0 a'], ['1.9.0 b'], ['1.0.0 a', '1.0.0 b']]);
    expect(versions({ version: '~1.9' })).toEqual([['1.9.0 b']]);
    expect(versions({ need: ['gpu'], version: '1.0.0' })).toEqual([['1.0.0 b']]);
    expect(versions({ target: 'a', version: '<1.5' })).toEqual([['1.0.0 a']]);
    expect(versions({ need: ['tpu'] })).toEqual([]);
  });

  test('each refusal says what it is about', () => {
    const catalog = new Catalog();
    catalog.setOffers(announcer('a', ['gpu']), body(record('f')), 0);
    const offer = offerOf(catalog, 'a', 'f');
    const why = (query: Omit<Parameters<Catalog['matching']>[0], 'function'>): string | undefined =>
      catalog.mismatchTest({ function: 'f', ...query })(offer);
    expect(why({})).toBeUndefined();
    expect(why({ target: 'b' })).toBe('is not the target b');
    expect(why({ version: '^2' })).toBe('version 1.0.0 is not in ^2');
    expect(why({ need: ['tpu'] })).toBe('lacks tpu (has gpu)');
    expect(catalog.wantedText({ function: 'f', version: '^2', need: ['tpu'], target: 'b' })).toBe('version ^2, tpu, on b');
    expect(catalog.wantedText({ function: 'f' })).toBe('a call');
  });

  test('a refusal names eight resources and counts the others', () => {
    const catalog = new Catalog();
    catalog.setOffers(
      announcer(
        'a',
        Array.from({ length: 10 }, (_, at) => `r${at}`),
      ),
      body(record('f'), record('g')),
      0,
    );
    catalog.setOffers(announcer('b'), body(record('f')), 0);
    const why = catalog.mismatchTest({ function: 'f', need: ['gpu'] });
    expect(why(offerOf(catalog, 'a', 'f'))).toBe('lacks gpu (has r0, r1, r2, r3, r4, r5, r6, r7 and 2 more)');
    expect(why(offerOf(catalog, 'b', 'f'))).toBe('lacks gpu (has no resources)');
  });

  test('the list is sorted by function, version and server', () => {
    const catalog = new Catalog();
    catalog.setOffers(announcer('b'), body(record('g'), record('f')), 0);
    catalog.setOffers(announcer('a'), body(record('f')), 0);
    expect(catalog.list().map((offer) => `${offer.record.name} ${offer.server.name}`)).toEqual(['f a', 'f b', 'g b']);
  });

  test('a misspelt function finds its nearest names', () => {
    const catalog = new Catalog();
    catalog.setOffers(announcer('a'), body(record('image.resize'), record('rows.scan')), 0);
    expect(catalog.nearest('image.rezise')).toEqual(['image.resize']);
    expect(catalog.nearest('qqq')).toEqual([]);
  });
});
