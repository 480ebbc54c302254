/**
 * Items of one stream, read one after the other: a "call" is the next item. Small ones are the usual record as JSON, large ones
 * 256 KiB of bytes. Beside Heddle's, a bare server stream of grpc-js with its own back-pressure.
 */

import * as grpc from '@grpc/grpc-js';
import { connect, startServer } from '../../../src/index.ts';
import type { Calling, Contestant, Serving } from '../contestant.ts';
import { answer, makeReading, type Reading } from '../workload.ts';

const cluster = `bench-streams-${process.ppid}`;
const largeBytes = 256 * 1024;

function* readings(): Generator<Reading> {
  for (let id = 0; ; id += 1) yield makeReading(id);
}

function* blocks(): Generator<Uint8Array> {
  for (const block = new Uint8Array(largeBytes); ; ) yield block;
}

/** The next item is the answer, if it is the one that is due. */
function calling(items: AsyncIterator<unknown>, isDue: (item: unknown, at: number) => boolean, stop: () => Promise<void>): Calling {
  let at = 0;
  return {
    call: async (reading) => {
      const { value } = await items.next();
      if (!isDue(value, at)) throw new Error(`item ${at} is another one`);
      at += 1;
      return answer(reading);
    },
    stop,
  };
}

const isReading = (item: unknown, at: number): boolean => (item as Reading).id === at;
const isBlock = (item: unknown): boolean => (item as Uint8Array).length === largeBytes;

async function serveHeddle(): Promise<Serving> {
  async function* small() {
    yield* readings();
  }
  async function* large() {
    yield* blocks();
  }
  const server = await startServer({ name: 'owner', cluster, functions: { small, large } });
  return { address: server.url, stop: () => server.stop() };
}

function heddle(name: 'small' | 'large', what: string): Contestant {
  return {
    what: `a client and the server that yields, through the front door; ${what}`,
    serve: serveHeddle,
    async open(address) {
      const client = await connect([address]);
      const items = client.stream(name, [])[Symbol.asyncIterator]();
      return calling(items, name === 'small' ? isReading : isBlock, () => client.close());
    },
  };
}

const json = (value: object): Buffer => Buffer.from(JSON.stringify(value));
const nothing = (): Buffer => Buffer.alloc(0);

const methods = {
  small: {
    path: '/bench.Items/Small',
    requestStream: false,
    responseStream: true,
    requestSerialize: nothing,
    requestDeserialize: () => ({}),
    responseSerialize: json,
    responseDeserialize: (bytes: Buffer): unknown => JSON.parse(bytes.toString()),
  },
  large: {
    path: '/bench.Items/Large',
    requestStream: false,
    responseStream: true,
    requestSerialize: nothing,
    requestDeserialize: () => ({}),
    responseSerialize: (block: Uint8Array): Buffer => Buffer.from(block.buffer, block.byteOffset, block.length),
    responseDeserialize: (bytes: Buffer): unknown => bytes,
  },
} as const;

/** Writes until the stream has enough, goes on when it drains. */
function pour(call: grpc.ServerWritableStream<unknown, unknown>, items: Generator): void {
  const go = (): void => {
    while (!call.cancelled && call.write(items.next().value));
  };
  call.on('drain', go);
  go();
}

async function serveGrpc(): Promise<Serving> {
  const server = new grpc.Server();
  server.addService(methods, {
    small: (call: grpc.ServerWritableStream<unknown, unknown>) => pour(call, readings()),
    large: (call: grpc.ServerWritableStream<unknown, unknown>) => pour(call, blocks()),
  });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) => (error ? reject(error) : resolve(bound))),
  );
  return { address: `127.0.0.1:${port}`, stop: () => server.forceShutdown() };
}

function bare(name: 'small' | 'large', what: string): Contestant {
  return {
    what: `one grpc-js server stream, nothing else; ${what}`,
    serve: serveGrpc,
    open(address) {
      const client = new grpc.Client(address, grpc.credentials.createInsecure());
      const { path, requestSerialize, responseDeserialize } = methods[name];
      const call = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, {});
      const items: AsyncIterator<unknown> = call[Symbol.asyncIterator]();
      const stop = (): Promise<void> => {
        call.on('error', () => {});
        call.cancel();
        client.close();
        return Promise.resolve();
      };
      return Promise.resolve(calling(items, name === 'small' ? isReading : isBlock, stop));
    },
  };
}

export const smallItems = heddle('small', 'JSON records');
export const largeItems = heddle('large', '256 KiB of bytes');
export const bareSmallItems = bare('small', 'JSON records');
export const bareLargeItems = bare('large', '256 KiB of bytes');
