/**
 * A client in another language: gRPC, the .proto files, and nothing of ours.
 */

import { resolve } from 'node:path';
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { loadSync, type MethodDefinition } from '@grpc/proto-loader';
import { expect } from 'vitest';

/** The messages and services of the .proto files, as a client in another language loads them. */
export const definition = loadSync('heddle/v1/fabric.proto', {
  includeDirs: [resolve(import.meta.dirname, '../../proto')],
  longs: Number,
  enums: String,
  defaults: true,
  oneofs: true,
});

/** A message as proto-loader gives it; what a test expects of it, it says. */
// biome-ignore lint/suspicious/noExplicitAny: an untyped language's view of a message
export type Message = any;

export interface ForeignFailure {
  readonly status: number;
  readonly code: unknown;
  readonly executed: unknown;
  /** The Error of the trailers; undefined when there is none. */
  readonly error: Message | undefined;
}

export const json = (value: unknown): { readonly data: Buffer } => ({ data: Buffer.from(JSON.stringify(value)) });

/** The JSON of a value. */
export function read(value: Message): unknown {
  expect(value?.encoding).toBe('ENCODING_JSON');
  return JSON.parse(value.data.toString());
}

export class ForeignClient {
  readonly grpc: Client;

  constructor(url: string) {
    this.grpc = new Client(url, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
  }

  /** A unary method of service Fabric. */
  ask(
    method: string,
    request: object,
    options: { readonly deadline?: number } = {},
    metadata: Readonly<Record<string, string>> = {},
  ): Promise<Message> {
    const headers = headersOf(metadata);
    const { path, requestSerialize, responseDeserialize } = methodOf(method);
    return new Promise((yes, no) => {
      this.grpc.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, headers, options, (error, reply) =>
        error ? no(error) : yes(reply),
      );
    });
  }

  /** A server-streaming one. */
  follow(method: string, request: object, metadata: Readonly<Record<string, string>> = {}) {
    const { path, requestSerialize, responseDeserialize } = methodOf(method);
    return this.grpc.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request, headersOf(metadata));
  }

  close(): void {
    this.grpc.close();
  }
}

/** What a call that must fail is told. */
export async function failureOf(promise: Promise<unknown>): Promise<ForeignFailure> {
  const failure = (await promise.then(
    () => expect.fail('expected a failure'),
    (error: unknown) => error,
  )) as ServiceError;
  const [bytes] = failure.metadata?.get('heddle-error-bin') ?? [];
  const reader = definition['heddle.v1.Error'] as unknown as { readonly deserialize: (bytes: Buffer) => Message };
  return {
    status: failure.code,
    code: failure.metadata?.get('heddle-code')[0],
    executed: failure.metadata?.get('heddle-executed')[0],
    error: bytes === undefined ? undefined : reader.deserialize(bytes as Buffer),
  };
}

/** All messages of a stream; rejects with what it ended with. */
export async function all(stream: AsyncIterable<Message>): Promise<readonly Message[]> {
  const messages: Message[] = [];
  for await (const message of stream) messages.push(message);
  return messages;
}

function headersOf(metadata: Readonly<Record<string, string>>): Metadata {
  const headers = new Metadata();
  for (const [key, text] of Object.entries(metadata)) headers.set(key, text);
  return headers;
}

function methodOf(name: string): MethodDefinition<object, Message> {
  const service = definition['heddle.v1.Fabric'] as unknown as Readonly<Record<string, MethodDefinition<object, Message>>>;
  const method = service[name];
  if (!method) throw new Error(`there is no method ${name}`);
  return method;
}
