import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type KeptOutcome, OutcomeTable } from '../../../src/core/outcome/outcome-table.ts';

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
const nowMs = 0;

describe('a table of outcomes', () => {
  test('T1: says how a call ended until its time is over', () => {
    const table = new OutcomeTable<string>();
    table.keep('peer', kept(1));
    expect(table.ask(id(1), asked, nowMs)).toEqual({ state: 'done', outcome: 'of 1' });
    table.expire(999);
    expect(table.isEmpty).toBe(false);
    table.expire(1_000);
    expect(table.isEmpty).toBe(true);
  });

  test('T1, T2: evicts the oldest of a peer beyond its bounds, and says that it has forgotten them', () => {
    const table = new OutcomeTable<string>({ perPeerMax: 2, bytesPerPeerMax: 100 });
    for (const number of [1, 2, 3]) table.keep('peer', kept(number));
    table.keep('other', kept(4));
    const states = [1, 2, 3, 4].map((number) => table.ask(id(number), asked, nowMs).state);
    expect(states).toEqual(['forgotten', 'done', 'done', 'done']);
    table.keep('peer', kept(5, { bytes: 100 }));
    expect([2, 3, 5].map((number) => table.ask(id(number), asked, nowMs).state)).toEqual(['forgotten', 'forgotten', 'done']);
  });

  test('T1: an outcome that is kept anew takes the place of the former, bytes and all', () => {
    const table = new OutcomeTable<string>({ bytesPerPeerMax: 100 });
    table.keep('peer', kept(1, { bytes: 60 }));
    table.keep('peer', kept(1, { bytes: 60, round: 1, outcome: 'anew' }));
    expect(table.ask(id(1), { round: 1, asker: 'a' }, nowMs)).toEqual({ state: 'done', outcome: 'anew' });
  });

  test('T1, T2: evicts the oldest of all beyond the bounds of the whole, however many peers there are', () => {
    for (const [bounds, bytes] of [
      [{ keptMax: 3 }, 1],
      [{ bytesMax: 30 }, 10],
    ] as const) {
      const table = new OutcomeTable<string>(bounds);
      for (const number of [1, 2, 3, 4, 5]) table.keep(`peer ${Math.max(3, number)}`, kept(number, { bytes }));
      const states = (): readonly string[] =>
        [1, 2, 3, 4, 5, 6].map((number) => table.ask(id(number), { round: 1, asker: 'a' }, nowMs).state);
      expect(states()).toEqual(['forgotten', 'forgotten', 'done', 'done', 'done', 'never']);
      // What is kept anew, and what goes in its time, makes room.
      table.keep('peer 5', kept(5, { bytes, untilMs: 2_000 }));
      table.expire(1_000);
      for (const number of [7, 8]) table.keep(`peer ${number}`, kept(number, { bytes, untilMs: 2_000 }));
      expect([5, 7, 8].map((number) => table.ask(id(number), asked, nowMs).state)).toEqual(['done', 'done', 'done']);
      table.expire(2_000);
      expect(table.isEmpty).toBe(true);
    }
  });

  test('T1: an outcome that is larger than all that may be kept is not kept', () => {
    const table = new OutcomeTable<string>({ bytesMax: 10 });
    table.keep('peer', kept(1, { bytes: 11 }));
    expect([table.isEmpty, table.ask(id(1), asked, nowMs).state]).toEqual([true, 'forgotten']);
  });

  test('T2: a call of which nothing is known never ran, and cannot any more', () => {
    const table = new OutcomeTable<string>();
    expect(table.ask(id(1), { round: 3, asker: 'a' }, nowMs)).toEqual({ state: 'never' });
    expect([table.refuses(id(1), 3), table.refuses(id(1), 4)]).toEqual([true, false]);
    expect(table.ask(id(1), { round: 3, asker: 'b' }, nowMs)).toEqual({ state: 'forgotten' });
  });

  test('T3: who asks in an older round has been overtaken', () => {
    const table = new OutcomeTable<string>();
    table.keep('peer', kept(1, { round: 5 }));
    expect(table.ask(id(1), { round: 4, asker: 'a' }, nowMs)).toEqual({ state: 'forgotten' });
    expect(table.ask(id(1), { round: 5, asker: 'a' }, nowMs)).toEqual({ state: 'done', outcome: 'of 1' });
  });

  test('T2: an outcome that was let go in its time is that of a call that ran, to whoever asks too late', () => {
    const table = new OutcomeTable<string>();
    table.keep('peer', kept(2));
    table.expire(1_000);
    expect([1, 2, 3].map((number) => table.ask(id(number), asked, 1_000).state)).toEqual(['forgotten', 'forgotten', 'never']);
  });

  test('T2: when the time of all that it has forgotten is over, it says of a fresh call again that it never ran', () => {
    const table = new OutcomeTable<string>({ perPeerMax: 1, spentMax: 1, callersMax: 1 });
    const stateAt = (atMs: number): string => table.ask(id(1, 'fresh'), asked, atMs).state;
    for (const caller of ['a', 'b', 'c']) table.spend(id(1, caller), 1_000);
    expect(stateAt(999)).toBe('forgotten');
    for (const caller of ['d', 'e', 'f', 'g']) table.keep('peer', kept(1, { id: id(1, caller), untilMs: 2_000 }));
    expect([stateAt(1_999), stateAt(2_000)]).toEqual(['forgotten', 'never']);
  });

  test('T2: `never` is said of no call that ran and can still be asked for, whatever was kept, spent and evicted', () => {
    const step = fc.record({
      caller: fc.constantFrom('a', 'b', 'c', 'd'),
      callNumber: fc.integer({ min: 1, max: 10 }),
      kind: fc.constantFrom('keep', 'spend', 'ask', 'expire'),
      afterMs: fc.integer({ min: 0, max: 30 }),
      forMs: fc.constantFrom(10, 100, 1_000),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const table = new OutcomeTable<string>({ perPeerMax: 3, spentMax: 3, callersMax: 2, fencesMax: 3 });
        const ran = new Map<string, number>();
        const fenced = new Set<string>();
        let atMs = 0;
        for (const { caller, callNumber, kind, afterMs, forMs } of steps) {
          atMs += afterMs;
          const call = id(callNumber, caller);
          const key = `${caller} ${callNumber}`;
          const untilMs = atMs + forMs;
          if (kind === 'expire') table.expire(atMs);
          else if (kind === 'ask') {
            const { state } = table.ask(call, asked, atMs);
            expect(state === 'never' && atMs < (ran.get(key) ?? 0)).toBe(false);
            if (state === 'never') fenced.add(key);
          } else if (!table.refuses(call, 0)) {
            expect(fenced.has(key)).toBe(false);
            ran.set(key, Math.max(untilMs, ran.get(key) ?? 0));
            if (kind === 'keep') table.keep('peer', kept(callNumber, { id: call, untilMs }));
            else table.spend(call, untilMs);
          }
        }
      }),
    );
  });
});
