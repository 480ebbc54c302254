import { getEventListeners } from 'node:events';
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

test('all who follow a signal share one listener, which goes with the last of them (A1)', () => {
  const { signal } = new AbortController();
  const leave = Array.from({ length: 100 }, () => onAbort(signal, () => {}));
  expect(getEventListeners(signal, 'abort')).toHaveLength(1);
  for (const one of leave) {
    one();
    one();
  }
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  onAbort(signal, () => {});
  expect(getEventListeners(signal, 'abort')).toHaveLength(1);
});

test('the newest is told first, and nobody whom another took along (A2)', () => {
  const controller = new AbortController();
  const told: string[] = [];
  const follow = (name: string) => onAbort(controller.signal, (reason) => told.push(`${name} ${String(reason)}`));
  follow('oldest');
  const leaveTaken = follow('taken');
  onAbort(controller.signal, () => leaveTaken());
  follow('newest');
  controller.abort('enough');
  expect(told).toEqual(['newest enough', 'oldest enough']);
});
