import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { HeddleError } from '../src/errors.ts';
import { defineFunction } from '../src/fabric/api/define.ts';
import { invoke } from '../src/testing.ts';

const area = defineFunction({
  name: 'area',
  input: [z.object({ w: z.coerce.number<string>() }), z.number().default(1)],
  output: z.object({ area: z.number() }),
  handler: (_ctx, { w }, scale) => ({ area: w * w * scale, extra: true }),
});

describe('invoke', () => {
  test('validates both ways, as a server does', async () => {
    expect(await invoke(area, [{ w: '3' }])).toEqual({ area: 9 });
    expect(await invoke(area, [{ w: '3' }, 2])).toEqual({ area: 18 });
    await expect(invoke(area, [{ w: 'x' }])).rejects.toMatchObject({
      code: 'bad_argument',
      executed: 'no',
      detail: { path: ['args', 0, 'w'] },
    });
  });

  test('encodes both ways: the handler gets copies, the caller what would arrive', async () => {
    const rows = [{ at: new Date(5), left: undefined }];
    let seen: unknown;
    const f = defineFunction({
      name: 'f',
      handler: (_ctx, given: unknown): unknown => {
        seen = given;
        return Buffer.from('ab');
      },
    });
    const result = await invoke(f, [rows]);
    expect(seen).toStrictEqual([{ at: new Date(5) }]);
    expect(seen).not.toBe(rows);
    expect(Buffer.isBuffer(result)).toBe(false);
    expect(result).toEqual(new Uint8Array([97, 98]));
  });

  test('refuses what cannot be sent', async () => {
    const f = defineFunction({
      name: 'f',
      handler:
        (_ctx, ..._args: unknown[]): unknown =>
        () =>
          1,
    });
    await expect(invoke(f, [() => 1])).rejects.toMatchObject({ code: 'bad_argument', executed: 'no' });
    await expect(invoke(f, [1])).rejects.toMatchObject({ code: 'bad_result', executed: 'yes' });
    await expect(invoke({ ...f }, [1])).rejects.toMatchObject({ code: 'bad_argument' });
  });

  test('rejects with function_failed whose cause is what the handler threw', async () => {
    const cause = new RangeError('too far');
    const f = defineFunction({
      name: 'f',
      handler: (): never => {
        throw cause;
      },
    });
    await expect(invoke(f, [])).rejects.toMatchObject({
      code: 'function_failed',
      executed: 'yes',
      cause,
      detail: { name: 'RangeError', message: 'too far' },
    });
  });

  test('gives a whole context, of which the test replaces what it wants', async () => {
    const f = defineFunction({
      name: 'f',
      handler: async (ctx): Promise<unknown> => {
        ctx.progress(1);
        ctx.log('said');
        await ctx.sleep(0);
        return [
          ctx.server,
          ctx.caller,
          ctx.attempt,
          ctx.callId === ctx.idempotencyKey,
          ctx.remainingMs() > 0,
          ctx.now() > 0,
          ctx.random() < 1,
          ctx.signal.aborted,
          ctx.meta,
        ];
      },
    });
    expect(await invoke(f, [])).toEqual(['invoke', 'invoke', 1, true, true, true, true, false, {}]);
    expect(await invoke(f, [], { attempt: 3, server: 'gpu-1', meta: { tenant: 'a' } })).toMatchObject({
      0: 'gpu-1',
      2: 3,
      8: { tenant: 'a' },
    });
    const misspelt = { sever: 'gpu-1' };
    await expect(invoke(f, [], misspelt as object)).rejects.toMatchObject({
      code: 'bad_argument',
      message: expect.stringContaining('did you mean "server"?'),
    });
  });

  test('lets an aborted signal end a sleep', async () => {
    const f = defineFunction({ name: 'f', handler: (ctx): Promise<void> => ctx.sleep(60_000) });
    const reason = new HeddleError('cancelled', { reason: 'enough' });
    await expect(invoke(f, [], { signal: AbortSignal.abort(reason) })).rejects.toMatchObject({ code: 'function_failed', cause: reason });
  });

  test('answers nested calls by the test’s own, or not at all', async () => {
    const outer = defineFunction({ name: 'outer', handler: async (ctx): Promise<unknown> => ctx.call('inner', [2]) });
    await expect(invoke(outer, [])).rejects.toMatchObject({ code: 'function_failed', detail: { cause: { code: 'no_such_function' } } });
    const call = (async (_fn: unknown, [n]: readonly number[]) => (n ?? 0) + 1) as never;
    expect(await invoke(outer, [], { call })).toBe(3);
  });
});
