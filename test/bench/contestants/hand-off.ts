/**
 * Three steps with 50 MB each, at three servers, and a fourth at the one that asks, which looks at the end of it (P7). Beside it,
 * the same bytes over bare grpc-js server streams: the same channel options, chunks and hash, taken on both sides as they pass.
 */

import { createHash } from 'node:crypto';
import * as grpc from '@grpc/grpc-js';
import { type Builder, defineFunction, remote, type Server, startServer, workflow } from '../../../src/index.ts';
import { defaultKeepalive, methods as heddleMethods, serverOptions, windowBytes } from '../../../src/transport/grpc-options.ts';
import { chunkBytesMax } from '../../../src/transport/limits.ts';
import type { Contestant, Serving } from '../contestant.ts';
import { answer, type Reading } from '../workload.ts';
import { cluster, untilKnown } from './heddle.ts';

export const pipelineBytes = 50_000_000;

/** A value of 50 MB that says which reading it is of. */
function make(reading: Reading): Uint8Array {
  const bytes = new Uint8Array(pipelineBytes).fill(reading.id & 0xff);
  bytes[0] = 0;
  return bytes;
}

/** What a step does with it: little, so that what is measured is the way. */
function touched(bytes: Uint8Array): Uint8Array {
  bytes[0] = (bytes[0] ?? 0) + 1;
  return bytes;
}

/** Two steps have touched it on its way, and it is the one that was asked for. */
function looked(bytes: Uint8Array, reading: Reading): Reading {
  const isRight = bytes.length === pipelineBytes && bytes[0] === 2 && bytes[pipelineBytes - 1] === (reading.id & 0xff);
  if (!isRight) throw new Error(`${bytes.length} bytes, touched ${bytes[0]} times, are not those of ${reading.id}`);
  return answer(reading);
}

const functions = {
  make: defineFunction({ name: 'p7.make', effect: 'pure', handler: (_ctx, reading: Reading) => make(reading) }),
  touch: defineFunction({ name: 'p7.touch', effect: 'pure', handler: (_ctx, bytes: Uint8Array) => touched(bytes) }),
  look: defineFunction({ name: 'p7.look', effect: 'pure', handler: (_ctx, bytes: Uint8Array, reading: Reading) => looked(bytes, reading) }),
};
const places = ['p7-0', 'p7-1', 'p7-2', 'p7-3'] as const;

const pipeline = workflow('pipeline', ({ step, input }: Builder<Reading>) => {
  const made = step('made', functions.make, [input], { target: places[0] });
  const once = step('once', functions.touch, [made], { target: places[1] });
  const twice = step('twice', functions.touch, [once], { target: places[2] });
  return step('looked', functions.look, [twice, input], { target: places[3] });
});

async function serve(place: number, join: readonly string[]): Promise<{ readonly server: Server; readonly serving: Serving }> {
  const server = await startServer({ name: places[place], cluster, functions, join });
  return { server, serving: { address: server.url, stop: () => server.stop() } };
}

/** P7: four servers; the last coordinates and looks at the result. */
export const handOff: Contestant = {
  what: 'four servers: 50 MB are made at one, pass through two more and are looked at by the one that coordinates',
  serve: async () => (await serve(0, [])).serving,
  between: [async (address) => (await serve(1, [address])).serving, async (address) => (await serve(2, [address])).serving],
  async open(address) {
    const { server } = await serve(3, [address]);
    const what = remote<Record<string, (...args: readonly unknown[]) => unknown>>();
    for (const target of places.slice(0, 3))
      await untilKnown(() => server.explain(what('p7.make'), { target }).then(({ steps }) => present(steps[0]?.server)));
    return { call: async (reading) => server.run(pipeline, reading).result, stop: () => server.stop() };
  },
};

function present(server: string | undefined): string {
  if (server === undefined || server === '') throw new Error('not known yet');
  return server;
}

const pass = (bytes: Buffer): Buffer => bytes;
const settings = { keepalive: defaultKeepalive, hasChannelz: false };
const method = {
  path: '/bench.Bytes/Pull',
  requestStream: false,
  responseStream: true,
  requestSerialize: pass,
  requestDeserialize: pass,
  responseSerialize: pass,
  responseDeserialize: pass,
} as const;

type Pulled = grpc.ServerWritableStream<Buffer, Buffer>;

/** Sends a value in chunks, and its hash last. */
async function send(call: Pulled, value: Uint8Array): Promise<void> {
  const hash = createHash('sha256');
  for (let at = 0; at < value.length; at += chunkBytesMax) {
    const chunk = Buffer.from(value.buffer, value.byteOffset + at, Math.min(chunkBytesMax, value.length - at));
    hash.update(chunk);
    if (!call.write(chunk)) await new Promise((resolve) => call.once('drain', resolve));
  }
  call.write(hash.digest());
  call.end();
}

/** The whole value, its hash compared. */
async function pull(client: grpc.Client, request: Buffer): Promise<Uint8Array> {
  const whole = Buffer.allocUnsafeSlow(pipelineBytes);
  const hash = createHash('sha256');
  let at = 0;
  const call = client.makeServerStreamRequest(method.path, pass, pass, request);
  for await (const chunk of call as AsyncIterable<Buffer>) {
    if (at === pipelineBytes) {
      if (hash.digest().compare(chunk) !== 0) throw new Error('the bytes that came are not those that were sent');
      return whole;
    }
    whole.set(chunk, at);
    hash.update(chunk);
    at += chunk.length;
  }
  throw new Error(`only ${at} bytes came`);
}

function dial(address: string): grpc.Client {
  const window = { 'grpc-node.flow_control_window': windowBytes(heddleMethods.link.bulk) };
  return new grpc.Client(address, grpc.credentials.createInsecure(), { ...serverOptions(settings), ...window });
}

/** Serves what `give` makes of a request. */
async function serveBytes(give: (request: Buffer) => Promise<Uint8Array> | Uint8Array): Promise<Serving> {
  const server = new grpc.Server(serverOptions(settings));
  server.addService(
    { pull: method },
    { pull: (call: Pulled) => void Promise.resolve(give(call.request)).then((value) => send(call, value)) },
  );
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) => (error ? reject(error) : resolve(bound))),
  );
  return { address: `127.0.0.1:${port}`, stop: () => server.forceShutdown() };
}

async function passOn(address: string): Promise<Serving> {
  const client = dial(address);
  return serveBytes(async (request) => touched(await pull(client, request)));
}

/** P7's peer: every process pulls from the one before. */
export const bareHandOff: Contestant = {
  what: 'the same over a grpc-js server stream from each process to the next, nothing else; same options, chunks and hash',
  serve: () => serveBytes((request) => make(JSON.parse(request.toString()) as Reading)),
  between: [passOn, passOn],
  open(address) {
    const client = dial(address);
    const call = async (reading: Reading): Promise<Reading> => looked(await pull(client, Buffer.from(JSON.stringify(reading))), reading);
    return Promise.resolve({ call, stop: () => client.close() });
  },
};
