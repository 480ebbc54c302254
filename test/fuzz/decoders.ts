/**
 * Everything in Heddle that reads bytes or text of somebody else, in one table; decoders.test.ts proves that nothing is missing.
 *
 * Each gives a value or refuses in one of the stated ways, and in no other; soon, and without taking much more memory than it is given.
 */

import { readFileSync } from 'node:fs';
import { seededRandom } from '../../src/base/random.ts';
import { parseAddress as parseJoinAddress } from '../../src/fabric/api/addresses.ts';
import { readAll } from '../../src/identity/der.ts';
import { parseIdentity } from '../../src/identity/identity.ts';
import { encodeJoinToken, readJoinToken } from '../../src/identity/join-token.ts';
import { parseToml } from '../../src/settings/toml.ts';
import { readBatch, readGreeting } from '../../src/transport/batch-codec.ts';
import { decodeChunk } from '../../src/transport/chunk-codec.ts';
import { parseAddress } from '../../src/transport/knock.ts';
import { decodeCatalogNews } from '../../src/wire/catalog-news.ts';
import { decodeCallRequest, decodeSubmitRequest } from '../../src/wire/foreign.ts';
import { decodeCancelRequest, decodeExplainRequest, decodeWatchRequest, decodeWhyRequest } from '../../src/wire/foreign-questions.ts';
import { decodeFrame } from '../../src/wire/frame-codec.ts';
import { decodeJoinRequest, decodeJoinResponse } from '../../src/wire/join-messages.ts';
import { parseJson, parseWorkflowJson } from '../../src/wire/json-forms.ts';
import { parseText } from '../../src/wire/json-text.ts';
import { decodeBody } from '../../src/wire/mesh-body.ts';
import { decodeMeshMessage } from '../../src/wire/mesh-codec.ts';
import { decodeAck, decodeHello } from '../../src/wire/mesh-hello.ts';
import { decodeKeyStatement, decodeSignedKey } from '../../src/wire/mesh-key.ts';
import { decodeRecord } from '../../src/wire/mesh-record.ts';
import { decodeSessionAck, decodeSessionHello } from '../../src/wire/session-codec.ts';
import { decodeTree } from '../../src/wire/tree.ts';
import { decodeArguments, decodeValue } from '../../src/wire/value.ts';
import { samplesOf } from './samples.ts';

export interface Decoder {
  /** File and function. */
  readonly at: string;
  readonly decode: (bytes: Buffer) => unknown;
  /** Valid inputs to begin with. */
  readonly seeds: () => readonly Uint8Array[];
  /** Codes of a HeddleError, or the name of another class that whoever calls it translates. */
  readonly refusals: readonly string[];
}

const protocol = ['protocol_error'];
const argument = ['bad_argument', 'protocol_error'];
const workflow = ['bad_workflow', 'bad_argument', 'protocol_error'];
const problem = ['ValueProblem'];

const values = [
  'null',
  '[1,"a",[true]]',
  '{"$bytes":"AAE="}',
  '{"$date":"2026-01-01T00:00:00.000Z"}',
  '{"$bigint":"12"}',
  '{"$map":[[1,{"$set":[2]}]]}',
  '{"$number":"NaN"}',
  '{"$literal":{"$a":1}}',
  '{"a":{"b":[{"c":1.5e3}]}}',
  '"\\u00e9\\n"',
];
const flows = [
  '{"$ref":"a","path":["b",0]}',
  '{"$input":true}',
  '{"$item":true,"path":["x"]}',
  '{"$index":true}',
  '{"$literal":{"$ref":"a"}}',
  '[{"$ref":"a"},1]',
];
const token = encodeJoinToken({
  cluster: 'lab',
  addresses: ['10.0.0.5:7420'],
  fingerprint: 'ab'.repeat(32),
  secret: Buffer.alloc(32, 7),
  expiresMs: 1_800_000_000_000,
});

const settings = readFileSync(new URL('../../settings.toml', import.meta.url));

