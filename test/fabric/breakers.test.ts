import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import type { Catalog } from '../../src/core/catalog/catalog.ts';
import type { GateState, Offer } from '../../src/core/catalog/server-state.ts';
import { Router } from '../../src/core/routing/router.ts';
import type { ErrorCode } from '../../src/errors.ts';
import type { Permit } from '../../src/fabric/call/breaker.ts';
import { Breakers } from '../../src/fabric/call/breakers.ts';
import { Observer } from '../../src/observe/observer.ts';
import { announcer, body, catalogOf, offerOf, record } from '../core/catalog/fixtures.ts';

/** Longest that a breaker stays open the first time: 0.5 s and the jitter. */
const firstOpenMsMax = 625;

interface Scene {
  readonly catalog: Catalog;
  readonly clock: VirtualClock;
  readonly breakers: Breakers;
  readonly offer: Offer;
  readonly heard: string[];
  /** One attempt that ends at once; undefined: well. Says whether it was admitted. */
  attempt(code?: ErrorCode, elapsedMs?: number): boolean;
}

function scene(seed = 'breakers'): Scene {
  const catalog = catalogOf('a', 'b');
  const clock = new VirtualClock();
  const observer = new Observer();
  const breakers = new Breakers({ catalog, clock, random: seededRandom(seed), observer });
  const offer = offerOf(catalog, 'a');
  const heard: string[] = [];
  observer.onAll((event) => heard.push(event.kind));
  const attempt = (code?: ErrorCode, elapsedMs = 0): boolean => {
    const permit = breakers.admit(offer);
    if (permit === 0) return false;
    if (code === undefined) breakers.succeeded(offer, permit);
    else breakers.failed(offer, permit, { code, elapsedMs });
    return true;
  };
  return { catalog, clock, breakers, offer, heard, attempt };
}

function repeat(times: number, task: () => unknown): void {
  for (let time = 0; time < times; time += 1) task();
}

/** A scene in which the breaker of server `a` is open. */
function brokenScene(seed?: string): Scene {
  const made = scene(seed);
  repeat(5, () => made.attempt('unreachable'));
  return made;
}

function states({ offer }: Scene): readonly GateState[] {
  return [offer.server.gate.state, offer.gate.state];
}

