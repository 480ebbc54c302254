import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { Schema } from '../../src/core/function.ts';
import { HeddleError } from '../../src/errors.ts';
import { defineFunction } from '../../src/fabric/api/define.ts';
import type { FabricEvent } from '../../src/observe/events.ts';
import { ServingRig } from './serving-rig.ts';

test('the log of its server says what was thrown that no caller hears, and no more than a log is for', async () => {
  const stacks: string[] = [];
  const rig = new ServingRig({
    throws: () => {
      throw 'the disk is full';
    },
    long: () => {
      throw new Error('x'.repeat(1_000_000));
    },
  });
  rig.observer.on('handler.failed', ({ stack }) => void stacks.push(stack));
  await rig.call('throws');
  await rig.call('long');
  expect(stacks[0]).toBe('a thrown string: the disk is full');
  expect(stacks[1]).toMatch(/^Error: x+\.\.\. \(1\d{6} characters\)$/);
  expect(stacks[1]?.length).toBeLessThan(17_000);
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
      expect(inspect([call.settlement, message, detail, cause], { depth: 9 })).not.toMatch(/hunter2|handler-events\.test/);
    }
    expect(failed).toEqual([expect.stringContaining('handler-events.test.ts'), expect.stringContaining('handler-events.test.ts')]);
  });
});

describe('what this server gets to know', () => {
  class Row {
    readonly id = 7;
  }
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;

  test.each([
    ['a function', { rows: [{ f: () => 'secret' }] }, /^bad_result: rows\[0\]\.f of the result: expected .+, found a function$/],
    ['a cycle', circle, /^bad_result: self of the result: expected .+, found a value that contains itself$/],
    ['a class instance', [new Row()], /^bad_result: \[0\] of the result: expected .+, found an instance of Row$/],
    ['a symbol', Symbol('secret'), /^bad_result: .+ of the result: expected .+, found a symbol$/],
  ])('is that a result cannot be sent: %s, returned at once or later', async (_what, result: unknown, text) => {
    const rig = new ServingRig({ gives: () => result, later: async () => result });
    const failed: FabricEvent[] = [];
    rig.observer.on('handler.failed', (event) => failed.push(event));
    for (const name of ['gives', 'later']) expect((await rig.call(name)).error).toMatchObject({ code: 'bad_result', executed: 'yes' });
    expect(failed).toEqual(
      ['gives', 'later'].map((name, at) => ({
        kind: 'handler.failed',
        function: name,
        version: '1.0.0',
        callId: `c0ffee:${at + 1}`,
        traceparent: undefined,
        stack: expect.stringMatching(text),
      })),
    );
  });

  test("is that a result is against its schema; nothing is said of an argument that is, which is its caller's to mend", () => {
    const schema: Schema = {
      '~standard': { version: 1, vendor: 'test', validate: (value) => (value === 'good' ? { value } : { issues: [{ message: 'no' }] }) },
    };
    const g = defineFunction({ name: 'g', input: [schema], output: schema, handler: () => 'bad' });
    const rig = new ServingRig({ g });
    const failed: string[] = [];
    rig.observer.on('handler.failed', (event) => failed.push(event.stack));
    expect(rig.send('g', ['bad']).error).toMatchObject({ code: 'bad_argument' });
    expect(failed).toEqual([]);
    expect(rig.send('g', ['good']).error).toMatchObject({ code: 'bad_result' });
    expect(failed).toEqual([expect.stringMatching(/^bad_result: .*result: expected .+, found a string$/)]);
  });

  test('is what a handler logs, with the call it belongs to', async () => {
    const rig = new ServingRig({
      f: defineFunction({ name: 'f', version: '2.1.0', handler: (ctx): void => ctx.log('half way', { rows: 5 }) }),
    });
    const events: FabricEvent[] = [];
    rig.observer.on('handler.logged', (event) => events.push(event));
    rig.send('f');
    expect(events).toEqual([
      { kind: 'handler.logged', function: 'f', version: '2.1.0', callId: 'c0ffee:1', message: 'half way', fields: { rows: 5 } },
    ]);
  });

  test('is that a handler goes on 5 s after its reply, or after its own timeout if that is longer', () => {
    const hang = defineFunction({ name: 'hang', handler: (): Promise<never> => new Promise(() => {}) });
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
