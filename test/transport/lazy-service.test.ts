import { connect } from 'node:http2';
import { type Client, Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LazyService } from '../../src/transport/lazy-service.ts';
import { within } from '../within.ts';
import { RawClient } from './raw-peers.ts';

const identity = (bytes: Buffer): Buffer => bytes;
const method = { requestDeserialize: identity, responseSerialize: (value: unknown) => value as Buffer };
const path = '/test.Service/Talk';

let server: Server;
let raw: RawClient;
let address = '';
let seen = 0;

async function serve(service: LazyService): Promise<void> {
  server = new Server();
  service.bidi(server, { path, name: 'Talk', handler: 'talk' });
  const port = await new Promise<number>((yes, no) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => (error ? no(error) : yes(bound)));
  });
  address = `127.0.0.1:${port}`;
  raw = new RawClient(address);
}

beforeEach(() => {
  seen = 0;
});

afterEach(() => {
  raw.close();
  server.forceShutdown();
});

/** Answers every request with 10 KB. */
const talk = (call: ServerDuplexStream<Buffer, Buffer>): void => {
  call.on('data', () => {
    seen += 1;
    call.write(Buffer.alloc(10_000));
  });
};

test('Z3, fault 27: a client that asks and never reads is not asked for more than its windows take', async () => {
  await serve(new LazyService(async () => ({ definition: { Talk: method }, handlers: { talk } })));
  // Not a grpc-js client: that one takes what comes and keeps it.
  const session = connect(`http://${address}`);
  const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' });
  stream.on('error', () => {});
  const request = Buffer.concat(Array.from({ length: 10_000 }, () => Buffer.from([0, 0, 0, 0, 1, 0x78])));
  await new Promise((resolve) => stream.write(request, resolve));
  await within('it has begun', 1_000, () => seen > 10);
  let before = -1;
  await within('it has stopped', 1_000, async () => {
    if (seen === before) return true;
    before = seen;
    for (let nth = 0; nth < 20; nth += 1) await aside(raw.client);
    return false;
  });
  // 10,000 answers would be 100 MB.
  expect(seen).toBeLessThan(1_000);
  session.destroy();
});

test('Z1: nothing is loaded before a request arrives, and a library that cannot be loaded is refused', async () => {
  let loads = 0;
  await serve(
    new LazyService(async () => {
      loads += 1;
      throw new Error('it is not installed');
    }),
  );
  expect(loads).toBe(0);
  for (let nth = 0; nth < 2; nth += 1) {
    const { stream, status } = raw.open(path);
    stream.resume();
    stream.write(Buffer.from('x'));
    expect(await status).toMatchObject({ code: 14, details: `${path} cannot be served` });
  }
  expect(loads).toBe(1);
});

/** One whole exchange beside the other: what was under way on the connection is there. */
function aside(client: Client): Promise<unknown> {
  return new Promise((resolve) => {
    client.makeUnaryRequest('/test.Service/Other', identity, identity, Buffer.alloc(0), resolve);
  });
}
