import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import type { Schema } from '../../src/core/function.ts';
import { defineFunction } from '../../src/fabric/define.ts';
import type { FabricEvent } from '../../src/observe/events.ts';
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

describe('a handler that fails', () => {
  class Refused extends Error {
    override readonly name = 'Refused';
    readonly data = { limit: 5, at: new Date(0) };
    readonly retryable = true;
  }
  const unreadable = Object.defineProperty(new Error('x'), 'message', {
    get: () => {
      throw new Error('inner');
    },
  });

  test.each([
    ['an error', new Error('broke'), { name: 'Error', message: 'broke' }],
    [
      'its own error with data',
      new Refused('no more'),
      { name: 'Refused', message: 'no more', data: { limit: 5, at: new Date(0) }, retryable: true },
    ],
    ['a text', 'secret text', { name: 'Error', message: 'the handler threw a value of type string' }],
    ['undefined', undefined, { name: 'Error', message: 'the handler threw a value of type undefined' }],
    ['null', null, { name: 'Error', message: 'the handler threw null' }],
    ['a plain object', { code: 5 }, { name: 'Error', message: 'the handler threw a value of type object' }],
    ['an error that throws when it is read', unreadable, { name: 'Error', message: 'the handler threw a value of type object' }],
  ])('by %s gives one typed reply, thrown or rejected (faults 25 and 35)', async (_what, thrown: unknown, detail) => {
    const rig = new ServingRig({
      throws: () => {
        throw thrown;
      },
      rejects: () => Promise.reject(thrown),
      later: async () => {
        await Promise.resolve();
        throw thrown;
      },
    });
    for (const name of ['throws', 'rejects', 'later']) {
      const { error } = await rig.call(name);
      expect(error).toMatchObject({ code: 'function_failed', executed: 'yes', detail });
    }
    expect([rig.wheel.armed, rig.dispatcher.inFlight]).toEqual([0, 0]);
  });

  test('by a HeddleError of its own says function_failed, with that one as cause', async () => {
    const rig = new ServingRig({ outer: defineFunction({ name: 'outer', handler: (ctx) => ctx.call('inner', []) }) });
    const { HeddleError } = await import('../../src/errors.ts');
    const failing = new ServingRig({
      f: () => {
        throw new HeddleError('overloaded', { function: 'inner', server: 's2', retryAfterMs: 5 });
      },
    });
    expect(failing.send('f').error).toMatchObject({
      code: 'function_failed',
      executed: 'yes',
      detail: { name: 'HeddleError', cause: { code: 'overloaded', executed: 'no', detail: { server: 's2' } } },
    });
    expect((await rig.call('outer')).error).toMatchObject({ code: 'function_failed', detail: { message: 'no nested calls here' } });
  });

  test('leaves its stack, its causes and what its schemas throw here and nowhere else (S4)', () => {
    const fail = (): never => {
      throw new Error('broke', { cause: new Error('password=hunter2') });
    };
    const schema: Schema = { '~standard': { version: 1, vendor: 'test', validate: fail } };
    const rig = new ServingRig({ f: fail, g: defineFunction({ name: 'g', input: [schema], output: schema, handler: () => 1 }) });
    const failed: string[] = [];
    rig.observer.on('handler.failed', (event) => failed.push(event.stack));
    for (const call of [rig.send('f'), rig.send('g', [1])]) {
      const { message, detail, cause } = call.error;
      expect(inspect([call.settlement, message, detail, cause], { depth: 9 })).not.toMatch(/hunter2|served-call\.test/);
    }
    expect(failed).toEqual([expect.stringContaining('served-call.test.ts'), expect.stringContaining('served-call.test.ts')]);
  });
});

