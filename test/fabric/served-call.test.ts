import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Deferred, deferred } from '../../src/base/deferred.ts';
import type { Schema } from '../../src/core/function.ts';
import { defineFunction } from '../../src/fabric/api/define.ts';
import type { SentCall } from './serving-rig.ts';
import { ServingRig, settle } from './serving-rig.ts';

/** A function whose handler goes on until `release` is called, whatever its signal says. */
function stubborn(spec: { readonly timeoutMs?: number; readonly concurrency?: number } = {}) {
  const released = deferred<unknown>();
  const signals: AbortSignal[] = [];
  const hang = defineFunction({
    name: 'hang',
    ...spec,
    handler: (ctx): Promise<unknown> => {
      signals.push(ctx.signal);
      return released.promise;
    },
  });
  return { hang, signals, release: released.resolve };
}

/** A schema that judges when it is told to. */
function slowSchema() {
  const verdict = deferred<void>();
  const schema: Schema = { '~standard': { version: 1, vendor: 'test', validate: (value) => verdict.promise.then(() => ({ value })) } };
  return { schema, judge: verdict.resolve };
}

describe('a deadline', () => {
  test('ends a handler that never settles, aborts its signal, and cannot say whether it ran (fault 35)', async () => {
    const { hang, signals } = stubborn();
    const rig = new ServingRig({ hang });
    const call = rig.send('hang', [], { timeoutMs: 500 });
    rig.clock.advance(499);
    expect(call.isSettled).toBe(false);
    rig.clock.advance(11);
    expect(call.error).toMatchObject({ code: 'deadline_exceeded', executed: 'maybe', detail: { timeoutMs: 500 } });
    expect(signals[0]?.reason).toMatchObject({ code: 'deadline_exceeded' });
    expect(rig.dispatcher.inFlight).toBe(0);
  });

  test('is the shorter of the frame’s and the function’s', () => {
    const { hang } = stubborn({ timeoutMs: 100 });
    const rig = new ServingRig({ hang });
    const [byFunction, byFrame] = [rig.send('hang', [], { timeoutMs: 5_000 }), rig.send('hang', [], { timeoutMs: 50 })];
    rig.clock.advance(60);
    expect([byFunction.isSettled, byFrame.error.detail]).toEqual([false, { timeoutMs: 50 }]);
    rig.clock.advance(50);
    expect(byFunction.error.detail).toEqual({ timeoutMs: 100 });
  });

  test.each([[0], [-5], [Number.NaN]])('of %d ms has passed before anything runs', (timeoutMs) => {
    const { hang, signals } = stubborn();
    const call = new ServingRig({ hang }).send('hang', [], { timeoutMs });
    expect(call.error).toMatchObject({ code: 'deadline_exceeded', executed: 'no' });
    expect(signals).toEqual([]);
  });

  test('of more than a timer takes is cut, not fired at once', async () => {
    const { hang, release } = stubborn();
    const call = new ServingRig({ hang }).send('hang', [], { timeoutMs: Number.POSITIVE_INFINITY });
    release('done');
    await settle();
    expect(call.value).toBe('done');
  });

  test('that passes in the queue says that nothing ran', () => {
    const { hang } = stubborn({ concurrency: 1 });
    const rig = new ServingRig({ hang });
    rig.send('hang');
    // The wheel turns every 10 ms: a wait of 1 ms ends after the deadline of 3 ms.
    const call = rig.send('hang', [], { timeoutMs: 3 });
    rig.clock.advance(20);
    expect(call.error).toMatchObject({ code: 'deadline_exceeded', executed: 'no' });
  });

  test('that passed while the event loop was blocked is seen when a place comes free', async () => {
    const { hang, signals, release } = stubborn({ concurrency: 1 });
    const rig = new ServingRig({ hang });
    rig.send('hang');
    const call = rig.send('hang', [], { timeoutMs: 50 });
    rig.wheel.close();
    rig.clock.advance(50);
    release('done');
    await settle();
    expect(call.error).toMatchObject({ code: 'deadline_exceeded', executed: 'no' });
    expect(signals).toHaveLength(1);
    expect((await rig.call('hang')).value).toBe('done');
  });

  test('that passes while an asynchronous schema reads the arguments says that nothing ran (L3)', async () => {
    const { schema, judge } = slowSchema();
    let entered = 0;
    const rig = new ServingRig({ f: defineFunction({ name: 'f', concurrency: 1, input: [schema], handler: () => (entered += 1) }) });
    const call = rig.send('f', [1], { timeoutMs: 50 });
    rig.clock.advance(60);
    expect(call.error).toMatchObject({ code: 'deadline_exceeded', executed: 'no' });
    judge();
    await settle();
    expect(entered).toBe(0);
    // The place came back with the schema's verdict.
    expect((await rig.call('f', [1])).value).toBe(1);
  });

  test('that passes while an asynchronous schema reads the result says that it ran (L3)', async () => {
    const { schema, judge } = slowSchema();
    const rig = new ServingRig({ f: defineFunction({ name: 'f', output: schema, handler: () => 1 }) });
    const call = rig.send('f', [], { timeoutMs: 50 });
    rig.clock.advance(60);
    expect(call.error).toMatchObject({ code: 'deadline_exceeded', executed: 'yes' });
    judge();
    await settle();
    expect(call.settlements).toHaveLength(1);
  });

  test('of a stream says that it ran once an item has gone out, and not before (L3)', async () => {
    for (const [credit, executed] of [
      [1_000, 'yes'],
      [0, 'maybe'],
    ] as const) {
      const rig = new ServingRig({
        rows: defineFunction({
          name: 'rows',
          handler: async function* (_ctx) {
            yield 1;
            await new Promise(() => {});
          },
        }),
      });
      const call = await rig.call('rows', [], { isStream: true, credit, timeoutMs: 500 });
      rig.clock.advance(510);
      expect(call.error).toMatchObject({ code: 'deadline_exceeded', executed });
    }
  });

  test('leaves the place to the handler until it returns, and throws away what it gives (A2)', async () => {
    const { hang, release } = stubborn({ concurrency: 1 });
    const rig = new ServingRig({ hang });
    const late = rig.send('hang', [], { timeoutMs: 50 });
    rig.clock.advance(60);
    expect(late.settlement.freeSlots).toBe(0);
    const next = rig.send('hang');
    expect(next.isSettled).toBe(false);
    release('at last');
    await settle();
    expect(late.settlements).toHaveLength(1);
    expect(next.value).toBe('at last');
    expect(rig.wheel.armed).toBe(0);
  });

  test('is late while the event loop is: a result that is there first is the reply', async () => {
    const rig = new ServingRig({ f: async () => 'there' });
    const call = rig.send('f', [], { timeoutMs: 50 });
    rig.clock.advance(45);
    await settle();
    expect(call.value).toBe('there');
  });
});