describe('the breaker of a server', () => {
  test('opens at the fifth failed connection in a row', () => {
    const s = scene();
    repeat(4, () => s.attempt('unreachable'));
    expect(states(s)).toEqual(['closed', 'closed']);
    s.attempt('connection_lost');
    expect(states(s)).toEqual(['open', 'closed']);
    expect(s.attempt()).toBe(false);
  });

  test('counts from the start again after an answer, also after one that is an error', () => {
    for (const code of [undefined, 'function_failed', 'overloaded', 'draining'] as const) {
      const s = scene();
      repeat(4, () => s.attempt('unreachable'));
      s.attempt(code);
      repeat(4, () => s.attempt('unreachable'));
      expect(states(s)).toEqual(['closed', 'closed']);
    }
  });

  test('says nothing about other servers', () => {
    const s = brokenScene();
    expect(s.breakers.admit(offerOf(s.catalog, 'b'))).toBeGreaterThan(0);
  });

  test('counts a lost link once, however many calls it takes with it (B5)', () => {
    const s = scene();
    const permits = Array.from({ length: 64 }, () => s.breakers.admit(s.offer));
    for (const permit of permits) s.breakers.failed(s.offer, permit, { code: 'connection_lost', elapsedMs: 1 });
    expect(states(s)).toEqual(['closed', 'closed']);
    repeat(3, () => s.attempt('unreachable'));
    expect(states(s)).toEqual(['closed', 'closed']);
    s.attempt('unreachable');
    expect(states(s)).toEqual(['open', 'closed']);
  });

  test('lets exactly one attempt through after half a second, and closes when it succeeds (B1)', () => {
    const s = brokenScene();
    s.clock.advance(499);
    expect(s.attempt()).toBe(false);
    s.clock.advance(firstOpenMsMax - 499);
    expect(states(s)).toEqual(['ready', 'closed']);
    const probe = s.breakers.admit(s.offer);
    expect(probe).toBeGreaterThan(0);
    expect([s.breakers.admit(s.offer), ...states(s)]).toEqual([0, 'probing', 'closed']);
    s.breakers.succeeded(s.offer, probe);
    expect(states(s)).toEqual(['closed', 'closed']);
    expect(s.attempt()).toBe(true);
  });

  test('stays open for twice as long after each failed probe, up to 30 s, and starts anew once it has closed', () => {
    const s = brokenScene();
    const openFor = (): number => s.offer.server.gate.untilMs - s.clock.nowMs();
    for (const baseMs of [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
      expect(openFor()).toBeGreaterThanOrEqual(baseMs);
      expect(openFor()).toBeLessThanOrEqual(Math.min(30_000, baseMs * 1.25));
      s.clock.advance(openFor());
      expect(s.attempt('unreachable')).toBe(true);
    }
    s.clock.advance(openFor());
    expect(s.attempt()).toBe(true);
    repeat(5, () => s.attempt('unreachable'));
    expect(openFor()).toBeLessThanOrEqual(firstOpenMsMax);
  });

  test('opens again when its probe gives no verdict for two seconds; a late success closes it all the same (B2)', () => {
    const s = brokenScene();
    s.clock.advance(firstOpenMsMax);
    const probe = s.breakers.admit(s.offer);
    s.clock.advance(1_999);
    expect(states(s)[0]).toBe('probing');
    s.clock.advance(1);
    expect(states(s)[0]).toBe('open');
    s.breakers.succeeded(s.offer, probe);
    expect(states(s)[0]).toBe('closed');
    s.clock.advance(60_000);
    expect(states(s)[0]).toBe('closed');
  });

  test('a late failure of an overdue probe changes nothing', () => {
    const s = brokenScene();
    s.clock.advance(firstOpenMsMax);
    const probe = s.breakers.admit(s.offer);
    s.clock.advance(2_000);
    const { untilMs } = s.offer.server.gate;
    s.breakers.failed(s.offer, probe, { code: 'unreachable', elapsedMs: 2_000 });
    expect([states(s)[0], s.offer.server.gate.untilMs]).toEqual(['open', untilMs]);
  });

  test('a probe that was given up leaves its place to another', () => {
    const s = brokenScene();
    s.clock.advance(firstOpenMsMax);
    s.breakers.abandoned(s.offer, s.breakers.admit(s.offer));
    expect(states(s)[0]).toBe('ready');
    s.breakers.failed(s.offer, s.breakers.admit(s.offer), { code: 'cancelled', elapsedMs: 1 });
    expect(states(s)[0]).toBe('ready');
    expect(s.attempt()).toBe(true);
    expect(states(s)[0]).toBe('closed');
  });

  test('an outcome of an attempt from before the break is dropped (B3)', () => {
    const s = scene();
    const old = s.breakers.admit(s.offer);
    repeat(5, () => s.attempt('unreachable'));
    s.breakers.succeeded(s.offer, old);
    expect(states(s)[0]).toBe('open');
    s.clock.advance(firstOpenMsMax);
    const probe = s.breakers.admit(s.offer);
    s.breakers.failed(s.offer, old, { code: 'connection_lost', elapsedMs: 1 });
    expect(states(s)[0]).toBe('probing');
    s.breakers.succeeded(s.offer, probe);
    repeat(10, () => s.breakers.failed(s.offer, old, { code: 'connection_lost', elapsedMs: 1 }));
    expect(states(s)[0]).toBe('closed');
  });

  test('an answer that was asked for before a connection was lost says nothing of the next ones (B3)', () => {
    const s = scene();
    const old = s.breakers.admit(s.offer);
    repeat(4, () => s.attempt('unreachable'));
    s.breakers.succeeded(s.offer, old);
    s.attempt('unreachable');
    expect(states(s)).toEqual(['open', 'closed']);
  });

  test('grants its probe at once when a link to the server is open again', () => {
    const s = brokenScene();
    s.breakers.linkOpened(s.offer.server);
    expect(states(s)[0]).toBe('ready');
    expect(s.attempt()).toBe(true);
    expect(states(s)[0]).toBe('closed');
    s.breakers.linkOpened(s.offer.server);
    expect(states(s)[0]).toBe('closed');
  });

  test('is not there for a restarted server', () => {
    const s = brokenScene();
    s.catalog.setOffers({ ...announcer('a'), instance: 'i-a2' }, body(record('work')), 0);
    const fresh = s.catalog.findOffer('i-a2', 'work', '1.0.0');
    expect(fresh && s.breakers.admit(fresh)).toBeGreaterThan(0);
  });
});

describe('the breaker of a function', () => {
  test('opens when more than half of at least ten calls ran out of a fair time', () => {
    const s = scene();
    s.attempt('deadline_exceeded', 1_000);
    repeat(4, () => s.attempt());
    repeat(4, () => s.attempt('deadline_exceeded', 1_000));
    expect(states(s)).toEqual(['closed', 'closed']);
    s.attempt('deadline_exceeded', 1_000);
    expect(states(s)).toEqual(['closed', 'open']);
    s.clock.advance(firstOpenMsMax);
    expect(s.attempt()).toBe(true);
    expect(states(s)).toEqual(['closed', 'closed']);
  });

  test('does not count a deadline that left no fair time (B6)', () => {
    const s = scene();
    repeat(50, () => s.attempt('deadline_exceeded', 999));
    expect(states(s)).toEqual(['closed', 'closed']);
    s.offer.stats.p95Ms = 2_000;
    repeat(50, () => s.attempt('deadline_exceeded', 3_999));
    expect(states(s)).toEqual(['closed', 'closed']);
    repeat(10, () => s.attempt('deadline_exceeded', 4_000));
    expect(states(s)).toEqual(['closed', 'open']);
  });

  test("takes the function's own limit for a fair time", () => {
    const s = scene();
    s.offer.record = record('work', { timeoutMs: 50 });
    repeat(50, () => s.attempt('deadline_exceeded', 37));
    expect(states(s)).toEqual(['closed', 'closed']);
    repeat(50, () => s.attempt('deadline_exceeded', 38));
    expect(states(s)).toEqual(['closed', 'open']);
  });

  test('counts what ran into the limit of a function that usually takes more than half of it', () => {
    const s = scene();
    s.offer.record = record('work', { timeoutMs: 1_500 });
    s.offer.stats.p95Ms = 900;
    repeat(10, () => s.attempt('deadline_exceeded', 1_480));
    expect(states(s)).toEqual(['closed', 'open']);
  });

  test('counts neither what a handler throws nor what the server refuses', () => {
    const s = scene();
    for (const code of ['function_failed', 'bad_result', 'overloaded', 'not_offered_here', 'cancelled'] as const)
      repeat(30, () => s.attempt(code, 5_000));
    expect(states(s)).toEqual(['closed', 'closed']);
    expect(s.breakers.describe()).toEqual([]);
  });

  test('is not closed by a probe that the server refused to run', () => {
    for (const code of ['overloaded', 'draining', 'not_offered_here'] as const) {
      const s = scene();
      repeat(10, () => s.attempt('deadline_exceeded', 1_000));
      s.clock.advance(firstOpenMsMax);
      s.attempt(code);
      expect(states(s)).toEqual(['closed', 'ready']);
    }
  });

  test('forgets failures that a hundred calls have followed', () => {
    const s = scene();
    repeat(9, () => s.attempt('deadline_exceeded', 1_000));
    repeat(100, () => s.attempt());
    repeat(49, () => s.attempt('deadline_exceeded', 1_000));
    expect(states(s)).toEqual(['closed', 'closed']);
    repeat(3, () => s.attempt('deadline_exceeded', 1_000));
    expect(states(s)).toEqual(['closed', 'open']);
  });

  test('leaves other functions of the server alone', () => {
    const s = scene();
    s.catalog.setOffers(announcer('a'), body(record('work'), record('other')), 0);
    repeat(10, () => s.attempt('deadline_exceeded', 1_000));
    expect(s.breakers.admit(offerOf(s.catalog, 'a', 'other'))).toBeGreaterThan(0);
    expect(s.breakers.admit(s.offer)).toBe(0);
  });

  test('shares a probe with the breaker of its server; a failed connection leaves the function its own', () => {
    const s = scene();
    repeat(10, () => s.attempt('deadline_exceeded', 1_000));
    s.offer.gate.state = 'closed';
    repeat(5, () => s.attempt('unreachable'));
    s.offer.gate.state = 'open';
    s.clock.advance(firstOpenMsMax);
    expect(states(s)).toEqual(['ready', 'ready']);
    const probe = s.breakers.admit(s.offer);
    expect(states(s)).toEqual(['probing', 'probing']);
    s.breakers.failed(s.offer, probe, { code: 'unreachable', elapsedMs: 1 });
    expect(states(s)).toEqual(['open', 'ready']);
  });
});

describe('what others see', () => {
  test('every change is an event, and touches the catalog', () => {
    const s = brokenScene();
    const { revision } = s.catalog;
    expect(s.heard).toEqual(['breaker.opened']);
    expect(s.breakers.describe()).toEqual([{ server: 'a', function: undefined, state: 'open', untilMs: s.offer.server.gate.untilMs }]);
    s.clock.advance(firstOpenMsMax);
    s.attempt();
    expect(s.heard).toEqual(['breaker.opened', 'breaker.halfOpened', 'breaker.closed']);
    expect(s.catalog.revision).toBeGreaterThan(revision);
    expect(s.breakers.describe()).toEqual([]);
  });

  test('a breaker whose server is gone is no longer described', () => {
    const s = brokenScene();
    s.catalog.remove('i-a', 0);
    expect(s.breakers.describe()).toEqual([]);
    expect(s.clock.nextMs()).toBe(Number.POSITIVE_INFINITY);
  });

  test('after close no timer is left', () => {
    const s = brokenScene();
    expect(s.clock.nextMs()).toBeLessThan(Number.POSITIVE_INFINITY);
    s.breakers.close();
    expect(s.clock.nextMs()).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('with the router', () => {
  test('an open breaker is avoided, its probe is the next call, and after it the server gets its share again', () => {
    const s = scene();
    const router = new Router({ catalog: s.catalog, random: seededRandom('with') });
    const isUp = { value: false };
    const call = (): string => {
      const offer = router.pick({ function: 'work' }, undefined, s.clock.nowMs());
      if (!offer) return 'nobody';
      const permit = s.breakers.admit(offer);
      expect(permit).toBeGreaterThan(0);
      router.started(offer);
      s.clock.advance(1);
      if (offer.server.name === 'a' && !isUp.value) {
        s.breakers.failed(offer, permit, { code: 'unreachable', elapsedMs: 1 });
        router.failed(offer, 1, s.clock.nowMs());
        return 'failed';
      }
      s.breakers.succeeded(offer, permit);
      router.succeeded(offer, 1, s.clock.nowMs());
      return offer.server.name;
    };
    const calls = (times: number): readonly string[] => Array.from({ length: times }, call);
    repeat(5, () => s.breakers.failed(s.offer, s.breakers.admit(s.offer), { code: 'unreachable', elapsedMs: 1 }));
    expect(new Set(calls(400))).toEqual(new Set(['b']));
    expect(calls(400).filter((name) => name === 'failed')).toHaveLength(1);
    isUp.value = true;
    calls(1_500);
    const share = calls(1_000).filter((name) => name === 'a').length;
    expect(share).toBeGreaterThan(400);
    expect(share).toBeLessThan(600);
  });

  test('opens for a function that never answers, and knows no limit but those of its callers (B6)', () => {
    const s = scene();
    const router = new Router({ catalog: s.catalog, random: seededRandom('never') });
    repeat(10, () => {
      expect(states(s)).toEqual(['closed', 'closed']);
      router.started(s.offer);
      const permit = s.breakers.admit(s.offer);
      router.expired(s.offer, 2_000, s.clock.nowMs());
      s.breakers.failed(s.offer, permit, { code: 'deadline_exceeded', elapsedMs: 2_000 });
    });
    expect(states(s)).toEqual(['closed', 'open']);
  });

  test('a pick is never refused by the gate in the same turn, whatever happened before', () => {
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('call' as const),
        code: fc.constantFrom<ErrorCode | undefined>(
          undefined,
          'unreachable',
          'unreachable',
          'connection_lost',
          'deadline_exceeded',
          'cancelled',
        ),
      }),
      fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 3_000 }) }),
      fc.record({ kind: fc.constant('hold' as const) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const s = scene();
        const router = new Router({ catalog: s.catalog, random: seededRandom('turn') });
        const held: { readonly offer: Offer; readonly permit: Permit }[] = [];
        for (const taken of steps) {
          if (taken.kind === 'wait') {
            s.clock.advance(taken.ms);
            continue;
          }
          const offer = router.pick({ function: 'work' }, undefined, s.clock.nowMs());
          if (!offer) continue;
          const permit = s.breakers.admit(offer);
          expect(permit).toBeGreaterThan(0);
          if (taken.kind === 'hold') held.push({ offer, permit });
          else if (taken.code === undefined) s.breakers.succeeded(offer, permit);
          else s.breakers.failed(offer, permit, { code: taken.code, elapsedMs: 2_000 });
        }
        for (const { offer, permit } of held) s.breakers.abandoned(offer, permit);
        s.clock.advance(60_000);
        const left = s.catalog.offersOf('work').flatMap(({ gate, server }) => [gate.state, server.gate.state]);
        expect(left.filter((state) => state === 'open' || state === 'probing')).toEqual([]);
      }),
    );
  });
});
