import { loadSync } from '@grpc/proto-loader';
import { describe, expect, it } from 'vitest';
import { HeddleError } from '../../src/errors.ts';
import { decodeCallRequest, decodeSubmitRequest, encodeCallResponse, encodeForeignError, encodeRunEvent } from '../../src/wire/foreign.ts';
import { protoFolder } from '../../src/wire/proto-files.ts';
import { encodeValue } from '../../src/wire/value.ts';

/** Another language's client: it knows the proto files and nothing else. */
function client(message: string): { write: (fields: object) => Buffer; read: (bytes: Uint8Array) => object } {
  const file = loadSync('heddle/v1/fabric.proto', {
    includeDirs: [protoFolder],
    longs: Number,
    enums: String,
    keepCase: true,
    oneofs: true,
  });
  const definition = file[`heddle.v1.${message}`];
  if (!definition || !('serialize' in definition)) throw new Error(`there is no message ${message}`);
  const { serialize, deserialize } = definition as { serialize: (fields: object) => Buffer; deserialize: (bytes: Buffer) => object };
  return { write: serialize, read: (bytes) => deserialize(Buffer.from(bytes)) };
}

const json = (value: unknown): object => ({ data: Buffer.from(JSON.stringify(value)) });

function errorOf(action: () => unknown): HeddleError {
  try {
    action();
  } catch (error) {
    if (HeddleError.is(error)) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('a call by a foreign client', () => {
  const { write } = client('CallRequest');

  it('needs no more than a function', () => {
    const call = decodeCallRequest(write({ function: 'add' }));
    expect(call).toMatchObject({ function: 'add', isJsonOnly: true });
    expect(Buffer.from(call.args.bytes).toString()).toBe('[]');
    expect([call.version, call.target, call.timeoutMs, call.need, call.meta]).toEqual(Array(5).fill(undefined));
  });

  it('may say everything', () => {
    const call = decodeCallRequest(
      write({
        function: 'add',
        args: json([1, 2]),
        version: '^1',
        need: { all: ['gpu'], prefer: ['region=eu'] },
        target: 'gpu-1',
        timeout_ms: 500,
        meta: { tenant: 'a' },
        reads: ['ENCODING_BINARY', 'ENCODING_BYTES', 'ENCODING_UNDEFINED'],
      }),
    );
    expect(call).toMatchObject({
      version: '^1',
      need: { all: ['gpu'], prefer: ['region=eu'] },
      target: 'gpu-1',
      timeoutMs: 500,
      meta: { tenant: 'a' },
      isJsonOnly: false,
    });
    expect(Buffer.from(call.args.bytes).toString()).toBe('[1,2]');
  });

  it('reads JSON only unless it reads everything', () => {
    expect(decodeCallRequest(write({ function: 'add', reads: ['ENCODING_BYTES'] })).isJsonOnly).toBe(true);
  });

  it('that is garbage gives protocol_error', () => {
    expect(errorOf(() => decodeCallRequest(Buffer.from([0xff, 0xff, 0xff]))).code).toBe('protocol_error');
  });

  it('with __proto__ in its meta is refused (fault 24)', () => {
    const entry = Buffer.concat([Buffer.from([0x0a, 9]), Buffer.from('__proto__'), Buffer.from([0x12, 1, 0x61])]);
    const message = Buffer.concat([Buffer.from([0x3a, entry.length]), entry]);
    try {
      expect(decodeCallRequest(message).meta).toEqual({});
    } catch (error) {
      expect(HeddleError.is(error, 'bad_argument')).toBe(true);
    }
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it('is answered in JSON', () => {
    const response = client('CallResponse').read(encodeCallResponse(encodeValue({ sum: 3n }, { isJsonOnly: true }), 'gpu-1'));
    expect(response).toMatchObject({ server: 'gpu-1' });
    expect(JSON.parse(String((response as { value: { data: Buffer } }).value.data))).toEqual({ sum: { $bigint: '3' } });
  });
});

describe('a workflow by a foreign client', () => {
  const { write } = client('SubmitRequest');

  it('comes out in the shape of the API, references in place', () => {
    const submit = decodeSubmitRequest(
      write({
        commands: [
          { name: 'load', function: 'rows.load', args: json([{ $date: '1970-01-01T00:00:00.000Z' }, { $literal: { $ref: 'x' } }]) },
          {
            name: 'stats',
            function: 'rows.stats',
            args: json([{ $ref: 'load', path: ['rows', 0] }, { $input: true }]),
            need: { all: ['db'] },
            version: '1',
            after: ['load'],
            target: 'a',
            timeout_ms: 5,
            attempts_max: 3,
            compensate: {
              function: 'undo',
              args: json([{ $ref: 'stats' }]),
              need: { all: ['db'] },
              version: '1',
              target: 'a',
              timeout_ms: 7,
              attempts_max: 2,
            },
            on_failure: { fallback: json({ $literal: { $ref: 'x' } }) },
          },
          {
            name: 'all',
            function: 'mail',
            each: json({ $ref: 'stats', path: ['rows'] }),
            args: json([{ $item: true, path: ['to'] }, { $index: true }]),
            parallel: 8,
          },
          { name: 'tell', function: 'mail', on_failure: { continues: true } },
          { name: 'later', function: 'mail', on_failure: {} },
        ],
        returns: json({ total: { $ref: 'stats' } }),
        input: json([{ $bytes: 'YWJj' }]),
        run_id: 'r1',
        name: 'report',
        timeout_ms: 9,
        is_detached: true,
        has_bare_references: true,
      }),
    );
    expect(submit.commands).toEqual([
      { name: 'load', fun: 'rows.load', args: [new Date(0), { $literal: { $ref: 'x' } }] },
      {
        name: 'stats',
        fun: 'rows.stats',
        args: [{ $ref: 'load', path: ['rows', 0] }, { $input: true }],
        need: ['db'],
        version: '1',
        after: ['load'],
        target: 'a',
        timeoutMs: 5,
        retry: { attempts: 3 },
        compensate: {
          fun: 'undo',
          args: [{ $ref: 'stats' }],
          need: ['db'],
          version: '1',
          target: 'a',
          timeoutMs: 7,
          retry: { attempts: 2 },
        },
        onFailure: { fallback: { $literal: { $ref: 'x' } } },
      },
      {
        name: 'all',
        fun: 'mail',
        each: { $ref: 'stats', path: ['rows'] },
        args: [{ $item: true, path: ['to'] }, { $index: true }],
        parallel: 8,
      },
      { name: 'tell', fun: 'mail', onFailure: 'continue' },
      { name: 'later', fun: 'mail', onFailure: {} },
    ]);
    expect(submit).toMatchObject({
      returns: { total: { $ref: 'stats' } },
      input: [Uint8Array.from([97, 98, 99])],
      runId: 'r1',
      name: 'report',
      timeoutMs: 9,
      isDetached: true,
      references: 'bare',
    });
  });

  it('needs no more than commands', () => {
    const submit = decodeSubmitRequest(write({ commands: [{ name: 'a', function: 'f' }] }));
    expect(submit).toMatchObject({ commands: [{ name: 'a', fun: 'f' }], isDetached: false, isJsonOnly: true });
    expect([submit.runId, submit.returns, submit.input, submit.references, submit.timeoutMs]).toEqual(Array(5).fill(undefined));
  });

  it('with arguments that cannot be read names every such command', () => {
    const bad = { data: Buffer.from('[1') };
    const error = errorOf(() =>
      decodeSubmitRequest(
        write({ commands: [{ name: 'a', args: bad }, { name: 'b' }, { name: 'c', args: { encoding: 'ENCODING_BYTES' } }] }),
      ),
    );
    expect(error.code).toBe('bad_workflow');
    expect(error.detail).toMatchObject({ problems: [{ command: 'a' }, { command: 'c' }] });
  });

  it('with an input that cannot be read says so', () => {
    expect(errorOf(() => decodeSubmitRequest(write({ input: json({ $when: 1 }) })))).toMatchObject({
      code: 'bad_argument',
      detail: { path: ['input'] },
    });
  });

  it('hears events that its own protobuf reads', () => {
    const { read } = client('RunEvent');
    const result = { template: encodeValue({ a: 1 }), inputs: [] };
    expect(read(encodeRunEvent({ seq: 2, atMs: 5, kind: 'step.started', step: 'a', server: 's', attempt: 1 }))).toEqual({
      seq: 2,
      at_ms: 5,
      event: 'step_started',
      step_started: { step: 'a', server: 's', attempt: 1 },
    });
    expect(read(encodeRunEvent({ seq: 3, atMs: 6, kind: 'run.settled', ok: true, elapsedMs: 1.5, result }))).toMatchObject({
      event: 'run_settled',
      run_settled: { ok: true, elapsed_ms: 1.5, result: { template: { data: Buffer.from('{"a":1}') } } },
    });
  });
});

describe('an error for a foreign client', () => {
  it('is a message that its own protobuf reads, in JSON', () => {
    const read = client('Error').read(encodeForeignError(new HeddleError('connection_lost', { server: 'gpu-1' })));
    expect(read).toMatchObject({
      code: 'connection_lost',
      executed: 'EXECUTED_MAYBE',
      message: expect.stringContaining('gpu-1'),
      detail: { data: Buffer.from('{"server":"gpu-1"}') },
    });
  });
});
