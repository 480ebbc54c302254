import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concurrencyDefault, Places, queuedPerPlaceMax, queueWaitMs } from '../../src/fabric/admission.ts';

class Waiter {
  isAdmitted = false;
  admitted(): void {
    this.isAdmitted = true;
  }
}

function waiters(count: number): Waiter[] {
  return Array.from({ length: count }, () => new Waiter());
}

describe('the places of a function', () => {
  test('admit `limit` calls, queue twice as many, and refuse the next (A1)', () => {
    const places = new Places(2);
    expect(waiters(7).map((waiter) => places.enter(waiter))).toEqual([
      'admitted',
      'admitted',
      'queued',
      'queued',
      'queued',
      'queued',
      'full',
    ]);
    expect([places.held, places.waiting]).toEqual([2, 4]);
  });

  test('have a default limit for a function that declares none', () => {
    const places = new Places(undefined);
    const answers = waiters(concurrencyDefault * (1 + queuedPerPlaceMax) + 1).map((waiter) => places.enter(waiter));
    expect(answers.indexOf('queued')).toBe(concurrencyDefault);
    expect(answers.indexOf('full')).toBe(concurrencyDefault * 3);
  });

  test('are given to those who wait in the order in which they came', () => {
    const places = new Places(1);
    const [first, second, third] = [new Waiter(), new Waiter(), new Waiter()];
    for (const waiter of [first, second, third]) places.enter(waiter);
    places.leave(1, 0);
    expect([second.isAdmitted, third.isAdmitted]).toEqual([true, false]);
    places.leave(1, 0);
    expect(third.isAdmitted).toBe(true);
  });

  test('pass over whoever gave up', () => {
    const places = new Places(1);
    const [first, second, third] = [new Waiter(), new Waiter(), new Waiter()];
    for (const waiter of [first, second, third]) places.enter(waiter);
    places.giveUp(second);
    places.leave(1, 0);
    expect([second.isAdmitted, third.isAdmitted]).toEqual([false, true]);
  });

  test('are not given away past those who wait', () => {
    const places = new Places(2);
    for (const waiter of waiters(2)) places.enter(waiter);
    const late: string[] = [];
    // Settles at once, and a newcomer asks while the next one still waits.
    places.enter({
      admitted: () => {
        places.leave(1, 0);
        late.push(places.enter(new Waiter()));
      },
    });
    const next = new Waiter();
    places.enter(next);
    places.leave(1, 0);
    expect(late).toEqual(['queued']);
    expect(next.isAdmitted).toBe(true);
  });

  test('admit a long queue of calls that settle at once without growing the stack', () => {
    const places = new Places(20_000);
    for (const waiter of waiters(20_000)) places.enter(waiter);
    let settled = 0;
    for (let n = 0; n < 40_000; n += 1) {
      places.enter({
        admitted: () => {
          settled += 1;
          places.leave(0, 0);
        },
      });
    }
    places.leave(0, 0);
    expect(settled).toBe(40_000);
    expect([places.held, places.waiting]).toEqual([19_999, 0]);
  });

  test('tell how many are free, only where a limit is declared', () => {
    const places = new Places(3);
    places.enter(new Waiter());
    expect([places.freeSlots(false), places.freeSlots(true)]).toEqual([2, 3]);
    for (const waiter of waiters(4)) places.enter(waiter);
    expect([places.freeSlots(false), places.freeSlots(true)]).toEqual([0, 0]);
    expect(new Places(undefined).freeSlots(true)).toBeUndefined();
  });

  test('hint at the time that those ahead need, within bounds', () => {
    const places = new Places(2);
    expect(places.retryAfterMs()).toBe(1);
    for (let n = 0; n < 50; n += 1) {
      places.enter(new Waiter());
      places.leave(40, 0);
    }
    expect(places.retryAfterMs()).toBe(20);
    for (const waiter of waiters(6)) places.enter(waiter);
    expect(places.retryAfterMs()).toBe(100);
    places.leave(1e9, 0);
    expect(places.retryAfterMs()).toBe(1_000);
  });

  test('are never held by more than the limit, nor left empty while somebody waits', () => {
    const step = fc.oneof(fc.constant('enter' as const), fc.constant('leave' as const), fc.constant('giveUp' as const));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.array(step, { maxLength: 100 }), (limit, steps) => {
        const places = new Places(limit);
        const queue: Waiter[] = [];
        for (const what of steps) {
          if (what === 'enter') {
            const waiter = new Waiter();
            if (places.enter(waiter) === 'queued') queue.push(waiter);
          } else if (what === 'leave' && places.held > 0) places.leave(1, 0);
          else if (what === 'giveUp') {
            const last = queue.pop();
            if (last && !last.isAdmitted) places.giveUp(last);
          }
          expect(places.held).toBeLessThanOrEqual(limit);
          expect(places.waiting).toBeLessThanOrEqual(limit * queuedPerPlaceMax);
          if (places.waiting > 0) expect(places.held).toBe(limit);
        }
      }),
    );
  });
});

test('a call waits for a place at most 100 ms, or a third of its time', () => {
  expect([queueWaitMs(30_000), queueWaitMs(300), queueWaitMs(90)]).toEqual([100, 100, 30]);
});
