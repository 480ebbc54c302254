import { trace } from '@opentelemetry/api';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { afterEach, describe, expect } from 'vitest';
import { defineFunction } from '../../src/fabric/api/define.ts';
import { connect, startServer } from '../../src/index.ts';
import { failureOf } from '../within.ts';
import { worldTest as test } from './world.ts';

type Line = Readonly<Record<string, unknown>>;

/** Where a server of a world writes, and what it has written. */
function book(level: 'debug' | 'info' = 'info') {
  const lines: string[] = [];
  const destination = (line: string): void => void lines.push(line);
  return { lines, log: { level, destination }, said: () => lines.map((line) => JSON.parse(line) as Line) };
}

const picky = defineFunction({
  name: 'picky',
  effect: 'pure',
  handler: (ctx, secret: string): string => {
    ctx.log('looked at', { length: secret.length, token: secret });
    throw new TypeError('not that one');
  },
});
const even = defineFunction({
  name: 'even',
  effect: 'pure',
  handler: (_ctx, value: string) => value,
  input: [
    {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (value: unknown) => (typeof value === 'number' ? { value } : { issues: [{ message: 'wanted a number' }] }),
      },
    },
  ] as never, // a schema by hand: its types are not what is tested
});

afterEach(() => trace.disable());

/** Results that no caller can be sent. */
const circle: Record<string, unknown> = {};
circle['self'] = circle;
const unsendable = {
  called: (): unknown => ({ rows: [{ f: () => 'secret' }] }),
  circular: (): unknown => circle,
  async *streamed(): AsyncGenerator<unknown> {
    yield 1;
    yield Symbol('secret');
  },
};

describe('the logs of a fabric', () => {
  test('say where in a result it is that cannot be sent, at the server whose function gave it; over gRPC', async () => {
    const { log, said } = book();
    await using server = await startServer({ name: 'owner', functions: unsendable, log });
    await using client = await connect<typeof unsendable>(server.url);
    const read = async (): Promise<void> => {
      for await (const _ of client.stream('streamed', []));
    };
    const failures = [await failureOf(client.call('called', [])), await failureOf(client.call('circular', [])), await failureOf(read())];
    for (const failure of failures) expect(failure).toMatchObject({ code: 'bad_result', executed: 'yes' });
    const lines = said().filter(({ event }) => event === 'handler.failed');
    const not = 'expected JSON data, bytes, Date, BigInt, Map or Set, found';
    expect(lines.map(({ level, function: name, stack }) => [level, name, stack])).toEqual([
      ['warn', 'called', `bad_result: rows[0].f of the result: ${not} a function`],
      ['warn', 'circular', 'bad_result: self of the result: expected at most 64 levels of nesting, found a value that contains itself'],
      ['warn', 'streamed', `bad_result: [1] of the result: ${not} a symbol`],
    ]);
    expect(lines.map(({ stack }) => stack).join()).not.toContain('secret');
  });

  test('of a call that fails tell one story over two servers: one trace, one call', async ({ world }) => {
    trace.setGlobalTracerProvider(new BasicTracerProvider());
    const [entryBook, ownerBook] = [book(), book()];
    const entry = await world.start('entry', {}, { log: entryBook.log });
    await world.start('owner', { picky }, { log: ownerBook.log });
    const client = await world.connect(entry);
    await world.settle(failureOf(client.call('picky', ['4711'])));
    const lines = [...entryBook.said(), ...ownerBook.said()].filter((line) => line['callId'] !== undefined);
    expect(lines.map(({ server, event, code }) => [server, event, code])).toEqual([
      ['entry', 'attempt.settled', 'function_failed'],
      ['owner', 'handler.logged', undefined],
      ['owner', 'handler.failed', undefined],
      ['owner', 'call.served', 'function_failed'],
    ]);
    expect(new Set(lines.map((line) => line['callId'])).size).toBe(1);
    const [traceId, ...others] = new Set(lines.map((line) => line['trace_id']));
    expect(traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(others).toEqual([]);
    // What the owner says is of its own span, what the entry says of the one above it.
    expect(new Set(lines.map((line) => line['span_id'])).size).toBe(2);
  });

  test('of a run name it and its step, in the trace of whoever submitted it', async ({ world }) => {
    trace.setGlobalTracerProvider(new BasicTracerProvider());
    const one = book('debug');
    const server = await world.start('one', { picky }, { log: one.log });
    const run = server.submit([{ name: 'a', fun: 'picky', args: ['4711'] }]);
    await world.settle(failureOf(run.result));
    const lines = one.said().filter(({ event }) => /^(?:run|step)\./.test(String(event)));
    expect(lines.map(({ event, level, step }) => [event, level, step])).toEqual([
      ['run.accepted', 'debug', undefined],
      ['step.started', 'debug', 'a'],
      ['step.settled', 'info', 'a'],
      ['run.settled', 'info', undefined],
    ]);
    expect(new Set(lines.map((line) => line['runId']))).toEqual(new Set([run.runId]));
    const calls = one.said().filter(({ event }) => event === 'call.served');
    expect(new Set([...lines, ...calls].map((line) => line['trace_id'])).size).toBe(1);
  });

  test('L1: have no argument, no result, and no secret in them, however loud they are', async ({ world }) => {
    const one = book('debug');
    const server = await world.start('one', { picky, even, echo: (value: unknown) => value }, { log: one.log });
    const client = await world.connect(server);
    const calls = [
      client.call('picky', ['secret-4711']),
      client.call('even', ['secret-4711']),
      client.call('echo', ['secret-4711'], { meta: { session: 'secret-4711' } }),
      client.call('echo', [{ deep: 'secret-4711' }], { idempotencyKey: 'secret-4711' }),
      client.submit([{ name: 'a', fun: 'echo', args: ['secret-4711'] }]).result,
    ];
    await world.settle(Promise.allSettled(calls));
    expect(one.said().length).toBeGreaterThan(10);
    expect(one.said().map(({ event }) => event)).toEqual(expect.arrayContaining(['handler.logged', 'handler.failed', 'run.settled']));
    expect(one.lines.join('')).not.toContain('4711');
  });

  test('end with the server that wrote them', async ({ world }) => {
    const one = book();
    const server = await world.start('one', {}, { log: one.log });
    await world.settle(server.stop());
    expect(one.said().map(({ event }) => event)).toEqual(['server.listening', 'server.stopped']);
  });
});

describe('the option', () => {
  test.each<[unknown, string]>([
    ['loud', 'options.log.level: expected one of error, warn, info, debug, found "loud"'],
    [{ level: 'info', colour: true }, 'colour'],
    [{ format: 'xml' }, 'options.log.format: expected one of auto, json, text, found "xml"'],
    [{ destination: 7 }, 'options.log.destination: expected stderr, stdout, the path of a file, or a function'],
    [{ linesPerSecondMax: 0 }, 'options.log.linesPerSecondMax: expected a whole number from 1 to 1000000, found 0'],
  ])('refuses %j', async (log, message) => {
    expect(await failureOf(startServer({ log: log as never }))).toMatchObject({
      code: 'bad_argument',
      message: expect.stringContaining(message),
    });
  });
});