/** What is read from the wire first, then what is read from people and files. */
export const decoders: readonly Decoder[] = [
  message('src/transport/batch-codec.ts#readGreeting', 'Batch', readGreeting, []),
  message(
    'src/transport/batch-codec.ts#readBatch',
    'Batch',
    (bytes) => readBatch(bytes, { frame: ignore, welcome: ignore, wantsBulk: ignore, last: ignore }),
    [],
  ),
  message('src/transport/chunk-codec.ts#decodeChunk', 'Chunk', decodeChunk, []),
  message('src/wire/session-codec.ts#decodeSessionHello', 'SessionHello', decodeSessionHello, protocol),
  message('src/wire/session-codec.ts#decodeSessionAck', 'SessionAck', decodeSessionAck, protocol),
  message('src/wire/mesh-hello.ts#decodeHello', 'MeshHello', decodeHello, protocol),
  message('src/wire/mesh-hello.ts#decodeAck', 'MeshAck', decodeAck, protocol),
  message('src/wire/join-messages.ts#decodeJoinRequest', 'JoinRequest', decodeJoinRequest, protocol),
  message('src/wire/join-messages.ts#decodeJoinResponse', 'JoinResponse', decodeJoinResponse, protocol),
  message('src/wire/frame-codec.ts#decodeFrame', 'Frame', (bytes) => decodeFrame(bytes), protocol),
  message('src/wire/mesh-codec.ts#decodeMeshMessage', 'MeshMessage', decodeMeshMessage, protocol),
  message('src/wire/mesh-record.ts#decodeRecord', 'Record', decodeRecord, protocol),
  message('src/wire/mesh-key.ts#decodeKeyStatement', 'KeyStatement', decodeKeyStatement, protocol),
  message('src/wire/mesh-key.ts#decodeSignedKey', 'SignedKey', decodeSignedKey, protocol),
  message('src/wire/mesh-body.ts#decodeBody', 'CatalogBody', decodeBody, protocol),
  message('src/wire/catalog-news.ts#decodeCatalogNews', 'CatalogNews', decodeCatalogNews, protocol),
  message('src/wire/foreign.ts#decodeCallRequest', 'CallRequest', decodeCallRequest, argument),
  message('src/wire/foreign.ts#decodeSubmitRequest', 'SubmitRequest', decodeSubmitRequest, workflow),
  message('src/wire/foreign-questions.ts#decodeExplainRequest', 'ExplainRequest', decodeExplainRequest, workflow),
  message('src/wire/foreign-questions.ts#decodeWhyRequest', 'WhyRequest', decodeWhyRequest, protocol),
  message('src/wire/foreign-questions.ts#decodeCancelRequest', 'CancelRequest', decodeCancelRequest, protocol),
  message('src/wire/foreign-questions.ts#decodeWatchRequest', 'WatchRequest', decodeWatchRequest, protocol),
  message('src/wire/tree.ts#decodeTree', 'Tree', decodeTree, problem),
  // A value of each encoding: the first byte says which.
  { at: 'src/wire/value.ts#decodeValue', decode: (bytes) => decodeValue(payloadOf(bytes)), seeds: payloads, refusals: problem },
  { at: 'src/wire/value.ts#decodeArguments', decode: (bytes) => decodeArguments(payloadOf(bytes)), seeds: payloads, refusals: problem },
  text('src/wire/json-text.ts#parseText', values, parseText, problem),
  text('src/wire/json-forms.ts#parseJson', values, parseJson, problem),
  text('src/wire/json-forms.ts#parseWorkflowJson', [...values, ...flows], parseWorkflowJson, problem),
  text('src/identity/join-token.ts#readJoinToken', [token], readJoinToken, ['bad_argument']),
  text('src/identity/identity.ts#parseIdentity', ['anonymous', 'token:alice', 'server:gpu-1'], parseIdentity, []),
  { at: 'src/identity/der.ts#readAll', decode: readAll, seeds: () => [Buffer.from('3009020101300404020203', 'hex')], refusals: [] },
  text('src/transport/knock.ts#parseAddress', ['127.0.0.1:7420', '[::1]:7420', 'host:1'], parseAddress, []),
  text('src/fabric/api/addresses.ts#parseAddress', ['heddle://a:1', '[::1]:7420', 'a:65535'], (address) => parseJoinAddress(address, []), [
    'bad_argument',
  ]),
  {
    at: 'src/settings/toml.ts#parseToml',
    decode: (bytes) => parseToml(bytes.toString(), 'x.toml').data,
    seeds: tomls,
    refusals: ['bad_settings'],
  },
];

/** Exported functions that look like decoders to the test, and are none: with the reason. */
export const noDecoders: Readonly<Record<string, string>> = {
  'src/cli/json-arguments.ts#parseArgument': 'what its own user types; parseJson reads it',
  'src/wire/known-definitions.ts#readKnownDefinition': 'a part of a submit: decodeFrame reads it',
  'src/dashboard/page-files.ts#readPage': 'takes a path of the request; the files are its own table',
  'src/fabric/run/run-caller.ts#parsedData': 'takes values that were read before, and checks them as a workflow',
  'src/cli/workflow-file.ts#readWorkflowFile': 'takes a path; what the file holds is parseToml, parseWorkflowJson',
};

function message(at: string, type: string, decode: Decoder['decode'], refusals: readonly string[]): Decoder {
  return { at, decode, seeds: () => samplesOf(type, seededRandom(at)), refusals };
}

function text(at: string, seeds: readonly string[], decode: (text: string) => unknown, refusals: readonly string[]): Decoder {
  return { at, decode: (bytes) => decode(bytes.toString()), seeds: () => seeds.map((seed) => Buffer.from(seed)), refusals };
}

const encodings = ['json', 'binary', 'bytes', 'undefined'] as const;

function payloadOf(bytes: Buffer): Parameters<typeof decodeValue>[0] {
  return { encoding: encodings[(bytes[0] ?? 0) % encodings.length] ?? 'json', bytes: bytes.subarray(1) };
}

function payloads(): readonly Uint8Array[] {
  const trees = samplesOf('Tree', seededRandom('trees'), 12).map((tree) => Buffer.concat([Buffer.from([1]), tree]));
  return [
    ...values.map((json) => Buffer.concat([Buffer.from([0]), Buffer.from(json)])),
    ...trees,
    Buffer.from([2, 1, 2]),
    Buffer.from([3]),
  ];
}

function tomls(): readonly Uint8Array[] {
  const part = settings.subarray(0, 1500);
  return [
    part,
    Buffer.from('[server]\nname = "a"\nresources = ["gpu", "b"]\nslots = { gpu = 1 }\n'),
    Buffer.from('a = 1979-05-27T07:32:00Z\nb = [[1, 2], ["x"]]\n'),
  ];
}

function ignore(): void {}
