import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Places } from '../../src/fabric/serve/admission.ts';
import { SlotPool } from '../../src/fabric/serve/slots.ts';
import { Waiter } from './waiters.ts';

/** A pool, and functions that use it. */
function rig(totals: Record<string, number>) {
  const pool = new SlotPool(new Map(Object.entries(totals)));
  const placesOf = (uses: Record<string, number>, limit?: number): Places =>
    new Places({ limit, uses: pool.usesOf(new Map(Object.entries(uses))), pool });
  return { pool, placesOf };
}

describe('functions that share slots', () => {
  test('run as many calls together as there are slots', () => {
    const { placesOf } = rig({ gpu: 2 });
    const [train, infer] = [placesOf({ gpu: 1 }), placesOf({ gpu: 1 })];
    expect([train.enter(new Waiter()), infer.enter(new Waiter()), infer.enter(new Waiter())]).toEqual(['admitted', 'admitted', 'queued']);
    const waits = new Waiter();
    train.enter(waits);
    infer.leave(1, 0);
    expect(waits.isAdmitted).toBe(false);
    train.leave(1, 0);
    expect(waits.isAdmitted).toBe(true);
  });

  test('have as their limit what the slots are enough for, unless they declare a lower one', () => {
    const { placesOf } = rig({ gpu: 5 });
    expect([placesOf({ gpu: 1 }).limit, placesOf({ gpu: 2 }).limit, placesOf({ gpu: 1 }, 3).limit]).toEqual([5, 2, 3]);
  });

  test('take one another’s turn by urgency, then by arrival, whatever the function', () => {
    const { placesOf } = rig({ gpu: 1 });
    const functions = { a: placesOf({ gpu: 1 }), b: placesOf({ gpu: 1 }) };
    const came: string[] = [];
    const enter = (f: 'a' | 'b', name: string, urgency: 0 | 1 | 2): void => {
      functions[f].enter(new Waiter({ urgency, onAdmitted: () => came.push(name) }));
    };
    functions.a.enter(new Waiter());
    enter('b', 'batch', 2);
    enter('a', 'first', 1);
    enter('b', 'second', 1);
    enter('a', 'critical', 0);
    functions.a.leave(1, 0);
    for (const f of ['a', 'a', 'b'] as const) functions[f].leave(1, 0);
    expect(came).toEqual(['critical', 'first', 'second', 'batch']);
  });

  test('let one that uses many have its turn, however many use one (P2)', () => {
    const { placesOf } = rig({ gpu: 4 });
    const [small, large] = [placesOf({ gpu: 1 }), placesOf({ gpu: 4 })];
    for (let n = 0; n < 4; n += 1) small.enter(new Waiter());
    const waits = new Waiter();
    large.enter(waits);
    for (let n = 0; n < 4; n += 1) {
      // As soon as one ends the next comes, and has to stand behind.
      small.leave(1, 0);
      expect(small.enter(new Waiter())).toBe('queued');
    }
    expect([waits.isAdmitted, small.held, large.held]).toEqual([true, 0, 1]);
    large.leave(1, 0);
    expect(small.held).toBe(4);
  });

  test('give what a call kept free to the next when it gives up', () => {
    const { placesOf } = rig({ gpu: 2 });
    const [small, large] = [placesOf({ gpu: 1 }), placesOf({ gpu: 2 })];
    small.enter(new Waiter());
    const [many, one] = [new Waiter(), new Waiter()];
    large.enter(many);
    small.enter(one);
    expect(one.isAdmitted).toBe(false);
    large.giveUp(many, 0);
    expect(one.isAdmitted).toBe(true);
  });

  test('are not kept back by one that only waits for a place of its own (P3)', () => {
    const { placesOf } = rig({ gpu: 4 });
    const [narrow, other] = [placesOf({ gpu: 1 }, 1), placesOf({ gpu: 1 })];
    narrow.enter(new Waiter());
    narrow.enter(new Waiter());
    expect(other.enter(new Waiter())).toBe('admitted');
  });

  test('that use two kinds never hold one while they wait for the other (P1)', () => {
    const { pool, placesOf } = rig({ gpu: 1, db: 1 });
    const [there, back] = [placesOf({ gpu: 1, db: 1 }), placesOf({ db: 1, gpu: 1 })];
    const onlyGpu = placesOf({ gpu: 1 });
    onlyGpu.enter(new Waiter());
    const [a, b] = [new Waiter(), new Waiter()];
    there.enter(a);
    back.enter(b);
    expect(pool.find('db')?.held).toBe(0);
    onlyGpu.leave(1, 0);
    expect([a.isAdmitted, b.isAdmitted]).toEqual([true, false]);
    there.leave(1, 0);
    expect(b.isAdmitted).toBe(true);
  });

  test('tell as free slots what is left for one more of their calls', () => {
    const { placesOf } = rig({ gpu: 4 });
    const [small, large] = [placesOf({ gpu: 1 }), placesOf({ gpu: 2 })];
    large.enter(new Waiter());
    expect([small.freeSlots(false), large.freeSlots(false), large.freeSlots(true)]).toEqual([2, 1, 2]);
    small.enter(new Waiter());
    expect([small.freeSlots(false), large.freeSlots(false)]).toEqual([1, 0]);
  });

  test('admit a queue of calls that settle at once without growing the stack', () => {
    const { placesOf } = rig({ gpu: 5_000 });
    const places = placesOf({ gpu: 1 });
    for (let n = 0; n < 5_000; n += 1) places.enter(new Waiter());
    let settled = 0;
    const onAdmitted = (): void => {
      settled += 1;
      places.leave(0, 0);
    };
    for (let n = 0; n < 10_000; n += 1) places.enter(new Waiter({ onAdmitted }));
    places.leave(0, 0);
    expect([settled, places.held, places.waiting]).toEqual([10_000, 4_999, 0]);
  });

  test('never take more than there is, leave none idle that its next could have, and are served in order', () => {
    const use = fc.record({
      gpu: fc.integer({ min: 0, max: 3 }),
      db: fc.integer({ min: 0, max: 2 }),
      limit: fc.option(fc.integer({ min: 1, max: 3 })),
    });
    const uses = fc.array(
      use.filter(({ gpu, db }) => gpu + db > 0),
      { minLength: 1, maxLength: 4 },
    );
    const happening = fc.record({
      what: fc.constantFrom('enter' as const, 'enter' as const, 'leave' as const, 'giveUp' as const),
      which: fc.nat(3),
      urgency: fc.constantFrom(0 as const, 1 as const, 2 as const),
    });
    fc.assert(
      fc.property(uses, fc.array(happening, { maxLength: 80 }), (functions, happenings) => {
        const { pool, placesOf } = rig({ gpu: 3, db: 2 });
        const all = functions.map(({ gpu, db, limit }) => {
          const counts = Object.fromEntries(Object.entries({ gpu, db }).filter(([, count]) => count > 0));
          return placesOf(counts, limit ?? undefined);
        });
        const lines: Waiter[][] = all.map(() => []);
        for (const { what, which, urgency } of happenings) {
          const places = all[which % all.length];
          const line = lines[which % all.length];
          if (!places || !line) continue;
          if (what === 'enter') {
            const waiter = new Waiter({ urgency });
            if (places.enter(waiter) === 'queued') line.push(waiter);
          } else if (what === 'leave' && places.held > 0) places.leave(1, 0);
          else if (what === 'giveUp') {
            const last = line.pop();
            if (last) places.giveUp(last, 0);
          }
          for (const name of ['gpu', 'db']) {
            const slot = pool.find(name);
            const taken = all.reduce((sum, one) => sum + one.held * (one.uses.find((each) => each.slot === slot)?.count ?? 0), 0);
            expect(slot?.held).toBe(taken);
          }
          // Whoever is first of all that could run for their own limit, can only be waiting for slots that are taken.
          const [first] = all.filter((one) => one.first && one.hasRoom).sort((a, b) => orderOf(a) - orderOf(b));
          if (first) expect(first.uses.some(({ slot, count }) => slot.held + count > slot.total)).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });
});

/** Urgency first, then arrival. */
function orderOf({ first }: Places): number {
  return first ? first.urgency * 1e6 + first.ticket : Number.POSITIVE_INFINITY;
}
