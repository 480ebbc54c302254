/**
 * grpc-js as one uses it: a unary call each, or one message each on a stream that stays open.
 */

import * as grpc from '@grpc/grpc-js';
import type { Contestant, Serving } from '../contestant.ts';
import { answer, type Reading } from '../workload.ts';

interface Envelope {
  readonly number: number;
  readonly reading: Reading;
}

const serialize = (value: object): Buffer => Buffer.from(JSON.stringify(value));
const deserialize = <T>(bytes: Buffer): T => JSON.parse(bytes.toString()) as T;

const unaryMethod = {
  path: '/bench.Bench/Answer',
  requestStream: false,
  responseStream: false,
  requestSerialize: serialize,
  requestDeserialize: deserialize<Reading>,
  responseSerialize: serialize,
  responseDeserialize: deserialize<Reading>,
} as const;

const streamMethod = {
  path: '/bench.Bench/Stream',
  requestStream: true,
  responseStream: true,
  requestSerialize: serialize,
  requestDeserialize: deserialize<Envelope>,
  responseSerialize: serialize,
  responseDeserialize: deserialize<Envelope>,
} as const;

async function serve(): Promise<Serving> {
  const server = new grpc.Server();
  server.addService(
    { answer: unaryMethod, stream: streamMethod },
    {
      answer: (call: grpc.ServerUnaryCall<Reading, Reading>, reply: grpc.sendUnaryData<Reading>) => reply(null, answer(call.request)),
      stream: (call: grpc.ServerDuplexStream<Envelope, Envelope>) => {
        call.on('data', ({ number, reading }: Envelope) => call.write({ number, reading: answer(reading) }));
        call.on('end', () => call.end());
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) => (error ? reject(error) : resolve(bound))),
  );
  return { address: `127.0.0.1:${port}`, stop: () => server.forceShutdown() };
}

/** A unary call with a deadline of 30 s each. */
export const unary: Contestant = {
  what: 'grpc-js unary, a deadline each, no breaker or routing; JSON record there and back',
  serve,
  async open(address) {
    const client = new grpc.Client(address, grpc.credentials.createInsecure());
    const { path, requestSerialize, responseDeserialize } = unaryMethod;
    return {
      call: (reading) =>
        new Promise((resolve, reject) => {
          client.makeUnaryRequest(
            path,
            requestSerialize,
            responseDeserialize,
            reading,
            { deadline: Date.now() + 30_000 },
            (error, reply) => (error ? reject(error) : resolve(reply)),
          );
        }),
      stop: () => client.close(),
    };
  },
};

/** One bare stream, one message a call. */
export const stream: Contestant = {
  what: 'one grpc-js stream, one message a call, nothing else; JSON record there and back',
  serve,
  async open(address) {
    const client = new grpc.Client(address, grpc.credentials.createInsecure());
    const { path, requestSerialize, responseDeserialize } = streamMethod;
    const duplex = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
    const waiting = new Map<number, (reply: Reading) => void>();
    duplex.on('data', ({ number, reading }: Envelope) => {
      waiting.get(number)?.(reading);
      waiting.delete(number);
    });
    duplex.on('error', () => {});
    let next = 0;
    return {
      call: (reading) =>
        new Promise((resolve) => {
          next += 1;
          waiting.set(next, resolve);
          duplex.write({ number: next, reading });
        }),
      stop: () => {
        duplex.end();
        client.close();
      },
    };
  },
};
