/**
 * The definition of a submitted workflow: its commands with their templates, and what is wanted back (fields 3 and 4 of
 * `heddle.v1.Submit`). What is read or written again and again is kept as it is (known-definitions.ts).
 */

import { unreachable } from '../base/assert.ts';
import type { Need } from '../core/catalog/offer.ts';
import type { Compensation, Hole, HoleSource, Template, WireCommand, WireReturns } from '../core/workflow/record.ts';
import { wholeMs } from './call-messages.ts';
import type { Sink, Source } from './common-messages.ts';
import { readPathPart, readValue, undefinedPayload, writePath, writeValue } from './common-messages.ts';
import { readNeed, writeNeed } from './need-message.ts';
import { readOnFailure, writeOnFailure } from './policy-message.ts';
import type { ProtoReader } from './proto-reader.ts';
import { bytesTag, varintTag } from './proto-reader.ts';
import type { ProtoWriter } from './proto-writer.ts';
import { protocolError } from './value-problem.ts';

/** What of a submission says what is to be done, whoever asks for it and however often. */
export interface Definition {
  readonly commands: readonly WireCommand[];
  readonly returns: WireReturns;
}

/** Whether a field of the submission is of its definition. */
export function isOfDefinition(tag: number): boolean {
  return tag === bytesTag(3) || tag === bytesTag(4);
}

export function writeDefinition(sink: Sink, { commands, returns }: Definition): void {
  writeReturns(sink, 4, returns);
  for (let at = commands.length - 1; at >= 0; at -= 1) {
    const command = commands[at];
    if (command) writeCommand(sink, 3, command);
  }
}

/** Reads to the end. */
export function readDefinition(source: Source): Definition {
  const { reader } = source;
  const commands: WireCommand[] = [];
  let returns: WireReturns = { kind: 'leaves' };
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(3)) commands.push(readCommand(source));
    else if (tag === bytesTag(4)) returns = readReturns(source);
    else reader.skip(tag);
  }
  return { commands, returns };
}

function writeCommand(sink: Sink, field: number, command: WireCommand): void {
  const { writer } = sink;
  const mark = writer.mark();
  writer.flag(14, command.fuse === false);
  if (command.each) {
    writer.uint(13, command.each.parallel ?? 0);
    writeTemplate(sink, 12, command.each.list);
  }
  writeCompensation(sink, 11, command.compensate);
  writeOnFailure(sink, 10, command.onFailure);
  writer.uint(9, command.attemptsMax ?? 0);
  if (command.timeoutMs !== undefined) writer.presentUint(8, wholeMs(command.timeoutMs));
  writer.string(7, command.target);
  writer.strings(6, command.after);
  writer.string(5, command.version);
  writeNeed(writer, 4, command.need);
  writeTemplate(sink, 3, command.args);
  writer.string(2, command.function);
  writer.string(1, command.name);
  writer.message(field, mark);
}

function writeCompensation(sink: Sink, field: number, undo: Compensation | undefined): void {
  if (!undo) return;
  const { writer } = sink;
  const mark = writer.mark();
  writer.uint(7, undo.attemptsMax ?? 0);
  if (undo.timeoutMs !== undefined) writer.presentUint(6, wholeMs(undo.timeoutMs));
  writer.string(5, undo.target);
  writer.string(4, undo.version);
  writeNeed(writer, 3, undo.need);
  writeTemplate(sink, 2, undo.args);
  writer.string(1, undo.function);
  writer.message(field, mark);
}

function writeTemplate(sink: Sink, field: number, template: Template): void {
  const { writer } = sink;
  const mark = writer.mark();
  for (const hole of template.holes.toReversed()) writeHole(writer, 2, hole);
  writeValue(sink, 1, template.value);
  writer.message(field, mark);
}

function writeHole(writer: ProtoWriter, field: number, hole: Hole): void {
  const mark = writer.mark();
  writer.flag(6, hole.source.kind === 'index');
  writer.flag(5, hole.source.kind === 'item');
  writePath(writer, 4, hole.source.path);
  writer.flag(3, hole.source.kind === 'input');
  if (hole.source.kind === 'step') writer.presentString(2, hole.source.step);
  writePath(writer, 1, hole.at);
  writer.message(field, mark);
}

function writeReturns(sink: Sink, field: number, returns: WireReturns): void {
  const { writer } = sink;
  const mark = writer.mark();
  switch (returns.kind) {
    case 'leaves':
      writer.flag(1, true);
      break;
    case 'all':
      writer.flag(2, true);
      break;
    case 'steps': {
      const steps = writer.mark();
      writer.strings(1, returns.steps);
      writer.message(3, steps);
      break;
    }
    case 'shape':
      writeTemplate(sink, 4, returns.shape);
      break;
    default:
      unreachable(returns);
  }
  writer.message(field, mark);
}

