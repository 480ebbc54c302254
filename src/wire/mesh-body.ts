/**
 * Catalog bodies as bytes: `heddle.v1.CatalogBody`, canonical, so that equal lists of functions have equal bytes and
 * one content hash.
 *
 * K1 sorted by name, then version; resources sorted; K2 at most 2,000 functions and 256 KiB, both ways;
 * K3 what a peer sent is checked like what a user wrote: names, versions, resources.
 */

import { createHash } from 'node:crypto';
import { compareTexts } from '../base/text-order.ts';

import type { CatalogBody, Effect, FunctionRecord } from '../core/catalog/offer.ts';
import type { Root } from '../core/gossip/message.ts';
import { meshLimits } from '../core/gossip/settings.ts';
import { nameProblem, resourcesMax } from '../core/names.ts';
import { HeddleError } from '../errors.ts';
import { bytesTag, doubleTag, ProtoReader, varintTag } from './proto-reader.ts';
import { ProtoWriter } from './proto-writer.ts';
import { protocolError } from './value-problem.ts';

const effects = [undefined, 'pure', 'idempotent', 'once'] as const satisfies readonly (Effect | undefined)[];
const roomBytes = 4_096;
const versionBytesMax = 256;

/** Content hash of a body, in hex. */
export function hashBody(body: Uint8Array): string {
  return createHash('sha256').update(body).digest('hex');
}

/** The hash of roots and rings: the first 64 bits of SHA-256. */
export function hash64(text: string): Root {
  const digest = createHash('sha256').update(text).digest();
  return { high: digest.readUInt32BE(0), low: digest.readUInt32BE(4) };
}

/** Throws `too_large` over K2. */
export function encodeBody(body: CatalogBody): Uint8Array {
  if (body.functions.length > meshLimits.functions) {
    throw new HeddleError('too_large', {
      what: 'the catalog of a server (functions)',
      limit: meshLimits.functions,
      found: body.functions.length,
    });
  }
  const writer = new ProtoWriter(roomBytes);
  const sorted = [...body.functions].sort(byNameAndVersion);
  for (const record of sorted.reverse()) writeFunction(writer, record);
  const bytes = writer.finish();
  if (bytes.length > meshLimits.bodyBytes) {
    throw new HeddleError('too_large', { what: 'the catalog of a server (bytes)', limit: meshLimits.bodyBytes, found: bytes.length });
  }
  // The writer's buffer is larger, and this is kept.
  return Uint8Array.from(bytes);
}

/** Throws `protocol_error` over K2 and K3. */
export function decodeBody(bytes: Uint8Array): CatalogBody {
  if (bytes.length > meshLimits.bodyBytes) throw protocolError(`a catalog has ${bytes.length} bytes`);
  const reader = new ProtoReader(bytes);
  const functions: FunctionRecord[] = [];
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag !== bytesTag(1)) {
      reader.skip(tag);
      continue;
    }
    if (functions.length >= meshLimits.functions) throw protocolError(`a catalog has over ${meshLimits.functions} functions`);
    functions.push(checked(readFunction(reader)));
  }
  return { functions };
}

function writeFunction(writer: ProtoWriter, record: FunctionRecord): void {
  const mark = writer.mark();
  writer.string(9, record.outputSchema);
  writer.string(8, record.inputSchema);
  writer.uint(7, record.concurrency ?? 0);
  writer.double(6, record.timeoutMs ?? 0);
  writer.strings(5, [...record.resources].sort());
  writer.uint(4, record.kind === 'stream' ? 1 : 0);
  writer.uint(3, effects.indexOf(record.effect));
  writer.string(2, record.version);
  writer.string(1, record.name);
  writer.message(1, mark);
}

function readFunction(reader: ProtoReader): FunctionRecord {
  const outer = reader.enter();
  const names = { name: '', version: '', inputSchema: '', outputSchema: '' };
  const resources: string[] = [];
  let effect: Effect = 'once';
  let kind: FunctionRecord['kind'] = 'call';
  let timeoutMs = 0;
  let concurrency = 0;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) names.name = reader.string();
    else if (tag === bytesTag(2)) names.version = reader.string();
    else if (tag === varintTag(3)) effect = effects[reader.uint()] ?? 'once';
    else if (tag === varintTag(4)) kind = reader.uint() === 0 ? 'call' : 'stream';
    else if (tag === bytesTag(5)) resources.push(reader.string());
    else if (tag === doubleTag(6)) timeoutMs = reader.double();
    else if (tag === varintTag(7)) concurrency = reader.uint();
    else if (tag === bytesTag(8)) names.inputSchema = reader.string();
    else if (tag === bytesTag(9)) names.outputSchema = reader.string();
    else reader.skip(tag);
  }
  reader.leave(outer);
  const { name, version, inputSchema, outputSchema } = names;
  return {
    name,
    version,
    effect,
    kind,
    resources,
    ...(timeoutMs > 0 ? { timeoutMs } : {}),
    ...(concurrency > 0 ? { concurrency } : {}),
    ...(inputSchema === '' ? {} : { inputSchema }),
    ...(outputSchema === '' ? {} : { outputSchema }),
  };
}

function checked(record: FunctionRecord): FunctionRecord {
  const problem = nameProblem('function', record.name);
  if (problem) throw protocolError(`a catalog offers a function called ${problem.found}`);
  if (record.version === '' || record.version.length > versionBytesMax)
    throw protocolError('a catalog offers a function without a usable version');
  if (record.resources.length > resourcesMax) throw protocolError('a catalog offers a function with too many resources');
  const wrong = record.resources.map((resource) => nameProblem('resource', resource)).find((one) => one !== undefined);
  if (wrong) throw protocolError(`a catalog offers a function with the resource ${wrong.found}`);
  return record;
}

function byNameAndVersion(a: FunctionRecord, b: FunctionRecord): number {
  return compareTexts(a.name, b.name) || compareTexts(a.version, b.version);
}