describe('a result', () => {
  const cyclic: Record<string, unknown> = {};
  cyclic['self'] = cyclic;
  class Point {
    x = 1;
  }

  test.each([
    ['NaN', Number.NaN],
    ['-0', -0],
    ['infinities', [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]],
    ['a BigInt', 12345678901234567890n],
    ['a Date', new Date(86_400_000)],
    ['a Map', new Map([['a', new Set([1])]])],
    ['bytes', new Uint8Array([1, 2, 3])],
    ['undefined', undefined],
    ['a hole in a list', [1, undefined, 3]],
    ['null', null],
  ])('that is %s arrives as it was (fault 25)', (_what, value) => {
    expect(new ServingRig({ f: () => value }).send('f').value).toStrictEqual(value);
  });

  test('that holds an undefined property arrives without it', () => {
    expect(new ServingRig({ f: () => ({ a: 1, b: undefined }) }).send('f').value).toStrictEqual({ a: 1 });
  });

  test.each([
    ['a function', { rows: [{ f: () => 1 }] }, ['rows', 0, 'f']],
    ['a symbol', [Symbol('x')], [0]],
    ['a class instance', { point: new Point() }, ['point']],
    ['an invalid Date', new Date(Number.NaN), []],
    [
      'a getter that throws',
      {
        get boom(): never {
          throw new Error('inner secret');
        },
      },
      ['boom'],
    ],
    [
      'an iterator',
      (function* yields() {
        yield 1;
      })(),
      [],
    ],
    [
      'an asynchronous iterator',
      (async function* yields() {
        yield 1;
      })(),
      [],
    ],
  ])('that is or holds %s is an answer, not silence (case 12, fault 25)', (_what, value, path) => {
    const { error } = new ServingRig({ f: () => value }).send('f');
    expect(error).toMatchObject({ code: 'bad_result', executed: 'yes', detail: { path } });
    expect(error.message).not.toContain('secret');
  });

  test('that is cyclic or too deep is refused, and nothing overflows (faults 19 and 25)', () => {
    let deep: unknown = 1;
    for (let level = 0; level < 10_000; level += 1) deep = [deep];
    const rig = new ServingRig({ cyclic: () => cyclic, deep: () => deep });
    for (const name of ['cyclic', 'deep']) expect(rig.send(name).error).toMatchObject({ code: 'bad_result', executed: 'yes' });
  });

  test('that is over the value limit is refused as soon as it is passed (fault 18)', () => {
    const rig = new ServingRig({ big: () => new Uint8Array(64 * 1024 * 1024 + 1) });
    expect(rig.send('big').error).toMatchObject({ code: 'bad_result', executed: 'yes' });
  });
});

describe('what this server gets to know', () => {
  test('is what a handler logs, with the call it belongs to', async () => {
    const rig = new ServingRig({
      f: defineFunction({ name: 'f', version: '2.1.0', handler: (ctx): void => ctx.log('half way', { rows: 5 }) }),
    });
    const events: FabricEvent[] = [];
    rig.observer.onAll((event) => events.push(event));
    rig.send('f');
    expect(events).toEqual([
      { kind: 'handler.logged', function: 'f', version: '2.1.0', callId: 'c0ffee:1', message: 'half way', fields: { rows: 5 } },
    ]);
  });

  test('is that a handler goes on 5 s after its reply, or after its own timeout if that is longer', () => {
    const { hang } = stubborn();
    const rig = new ServingRig({ hang });
    const overstayed: string[] = [];
    rig.observer.on('handler.overstayed', ({ callId }) => overstayed.push(callId));
    rig.send('hang', [], { timeoutMs: 1_000 });
    rig.send('hang', [], { timeoutMs: 10_000 });
    rig.clock.advance(5_990);
    expect(overstayed).toEqual([]);
    rig.clock.advance(20);
    expect(overstayed).toEqual(['c0ffee:1']);
    rig.clock.advance(13_980);
    expect(overstayed).toEqual(['c0ffee:1']);
    rig.clock.advance(20);
    expect(overstayed).toEqual(['c0ffee:1', 'c0ffee:2']);
  });

  test('is that a handler blocked the event loop', () => {
    const rig: ServingRig = new ServingRig({ busy: (ms: number) => rig.clock.advance(ms) });
    const blocked: number[] = [];
    rig.observer.on('handler.blocked', ({ blockedMs }) => blocked.push(blockedMs));
    rig.send('busy', [200]);
    rig.send('busy', [201]);
    expect(blocked).toEqual([201]);
  });
});

test('the time between arrival and reply is told in microseconds', async () => {
  const rig = new ServingRig({ f: defineFunction({ name: 'f', handler: (ctx): Promise<void> => ctx.sleep(20) }) });
  const call: SentCall = rig.send('f');
  rig.clock.advance(20);
  await settle();
  expect(call.settlement.serverMicros).toBe(20_000);
});
