import { expect, test } from 'vitest';
import { onAbort } from '../../src/base/aborts.ts';

test('a signal that fires is told once, with its reason', () => {
  const controller = new AbortController();
  const told: unknown[] = [];
  const leave = onAbort(controller.signal, (reason) => told.push(reason));
  controller.abort('enough');
  controller.abort('again');
  leave();
  expect(told).toEqual(['enough']);
});

test('a signal that has fired is told at once', () => {
  const told: unknown[] = [];
  onAbort(AbortSignal.abort('before'), (reason) => told.push(reason))();
  expect(told).toEqual(['before']);
});

test('a wish that was taken back is told nothing, and neither is one without a signal', () => {
  const controller = new AbortController();
  const told: unknown[] = [];
  onAbort(controller.signal, (reason) => told.push(reason))();
  onAbort(undefined, (reason) => told.push(reason))();
  controller.abort('late');
  expect(told).toEqual([]);
});
