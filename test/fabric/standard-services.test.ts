import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Client, credentials, getChannelzServiceDefinition, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { loadSync, type MethodDefinition } from '@grpc/proto-loader';
import protobuf from 'protobufjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Server, startServer } from '../../src/index.ts';
import { within } from '../within.ts';
import type { Message } from './foreign-client.ts';

const cluster = 'standard-services';
const require = createRequire(import.meta.url);
const libraries = (): readonly string[] =>
  Object.keys(require.cache).filter((path) => /node_modules\/(grpc-health-check|@grpc\/reflection)\//.test(path));

type Definition = Readonly<Record<string, MethodDefinition<object, Message>>>;

function loadedFrom(library: string, file: string, service: string): Definition {
  const folder = join(dirname(require.resolve(`${library}/package.json`)), library === 'grpc-health-check' ? 'proto' : 'build/proto');
  const loaded = loadSync(file, { includeDirs: [folder], longs: Number, enums: String, defaults: true, oneofs: true });
  return loaded[service] as unknown as Definition;
}
const healthService = loadedFrom('grpc-health-check', 'health/v1/health.proto', 'grpc.health.v1.Health');
const reflectionService = (version: string): Definition =>
  loadedFrom('@grpc/reflection', `grpc/reflection/${version}/reflection.proto`, `grpc.reflection.${version}.ServerReflection`);
const channelzService = getChannelzServiceDefinition() as unknown as Definition;

/** A generic gRPC tool. */
class Tool {
  readonly #client: Client;

  constructor(url: string) {
    this.#client = new Client(url, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
  }

  ask(service: Definition, method: string, request: object): Promise<Message> {
    const { path, requestSerialize, responseDeserialize } = methodOf(service, method);
    return new Promise((yes, no) => {
      this.#client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, new Metadata(), (error, reply) =>
        error ? no(error) : yes(reply),
      );
    });
  }

  follow(service: Definition, method: string, request: object) {
    const { path, requestSerialize, responseDeserialize } = methodOf(service, method);
    return this.#client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request);
  }

  talk(service: Definition, method: string) {
    const { path, requestSerialize, responseDeserialize } = methodOf(service, method);
    return this.#client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
  }

  close(): void {
    this.#client.close();
  }
}

function methodOf(service: Definition, name: string): MethodDefinition<object, Message> {
  const method = service[name];
  if (!method) throw new Error(`there is no method ${name}`);
  return method;
}

const statusOf = (promise: Promise<unknown>): Promise<number> =>
  promise.then(
    () => status.OK,
    (error: unknown) => (error as ServiceError).code,
  );

let server: Server;
let adminUrl: string | undefined;
let tool: Tool;
let loadedAtStart: readonly string[];

beforeAll(async () => {
  const before = libraries().length;
  const onListening = (at: { readonly adminUrl?: string }): void => {
    adminUrl = at.adminUrl;
  };
  server = await startServer({ name: 'one', cluster, functions: { add: (a: number, b: number) => a + b }, admin: {}, onListening });
  loadedAtStart = libraries().slice(before);
  tool = new Tool(server.url);
});

afterAll(async () => {
  tool.close();
  await server.stop();
});

