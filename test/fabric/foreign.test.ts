import { credentials, loadPackageDefinition, type Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import { defineFunction } from '../../src/fabric/api/define.ts';
import { type Server, startServer } from '../../src/index.ts';
import { within } from '../within.ts';
import { definition } from './foreign-client.ts';

interface Value {
  readonly data: Buffer;
  readonly encoding: string;
}
interface ErrorMessage {
  readonly code: string;
  readonly executed: string;
  readonly message: string;
  readonly detail: Value;
  readonly partial?: Readonly<Record<string, Value>>;
  readonly cause?: ErrorMessage;
}
interface RunEventMessage {
  readonly event: string;
  readonly runAccepted?: { readonly runId: string; readonly steps: readonly string[] };
  readonly stepProgress?: { readonly step: string; readonly value: Value };
  readonly stepSettled?: { readonly step: string; readonly isFallback?: boolean };
  readonly stepOpened?: { readonly step: string; readonly elements: number };
  readonly elementSettled?: { readonly step: string; readonly element: number; readonly ok: boolean };
  readonly runSettled?: {
    readonly ok: boolean;
    readonly result?: { readonly template: Value; readonly inputs: readonly unknown[] };
    readonly error?: ErrorMessage;
  };
}
interface Stream extends AsyncIterable<RunEventMessage> {
  cancel(): void;
}
interface Options {
  readonly deadline?: number;
}
interface FabricClient {
  call(
    request: object,
    options: Options,
    done: (error: ServiceError | null, reply: { readonly value: Value; readonly server: string }) => void,
  ): { cancel(): void };
  submit(request: object, options?: Options): Stream;
  close(): void;
}

const json = (value: unknown): { readonly data: Buffer } => ({ data: Buffer.from(JSON.stringify(value)) });
const read = (value: Value | undefined): unknown => {
  expect(value?.encoding).toBe('ENCODING_JSON');
  return JSON.parse(value?.data.toString() ?? '');
};

const state = { aborts: 0 };
let entered = deferred<void>();
const wait = defineFunction({
  name: 'wait',
  handler: (ctx) =>
    new Promise<void>(() => {
      ctx.signal.addEventListener('abort', () => {
        state.aborts += 1;
      });
      ctx.progress(new Date(5));
      entered.resolve();
    }),
});
const describeValue = (value: unknown): unknown => {
  if (value instanceof Date) return `date ${value.getTime()}`;
  return value instanceof Uint8Array ? `bytes ${[...value].join()}` : typeof value;
};
const functions = {
  add: (a: number, b: number): number => a + b,
  describe: describeValue,
  rich: (): unknown => ({
    at: new Date(0),
    bytes: new Uint8Array([1, 2]),
    big: 7n,
    map: new Map([['k', 1]]),
    not: Number.NaN,
    none: undefined,
  }),
  bytes: (): Uint8Array => new Uint8Array([1, 2, 3]),
  nothing: (): void => {},
  big: (size: number): Uint8Array => new Uint8Array(size).fill(7),
  fail: (): never => {
    throw Object.assign(new RangeError('too far'), { data: { at: new Date(0) } });
  },
  tell: defineFunction({ name: 'tell', handler: (ctx) => ({ left: ctx.remainingMs(), meta: ctx.meta, server: ctx.server }) }),
  wait,
};

let entry: Server;
let owner: Server;
let client: FabricClient;

beforeAll(async () => {
  owner = await startServer({ name: 'owner', cluster: 'foreign', functions });
  entry = await startServer({ name: 'entry', cluster: 'foreign', join: [owner.url] });
  await within('the entry knows the functions', 1_000, async () => (await entry.catalog()).length === Object.keys(functions).length);
  const { heddle } = loadPackageDefinition(definition) as unknown as {
    readonly heddle: { readonly v1: { readonly Fabric: new (url: string, how: unknown) => FabricClient } };
  };
  client = new heddle.v1.Fabric(entry.url, credentials.createInsecure());
});

afterAll(async () => {
  client.close();
  await entry.stop();
  await owner.stop();
});

function call(request: object, options: Options = {}): Promise<{ readonly value: Value; readonly server: string }> {
  return new Promise((yes, no) => {
    client.call(request, options, (error, reply) => (error ? no(error) : yes(reply)));
  });
}

async function refusalOf(
  promise: Promise<unknown>,
): Promise<{ readonly status: number; readonly metadata: Metadata; readonly error: ErrorMessage }> {
  const failure = (await promise.then(
    () => expect.fail('expected a failure'),
    (error: unknown) => error,
  )) as ServiceError;
  const [bytes] = failure.metadata.get('heddle-error-bin');
  return { status: failure.code, metadata: failure.metadata, error: decodeError(bytes as Buffer) };
}

/** The Error of the trailers, by the loaded .proto alone. */
function decodeError(bytes: Buffer): ErrorMessage {
  const reader = definition['heddle.v1.Error'] as unknown as { readonly deserialize: (bytes: Buffer) => ErrorMessage };
  return reader.deserialize(bytes);
}

async function runOf(stream: Stream): Promise<readonly RunEventMessage[]> {
  const events: RunEventMessage[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

describe('a foreign client calls', () => {
  test('case 25: a function of another server with JSON, and gets JSON back', async () => {
    const { value, server } = await call({ function: 'add', args: json([1, 2]) });
    expect([read(value), server]).toEqual([3, 'owner']);
  });

  test('with the JSON forms of what JSON lacks, both ways', async () => {
    const described = async (form: unknown): Promise<unknown> => read((await call({ function: 'describe', args: json([form]) })).value);
    expect(await described({ $date: '1970-01-01T00:00:00.005Z' })).toBe('date 5');
    expect(await described({ $bytes: Buffer.from([1, 2]).toString('base64') })).toBe('bytes 1,2');
    expect(await described({ $literal: { $date: 'x' } })).toBe('object');
    expect(read((await call({ function: 'rich' })).value)).toEqual({
      at: { $date: '1970-01-01T00:00:00.000Z' },
      bytes: { $bytes: 'AQI=' },
      big: { $bigint: '7' },
      map: { $map: [['k', 1]] },
      not: { $number: 'NaN' },
    });
    expect(read((await call({ function: 'bytes' })).value)).toEqual({ $bytes: 'AQID' });
    expect(read((await call({ function: 'nothing' })).value)).toBe(null);
  });

  test('and gets other encodings when it says that it reads them', async () => {
    const { value } = await call({ function: 'bytes', reads: ['ENCODING_BINARY', 'ENCODING_BYTES', 'ENCODING_UNDEFINED'] });
    expect([value.encoding, [...value.data]]).toEqual(['ENCODING_BYTES', [1, 2, 3]]);
  });

  test('with needs, version, target and meta', async () => {
    const { value } = await call({ function: 'tell', target: 'owner', version: '^1.0.0', meta: { trace: 'x' }, timeoutMs: 5_000 });
    expect(read(value)).toMatchObject({ meta: { trace: 'x' }, server: 'owner' });
    const refused = await refusalOf(call({ function: 'add', args: json([1, 2]), need: { all: ['gpu'] } }));
    expect([refused.status, refused.error.code]).toEqual([status.FAILED_PRECONDITION, 'no_matching_offer']);
  });

  test('and gets the status of the error table, with code and executed in the trailers and the whole error', async () => {
    const failed = await refusalOf(call({ function: 'fail' }));
    expect(failed.status).toBe(status.ABORTED);
    expect(failed.metadata.get('heddle-code')).toEqual(['function_failed']);
    expect(failed.metadata.get('heddle-executed')).toEqual(['yes']);
    expect(failed.error).toMatchObject({ code: 'function_failed', executed: 'EXECUTED_YES' });
    expect(read(failed.error.detail)).toMatchObject({
      name: 'RangeError',
      message: 'too far',
      data: { at: { $date: '1970-01-01T00:00:00.000Z' } },
    });
    expect((await refusalOf(call({ function: 'nobody' }))).status).toBe(status.NOT_FOUND);
    const bad = await refusalOf(call({ function: 'add', args: { data: Buffer.from('[1,') } }));
    expect([bad.status, bad.error.code, bad.error.executed]).toEqual([status.INVALID_ARGUMENT, 'bad_argument', 'EXECUTED_NO']);
    const notAList = await refusalOf(call({ function: 'add', args: json({ a: 1 }) }));
    expect([notAList.status, notAList.error.code, notAList.error.executed]).toEqual([
      status.INVALID_ARGUMENT,
      'bad_argument',
      'EXECUTED_NO',
    ]);
    for (const wrong of [
      { version: 'newest' },
      { target: '\u0000' },
      { timeoutMs: 2 ** 40 },
      { need: { all: ['not a tag!'] } },
      { meta: { a: 'x'.repeat(5_000) } },
    ]) {
      const refused = await refusalOf(call({ function: 'add', args: json([1, 2]), ...wrong }));
      expect([wrong, refused.error.executed]).toEqual([wrong, 'EXECUTED_NO']);
      expect(['bad_argument', 'too_large']).toContain(refused.error.code);
    }
  });

  test('with a deadline: of gRPC, or of the request, whichever is nearer; the handler hears of it', async () => {
    const left = async (timeoutMs: number, deadlineMs: number): Promise<number> => {
      const { value } = await call({ function: 'tell', timeoutMs }, { deadline: Date.now() + deadlineMs });
      return (read(value) as { left: number }).left;
    };
    expect(await left(0, 60_000)).toBeGreaterThan(31_000);
    expect(await left(2_000, 60_000)).toBeLessThanOrEqual(2_000);
    expect(await left(60_000, 2_000)).toBeLessThanOrEqual(2_000);
    const { aborts } = state;
    const failed = await refusalOf(call({ function: 'wait', timeoutMs: 50 }));
    expect([failed.status, failed.error.code, failed.error.executed]).toEqual([
      status.DEADLINE_EXCEEDED,
      'deadline_exceeded',
      'EXECUTED_MAYBE',
    ]);
    await within('the handler hears of it', 100, () => state.aborts === aborts + 1);
  });

  test('and cancels: the handler at another server hears of it', async () => {
    const { aborts } = state;
    entered = deferred();
    const failed = new Promise<ServiceError | null>((yes) => {
      const under = client.call({ function: 'wait' }, {}, (error) => yes(error));
      void entered.promise.then(() => under.cancel());
    });
    expect((await failed)?.code).toBe(status.CANCELLED);
    await within('the handler hears of it', 100, () => state.aborts === aborts + 1);
  });
});

describe('a foreign client submits', () => {
  const commands = [
    { name: 'sum', function: 'add', args: json([1, { $input: true }]) },
    { name: 'rich', function: 'rich', after: ['sum'] },
    { name: 'seen', function: 'describe', args: json([{ $ref: 'rich', path: ['at'] }]) },
  ];

  test('case 25: a workflow with references, and hears its events and its result in JSON', async () => {
    const events = await runOf(client.submit({ commands, input: json(2), runId: 'theirs' }));
    expect(events[0]?.runAccepted).toMatchObject({ runId: 'theirs', steps: ['sum', 'rich', 'seen'] });
    expect(events.at(-1)?.event).toBe('runSettled');
    const { result } = events.at(-1)?.runSettled ?? {};
    expect(result?.inputs).toEqual([]);
    expect(read(result?.template)).toEqual({ seen: 'date 0' });
    const all = await runOf(client.submit({ commands, input: json(2), returns: json('all') }));
    expect(read(all.at(-1)?.runSettled?.result?.template)).toMatchObject({ sum: 3, rich: { at: { $date: '1970-01-01T00:00:00.000Z' } } });
  });

  test('a workflow that is wrong, and is told every problem before anything runs', async () => {
    const failed = await refusalOf(runOf(client.submit({ commands: [{ name: 'a', function: 'add', args: json([{ $ref: 'b' }, 1]) }] })));
    expect([failed.status, failed.error.code, failed.error.executed]).toEqual([status.INVALID_ARGUMENT, 'bad_workflow', 'EXECUTED_NO']);
    expect(read(failed.error.detail)).toMatchObject({ problems: [{ command: 'a' }] });
  });

  test('a workflow of which a step fails, and hears why in its last event', async () => {
    const events = await runOf(client.submit({ commands: [{ name: 'a', function: 'fail' }] }));
    const { ok, error } = events.at(-1)?.runSettled ?? {};
    expect(ok).toBe(false);
    expect(error).toMatchObject({ code: 'step_failed', executed: 'EXECUTED_YES', cause: { code: 'function_failed' } });
    expect(read(error?.cause?.detail)).toMatchObject({ data: { at: { $date: '1970-01-01T00:00:00.000Z' } } });
  });

  test('with failure policies: what fails is replaced, or spares what does not need it', async () => {
    const events = await runOf(
      client.submit({
        commands: [
          { name: 'a', function: 'fail', onFailure: { fallback: json(40) } },
          { name: 'b', function: 'add', args: json([{ $ref: 'a' }, 2]), attemptsMax: 2 },
          { name: 'c', function: 'fail', onFailure: { continues: true } },
        ],
        returns: json(['b']),
      }),
    );
    expect(read(events.at(-1)?.runSettled?.result?.template)).toEqual({ b: 42 });
    expect(events.flatMap(({ stepSettled }) => (stepSettled?.isFallback ? [stepSettled.step] : []))).toEqual(['a']);
  });

  test('with each: the function is called once for each element, and the events say how they ended', async () => {
    const each = {
      name: 'sums',
      function: 'add',
      each: json({ $input: true }),
      args: json([{ $item: true }, { $index: true }]),
      parallel: 2,
    };
    const events = await runOf(client.submit({ commands: [each], input: json([10, 20, 30]) }));
    expect(read(events.at(-1)?.runSettled?.result?.template)).toEqual({ sums: [10, 21, 32] });
    expect(events.flatMap(({ stepOpened }) => (stepOpened ? [stepOpened.elements] : []))).toEqual([3]);
    const ended = events.flatMap(({ elementSettled }) => (elementSettled?.ok ? [elementSettled.element] : []));
    expect([...ended].sort()).toEqual([0, 1, 2]);
  });

  test('with large results: steps hand them on, and what the run returns comes in the event, up to one message', async () => {
    const bytes = (size: number): object => ({ $bytes: Buffer.alloc(size, 7).toString('base64') });
    const made = { name: 'made', function: 'big', args: json([100_000]) };
    const list = { name: 'list', function: 'big', each: json({ $input: true }), args: json([{ $item: true }]) };
    const seen = { name: 'seen', function: 'describe', args: json([{ $ref: 'list', path: [1] }]) };
    const returned = { made: { $ref: 'made' }, list: { $ref: 'list' }, seen: { $ref: 'seen' } };
    const events = await runOf(client.submit({ commands: [made, list, seen], input: json([70_000, 2]), returns: json(returned) }));
    const given = read(events.at(-1)?.runSettled?.result?.template);
    expect(JSON.stringify(given) === JSON.stringify({ made: bytes(100_000), list: [bytes(70_000), bytes(2)], seen: 'bytes 7,7' })).toBe(
      true,
    );
    const failing = { name: 'failing', function: 'fail', after: ['made', 'list'] };
    const failed = await runOf(client.submit({ commands: [made, list, failing], input: json([70_000]) }));
    const { error } = failed.at(-1)?.runSettled ?? {};
    expect(error).toMatchObject({ code: 'step_failed', partial: { made: {}, list: {} } });
    expect(read(error?.partial?.['list'])).toEqual([bytes(70_000)]);
    const tooLarge = await refusalOf(runOf(client.submit({ commands: [{ ...made, args: json([5_000_000]) }] })));
    expect([tooLarge.error.code, tooLarge.error.executed]).toEqual(['bad_result', 'EXECUTED_YES']);
  });

  test('and ends its call: the run is cancelled, unless it is detached', async () => {
    for (const isDetached of [false, true]) {
      const { aborts } = state;
      entered = deferred();
      const stream = client.submit({ commands: [{ name: 'a', function: 'wait' }], isDetached, timeoutMs: isDetached ? 1_500 : 0 });
      const seen: RunEventMessage[] = [];
      const ended = (async () => {
        for await (const event of stream) seen.push(event);
      })().catch((error: unknown) => (error as ServiceError).code);
      await within('its progress is heard', 1_000, () => seen.some((event) => event.event === 'stepProgress'));
      const progress = seen.find((event) => event.stepProgress)?.stepProgress;
      expect(read(progress?.value)).toEqual({ $date: '1970-01-01T00:00:00.005Z' });
      const runId = seen[0]?.runAccepted?.runId ?? '';
      stream.cancel();
      expect(await ended).toBe(status.CANCELLED);
      const code = isDetached ? 'deadline_exceeded' : 'cancelled';
      await expect(entry.attach(runId).result).rejects.toMatchObject({ code });
      await within('the handler hears of it', 100, () => state.aborts === aborts + 1);
    }
  });
});
