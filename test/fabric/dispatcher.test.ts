import { describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import type { Path } from '../../src/core/payload.ts';
import { defineFunction } from '../../src/fabric/api/define.ts';
import { encodeArguments, encodeValue } from '../../src/wire/value.ts';
import { callFrame } from '../frames.ts';
import { SentCall, ServingRig, settle } from './serving-rig.ts';

const add = (a: number, b: number) => a + b;
const never = defineFunction({ name: 'never', concurrency: 2, handler: (_ctx): Promise<never> => new Promise(() => {}) });

describe('a dispatched call', () => {
  test('of a plain function is answered before dispatch returns (S3)', () => {
    const rig = new ServingRig({ add });
    const call = rig.send('add', [1, 2]);
    expect(call.value).toBe(3);
    expect(call.settlement).toMatchObject({ server: 'server-1', serverMicros: 0 });
    expect(call.settlement.freeSlots).toBeUndefined();
    expect(call.incoming?.isSettled).toBe(true);
    expect([rig.wheel.armed, rig.dispatcher.inFlight]).toEqual([0, 0]);
  });

  test('of a plain function gets its arguments and no context, of a definition the context first', () => {
    const rig = new ServingRig({
      count: (...args: unknown[]) => args.length,
      who: defineFunction({ name: 'who', handler: (ctx, ...args: string[]): string => `${ctx.server}/${args.join()}` }),
    });
    expect(rig.send('count', []).value).toBe(0);
    expect(rig.send('who', ['a', 'b']).value).toBe('server-1/a,b');
  });

  test('of an asynchronous handler waits in the wheel and leaves nothing there', async () => {
    const rig = new ServingRig({ later: async (n: number) => n + 1 });
    const call = rig.send('later', [1]);
    expect([call.isSettled, rig.wheel.armed, rig.dispatcher.inFlight]).toEqual([false, 1, 1]);
    await settle();
    expect(call.value).toBe(2);
    expect([rig.wheel.armed, rig.dispatcher.inFlight]).toEqual([0, 0]);
  });

  test('awaits any thenable, and trusts none', async () => {
    const rig = new ServingRig({
      twice: () => ({
        // biome-ignore lint/suspicious/noThenProperty: what is tested
        then: (yes: (value: string) => void, no: (error: unknown) => void) => {
          yes('first');
          yes('second');
          no('third');
        },
      }),
      trap: () => ({
        // biome-ignore lint/suspicious/noThenProperty: what is tested
        get then(): never {
          throw new Error('trapped');
        },
      }),
    });
    expect((await rig.call('twice')).value).toBe('first');
    expect((await rig.call('trap')).error).toMatchObject({ code: 'function_failed', detail: { message: 'trapped' } });
  });

  test('is refused where the function, or its version, is not offered', () => {
    const rig = new ServingRig({ f: defineFunction({ name: 'f', version: '1.2.0', handler: () => 1 }) });
    expect(rig.send('f', [], { version: '1.2.0' }).value).toBe(1);
    expect(rig.send('f', []).value).toBe(1);
    for (const [name, version] of [
      ['f', '1.0.0'],
      ['g', '1.2.0'],
      ['constructor', undefined],
      ['__proto__', undefined],
      ['', undefined],
    ] as const) {
      const { error, settlement } = rig.send(name, [], { version });
      expect(error).toMatchObject({ code: 'not_offered_here', executed: 'no', detail: { function: name, server: 'server-1' } });
      expect(settlement.server).toBe('server-1');
    }
    rig.registry.withdraw(['f']);
    expect(rig.send('f').error.code).toBe('not_offered_here');
  });

  test('takes its holes from the values beside it', () => {
    const rig = new ServingRig({ list: (...args: unknown[]) => args });
    const input = (at: Path, value: unknown, path: Path = []) => ({ at, value: encodeValue(value), path, name: 'step1' });
    const args = {
      template: encodeArguments([{ rows: [null, 2] }, null]),
      inputs: [input([0, 'rows', 0], { a: [7] }, ['a', 0]), input([1], new Uint8Array([1, 2]))],
    };
    expect(rig.send('list', [], { args }).value).toEqual([{ rows: [7, 2] }, new Uint8Array([1, 2])]);
  });

  test('does not start when a path of a hole leads nowhere, and names step and path (fault 22)', () => {
    const handler = vi.fn();
    const rig = new ServingRig({ f: (...args: unknown[]) => handler(...args) });
    const args = {
      template: encodeArguments([null]),
      inputs: [{ at: [0], value: encodeValue({ rows: [] }), path: ['rows', 3], name: 'clean' }],
    };
    const { error } = rig.send('f', [], { args });
    expect(error).toMatchObject({ code: 'bad_argument', executed: 'no' });
    expect(error.message).toContain('clean.rows.3');
    expect(handler).not.toHaveBeenCalled();
  });

  test('does not start with arguments that are no list, or more than the stack takes', () => {
    const rig = new ServingRig({ count: (...args: unknown[]) => args.length });
    expect(rig.send('count', [], { args: { template: encodeValue({ length: 1 }), inputs: [] } }).error).toMatchObject({
      code: 'bad_argument',
      executed: 'no',
    });
    const garbage = { template: { encoding: 'json', bytes: new Uint8Array([0xff, 0x00]) }, inputs: [] } as const;
    expect(rig.send('count', [], { args: garbage }).error).toMatchObject({ code: 'bad_argument', executed: 'no' });
    expect(rig.send('count', new Array(10_000).fill(0)).value).toBe(10_000);
    expect(rig.send('count', new Array(10_001).fill(0)).error.message).toBe('args: expected at most 10000 arguments, found 10001');
  });

  test('is validated on its way in and out', async () => {
    const handler = vi.fn((_ctx: unknown, n: number): string => (n > 9 ? 'many' : (n as unknown as string)));
    const late = {
      '~standard': { version: 1, vendor: 'test', validate: async (value: unknown) => ({ value: `late ${String(value)}` }) },
    } as const;
    const rig = new ServingRig({
      f: defineFunction({ name: 'f', input: [z.coerce.number<string>()], output: z.string(), handler }),
      late: defineFunction({ name: 'late', input: [late], output: late, handler: (_ctx, text) => text }),
    });
    expect(rig.send('f', ['10']).value).toBe('many');
    expect(rig.send('f', ['x']).error).toMatchObject({ code: 'bad_argument', executed: 'no', detail: { path: ['args', 0] } });
    expect(handler).toHaveBeenCalledTimes(1);
    expect(rig.send('f', ['5']).error).toMatchObject({ code: 'bad_result', executed: 'yes', detail: { path: [], found: 'a number' } });
    expect((await rig.call('late', ['x'])).value).toBe('late late x');
    expect(rig.wheel.armed).toBe(0);
  });

  test('gives JSON forms to a caller that reads JSON alone', () => {
    const rig = new ServingRig({ now: () => new Date(0), fail: () => Promise.reject(new Error('x')) });
    const { outcome } = rig.send('now', [], { isJsonOnly: true }).settlement;
    expect(outcome.ok && [outcome.value.encoding, new TextDecoder().decode(outcome.value.bytes)]).toEqual([
      'json',
      '{"$date":"1970-01-01T00:00:00.000Z"}',
    ]);
    expect(rig.send('now').value).toEqual(new Date(0));
  });

  test('sends progress only to whoever wants it, and nothing after the reply', async () => {
    const senders: ((value: unknown) => void)[] = [];
    const rig = new ServingRig({
      slow: defineFunction({
        name: 'slow',
        handler: async ({ progress, sleep }): Promise<string> => {
          senders.push(progress);
          progress({ done: 1 });
          progress(() => {});
          await sleep(10);
          progress({ done: 2 });
          return 'done';
        },
      }),
    });
    const logged: string[] = [];
    rig.observer.on('handler.logged', ({ message }) => logged.push(message));
    const [watched, unwatched] = [rig.send('slow', [], { wantsProgress: true }), rig.send('slow')];
    rig.clock.advance(10);
    await settle();
    for (const send of senders) send('too late');
    expect(watched.progressed).toEqual([{ done: 1 }, { done: 2 }]);
    expect(unwatched.progressed).toEqual([]);
    expect([watched.value, unwatched.value]).toEqual(['done', 'done']);
    expect(logged).toEqual([expect.stringContaining('progress was not sent')]);
  });
});

describe('draining', () => {
  test('refuses new calls and lets those under way finish', async () => {
    const rig = new ServingRig({
      add,
      slow: defineFunction({
        name: 'slow',
        handler: async (ctx): Promise<string> => {
          await ctx.sleep(100);
          return 'done';
        },
      }),
    });
    const slow = rig.send('slow');
    rig.dispatcher.drain();
    expect(rig.send('add', [1, 2]).error).toMatchObject({ code: 'draining', executed: 'no', detail: { server: 'server-1' } });
    const idle = vi.fn();
    const isIdle = rig.dispatcher.idle().then(idle);
    await settle();
    expect(idle).not.toHaveBeenCalled();
    rig.clock.advance(100);
    await isIdle;
    expect(slow.value).toBe('done');
    await rig.dispatcher.idle();
  });

  test('goes on serving what work accepted before needs here', () => {
    const rig = new ServingRig({ add });
    rig.dispatcher.drain();
    const own = Object.assign(new SentCall(), { isOwn: true });
    rig.dispatcher.dispatch(callFrame('add', [1, 2]), own);
    expect(own.value).toBe(3);
  });

  test('is over at once when nothing is under way', async () => {
    await new ServingRig({ add }).dispatcher.idle();
  });

  test('abortAll sends what has not run elsewhere, and says maybe of what may have', async () => {
    const signals: AbortSignal[] = [];
    const rig = new ServingRig({
      hang: defineFunction({
        name: 'hang',
        concurrency: 1,
        handler: (ctx): Promise<never> => {
          signals.push(ctx.signal);
          return new Promise(() => {});
        },
      }),
    });
    const [running, queued] = [rig.send('hang'), rig.send('hang')];
    rig.dispatcher.drain();
    const idle = rig.dispatcher.idle();
    rig.dispatcher.abortAll();
    await idle;
    expect(running.error).toMatchObject({ code: 'connection_lost', executed: 'maybe' });
    expect(queued.error).toMatchObject({ code: 'draining', executed: 'no' });
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    expect(rig.dispatcher.inFlight).toBe(0);
  });
});

describe('places', () => {
  test('free up in order, and every reply tells how many are left', async () => {
    const started: number[] = [];
    const rig = new ServingRig({
      work: defineFunction({
        name: 'work',
        concurrency: 2,
        handler: async (ctx, n: number): Promise<number> => {
          started.push(n);
          await ctx.sleep(40);
          return n;
        },
      }),
    });
    const calls = [1, 2, 3, 4, 5, 6, 7].map((n) => rig.send('work', [n]));
    expect(started).toEqual([1, 2]);
    expect(calls[6]?.error).toMatchObject({ code: 'overloaded', executed: 'no', detail: { function: 'work', server: 'server-1' } });
    expect(calls[6]?.settlement.freeSlots).toBe(0);
    for (let turn = 0; turn < 3; turn += 1) {
      rig.clock.advance(40);
      await settle();
    }
    expect(started).toEqual([1, 2, 3, 4, 5, 6]);
    expect(calls.slice(0, 6).map((call) => call.value)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(calls.slice(0, 6).map((call) => call.settlement.freeSlots)).toEqual([0, 0, 0, 0, 1, 2]);
  });

  test('are waited for 100 ms at most, or a third of the time left', async () => {
    const rig = new ServingRig({ never });
    rig.send('never');
    rig.send('never');
    const [long, short] = [rig.send('never'), rig.send('never', [], { timeoutMs: 90 })];
    rig.clock.advance(30);
    expect([long.isSettled, short.isSettled]).toEqual([false, true]);
    rig.clock.advance(70);
    expect([long.error.code, short.error.code]).toEqual(['overloaded', 'overloaded']);
    expect(long.error.executed).toBe('no');
  });

  test('are each function’s own, and each version’s', () => {
    const rig = new ServingRig({ never, next: defineFunction({ name: 'never', version: '2.0.0', concurrency: 1, handler: () => 2 }) });
    for (let n = 0; n < 6; n += 1) rig.send('never', [], { version: '1.0.0' });
    expect(rig.send('never', [], { version: '1.0.0' }).error.code).toBe('overloaded');
    expect(rig.send('never', [], { version: '2.0.0' }).value).toBe(2);
  });

  test('are held by a withdrawn function until its calls end', async () => {
    const rig = new ServingRig({ later: async () => 'done' });
    const call = rig.send('later');
    rig.registry.withdraw(['later']);
    rig.registry.add({ later: async () => 'new' });
    expect((await rig.call('later')).value).toBe('new');
    expect(call.value).toBe('done');
  });
});

test('a frame that names another caller than its sender is that caller’s', () => {
  const rig = new ServingRig({
    who: defineFunction({ name: 'who', handler: (ctx): unknown => [ctx.caller, ctx.callId, ctx.idempotencyKey, ctx.attempt] }),
  });
  expect(rig.send('who').value).toEqual(['client-1', 'c0ffee:1', 'c0ffee:1', 1]);
  const relayed = rig.send('who', [], { caller: 'abad1dea', callerName: 'laptop', callNumber: 9, attempt: 2 });
  expect(relayed.value).toEqual(['laptop', 'abad1dea:9', 'abad1dea:9', 2]);
});

test('the rig notices a second settlement', () => {
  const call = new SentCall();
  const settlement = { outcome: { ok: true, value: callFrame('x', []).args.template } } as const;
  call.settled(settlement);
  call.settled(settlement);
  expect(() => call.settlement).toThrow('found 2');
});
