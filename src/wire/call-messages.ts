/**
 * `heddle.v1.Call` and `heddle.v1.Reply`: the two messages of the hot path, a microsecond each.
 */

import type { Input, Payload } from '../core/payload.ts';
import { emptyTerms, firstTermTag, lastTermTag, readBoundedText, readTerm, type TermsDraft, writeTerms } from './call-terms.ts';
import type { Sink, Source } from './common-messages.ts';
import { readEffect, readEntry, readInput, readValue, undefinedPayload, writeEffect, writeInputs, writeValue } from './common-messages.ts';
import { readError, writeError } from './error-message.ts';
import type { CallFrame, Failure, ReplyFrame } from './frame.ts';
import { readIdentity } from './identity-field.ts';
import { readNeed, writeNeed } from './need-message.ts';
import type { ProtoReader } from './proto-reader.ts';
import { bytesTag, varintTag } from './proto-reader.ts';
import type { ProtoWriter } from './proto-writer.ts';
import { readTrace, writeTrace } from './trace-fields.ts';
import { protocolError } from './value-problem.ts';
import type { WireError } from './wire-error.ts';

/** Servers that a call may name which it was sent to, or may be. */
export const viaMax = 8;
const callTraceFields = { traceparent: 34, tracestate: 35 } as const;

export function writeCall(sink: Sink, call: CallFrame): void {
  const { writer } = sink;
  if (call.onBehalfOf !== undefined) writer.string(42, call.onBehalfOf);
  if (call.parkOverBytes !== undefined) writer.uint(41, call.parkOverBytes);
  if (call.isStep === true) writer.flag(37, true);
  if (call.identity !== undefined) writer.string(36, call.identity);
  if (call.trace) writeTrace(writer, call.trace, callTraceFields);
  if (call.parkMs !== undefined) writer.uint(33, wholeMs(call.parkMs));
  if (call.hasStreamInput || call.isStream || call.isAgain || call.lost > 0 || call.runners) writeCircumstances(writer, call);
  if (call.terms) writeTerms(writer, call.terms);
  writeMeta(writer, 19, call.meta);
  writer.uint(18, call.acked);
  writer.uint(17, call.round);
  writeInputs(sink, 16, call.args.inputs);
  writer.flag(15, call.wantsProgress);
  writer.flag(14, call.isJsonOnly);
  writer.uint(13, call.paid);
  writer.string(12, call.target);
  writeNeed(writer, 11, call.need);
  writer.string(10, call.version);
  writer.string(9, call.callerName);
  writer.string(8, call.caller);
  writeEffect(writer, 7, call.effect);
  writer.flag(6, call.isDirect);
  writer.uint(5, call.attempt);
  writer.uint(4, wholeMs(call.timeoutMs));
  writeValue(sink, 3, call.args.template);
  writer.string(2, call.function);
  writer.uint(1, call.callNumber);
}

/** What comes with streams and with calls that are sent again. */
function writeCircumstances(writer: ProtoWriter, call: CallFrame): void {
  if (call.runners) writer.strings(32, call.runners);
  writer.uint(31, call.lost);
  writer.flag(30, call.hasStreamInput);
  writer.uint(29, call.credit);
  writer.flag(28, call.isStream);
  if (call.via) writer.strings(27, call.via);
  writer.flag(26, call.isAgain);
}

/** Milliseconds as the wire has them: whole, a started one counts, not negative. */
export function wholeMs(ms: number): number {
  return Math.min(Math.max(Math.ceil(ms), 0), Number.MAX_SAFE_INTEGER);
}

function writeMeta(writer: ProtoWriter, field: number, meta: Readonly<Record<string, string>> | undefined): void {
  if (meta === undefined) return;
  for (const [key, text] of Object.entries(meta).reverse()) {
    const mark = writer.mark();
    writer.presentString(2, text);
    writer.presentString(1, key);
    writer.message(field, mark);
  }
}

/** A frame while it is being read: one shape for all calls, so that the engine keeps the loop fast. */
type Draft = { -readonly [K in keyof CallFrame]-?: CallFrame[K] } & {
  meta: Record<string, string> | undefined;
  via: string[] | undefined;
  runners: string[] | undefined;
  terms: TermsDraft | undefined;
  args: { template: Payload; inputs: Input[] };
};

function emptyCall(id: number): Draft {
  return {
    kind: 'call',
    id,
    callNumber: 0,
    caller: undefined,
    callerName: undefined,
    function: '',
    version: undefined,
    isDirect: false,
    effect: undefined,
    need: undefined,
    target: undefined,
    timeoutMs: 0,
    attempt: 0,
    paid: 0,
    meta: undefined,
    isJsonOnly: false,
    wantsProgress: false,
    round: 0,
    acked: 0,
    isAgain: false,
    via: undefined,
    isStream: false,
    credit: 0,
    hasStreamInput: false,
    lost: 0,
    runners: undefined,
    parkMs: undefined,
    parkOverBytes: undefined,
    trace: undefined,
    identity: undefined,
    onBehalfOf: undefined,
    isStep: undefined,
    terms: undefined,
    args: { template: undefinedPayload, inputs: [] },
  };
}

export function readCall(source: Source, id: number): CallFrame {
  const { reader } = source;
  const call = emptyCall(id);
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) readCallField(source, tag, call);
  return call;
}

