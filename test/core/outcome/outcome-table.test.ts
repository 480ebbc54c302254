import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type KeptOutcome, OutcomeTable } from '../../../src/core/outcome/outcome-table.ts';
import { Spent } from '../../../src/core/outcome/spent.ts';

const id = (callNumber: number, caller = 'c') => ({ caller, callNumber });
const kept = (callNumber: number, more: Partial<KeptOutcome<string>> = {}): KeptOutcome<string> => ({
  id: id(callNumber),
  round: 0,
  outcome: `of ${callNumber}`,
  bytes: 1,
  untilMs: 1_000,
  ...more,
});
const asked = { round: 0, asker: 'a' };

describe('a table of outcomes', () => {
  test('T1: says how a call ended until its time is over', () => {
    const table = new OutcomeTable<string>();
    table.keep('peer', kept(1));
    expect(table.ask(id(1), asked)).toEqual({ state: 'done', outcome: 'of 1' });
    table.expire(999);
    expect(table.isEmpty).toBe(false);
    table.expire(1_000);
    expect(table.isEmpty).toBe(true);
  });

  test('T1, T2: evicts the oldest of a peer beyond its bounds, and says that it has forgotten them', () => {
    const table = new OutcomeTable<string>({ perPeerMax: 2, bytesPerPeerMax: 100 });
    for (const number of [1, 2, 3]) table.keep('peer', kept(number));
    table.keep('other', kept(4));
    const states = [1, 2, 3, 4].map((number) => table.ask(id(number), asked).state);
    expect(states).toEqual(['forgotten', 'done', 'done', 'done']);
    table.keep('peer', kept(5, { bytes: 100 }));
    expect([2, 3, 5].map((number) => table.ask(id(number), asked).state)).toEqual(['forgotten', 'forgotten', 'done']);
  });

  test('T1: an outcome that is kept anew takes the place of the former, bytes and all', () => {
    const table = new OutcomeTable<string>({ bytesPerPeerMax: 100 });
    table.keep('peer', kept(1, { bytes: 60 }));
    table.keep('peer', kept(1, { bytes: 60, round: 1, outcome: 'anew' }));
    expect(table.ask(id(1), { round: 1, asker: 'a' })).toEqual({ state: 'done', outcome: 'anew' });
  });

  test('T2: a call of which nothing is known never ran, and cannot any more', () => {
    const table = new OutcomeTable<string>();
    expect(table.ask(id(1), { round: 3, asker: 'a' })).toEqual({ state: 'never' });
    expect([table.refuses(id(1), 3), table.refuses(id(1), 4)]).toEqual([true, false]);
    expect(table.ask(id(1), { round: 3, asker: 'b' })).toEqual({ state: 'forgotten' });
  });

  test('T3: who asks in an older round has been overtaken', () => {
    const table = new OutcomeTable<string>();
    table.keep('peer', kept(1, { round: 5 }));
    expect(table.ask(id(1), { round: 4, asker: 'a' })).toEqual({ state: 'forgotten' });
    expect(table.ask(id(1), { round: 5, asker: 'a' })).toEqual({ state: 'done', outcome: 'of 1' });
  });

  test('T2: `never` is said of no call that ran, whatever was kept, spent and evicted', () => {
    const step = fc.record({ callNumber: fc.integer({ min: 1, max: 40 }), kind: fc.constantFrom('keep', 'spend', 'ask') });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const table = new OutcomeTable<string>({ perPeerMax: 3, spentMax: 3, callersMax: 1, fencesMax: 3 });
        const ran = new Set<number>();
        const fenced = new Set<number>();
        for (const { callNumber, kind } of steps) {
          if (kind === 'ask') {
            const { state } = table.ask(id(callNumber), asked);
            expect(state === 'never' && ran.has(callNumber)).toBe(false);
            if (state === 'never') fenced.add(callNumber);
          } else if (!table.refuses(id(callNumber), 0)) {
            expect(fenced.has(callNumber)).toBe(false);
            ran.add(callNumber);
            if (kind === 'keep') table.keep('peer', kept(callNumber));
            else table.spend(id(callNumber));
          }
        }
      }),
    );
  });
});

describe('calls that are spent', () => {
  test('S1: are known one by one, and older ones up to a number', () => {
    const spent = new Spent({ spentMax: 2 });
    for (const number of [5, 9, 7]) spent.add(id(number));
    expect([4, 5, 6, 7, 8, 9].map((number) => spent.has(id(number)))).toEqual([true, true, false, true, false, true]);
    expect(spent.has(id(5, 'other'))).toBe(false);
    spent.add(id(3));
    spent.add(id(2));
    expect([8, 9].map((number) => spent.has(id(number)))).toEqual([true, true]);
  });

  test('S2: are all calls when there are too many callers', () => {
    const spent = new Spent({ spentMax: 1, callersMax: 1 });
    spent.add(id(1, 'a'));
    spent.add(id(1, 'b'));
    expect(spent.has(id(1, 'z'))).toBe(false);
    spent.add(id(1, 'c'));
    expect(spent.has(id(1, 'z'))).toBe(true);
  });
});
