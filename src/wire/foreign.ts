/**
 * The messages of clients in other languages: `heddle.v1.CallRequest`, `CallResponse`, `SubmitRequest` and the stream of
 * `RunEvent`. Requests are decoded by proto-loader. Workflow commands come out in the shape of the API (`{ name, fun, args, ... }`,
 * references in place), so that one validation serves every language.
 */

import type { Need } from '../core/catalog/offer.ts';
import type { Payload } from '../core/payload.ts';
import type { WireRunEvent } from '../core/workflow/record.ts';
import { HeddleError } from '../errors.ts';
import { toWireError } from './error.ts';
import { encodeError } from './error-message.ts';
import type { CallRequest, CallRequest__Output } from './generated/heddle/v1/CallRequest.ts';
import type { CallResponse, CallResponse__Output } from './generated/heddle/v1/CallResponse.ts';
import type { CommandRequest__Output } from './generated/heddle/v1/CommandRequest.ts';
import type { CompensationRequest__Output } from './generated/heddle/v1/CompensationRequest.ts';
import type { OnFailure__Output } from './generated/heddle/v1/OnFailure.ts';
import type { StreamItem, StreamItem__Output } from './generated/heddle/v1/StreamItem.ts';
import type { SubmitRequest, SubmitRequest__Output } from './generated/heddle/v1/SubmitRequest.ts';
import type { Value__Output } from './generated/heddle/v1/Value.ts';
import { parseWorkflowJson } from './json-forms.ts';
import { textOf } from './json-text.ts';
import { needOf, readsJsonOnly, valueMessage, wholePayloadOf } from './loaded-values.ts';
import { messageCodec } from './proto-files.ts';
import { ProtoWriter } from './proto-writer.ts';
import { writeRunEvent } from './run-event-message.ts';
import { decodeValue } from './value.ts';
import { argumentError, ValueProblem } from './value-problem.ts';

export interface ForeignCall {
  readonly function: string;
  readonly version?: string | undefined;
  readonly need?: Need | undefined;
  readonly target?: string | undefined;
  readonly timeoutMs?: number | undefined;
  readonly meta?: Readonly<Record<string, string>> | undefined;
  readonly idempotencyKey?: string | undefined;
  readonly priority?: 'batch' | 'critical' | undefined;
  readonly retry?: { readonly attempts: number } | undefined;
  readonly key?: string | undefined;
  readonly waitMs?: number | undefined;
  readonly hedge?: boolean | undefined;
  /** False when the client says that it reads everything else too. */
  readonly isJsonOnly: boolean;
  /** The argument list, as it came; an absent one is the empty list. */
  readonly args: Payload;
}

export interface ForeignSubmit {
  readonly runId?: string | undefined;
  readonly name?: string | undefined;
  /** In the shape of the API's commands, not validated. */
  readonly commands: readonly Readonly<Record<string, unknown>>[];
  /** In the shape of the API's `returns`: 'leaves', 'all', a list of steps, or a shape with references. */
  readonly returns?: unknown;
  readonly references?: 'bare' | undefined;
  readonly input?: unknown;
  readonly timeoutMs?: number | undefined;
  readonly isDetached: boolean;
  readonly isJsonOnly: boolean;
}

const callCodec = messageCodec<CallRequest, CallRequest__Output>('fabric.proto', 'CallRequest');
const responseCodec = messageCodec<CallResponse, CallResponse__Output>('fabric.proto', 'CallResponse');
const itemCodec = messageCodec<StreamItem, StreamItem__Output>('fabric.proto', 'StreamItem');
const submitCodec = messageCodec<SubmitRequest, SubmitRequest__Output>('fabric.proto', 'SubmitRequest');

/** Any other, also one of a later version, is the default. */
const priorities: Readonly<Record<string, ForeignCall['priority']>> = { PRIORITY_BATCH: 'batch', PRIORITY_CRITICAL: 'critical' };

const noArguments: Payload = { encoding: 'json', bytes: Buffer.from('[]') };

/** Throws `bad_argument` or `protocol_error`. */
export function decodeCallRequest(message: Uint8Array): ForeignCall {
  const call = callCodec.decode(message);
  return {
    function: call.function ?? '',
    version: call.version || undefined,
    need: needOf(call.need),
    target: call.target || undefined,
    timeoutMs: call.timeoutMs || undefined,
    meta: call.meta && metaOf(call.meta),
    idempotencyKey: call.idempotencyKey || undefined,
    priority: priorities[call.priority ?? ''],
    retry: call.attemptsMax ? { attempts: call.attemptsMax } : undefined,
    key: call.key || undefined,
    waitMs: call.waitMs,
    hedge: call.hedge || undefined,
    isJsonOnly: readsJsonOnly(call.reads),
    args: reading(['args'], () => wholePayloadOf(call.args)) ?? noArguments,
  };
}

function metaOf(meta: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  if (Object.hasOwn(meta, '__proto__')) {
    throw new HeddleError('bad_argument', { path: ['meta'], expected: 'texts by key', found: 'the key "__proto__"' });
  }
  return { ...meta };
}