function readCommand(source: Source): WireCommand {
  const { reader } = source;
  const outer = reader.enter();
  const after: string[] = [];
  let args: Template = noTemplate;
  let need: Need | undefined;
  let timeoutMs: number | undefined;
  let list: Template | undefined;
  let parallel: number | undefined;
  const policies: { -readonly [K in 'attemptsMax' | 'onFailure' | 'compensate' | 'fuse']: WireCommand[K] } = {
    attemptsMax: undefined,
    onFailure: undefined,
    compensate: undefined,
    fuse: undefined,
  };
  const texts = { name: '', function: '', version: undefined as string | undefined, target: undefined as string | undefined };
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) texts.name = reader.string();
    else if (tag === bytesTag(2)) texts.function = reader.string();
    else if (tag === bytesTag(3)) args = readTemplate(source);
    else if (tag === bytesTag(4)) need = readNeed(reader);
    else if (tag === bytesTag(5)) texts.version = reader.string();
    else if (tag === bytesTag(6)) after.push(reader.string());
    else if (tag === bytesTag(7)) texts.target = reader.string();
    else if (tag === varintTag(8)) timeoutMs = reader.uint();
    else if (tag === varintTag(9)) policies.attemptsMax = reader.uint() || undefined;
    else if (tag === bytesTag(10)) policies.onFailure = readOnFailure(source);
    else if (tag === bytesTag(11)) policies.compensate = readCompensation(source);
    else if (tag === bytesTag(12)) list = readTemplate(source);
    else if (tag === varintTag(13)) parallel = reader.uint() || undefined;
    else if (tag === varintTag(14)) policies.fuse = reader.flag() ? false : undefined;
    else reader.skip(tag);
  }
  reader.leave(outer);
  const each = list && { list, ...(parallel === undefined ? {} : { parallel }) };
  return { ...texts, args, need, after, timeoutMs, ...policies, each };
}

function readCompensation(source: Source): Compensation {
  const { reader } = source;
  const outer = reader.enter();
  const undo: { -readonly [K in keyof Compensation]: Compensation[K] } = { function: '', args: noTemplate };
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) undo.function = reader.string();
    else if (tag === bytesTag(2)) undo.args = readTemplate(source);
    else if (tag === bytesTag(3)) undo.need = readNeed(reader);
    else if (tag === bytesTag(4)) undo.version = reader.string();
    else if (tag === bytesTag(5)) undo.target = reader.string();
    else if (tag === varintTag(6)) undo.timeoutMs = reader.uint();
    else if (tag === varintTag(7)) undo.attemptsMax = reader.uint() || undefined;
    else reader.skip(tag);
  }
  reader.leave(outer);
  return undo;
}

const noTemplate: Template = { value: undefinedPayload, holes: [] };

function readTemplate(source: Source): Template {
  const { reader } = source;
  const outer = reader.enter();
  let value = undefinedPayload;
  const holes: Hole[] = [];
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) value = readValue(source);
    else if (tag === bytesTag(2)) holes.push(readHole(reader));
    else reader.skip(tag);
  }
  reader.leave(outer);
  return { value, holes };
}

function readHole(reader: ProtoReader): Hole {
  const outer = reader.enter();
  const at: (string | number)[] = [];
  const path: (string | number)[] = [];
  let source: HoleSource | undefined;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) at.push(readPathPart(reader));
    else if (tag === bytesTag(2)) source = { kind: 'step', step: reader.string(), path };
    else if (tag === varintTag(3)) source = reader.flag() ? { kind: 'input', path } : source;
    else if (tag === bytesTag(4)) path.push(readPathPart(reader));
    else if (tag === varintTag(5)) source = reader.flag() ? { kind: 'item', path } : source;
    else if (tag === varintTag(6)) source = reader.flag() ? { kind: 'index', path } : source;
    else reader.skip(tag);
  }
  reader.leave(outer);
  if (!source) throw protocolError('a hole has no source that this version knows');
  return { at, source };
}

function readReturns(source: Source): WireReturns {
  const { reader } = source;
  const outer = reader.enter();
  let returns: WireReturns | undefined;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === varintTag(1)) returns = reader.flag() ? { kind: 'leaves' } : returns;
    else if (tag === varintTag(2)) returns = reader.flag() ? { kind: 'all' } : returns;
    else if (tag === bytesTag(3)) returns = { kind: 'steps', steps: readSteps(reader) };
    else if (tag === bytesTag(4)) returns = { kind: 'shape', shape: readTemplate(source) };
    else reader.skip(tag);
  }
  reader.leave(outer);
  if (!returns) throw protocolError('a submitted workflow asks for something that this version does not know');
  return returns;
}

function readSteps(reader: ProtoReader): string[] {
  const outer = reader.enter();
  const steps: string[] = [];
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) steps.push(reader.string());
    else reader.skip(tag);
  }
  reader.leave(outer);
  return steps;
}
