import { describe, expect, test } from 'vitest';
import { Spent } from '../../../src/core/outcome/spent.ts';

const id = (callNumber: number, caller = 'c') => ({ caller, callNumber });

describe('calls that are spent', () => {
  test('S1: are known one by one, and older ones up to a number', () => {
    const spent = new Spent({ spentMax: 2 });
    const has = (callNumber: number, caller?: string): boolean => spent.has(id(callNumber, caller), 0);
    for (const number of [5, 9, 7]) spent.add(id(number), 100);
    expect([4, 5, 6, 7, 8, 9].map((number) => has(number))).toEqual([true, true, false, true, false, true]);
    expect(has(5, 'other')).toBe(false);
    spent.add(id(3), 100);
    spent.add(id(2), 100);
    expect([8, 9].map((number) => has(number))).toEqual([true, true]);
  });

  test('S2: are all calls while those of too many callers can be asked for, and no longer', () => {
    const spent = new Spent({ spentMax: 1, callersMax: 2 });
    for (const caller of ['a', 'b', 'c']) spent.add(id(1, caller), 100);
    expect(spent.has(id(1, 'z'), 0)).toBe(false);
    spent.add(id(1, 'd'), 100);
    expect([0, 99, 100].map((nowMs) => spent.has(id(1, 'z'), nowMs))).toEqual([true, true, false]);
    expect(['b', 'c', 'd'].map((caller) => spent.has(id(1, caller), 100))).toEqual([true, true, true]);
  });

  test('S2: of those make room whose time is over first', () => {
    const spent = new Spent({ spentMax: 1, callersMax: 2 });
    for (const [caller, untilMs] of [
      ['long', 1_000],
      ['short', 100],
      ['other', 500],
      ['last', 500],
    ] as const)
      spent.add(id(1, caller), untilMs);
    expect([99, 100].map((nowMs) => spent.has(id(1, 'z'), nowMs))).toEqual([true, false]);
    expect(['long', 'short', 'other', 'last'].map((caller) => spent.has(id(1, caller), 100))).toEqual([true, false, true, true]);
  });

  test('S2: of one caller have the time of that which has the longest', () => {
    for (const times of [
      [1_000, 100],
      [100, 1_000],
    ]) {
      const spent = new Spent({ spentMax: 1, callersMax: 2 });
      times.forEach((untilMs, at) => {
        spent.add(id(at + 1, 'a'), untilMs);
      });
      for (const caller of ['b', 'c', 'd']) spent.add(id(1, caller), 500);
      expect([1, 2].map((number) => spent.has(id(number, 'a'), 999))).toEqual([true, true]);
    }
  });

  test('S3: are known after their time while there is room', () => {
    const spent = new Spent({ spentMax: 1, callersMax: 1 });
    spent.add(id(5), 100);
    expect(spent.has(id(5), 10_000)).toBe(true);
    spent.add(id(1, 'd'), 100);
    expect(spent.has(id(5), 10_000)).toBe(true);
    spent.addLate(id(7), 100);
    expect([7, 8].map((number) => spent.has(id(number), 10_000))).toEqual([true, false]);
  });

  test('S2: of many more callers than there is room for, each is known, or everything is, while it can be asked for', () => {
    const spent = new Spent({ spentMax: 4, callersMax: 16 });
    const unknown: number[] = [];
    for (let at = 0; at < 300; at += 1) {
      spent.add(id(1, `caller ${at}`), at + 50);
      for (let young = Math.max(0, at - 49); young <= at; young += 1) if (!spent.has(id(1, `caller ${young}`), at)) unknown.push(young);
    }
    expect(unknown).toEqual([]);
    expect(spent.has(id(1, 'fresh'), 349)).toBe(false);
  });
});
