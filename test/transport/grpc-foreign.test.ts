/**
 * Clients that know only the methods: status, trailers, deadline and cancellation of unary and streamed calls.
 */

import { type Client, Metadata, type ServiceError } from '@grpc/grpc-js';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { systemClock } from '../../src/base/clock.ts';
import { deferred } from '../../src/base/deferred.ts';
import { HeddleError } from '../../src/errors.ts';
import { GrpcTransport } from '../../src/transport/grpc.ts';
import type { Acceptor, ForeignRequest, Listener } from '../../src/transport/transport.ts';
import { bytes, text } from '../contract/transport-world.ts';
import { RawClient } from './raw-peers.ts';

const identity = (message: Buffer): Buffer => message;

let listener: Listener;
let raw: RawClient;
let call: (request: ForeignRequest) => Promise<Uint8Array>;
let submit: (request: ForeignRequest) => AsyncIterable<Uint8Array>;
let encode: (error: HeddleError) => Uint8Array;

beforeEach(async () => {
  encode = (error) => bytes(`encoded ${error.code}`);
  const acceptor: Acceptor = {
    accept: ({ hello }) => ({ isAccepted: true, ack: hello }),
    ask: (_question, request) => call(request),
    follow: (_stream, request) => submit(request),
    encodeError: (error) => encode(error),
  };
  listener = await new GrpcTransport({ clock: systemClock }).listen({ host: '127.0.0.1', port: 'auto' }, acceptor);
  raw = new RawClient(`127.0.0.1:${listener.port}`);
});

afterEach(async () => {
  raw.close();
  await listener.close();
});

/** One unary call; the error, if there was one, is a value. */
function unary(message: string, options: { deadline?: number } = {}) {
  const settled = deferred<Buffer | ServiceError>();
  const client: Client = raw.client;
  const made = client.makeUnaryRequest(
    '/heddle.v1.Fabric/Call',
    identity,
    identity,
    Buffer.from(message),
    new Metadata(),
    options,
    (error: ServiceError | null, reply?: Buffer) => settled.resolve(error ?? reply ?? Buffer.alloc(0)),
  );
  return { made, settled: settled.promise };
}

function errorOf(settled: Buffer | ServiceError): ServiceError {
  if (Buffer.isBuffer(settled)) throw new Error(`expected an error, found "${settled.toString()}"`);
  return settled;
}

function submitted(message: string) {
  const stream = raw.client.makeServerStreamRequest('/heddle.v1.Fabric/Submit', identity, identity, Buffer.from(message), new Metadata());
  const status = new Promise<{ code: number }>((resolve) => stream.once('status', resolve));
  stream.on('error', () => {});
  return { stream, status };
}

test('a call gets its reply, and its server the time that is left', async () => {
  let request: ForeignRequest | undefined;
  call = (got) => {
    request = got;
    return Promise.resolve(bytes(`${text(got.message)} too`));
  };
  const reply = await unary('hello', { deadline: Date.now() + 5000 }).settled;
  expect(String(reply)).toBe('hello too');
  expect(request?.timeoutMs).toBeGreaterThan(0);
  expect(request?.timeoutMs).toBeLessThanOrEqual(5000);
  expect(request?.remoteAddress).toMatch(/^127\.0\.0\.1:\d+$/);
  await unary('no deadline').settled;
  expect(request?.timeoutMs).toBeUndefined();
});

test('a HeddleError becomes the status of its row, with code, executed and its bytes in the trailers', async () => {
  call = () => Promise.reject(new HeddleError('function_failed', { name: 'TypeError', message: 'no such row' }));
  const error = errorOf(await unary('x').settled);
  expect([error.code, error.details]).toEqual([10, 'TypeError: no such row']);
  expect(error.metadata.get('heddle-code')).toEqual(['function_failed']);
  expect(error.metadata.get('heddle-executed')).toEqual(['yes']);
  expect(String(error.metadata.get('heddle-error-bin')[0])).toBe('encoded function_failed');
});

test('fault 24: a message with half of a surrogate pair is an answer like any other, unary and streamed', async () => {
  const odd = new HeddleError('function_failed', { name: 'Error', message: 'half \ud800 a pair' });
  call = () => Promise.reject(odd);
  expect(errorOf(await unary('x').settled)).toMatchObject({ code: 10, details: 'Error: half \ufffd a pair' });
  submit = async function* () {
    yield bytes('first');
    throw odd;
  };
  const { stream, status } = submitted('run');
  stream.resume();
  expect(await status).toMatchObject({ code: 10, details: 'Error: half \ufffd a pair' });
});

test.each([4096, 4097])('fault 23: trailers stay under the 8 KiB that clients take, however long message and error (%i)', async (size) => {
  const message = '\u20ac'.repeat(1_000_000);
  encode = () => new Uint8Array(size);
  call = () => Promise.reject(new HeddleError('function_failed', { name: 'Error', message }));
  const { metadata, details } = errorOf(await unary('x').settled);
  const [bin] = metadata.get('heddle-error-bin');
  expect(metadata.get('heddle-executed')).toEqual(['yes']);
  expect(encodeURI(details).length + Math.ceil((bin?.length ?? 0) / 3) * 4).toBeLessThan(7_500);
});

test('any other error says nothing of itself', async () => {
  call = () => {
    throw new Error('the password is 1234');
  };
  const error = errorOf(await unary('x').settled);
  expect([error.code, error.details]).toEqual([13, 'the server failed to answer']);
});

test('a client that cancels its call aborts the request', async () => {
  const arrived = deferred<ForeignRequest>();
  call = (request) => {
    arrived.resolve(request);
    return new Promise((_, reject) => request.signal.addEventListener('abort', () => reject(request.signal.reason)));
  };
  const { made, settled } = unary('x');
  const request = await arrived.promise;
  const aborted = new Promise<void>((resolve) => request.signal.addEventListener('abort', () => resolve()));
  made.cancel();
  await aborted;
  expect(errorOf(await settled).code).toBe(1);
});

test('a submitted run streams what it yields, more than fits a window', async () => {
  submit = async function* ({ message }) {
    for (let nth = 0; nth < 300; nth += 1) yield Buffer.concat([message, Buffer.alloc(10_000, nth)]);
  };
  const { stream, status } = submitted('run');
  let count = 0;
  for await (const message of stream) {
    expect((message as Buffer).length).toBe(10_003);
    count += 1;
  }
  expect([count, (await status).code]).toEqual([300, 0]);
});

test('a submitted run that throws ends with the status of its error after what it yielded', async () => {
  submit = async function* () {
    yield bytes('first');
    throw new HeddleError('bad_workflow', { problems: [{ message: 'nothing to run' }] });
  };
  const { stream, status } = submitted('run');
  const got: string[] = [];
  stream.on('data', (message: Buffer) => got.push(message.toString()));
  expect(await status).toMatchObject({ code: 3, details: 'the workflow cannot run: nothing to run' });
  expect(got).toEqual(['first']);
});

test('a client that cancels a run ends its iteration', async () => {
  const ended = deferred<boolean>();
  submit = async function* ({ signal }) {
    try {
      for (;;) {
        yield bytes('again');
        await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      ended.resolve(signal.aborted);
    }
  };
  const { stream } = submitted('run');
  stream.once('data', () => stream.cancel());
  expect(await ended.promise).toBe(true);
});