describe('a handler that ignores its signal (fault 35)', () => {
  test('keeps its place for five seconds after its reply; then others get it', async () => {
    const { hang, release } = stubborn({ concurrency: 1 });
    const rig = new ServingRig({ hang });
    rig.send('hang', [], { timeoutMs: 100 });
    rig.clock.advance(110);
    rig.clock.advance(4_000);
    expect(rig.send('hang', [], { timeoutMs: 50 }).isSettled).toBe(false);
    rig.clock.advance(900);
    const next = rig.send('hang');
    rig.clock.advance(90);
    expect(next.isSettled).toBe(false);
    rig.clock.advance(20);
    release('both');
    await settle();
    expect(next.value).toBe('both');
    expect(rig.wheel.armed).toBe(0);
  });

  test('keeps it for its own timeout where that is longer', () => {
    const { hang, signals } = stubborn({ concurrency: 1 });
    const rig = new ServingRig({ hang });
    rig.send('hang', [], { timeoutMs: 8_000 });
    rig.clock.advance(8_010 + 7_950);
    const next = rig.send('hang');
    expect([signals.length, next.isSettled]).toEqual([1, false]);
    rig.clock.advance(60);
    expect(signals).toHaveLength(2);
  });

  test('is a stray from then on: as many as the limit are told, and the first return', async () => {
    const { hang, release } = stubborn({ concurrency: 2 });
    const rig = new ServingRig({ hang });
    const overstayed: string[] = [];
    rig.observer.on('handler.overstayed', ({ callId }) => overstayed.push(callId));
    rig.send('hang', [], { timeoutMs: 50 });
    rig.clock.advance(5_100);
    expect([rig.announced, overstayed]).toEqual([[], ['c0ffee:1']]);
    for (let n = 0; n < 2; n += 1) rig.send('hang', [], { timeoutMs: 50 });
    rig.clock.advance(5_100);
    expect([rig.announced, overstayed.length]).toEqual([[[]], 3]);
    expect(rig.send('hang').error).toMatchObject({ code: 'not_offered_here', executed: 'no' });
    release('at last');
    await settle();
    expect(rig.announced).toEqual([[], ['hang']]);
    expect((await rig.call('hang')).value).toBe('at last');
  });

  test('gives its shared slots back with its place', async () => {
    const { hang, release } = stubborn();
    const use = defineFunction({ name: 'use', uses: { gpu: 1 }, handler: () => 'used' });
    const stuck = defineFunction({ name: 'stuck', uses: { gpu: 1 }, handler: () => new Promise<void>(() => {}) });
    const rig = new ServingRig({ hang, use, stuck }, { slots: { gpu: 1 } });
    rig.send('stuck', [], { timeoutMs: 50 });
    const early = rig.send('use');
    rig.clock.advance(150);
    expect([early.error.code, early.settlement.freeSlots]).toEqual(['overloaded', 0]);
    rig.clock.advance(5_000);
    expect((await rig.call('use')).value).toBe('used');
    expect(rig.announced).toEqual([['hang', 'use']]);
    release(undefined);
  });
});

