/**
 * The proto files themselves, loaded by proto-loader, for the messages that are rare: greetings and the requests of
 * foreign clients. (Frames have a codec of their own; a test proves that both speak the same bytes.)
 *
 * Their types in `generated` come from `npx proto-loader-gen-types --longs=Number --enums=String --oneofs --importFileExtension=.ts
 * --includeDirs=proto --outDir=src/wire/generated heddle/v1/fabric.proto`; a test compares them.
 *
 * L1 only our own files are loaded, from the package's `proto` folder, at first use.
 * L2 hostile bytes give `protocol_error` and nothing else.
 */

import { fileURLToPath } from 'node:url';
import type { MessageTypeDefinition, PackageDefinition } from '@grpc/proto-loader';
import { loadSync } from '@grpc/proto-loader';
import { assert } from '../base/assert.ts';
import { bufferOf } from '../base/bytes.ts';
import { protocolError } from './value-problem.ts';

/** Encodes and decodes one message of the proto files; `In` and `Out` are its generated types. */
export interface MessageCodec<In, Out> {
  encode(message: In): Uint8Array;
  /** Throws `protocol_error`. */
  decode(bytes: Uint8Array): Out;
}

/** The folder of the proto files, the same from `src` and from `dist`. */
export const protoFolder = fileURLToPath(new URL('../../proto/', import.meta.url));

/**
 * The codec of `heddle.v1.<name>` in `file` (`fabric.proto`). Costs nothing until it is used; the first use of any loads the file
 * (some 20 ms).
 */
export function messageCodec<In extends object, Out extends object>(file: string, name: string): MessageCodec<In, Out> {
  const find = once(() => {
    const definition = load(file)[`heddle.v1.${name}`];
    assert(definition && 'serialize' in definition, `there is no message ${name} in ${file}`);
    // The generated types say what the message's definition takes and gives; the package's own type does not.
    return definition as unknown as MessageTypeDefinition<In, Out>;
  });
  return {
    encode: (message) => find().serialize(message),
    decode: (bytes) => deserialize(find(), name, bytes),
  };
}

/** The files of the services for clients as `google.protobuf.FileDescriptorProto`s: proto-loader makes one of each package. */
export function describeFabric(): readonly Uint8Array[] {
  const definition = load('fabric.proto')['heddle.v1.CallRequest'];
  assert(definition && 'type' in definition && Array.isArray(definition.fileDescriptorProtos), 'a message has no descriptors');
  return definition.fileDescriptorProtos;
}

const load = onceFor(
  (file: string): PackageDefinition =>
    loadSync(`heddle/v1/${file}`, { includeDirs: [protoFolder], longs: Number, enums: String, oneofs: true }),
);

function deserialize<In extends object, Out extends object>(
  definition: MessageTypeDefinition<In, Out>,
  name: string,
  bytes: Uint8Array,
): Out {
  try {
    return definition.deserialize(bufferOf(bytes));
  } catch (error) {
    throw protocolError(`a message is no ${name}: ${error instanceof Error ? error.message : 'unreadable'}`);
  }
}

function once<T>(make: () => T): () => T {
  const get = onceFor((_key: string) => make());
  return () => get('');
}

/** Remembers what was made for each key. The keys are ours and few. */
function onceFor<T>(make: (key: string) => T): (key: string) => T {
  const made = new Map<string, T>();
  return (key) => {
    const known = made.get(key);
    if (known !== undefined) return known;
    const fresh = make(key);
    made.set(key, fresh);
    return fresh;
  };
}
