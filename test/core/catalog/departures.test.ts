/** D1 of src/core/catalog/departures.ts. */
import { expect, it } from 'vitest';
import { Departures } from '../../../src/core/catalog/departures.ts';
import type { Effect, FunctionRecord } from '../../../src/core/catalog/offer.ts';
import { announcer, body, catalogOf, record } from './fixtures.ts';

function offers(effect: Effect, ...names: readonly string[]): readonly FunctionRecord[] {
  return names.map((name) => record(name, { effect }));
}

it('tells when the last offer of a function went, and the last that was `once`', () => {
  const departures = new Departures();
  expect(departures.of('work')).toEqual({ lastMs: Number.NEGATIVE_INFINITY, onceMs: Number.NEGATIVE_INFINITY });
  departures.note(offers('once', 'work'), 5);
  departures.note(offers('pure', 'work', 'other'), 7);
  expect([departures.of('work'), departures.of('other').onceMs]).toEqual([{ lastMs: 7, onceMs: 5 }, Number.NEGATIVE_INFINITY]);
});

it('takes all that it does not remember for gone when the last of them went (D1)', () => {
  const departures = new Departures();
  departures.note(offers('once', 'first', 'second'), 1);
  departures.note(offers('idempotent', 'third'), 2);
  const names = Array.from({ length: 9_998 }, (_, at) => `f${at}`);
  departures.note(offers('pure', ...names), 3);
  expect([departures.of('first').lastMs, departures.of('stranger').lastMs]).toEqual([1, 1]);
  departures.note(offers('pure', 'x', 'y'), 4);
  expect([departures.of('third'), departures.of('stranger'), departures.of('x')]).toEqual([
    { lastMs: 2, onceMs: 1 },
    { lastMs: 2, onceMs: 1 },
    { lastMs: 4, onceMs: 1 },
  ]);
});

it('counts an offer as gone that was `once` and is announced anew as something else', () => {
  const catalog = catalogOf();
  const announce = (effect: Effect, nowMs: number) => catalog.setOffers(announcer('a'), body(record('work', { effect })), nowMs);
  announce('once', 1);
  announce('once', 2);
  expect(catalog.departedOf('work').lastMs).toBe(Number.NEGATIVE_INFINITY);
  announce('idempotent', 3);
  announce('pure', 4);
  expect(catalog.departedOf('work')).toEqual({ lastMs: 3, onceMs: 3 });
});