describe('urgency', () => {
  const queued = (rig: ServingRig, priority?: 'batch' | 'critical') =>
    rig.send('hang', [], priority === undefined ? {} : { terms: { priority } });

  test('decides who is let in next, and who is shed when the line is full', async () => {
    const entered: string[] = [];
    const ends: Deferred<void>[] = [];
    const hang = defineFunction({
      name: 'hang',
      concurrency: 1,
      handler: (ctx): Promise<void> => {
        entered.push(ctx.callId);
        const end = deferred<void>();
        ends.push(end);
        return end.promise;
      },
    });
    const rig = new ServingRig({ hang });
    const calls = [queued(rig), queued(rig, 'batch'), queued(rig), queued(rig, 'critical')];
    expect(calls.map(({ isSettled }) => isSettled)).toEqual([false, true, false, false]);
    expect(calls[1]?.error).toMatchObject({ code: 'overloaded', executed: 'no', detail: { function: 'hang', server: 'server-1' } });
    for (let n = 0; n < 3; n += 1) {
      ends[n]?.resolve();
      await settle();
    }
    expect(entered).toEqual(['c0ffee:1', 'c0ffee:4', 'c0ffee:3']);
  });
});

describe('a cancelled call', () => {
  test('is settled at once, its signal fires, and what its handler makes of it is nobody’s (case 21)', async () => {
    const heard: unknown[] = [];
    const rig = new ServingRig({
      f: defineFunction({
        name: 'f',
        handler: async (ctx): Promise<string> => {
          ctx.signal.addEventListener('abort', () => heard.push(ctx.signal.reason.message));
          await ctx.sleep(1_000).catch((error: unknown) => heard.push((error as Error).message));
          throw new Error('cleaned up');
        },
      }),
    });
    const call = rig.send('f');
    call.cancel('the user pressed Ctrl-C');
    expect(call.error).toMatchObject({ code: 'cancelled', executed: 'maybe', detail: { reason: 'the user pressed Ctrl-C' } });
    await settle();
    expect(heard.sort()).toEqual(['cancelled: the user pressed Ctrl-C', 'cancelled: the user pressed Ctrl-C']);
    expect([call.settlements.length, rig.wheel.armed, rig.dispatcher.inFlight]).toEqual([1, 0, 0]);
  });

  test('that waits for a place never runs', async () => {
    const { hang, signals, release } = stubborn({ concurrency: 1 });
    const rig = new ServingRig({ hang });
    rig.send('hang');
    const queued = rig.send('hang');
    queued.cancel();
    expect(queued.error).toMatchObject({ code: 'cancelled', executed: 'no' });
    release(1);
    await settle();
    expect([signals.length, rig.wheel.armed]).toEqual([1, 0]);
  });

  test('that was answered stays answered', async () => {
    const rig = new ServingRig({
      f: () => 1,
      g: () => {
        throw new Error('x');
      },
    });
    for (const call of [rig.send('f'), rig.send('g'), rig.send('unknown')]) {
      call.cancel();
      expect(call.settlements).toHaveLength(1);
    }
  });

  test('frees all that 10,000 of them held within the turn (fault 30, this server’s side)', () => {
    const { hang } = stubborn({ concurrency: 5_000 });
    const rig = new ServingRig({ hang });
    const calls = Array.from({ length: 10_000 }, () => rig.send('hang'));
    expect(rig.dispatcher.inFlight).toBe(10_000);
    for (const call of calls) call.cancel();
    expect(rig.dispatcher.inFlight).toBe(0);
    expect(calls.map((call) => call.error.executed).filter((executed) => executed === 'no')).toHaveLength(5_000);
  });
});