/** The fields that nearly every call has; the others are a call further away. */
function readCallField(source: Source, tag: number, call: Draft): void {
  const { reader } = source;
  if (tag === varintTag(1)) call.callNumber = reader.uint();
  else if (tag === bytesTag(2)) call.function = reader.string();
  else if (tag === bytesTag(3)) call.args.template = readValue(source);
  else if (tag === varintTag(4)) call.timeoutMs = reader.uint();
  else if (tag === varintTag(5)) call.attempt = reader.uint();
  else if (tag === varintTag(6)) call.isDirect = reader.flag();
  else if (tag === varintTag(7)) call.effect = readEffect(reader);
  else if (tag === bytesTag(8)) call.caller = reader.string();
  else if (tag === bytesTag(9)) call.callerName = reader.string();
  else if (tag === bytesTag(10)) call.version = reader.string();
  else if (tag === varintTag(18)) call.acked = reader.uint();
  else if (tag === bytesTag(36)) call.identity = readIdentity(reader);
  else readRareField(source, tag, call);
}

function readRareField(source: Source, tag: number, call: Draft): void {
  const { reader } = source;
  if (tag === bytesTag(11)) call.need = readNeed(reader);
  else if (tag === bytesTag(12)) call.target = reader.string();
  else if (tag === varintTag(13)) call.paid = reader.uint();
  else if (tag === varintTag(14)) call.isJsonOnly = reader.flag();
  else if (tag === varintTag(15)) call.wantsProgress = reader.flag();
  else if (tag === bytesTag(16)) call.args.inputs.push(readInput(source));
  else if (tag === varintTag(17)) call.round = reader.uint();
  else if (tag === bytesTag(19)) readMetaEntry(reader, call);
  else if (tag >= firstTermTag && tag <= lastTermTag) {
    call.terms ??= emptyTerms();
    readTerm(reader, tag, call.terms);
  } else readCircumstance(reader, tag, call);
}

function readCircumstance(reader: ProtoReader, tag: number, call: Draft): void {
  if (tag === varintTag(26)) call.isAgain = reader.flag();
  else if (tag === bytesTag(27)) call.via = withInstance(call.via, reader);
  else if (tag === varintTag(28)) call.isStream = reader.flag();
  else if (tag === varintTag(29)) call.credit = reader.uint();
  else if (tag === varintTag(30)) call.hasStreamInput = reader.flag();
  else if (tag === varintTag(31)) call.lost = reader.uint();
  else if (tag === bytesTag(32)) call.runners = withInstance(call.runners, reader);
  else if (tag === varintTag(33)) call.parkMs = reader.uint() || undefined;
  else if (tag === varintTag(37)) call.isStep = reader.flag() || undefined;
  else if (tag === varintTag(41)) call.parkOverBytes = reader.uint() || undefined;
  else if (tag === bytesTag(42)) call.onBehalfOf = readIdentity(reader);
  else if (tag === bytesTag(34) || tag === bytesTag(35)) call.trace = readTrace(reader, call.trace, tag === bytesTag(35));
  else reader.skip(tag);
}

function withInstance(known: string[] | undefined, reader: ProtoReader): string[] {
  const instances = known ?? [];
  if (instances.length >= viaMax) throw protocolError(`a call names more than ${viaMax} servers`);
  instances.push(readBoundedText(reader, 'the instance of a server'));
  return instances;
}

function readMetaEntry(reader: ProtoReader, call: Draft): void {
  const [key, text] = readEntry(reader, () => reader.string());
  call.meta ??= {};
  call.meta[key] = text ?? '';
}

export function writeReply(sink: Sink, reply: ReplyFrame): void {
  const { writer } = sink;
  writer.optionalUint(5, reply.serverMicros);
  writer.string(4, reply.server);
  writer.optionalUint(3, reply.freeSlots);
  if (reply.outcome.ok) writeValue(sink, 1, reply.outcome.value);
  else writeFailure(sink, reply.outcome);
}

function writeFailure(sink: Sink, { error, mayFailOver, runners }: Failure): void {
  if (runners) sink.writer.strings(7, runners);
  if (mayFailOver === true) sink.writer.flag(6, true);
  writeError(sink, 2, error);
}

export function readReply(source: Source, id: number): ReplyFrame {
  const { reader } = source;
  let value: Payload | undefined;
  let error: WireError | undefined;
  let freeSlots: number | undefined;
  let server: string | undefined;
  let serverMicros: number | undefined;
  let mayFailOver: true | undefined;
  let runners: string[] | undefined;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) value = readValue(source);
    else if (tag === bytesTag(2)) error = readError(source);
    else if (tag === varintTag(3)) freeSlots = reader.uint();
    else if (tag === bytesTag(4)) server = reader.string();
    else if (tag === varintTag(5)) serverMicros = reader.uint();
    else if (tag === varintTag(6)) mayFailOver = reader.flag() || undefined;
    else if (tag === bytesTag(7)) runners = withInstance(runners, reader);
    else reader.skip(tag);
  }
  if (error) return { kind: 'reply', id, outcome: failure(error, mayFailOver, runners), freeSlots, server, serverMicros };
  if (value) return { kind: 'reply', id, outcome: { ok: true, value }, freeSlots, server, serverMicros };
  throw protocolError('a reply has neither value nor error');
}

function failure(error: WireError, mayFailOver: true | undefined, runners: readonly string[] | undefined): Failure {
  return (mayFailOver ?? runners) === undefined ? { ok: false, error } : { ok: false, error, mayFailOver, runners };
}
