import { describe, expect, test, vi } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { HeddleError } from '../../src/errors.ts';
import { type ContextCall, ServedContext } from '../../src/fabric/serve/context.ts';
import type { NestedCall } from '../../src/fabric/serve/serving.ts';
import type { CallFrame } from '../../src/wire/frame.ts';
import { callFrame } from '../frames.ts';
import { failureOf } from '../within.ts';
import { SentCall, settle, thrownBy } from './serving-rig.ts';

const cancelled = new HeddleError('cancelled', { reason: 'enough' });

function rig(frame: Partial<CallFrame> = {}) {
  const clock = new VirtualClock(1_000_000);
  const nestedCall = vi.fn<NestedCall>(() => Promise.resolve('nested'));
  const call: ContextCall = {
    frame: callFrame('f', [], { callNumber: 7, ...frame }),
    origin: new SentCall(),
    deadlineMs: 500,
    progress: vi.fn(),
    log: vi.fn(),
  };
  const context = new ServedContext(
    { server: 'server-1', clock, random: seededRandom('context'), nestedCall, nestedStream: vi.fn() },
    call,
  );
  return { clock, nestedCall, call, context };
}

describe('a context', () => {
  test('says whose call it is, and where it runs', () => {
    const { context } = rig({ attempt: 2 });
    expect([context.server, context.caller, context.callId, context.idempotencyKey, context.attempt]).toEqual([
      'server-1',
      'client-1',
      'c0ffee:7',
      'c0ffee:7',
      2,
    ]);
  });

  test('tells the time left by the monotonic clock, never below 0, and the time of day by the wall clock', () => {
    const { context, clock } = rig();
    clock.advance(200);
    expect([context.remainingMs(), context.now()]).toEqual([300, 1_000_200]);
    clock.advance(1_000);
    expect(context.remainingMs()).toBe(0);
  });

  test('gives the caller’s meta, frozen and without a prototype', () => {
    const { context } = rig({ meta: { tenant: 'a', constructor: 'b' } });
    expect(Object.entries(context.meta)).toEqual([
      ['tenant', 'a'],
      ['constructor', 'b'],
    ]);
    expect(context.meta['toString']).toBeUndefined();
    expect(thrownBy(() => Object.assign(context.meta, { tenant: 'c' }))).toBeInstanceOf(TypeError);
    expect(rig().context.meta).toEqual({});
  });

  test('draws from the random stream that it was given', () => {
    const [one, other] = [rig().context, rig().context];
    expect(one.random()).toBe(other.random());
    expect(one.random()).not.toBe(one.random());
  });

  test('has functions that work without it (X2)', async () => {
    const { context, call, clock, nestedCall } = rig();
    const { remainingMs, progress, log, now, random, sleep, call: callOther } = context;
    progress(5);
    log('said', { a: 1 });
    expect([remainingMs(), now(), typeof random()]).toEqual([500, 1_000_000, 'number']);
    expect(await callOther('other', [1], { timeoutMs: 5 })).toBe('nested');
    expect(nestedCall).toHaveBeenCalledWith(context, 'other', { args: [1], options: { timeoutMs: 5 } });
    expect(call.progress).toHaveBeenCalledWith(5);
    expect(call.log).toHaveBeenCalledWith('said', { a: 1 });
    const slept = vi.fn();
    const sleeping = sleep(10).then(slept);
    clock.advance(9);
    await settle();
    expect(slept).not.toHaveBeenCalled();
    clock.advance(1);
    await sleeping;
  });

  test('hands deadline, meta and abort to its nested calls', () => {
    const { context } = rig({ meta: { tenant: 'a' } });
    expect([context.deadlineMs, { ...context.meta }]).toEqual([500, { tenant: 'a' }]);
    const told: unknown[] = [];
    const leave = context.onAbort(() => told.push('left'));
    context.onAbort((reason) => told.push(reason));
    leave();
    context.abort(cancelled);
    context.abort(new HeddleError('closed', { what: 'twice' }));
    context.onAbort((reason) => told.push(reason))();
    expect(told).toEqual([cancelled, cancelled]);
  });
});

test("X4: a caller that gives up ends no process: what its handler has begun and not yet awaited is nobody's rejection", async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): number => unhandled.push(reason);
  process.on('unhandledRejection', note);
  const { context, nestedCall } = rig();
  nestedCall.mockImplementation(
    (parent) =>
      new Promise((_, reject) => {
        parent.onAbort(reject);
      }),
  );
  const handler = async (): Promise<unknown[]> => {
    const [price, stock, pause] = [context.call('price', []), context.call('stock', []), context.sleep(5)];
    return [await price, await stock, await pause];
  };
  const ended = failureOf(handler());
  context.abort(cancelled);
  expect(await ended).toBe(cancelled);
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', note);
  expect(unhandled).toEqual([]);
});

describe('the signal of a context', () => {
  test('is made at first touch and stays the same', () => {
    let made = 0;
    class Counted extends AbortController {
      constructor() {
        super();
        made += 1;
      }
    }
    vi.stubGlobal('AbortController', Counted);
    const { context } = rig();
    context.abort(cancelled);
    expect(made).toBe(0);
    expect(context.signal).toBe(context.signal);
    expect(made).toBe(1);
    vi.unstubAllGlobals();
  });

  test('is aborted with the reason, touched before or after (X3)', () => {
    const [before, after] = [rig().context, rig().context];
    const heard = vi.fn();
    before.signal.addEventListener('abort', heard);
    before.abort(cancelled);
    after.abort(cancelled);
    expect(heard).toHaveBeenCalledTimes(1);
    expect([before.signal.reason, after.signal.reason]).toEqual([cancelled, cancelled]);
  });
});

describe('a sleep', () => {
  test('ends at once when the call is given up, and leaves no timer', async () => {
    const { context, clock } = rig();
    const slept = context.sleep(1_000);
    context.abort(cancelled);
    await expect(slept).rejects.toBe(cancelled);
    expect(clock.nextMs()).toBe(Number.POSITIVE_INFINITY);
  });

  test('does not begin after that', async () => {
    const { context, clock } = rig();
    context.abort(cancelled);
    await expect(context.sleep(1_000)).rejects.toBe(cancelled);
    expect(clock.nextMs()).toBe(Number.POSITIVE_INFINITY);
  });

  test('leaves no listener behind', async () => {
    const { context, clock } = rig();
    const cancelTask = vi.fn();
    const schedule = clock.schedule.bind(clock);
    vi.spyOn(clock, 'schedule').mockImplementation((ms, task) => {
      schedule(ms, task);
      return cancelTask;
    });
    const slept = context.sleep(5);
    clock.advance(5);
    await slept;
    context.abort(cancelled);
    expect(cancelTask).not.toHaveBeenCalled();
  });
});
