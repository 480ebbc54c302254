/** Who waits until a peer takes another conversation: in order, whatever comes and leaves meanwhile. */

import { expect, test } from 'vitest';
import type { RoomWaiter } from '../../src/fabric/link/conversation.ts';
import { RoomQueue, waitersMax } from '../../src/fabric/link/room-queue.ts';

function setUp() {
  const queue = new RoomQueue();
  const admitted: string[] = [];
  const waiter = (name: string): RoomWaiter => ({ onRoom: () => void admitted.push(name), onLost: () => {} });
  /** Lets in as many. */
  const admit = (count: number): void => {
    const until = admitted.length + count;
    queue.admit(() => admitted.length < until);
  };
  return { queue, admitted, waiter, admit };
}

test('they are let in as they came, as far as there is room', () => {
  const { queue, admitted, waiter, admit } = setUp();
  for (const name of ['a', 'b', 'c']) queue.add(waiter(name));
  admit(1);
  queue.add(waiter('d'));
  admit(2);
  expect([admitted.join(''), queue.size]).toEqual(['abc', 1]);
  admit(5);
  expect([admitted.join(''), queue.size]).toEqual(['abcd', 0]);
});

test('whoever leaves is passed over, and comes back at the end', () => {
  const { queue, admitted, waiter, admit } = setUp();
  const [a, b, c] = [waiter('a'), waiter('b'), waiter('c')];
  for (const one of [a, b, c]) queue.add(one);
  admit(1);
  queue.leave(b);
  queue.add(b);
  admit(5);
  expect(admitted.join('')).toBe('acb');
});

test('those who come after all were let in, or taken, are let in as well', () => {
  const { queue, admitted, waiter, admit } = setUp();
  queue.add(waiter('a'));
  admit(5);
  queue.add(waiter('b'));
  queue.add(waiter('c'));
  admit(1);
  expect(queue.takeAll()).toHaveLength(1);
  queue.add(waiter('d'));
  admit(5);
  expect([admitted.join(''), queue.size]).toEqual(['abd', 0]);
});

test('one who is let in may let in the next', () => {
  const { queue, admitted, waiter } = setUp();
  queue.add({ onRoom: () => queue.admit(() => true), onLost: () => {} });
  queue.add(waiter('a'));
  queue.add(waiter('b'));
  queue.admit(() => true);
  expect([admitted.join(''), queue.size]).toEqual(['ab', 0]);
});

test(`no more than ${waitersMax} wait`, () => {
  const { queue, waiter } = setUp();
  for (let count = 0; count < waitersMax; count += 1) expect(queue.add(waiter(''))).toBe(true);
  expect(queue.add(waiter('one more'))).toBe(false);
});
