import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concurrencyDefault, Places, queuedPerPlaceMax, queueWaitMs } from '../../src/fabric/serve/admission.ts';
import { Waiter, waiters } from './waiters.ts';

describe('the places of a function', () => {
  test('admit `limit` calls, queue twice as many, and refuse the next (A1)', () => {
    const places = new Places({ limit: 2 });
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

  test('queue only as many as there are places once their line stands, until it was empty for a while (A1)', () => {
    const places = new Places({ limit: 2 });
    const enter = (atMs: number) => places.enter(new Waiter({ atMs }));
    const leave = (atMs: number) => places.leave(1, atMs);
    expect([0, 0, 0, 0, 0, 0, 0].map(enter).filter((answer) => answer !== 'full')).toHaveLength(6);
    for (const atMs of [100, 100, 400, 400]) leave(atMs);
    expect([0, 1, 2, 3, 4].map((n) => enter(400 + n))).toEqual(['queued', 'queued', 'queued', 'queued', 'full']);
    for (const atMs of [500, 500, 500]) leave(atMs);
    expect([501, 502].map(enter)).toEqual(['queued', 'full']);
    for (const atMs of [510, 510]) leave(atMs);
    expect([520, 521, 522].map(enter)).toEqual(['queued', 'queued', 'full']);
    for (const atMs of [530, 530]) leave(atMs);
    expect([600, 600, 600, 600, 600].map(enter)).toEqual(['queued', 'queued', 'queued', 'queued', 'full']);
  });

  test('let a retry wait like any other, but not while most calls are refused (A1)', () => {
    const places = new Places({ limit: 2 });
    const enter = (atMs: number, isRetry: boolean) => places.enter(new Waiter({ atMs, isRetry }));
    const leave = (atMs: number) => places.leave(1, atMs);
    expect([0, 0, 0, 0, 0, 0, 0].map((atMs) => enter(atMs, true)).slice(2)).toEqual(['queued', 'queued', 'queued', 'queued', 'full']);
    for (let n = 0; n < 20; n += 1) expect(enter(0, false)).toBe('full');
    leave(1);
    expect([enter(1, true), enter(1, false), places.waiting]).toEqual(['full', 'queued', 4]);
    // As many again are let in.
    for (let n = 0; n < 20; n += 1) {
      leave(2);
      expect(enter(2, false)).toBe('queued');
    }
    leave(3);
    expect(enter(3, true)).toBe('queued');
  });

  test('let a retry take what is free, and forget what was before a lull (A1)', () => {
    const places = new Places({ limit: 1 });
    const enter = (atMs: number, isRetry: boolean) => places.enter(new Waiter({ atMs, isRetry }));
    for (let n = 0; n < 30; n += 1) enter(0, false);
    for (let n = 0; n < 3; n += 1) places.leave(1, 10);
    expect([enter(11, true), enter(11, true)]).toEqual(['admitted', 'full']);
    expect([enter(31, true), enter(31, true)]).toEqual(['queued', 'queued']);
  });

  test('refuse to let a retry wait also where those who waited gave up, most of them (A1)', () => {
    const places = new Places({ limit: 1 });
    places.enter(new Waiter());
    for (let n = 0; n < 30; n += 1) {
      const waiter = new Waiter({ atMs: n });
      expect(places.enter(waiter)).toBe('queued');
      places.giveUp(waiter, n);
    }
    expect([places.enter(new Waiter({ atMs: 31, isRetry: true })), places.enter(new Waiter({ atMs: 31 }))]).toEqual(['full', 'queued']);
  });

  test('let a retry pass the less urgent even then (A1)', () => {
    const places = new Places({ limit: 1 });
    places.enter(new Waiter());
    const batch = waiters(2, 2);
    for (const waiter of batch) places.enter(waiter);
    for (const waiter of waiters(30, 2)) expect(places.enter(waiter)).toBe('full');
    expect(places.enter(new Waiter({ isRetry: true }))).toBe('queued');
    expect([batch.map(({ isDisplaced }) => isDisplaced), places.waiting]).toEqual([[false, true], 2]);
  });

  test('have a default limit for a function that declares none', () => {
    const places = new Places();
    const answers = waiters(concurrencyDefault * (1 + queuedPerPlaceMax) + 1).map((waiter) => places.enter(waiter));
    expect(answers.indexOf('queued')).toBe(concurrencyDefault);
    expect(answers.indexOf('full')).toBe(concurrencyDefault * 3);
  });

  test('are given to those who wait in the order in which they came', () => {
    const places = new Places({ limit: 1 });
    const [first, second, third] = [new Waiter(), new Waiter(), new Waiter()];
    for (const waiter of [first, second, third]) places.enter(waiter);
    places.leave(1, 0);
    expect([second.isAdmitted, third.isAdmitted]).toEqual([true, false]);
    places.leave(1, 0);
    expect(third.isAdmitted).toBe(true);
  });

  test('are given to the more urgent first', () => {
    const places = new Places({ limit: 1 });
    const came: string[] = [];
    const enter = (name: string, urgency: 0 | 1 | 2) => places.enter(new Waiter({ name, urgency, onAdmitted: () => came.push(name) }));
    enter('holds', 1);
    enter('batch', 2);
    enter('default', 1);
    for (let n = 0; n < 2; n += 1) places.leave(1, 0);
    enter('late batch', 2);
    enter('critical', 0);
    for (let n = 0; n < 2; n += 1) places.leave(1, 0);
    expect(came).toEqual(['default', 'batch', 'critical', 'late batch']);
  });

  test('shed batch first and critical last, the newest of them, when the line is full', () => {
    const places = new Places({ limit: 1 });
    places.enter(new Waiter());
    const batch = waiters(2, 2);
    expect(batch.map((waiter) => places.enter(waiter))).toEqual(['queued', 'queued']);
    expect(places.enter(new Waiter({ urgency: 2 }))).toBe('full');
    const usual = waiters(2);
    expect(usual.map((waiter) => places.enter(waiter))).toEqual(['queued', 'queued']);
    expect(batch.map(({ isDisplaced }) => isDisplaced)).toEqual([true, true]);
    expect([places.enter(new Waiter({ urgency: 2 })), places.enter(new Waiter())]).toEqual(['full', 'full']);
    expect(places.enter(new Waiter({ urgency: 0 }))).toBe('queued');
    expect(usual.map(({ isDisplaced }) => isDisplaced)).toEqual([false, true]);
    expect(places.enter(new Waiter({ urgency: 0 }))).toBe('queued');
    expect([places.enter(new Waiter({ urgency: 0 })), places.waiting]).toEqual(['full', 2]);
  });

  test('that a stray gave up are free, until there are as many strays as places (A2)', () => {
    const places = new Places({ limit: 2 });
    const [first, second, third] = [new Waiter(), new Waiter(), new Waiter()];
    for (const waiter of [first, second, third]) places.enter(waiter);
    places.strayed(0);
    expect([third.isAdmitted, places.held, places.strays, places.isOverrun]).toEqual([true, 2, 1, false]);
    places.strayed(0);
    expect([places.held, places.strays, places.isOverrun]).toEqual([1, 2, true]);
    places.strayReturned();
    expect([places.held, places.isOverrun]).toEqual([1, false]);
  });

  test('of a function that nobody limited grow fewer while its calls get in one another’s way (A4)', () => {
    const adaptive = new Places();
    const declared = new Places({ limit: 1024 });
    for (const places of [adaptive, declared]) {
      let nowMs = 0;
      for (let n = 0; n < 60_000; n += 1) {
        while (places.enter(new Waiter()) === 'admitted');
        nowMs += 1;
        // A resource that does one call a millisecond: time grows with the calls that share it.
        places.leave(places.held, nowMs);
      }
    }
    expect(adaptive.limit).toBeLessThan(200);
    expect(declared.limit).toBe(1024);
  });

  test('pass over whoever gave up', () => {
    const places = new Places({ limit: 1 });
    const [first, second, third] = [new Waiter(), new Waiter(), new Waiter()];
    for (const waiter of [first, second, third]) places.enter(waiter);
    places.giveUp(second, 0);
    places.leave(1, 0);
    expect([second.isAdmitted, third.isAdmitted]).toEqual([false, true]);
  });

  test('are not given away past those who wait', () => {
    const places = new Places({ limit: 2 });
    for (const waiter of waiters(2)) places.enter(waiter);
    const late: string[] = [];
    // Settles at once, and a newcomer asks while the next one still waits.
    const onAdmitted = (): void => {
      places.leave(1, 0);
      late.push(places.enter(new Waiter()));
    };
    places.enter(new Waiter({ onAdmitted }));
    const next = new Waiter();
    places.enter(next);
    places.leave(1, 0);
    expect(late).toEqual(['queued']);
    expect(next.isAdmitted).toBe(true);
  });

  test('admit a long queue of calls that settle at once without growing the stack', () => {
    const places = new Places({ limit: 20_000 });
    for (const waiter of waiters(20_000)) places.enter(waiter);
    let settled = 0;
    for (let n = 0; n < 40_000; n += 1) {
      const onAdmitted = (): void => {
        settled += 1;
        places.leave(0, 0);
      };
      places.enter(new Waiter({ onAdmitted }));
    }
    places.leave(0, 0);
    expect(settled).toBe(40_000);
    expect([places.held, places.waiting]).toEqual([19_999, 0]);
  });

  test('tell how many are free, only where a limit is declared', () => {
    const places = new Places({ limit: 3 });
    places.enter(new Waiter());
    expect([places.freeSlots(false), places.freeSlots(true)]).toEqual([2, 3]);
    for (const waiter of waiters(4)) places.enter(waiter);
    expect([places.freeSlots(false), places.freeSlots(true)]).toEqual([0, 0]);
    expect(new Places().freeSlots(true)).toBeUndefined();
  });

  test('hint at the time that those ahead need, within bounds', () => {
    const places = new Places({ limit: 2 });
    // Nothing is known of how long its calls take.
    expect(places.retryAfterMs()).toBe(100);
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
        const places = new Places({ limit });
        const queue: Waiter[] = [];
        for (const what of steps) {
          if (what === 'enter') {
            const waiter = new Waiter();
            if (places.enter(waiter) === 'queued') queue.push(waiter);
          } else if (what === 'leave' && places.held > 0) places.leave(1, 0);
          else if (what === 'giveUp') {
            const last = queue.pop();
            if (last && !last.isAdmitted) places.giveUp(last, 0);
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
