import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Fences } from '../../../src/core/outcome/fences.ts';

const id = (callNumber: number, caller = 'c') => ({ caller, callNumber });

describe('fences', () => {
  test('F1: refuse a call in every round up to theirs, and no other call', () => {
    const fences = new Fences();
    expect(fences.refuses(id(1), 0)).toBe(false);
    expect(fences.raise(id(1), 2, 'a')).toBe(true);
    expect([0, 2, 3].map((round) => fences.refuses(id(1), round))).toEqual([true, true, false]);
    expect(fences.refuses(id(2), 0)).toBe(false);
    expect(fences.refuses(id(1, 'd'), 0)).toBe(false);
  });

  test('F2: hold for one asker, who may ask again; a later round is another fence', () => {
    const fences = new Fences();
    expect(fences.raise(id(1), 1, 'a')).toBe(true);
    expect(fences.raise(id(1), 1, 'a')).toBe(true);
    expect(fences.raise(id(1), 1, 'b')).toBe(false);
    expect(fences.raise(id(1), 0, 'a')).toBe(false);
    expect(fences.raise(id(1), 2, 'b')).toBe(true);
    expect(fences.raise(id(1), 1, 'a')).toBe(false);
  });

  test('F2: drawn into a mark hold for nobody who asks later', () => {
    const fences = new Fences({ fencesMax: 1 });
    expect(fences.raise(id(1), 0, 'a')).toBe(true);
    expect(fences.raise(id(2), 0, 'a')).toBe(true);
    expect(fences.raise(id(1), 0, 'b')).toBe(false);
  });

  test('F3: are not raised when there is no room for the mark of another caller', () => {
    const fences = new Fences({ fencesMax: 1, marksMax: 1 });
    expect(fences.raise(id(1, 'a'), 0, 'x')).toBe(true);
    expect(fences.raise(id(1, 'b'), 0, 'x')).toBe(true);
    expect(fences.raise(id(1, 'c'), 0, 'x')).toBe(false);
    expect(fences.refuses(id(1, 'a'), 0)).toBe(true);
  });

  test('F1, F3: whatever was fenced once stays so, however many follow', () => {
    const raised = fc.record({ caller: fc.constantFrom('a', 'b', 'c'), callNumber: fc.integer({ min: 1, max: 30 }), round: fc.nat(3) });
    fc.assert(
      fc.property(fc.array(raised, { maxLength: 60 }), (all) => {
        const fences = new Fences({ fencesMax: 4, marksMax: 2 });
        const held: typeof all = [];
        for (const one of all) {
          if (fences.raise(one, one.round, 'asker')) held.push(one);
          for (const { round, ...call } of held) expect(fences.refuses(call, round)).toBe(true);
        }
      }),
    );
  });
});