/** `server` is the name of the one that ran it. */
export function encodeCallResponse(value: Payload, server: string | undefined): Uint8Array {
  return responseCodec.encode({ value: valueMessage(value), ...(server === undefined ? {} : { server }) });
}

export function encodeStreamItem(item: Payload): Uint8Array {
  return itemCodec.encode({ item: valueMessage(item) });
}

/** Throws `bad_workflow`, `bad_argument` or `protocol_error`. */
export function decodeSubmitRequest(message: Uint8Array): ForeignSubmit {
  const submit = submitCodec.decode(message);
  return {
    runId: submit.runId || undefined,
    name: submit.name || undefined,
    commands: readCommands(submit.commands ?? []),
    returns: submit.returns && reading(['returns'], () => workflowValue(submit.returns)),
    references: submit.hasBareReferences ? 'bare' : undefined,
    input: readRunInput(submit.input),
    timeoutMs: submit.timeoutMs || undefined,
    isDetached: submit.isDetached ?? false,
    isJsonOnly: readsJsonOnly(submit.reads),
  };
}

/** What a run is given. Throws `bad_argument`. */
export function readRunInput(input: Value__Output | undefined): unknown {
  return input && reading(['input'], () => decodeValue(wholePayloadOf(input) ?? noArguments));
}

/** Every command in the shape of the API. Throws `bad_workflow` with every problem. */
export function readCommands(commands: readonly CommandRequest__Output[]): Readonly<Record<string, unknown>>[] {
  const problems: { command: string; message: string }[] = [];
  const read = commands.map((command) => {
    try {
      return commandOf(command);
    } catch (problem) {
      if (!(problem instanceof ValueProblem)) throw problem;
      problems.push({ command: command.name ?? '', message: `args: ${problem.message}` });
      return {};
    }
  });
  if (problems.length > 0) throw new HeddleError('bad_workflow', { problems });
  return read;
}

function commandOf(command: CommandRequest__Output): Readonly<Record<string, unknown>> {
  const { name, function: fun, args, need, version, after, target, timeoutMs, isAlone } = command;
  return {
    name: name ?? '',
    fun: fun ?? '',
    ...(args ? { args: workflowValue(args) } : {}),
    ...(need ? { need: needOf(need) } : {}),
    ...(version ? { version } : {}),
    ...(after && after.length > 0 ? { after } : {}),
    ...(target ? { target } : {}),
    ...(timeoutMs ? { timeoutMs } : {}),
    ...(command.attemptsMax ? { retry: { attempts: command.attemptsMax } } : {}),
    ...(command.compensate ? { compensate: compensationOf(command.compensate) } : {}),
    ...(command.onFailure ? { onFailure: onFailureOf(command.onFailure) } : {}),
    ...(command.each ? { each: workflowValue(command.each) } : {}),
    ...(command.parallel ? { parallel: command.parallel } : {}),
    ...(isAlone ? { fuse: false } : {}),
  };
}

function compensationOf({ function: fun, args, need, version, target, timeoutMs, attemptsMax }: CompensationRequest__Output): unknown {
  return {
    fun: fun ?? '',
    ...(args ? { args: workflowValue(args) } : {}),
    ...(need ? { need: needOf(need) } : {}),
    ...(version ? { version } : {}),
    ...(target ? { target } : {}),
    ...(timeoutMs ? { timeoutMs } : {}),
    ...(attemptsMax ? { retry: { attempts: attemptsMax } } : {}),
  };
}

/** A policy that this version does not know is refused where the command is checked. */
function onFailureOf({ continues, fallback }: OnFailure__Output): unknown {
  if (continues) return 'continue';
  return fallback ? { fallback: { $literal: decodeValue(wholePayloadOf(fallback) ?? noArguments) } } : {};
}

/** A value with references in it, which only JSON can hold. */
function workflowValue(value: Value__Output | undefined): unknown {
  const payload = wholePayloadOf(value) ?? noArguments;
  if (payload.encoding !== 'json') throw new ValueProblem([], 'JSON', `the encoding "${payload.encoding}"`);
  return parseWorkflowJson(textOf(payload.bytes));
}

function reading<T>(path: readonly string[], read: () => T): T {
  try {
    return read();
  } catch (problem) {
    throw problem instanceof ValueProblem
      ? argumentError(new ValueProblem([...path, ...problem.path], problem.expected, problem.found))
      : problem;
  }
}

/** One event of the run. Values should be in an encoding that the client reads, and a result filled (no inputs left). */
export function encodeRunEvent(event: WireRunEvent): Uint8Array {
  const writer = new ProtoWriter(512);
  writeRunEvent({ writer, large: undefined }, event);
  return writer.finish();
}

/** The same as one message of `Fabric.Watch`. */
export function encodeWatchedEvent(event: WireRunEvent): Uint8Array {
  const writer = new ProtoWriter(512);
  writeRunEvent({ writer, large: undefined }, event);
  writer.message(2, 0);
  return writer.finish();
}

/** What a foreign client hears of an error beside its gRPC status: `heddle.v1.Error`, in JSON. */
export function encodeForeignError(error: HeddleError): Uint8Array {
  return encodeError(toWireError(error, { isJsonOnly: true }));
}