describe('the standard services', () => {
  test('cost nothing at the start: their libraries are loaded by the first request', async () => {
    expect(loadedAtStart).toEqual([]);
    await tool.ask(healthService, 'Check', { service: '' });
    expect(libraries().length).toBeGreaterThan(0);
  });

  test('case 25: health says SERVING for the server and each of its services, and knows no others', async () => {
    for (const service of ['', 'heddle.v1.Fabric', 'heddle.v1.Mesh']) {
      expect(await tool.ask(healthService, 'Check', { service })).toEqual({ status: 'SERVING' });
    }
    expect(await statusOf(tool.ask(healthService, 'Check', { service: 'nobody' }))).toBe(status.NOT_FOUND);
    expect(Object.keys((await tool.ask(healthService, 'List', {})).statuses).sort()).toEqual(['', 'heddle.v1.Fabric', 'heddle.v1.Mesh']);
    const unknown = tool.follow(healthService, 'Watch', { service: 'nobody' });
    unknown.on('error', () => {});
    const [first] = await new Promise<Message[]>((resolve) => unknown.once('data', (message) => resolve([message])));
    expect(first).toEqual({ status: 'SERVICE_UNKNOWN' });
    unknown.cancel();
  });

  test('health is NOT_SERVING from the moment a server drains, and whoever watches is told', async () => {
    const leaving = await startServer({ name: 'leaving', cluster, join: [server.url] });
    const theirs = new Tool(leaving.url);
    const watched: string[] = [];
    const watch = theirs.follow(healthService, 'Watch', { service: '' });
    watch.on('data', (answer: Message) => watched.push(answer.status));
    watch.on('error', () => {});
    await within('it is well', 2_000, () => watched.includes('SERVING'));
    const drained = leaving.drain();
    expect(await theirs.ask(healthService, 'Check', { service: 'heddle.v1.Fabric' })).toEqual({ status: 'NOT_SERVING' });
    await within('the watcher is told', 2_000, () => watched.includes('NOT_SERVING'));
    theirs.close();
    await drained;
    await leaving.stop();
  });

  test.each(['v1', 'v1alpha'])('case 25: reflection %s lists the services and describes the one for clients', async (version) => {
    const talk = tool.talk(reflectionService(version), 'ServerReflectionInfo');
    const answers: Message[] = [];
    talk.on('data', (answer: Message) => answers.push(answer));
    talk.on('error', () => {});
    talk.write({ listServices: '*' });
    talk.write({ fileContainingSymbol: 'heddle.v1.Fabric' });
    talk.write({ fileContainingSymbol: 'heddle.v1.Nothing' });
    talk.write({ fileContainingSymbol: '__proto__' });
    await within('all is answered', 2_000, () => answers.length === 4);
    talk.end();
    const [services, file, nothing, hostile] = answers;
    expect(services.listServicesResponse.service.map(({ name }: Message) => name).sort()).toEqual([
      'grpc.health.v1.Health',
      'heddle.v1.Fabric',
    ]);
    const root = protobuf.Root as unknown as { fromDescriptor(set: object): protobuf.Root };
    await import('protobufjs/ext/descriptor/index.js');
    const described = root.fromDescriptor({ file: file.fileDescriptorResponse.fileDescriptorProto.map(fileOf) });
    const methods = Object.keys(described.lookupService('heddle.v1.Fabric').methods);
    expect(methods).toEqual(expect.arrayContaining(['Call', 'Submit', 'Explain', 'Watch', 'Cancel']));
    expect(nothing.errorResponse.errorCode).toBe(status.NOT_FOUND);
    expect(hostile.messageResponse).toMatch(/errorResponse|fileDescriptorResponse/);
  });

  test('a request that cannot be read is refused, and the next one is served', async () => {
    const { path } = methodOf(healthService, 'Check');
    const raw = new Client(server.url, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
    const identity = (bytes: Buffer): Buffer => bytes;
    const sent = new Promise((yes, no) => {
      raw.makeUnaryRequest(path, identity, identity, Buffer.from([0x0a, 0xff]), (error, reply) => (error ? no(error) : yes(reply)));
    });
    expect(await statusOf(sent)).toBe(status.INVALID_ARGUMENT);
    raw.close();
    expect(await tool.ask(healthService, 'Check', { service: '' })).toEqual({ status: 'SERVING' });
  });
});

describe('the admin listener', () => {
  test('tells of the connections of the process by channelz, and is asked for health and reflection too', async () => {
    expect(adminUrl).toMatch(/^127\.0\.0\.1:\d+$/);
    const admin = new Tool(adminUrl ?? '');
    const listed = await admin.ask(channelzService, 'GetServers', { startServerId: 0, maxResults: 100 });
    const counts = listed.server.map(({ data }: Message) => Number(data.calls_started ?? data.callsStarted));
    expect(Math.max(...counts)).toBeGreaterThan(5);
    expect(await admin.ask(healthService, 'Check', { service: '' })).toEqual({ status: 'SERVING' });
    admin.close();
  });

  test('is not there unless it is asked for, and channelz is not on the listener for everybody', async () => {
    expect(await statusOf(tool.ask(channelzService, 'GetServers', {}))).toBe(status.UNIMPLEMENTED);
    const seen: object[] = [];
    const plain = await startServer({ name: 'plain', cluster, join: [server.url], onListening: (at) => seen.push(at) });
    expect(seen[0]).not.toHaveProperty('adminUrl');
    await plain.stop();
  });

  test('takes nothing that is no port, and says which port is taken', async () => {
    const wrong = { admin: { prot: 1 } } as object;
    await expect(startServer({ cluster, ...wrong })).rejects.toMatchObject({ code: 'bad_argument' });
    await expect(startServer({ cluster, admin: { port: 99_999 } })).rejects.toMatchObject({
      code: 'bad_argument',
      detail: { path: ['options', 'admin.port'] },
    });
    const taken = Number(server.url.split(':').at(-1));
    await expect(startServer({ cluster, admin: { port: taken } })).rejects.toMatchObject({ code: 'bad_settings' });
  });
});

function fileOf(bytes: Buffer): object {
  const { FileDescriptorProto } = require('protobufjs/ext/descriptor') as { FileDescriptorProto: protobuf.Type };
  return FileDescriptorProto.decode(bytes);
}
