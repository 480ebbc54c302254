import { expect, test } from 'vitest';
import { SharedUse } from '../../src/testing/shared-use.ts';

test('the first user puts it in place, the last takes it away, and a use ends once (U1)', () => {
  const told: string[] = [];
  const shared = new SharedUse({ begin: () => told.push('begin'), end: () => told.push('end') });
  const [endFirst, endSecond] = [shared.enter(), shared.enter()];
  expect(told).toEqual(['begin']);
  endFirst();
  endFirst();
  expect(told).toEqual(['begin']);
  endSecond();
  expect(told).toEqual(['begin', 'end']);
  shared.enter()();
  expect(told).toEqual(['begin', 'end', 'begin', 'end']);
});
