/**
 * Valid messages of any kind, by chance and by the .proto files alone: what our own writers would never say is among them, and a field
 * that is added tomorrow is too.
 */

import { join } from 'node:path';
import protobuf from 'protobufjs';
import type { Random } from '../../src/base/random.ts';
import { protoFolder } from '../../src/wire/proto-files.ts';
import { chosen } from './mutate.ts';

const schema = new protobuf.Root();
schema.resolvePath = (_, target) => join(protoFolder, target);
schema.loadSync(['heddle/v1/fabric.proto', 'heddle/v1/mesh.proto', 'heddle/v1/common.proto']);

const depthMax = 5;
const texts = [
  '',
  'a',
  'gpu',
  'region=eu',
  'image.resize',
  '1.2.0',
  '^1.0.0',
  '127.0.0.1:7420',
  '__proto__',
  'server:one',
  'é',
  'x'.repeat(300),
];
const jsons = [
  'null',
  '[1,"a"]',
  '{"$ref":"a","path":["b",0]}',
  '{"$bytes":"AAE="}',
  '{"$map":[[1,2]]}',
  '{"a":{"b":[{}]}}',
  '-0',
  '"\\ud800"',
  '{"__proto__":1}',
];
const numbers = [0, 1, 2, 3, 127, 128, 65_536, 2 ** 31, 2 ** 40, Number.MAX_SAFE_INTEGER];

/** So many messages `heddle.v1.<type>`, as bytes. */
export function samplesOf(type: string, random: Random, count = 24): readonly Uint8Array[] {
  const found = schema.lookupType(`heddle.v1.${type}`);
  return Array.from({ length: count }, () => found.encode(messageOf(found, random, depthMax)).finish());
}

function messageOf(type: protobuf.Type, random: Random, depth: number): protobuf.Message {
  const entries = type.fieldsArray.flatMap((field) => {
    const isChosen = field.resolve().partOf ? random.integer(type.fieldsArray.length) < 2 : random.integer(3) > 0;
    if (!isChosen || (field.resolvedType instanceof protobuf.Type && depth === 0)) return [];
    return [[field.name, fieldOf(field, random, depth)] as const];
  });
  return type.create(Object.fromEntries(entries));
}

function fieldOf(field: protobuf.Field, random: Random, depth: number): unknown {
  if (field instanceof protobuf.MapField)
    return { [chosen(texts, random)]: oneOf(field, random, depth), meta: oneOf(field, random, depth) };
  if (field.repeated) return Array.from({ length: random.integer(4) }, () => oneOf(field, random, depth));
  return oneOf(field, random, depth);
}

function oneOf({ type, resolvedType }: protobuf.Field, random: Random, depth: number): unknown {
  if (resolvedType instanceof protobuf.Type) return messageOf(resolvedType, random, depth - 1);
  if (resolvedType instanceof protobuf.Enum) return random.integer(Object.keys(resolvedType.values).length + 1);
  if (type === 'string') return chosen(texts, random);
  if (type === 'bytes') return bytesOf(random);
  if (type === 'bool') return random.integer(2) === 1;
  if (type === 'double') return chosen([0, 0.5, -1, 1e308, Number.NaN, Number.POSITIVE_INFINITY], random);
  return type.endsWith('32') ? chosen(numbers, random) % 2 ** 31 : chosen(numbers, random);
}

/** A hash, an instance, a value in JSON, or anything. */
function bytesOf(random: Random): Uint8Array {
  const kind = random.integer(5);
  if (kind === 0) return random.bytes(32);
  if (kind === 1) return random.bytes(16);
  if (kind === 2) return random.bytes(8);
  return kind === 3 ? Buffer.from(chosen(jsons, random)) : random.bytes(random.integer(40));
}