test('the time between arrival and reply is told in microseconds', async () => {
  const rig = new ServingRig({ f: defineFunction({ name: 'f', handler: (ctx): Promise<void> => ctx.sleep(20) }) });
  const call: SentCall = rig.send('f');
  rig.clock.advance(20);
  await settle();
  expect(call.settlement.serverMicros).toBe(20_000);
});

/** What may happen to the calls of one function, in any order. */
const happening = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      what: fc.constant('send' as const),
      timeoutMs: fc.integer({ min: 0, max: 200 }),
      how: fc.constantFrom('value', 'throw', 'never'),
    }),
  },
  fc.record({ what: fc.constant('advance' as const), ms: fc.integer({ min: 1, max: 150 }) }),
  fc.record({ what: fc.constant('release' as const), index: fc.nat(30) }),
  fc.record({ what: fc.constant('cancel' as const), index: fc.nat(30) }),
  { weight: 1, arbitrary: fc.record({ what: fc.constant('stop' as const) }) },
);

test('every call is replied to exactly once and every place comes back, whatever happens (L1, L2)', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { maxLength: 40 }), fc.integer({ min: 1, max: 3 }), async (happenings, concurrency) => {
      const running: { readonly how: string; readonly end: Deferred<string> }[] = [];
      let inside = 0;
      let insideMost = 0;
      const work = defineFunction({
        name: 'work',
        concurrency,
        handler: async (_ctx, how: string): Promise<string> => {
          const end = deferred<string>();
          running.push({ how, end });
          inside += 1;
          insideMost = Math.max(insideMost, inside);
          return end.promise.finally(() => {
            inside -= 1;
          });
        },
      });
      const rig = new ServingRig({ work });
      const calls: SentCall[] = [];
      const release = ({ how, end }: (typeof running)[number]): void => {
        if (how === 'throw') end.reject(new Error('thrown'));
        else end.resolve(how);
      };
      for (const event of happenings) {
        if (event.what === 'send') calls.push(rig.send('work', [event.how], { timeoutMs: event.timeoutMs }));
        else if (event.what === 'advance') rig.clock.advance(event.ms);
        else if (event.what === 'cancel') calls[event.index]?.cancel();
        else if (event.what === 'stop') rig.dispatcher.abortAll();
        else if (running[event.index]?.how !== 'never') running.slice(event.index, event.index + 1).forEach(release);
        await settle();
      }
      rig.clock.advance(300);
      for (const one of running) release(one);
      await settle();
      // Those that were let in by the others' leaving.
      for (const one of running) release(one);
      await settle();
      expect(calls.map(({ settlements }) => settlements.length)).toEqual(calls.map(() => 1));
      expect(insideMost).toBeLessThanOrEqual(concurrency);
      expect([inside, rig.dispatcher.inFlight, rig.wheel.armed]).toEqual([0, 0, 0]);
      expect(rig.send('work', ['value']).incoming?.isSettled).toBe(false);
    }),
    { numRuns: 60 },
  );
});
