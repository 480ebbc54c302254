/**
 * The small messages around calls and runs: `heddle.v1.Cancel`, `Progress`, `Query`, `Attach`, `CancelRun`, `Servers`,
 * `Watch`, `Drain`.
 */

import { unreachable } from '../base/assert.ts';
import type { Payload } from '../core/payload.ts';
import type { Sink, Source } from './common-messages.ts';
import { readTexts, readValue, undefinedPayload, writeValue } from './common-messages.ts';
import type { AttachFrame, CancelFrame, CancelRunFrame, DrainFrame, ProgressFrame, QueryFrame, ServersFrame, WatchFrame } from './frame.ts';
import type { Pulling } from './hand-off-frames.ts';
import { checkIdentity, readIdentity } from './identity-field.ts';
import type { ProtoReader } from './proto-reader.ts';
import { bytesTag, varintTag } from './proto-reader.ts';
import { readPulling, writePulling } from './pulling-message.ts';

export type ControlFrame = CancelFrame | ProgressFrame | QueryFrame | AttachFrame | CancelRunFrame | ServersFrame | WatchFrame | DrainFrame;

const abouts = [undefined, 'members', 'catalog', 'explain', 'why', 'runs', 'vitals', 'me', 'places'] as const satisfies readonly (
  | QueryFrame['about']
  | undefined
)[];
const watched = [undefined, 'catalog', 'run'] as const satisfies readonly (WatchFrame['about'] | undefined)[];

export function writeControl(sink: Sink, frame: ControlFrame): void {
  const { writer } = sink;
  switch (frame.kind) {
    case 'cancel':
      writer.flag(2, frame.hasLeft);
      writer.string(1, frame.reason);
      return;
    case 'progress':
      if (frame.pulling) writePulling(writer, 2, frame.pulling);
      else writeValue(sink, 1, frame.value);
      return;
    case 'query':
      writer.string(3, frame.identity);
      if (frame.argument) writeValue(sink, 2, frame.argument);
      writer.uint(1, numberOf(frame.about, abouts));
      return;
    case 'attach':
      writer.string(3, frame.identity);
      writer.uint(2, frame.fromSequence);
      writer.string(1, frame.runId);
      return;
    case 'cancelRun':
      writer.string(3, frame.identity);
      writer.string(2, frame.reason);
      writer.string(1, frame.runId);
      return;
    case 'servers':
      writer.flag(2, frame.isMoving);
      writer.strings(1, frame.addresses);
      return;
    case 'watch':
      writer.string(2, frame.runId);
      writer.uint(1, numberOf(frame.about, watched));
      return;
    case 'drain':
      writer.string(2, frame.identity);
      writer.string(1, frame.server);
      return;
    default:
      unreachable(frame);
  }
}

export function readControl(source: Source, kind: ControlFrame['kind'], id: number): ControlFrame {
  const { reader } = source;
  switch (kind) {
    case 'cancel':
      return { kind, id, ...readCancel(reader) };
    case 'progress':
      return { kind, id, ...readProgress(source) };
    case 'query':
      return { kind, id, ...readQuery(source) };
    case 'attach':
      return { kind, id, ...readAttach(reader) };
    case 'cancelRun': {
      const { first, second, third } = readTexts(reader);
      return { kind, id, runId: first, reason: second, identity: checkIdentity(third) };
    }
    case 'servers':
      return { kind, ...readServers(reader) };
    case 'watch':
      return { kind, id, ...readWatch(reader) };
    case 'drain': {
      const { first, second } = readTexts(reader);
      return { kind, id, server: first, identity: checkIdentity(second) };
    }
    default:
      return unreachable(kind);
  }
}

function readCancel(reader: ProtoReader): Pick<CancelFrame, 'reason' | 'hasLeft'> {
  let reason = '';
  let hasLeft = false;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) reason = reader.string();
    else if (tag === varintTag(2)) hasLeft = reader.uint() !== 0;
    else reader.skip(tag);
  }
  return { reason, hasLeft };
}

function readProgress(source: Source): Pick<ProgressFrame, 'value' | 'pulling'> {
  const { reader } = source;
  let value = undefinedPayload;
  let pulling: Pulling | undefined;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) value = readValue(source);
    else if (tag === bytesTag(2)) pulling = readPulling(reader);
    else reader.skip(tag);
  }
  return pulling === undefined ? { value } : { value, pulling };
}

function readQuery(source: Source): Pick<QueryFrame, 'about' | 'argument' | 'identity'> {
  const { reader } = source;
  let identity: string | undefined;
  let number = 0;
  let argument: Payload | undefined;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === varintTag(1)) number = reader.uint();
    else if (tag === bytesTag(2)) argument = readValue(source);
    else if (tag === bytesTag(3)) identity = readIdentity(reader);
    else reader.skip(tag);
  }
  return { about: abouts[number] ?? number, argument, identity };
}

function readWatch(reader: ProtoReader): Pick<WatchFrame, 'about' | 'runId'> {
  let number = 0;
  let runId: string | undefined;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === varintTag(1)) number = reader.uint();
    else if (tag === bytesTag(2)) runId = reader.string();
    else reader.skip(tag);
  }
  return { about: watched[number] ?? number, runId };
}

/** What a later version asks about keeps its number: it is answered with an error, and the link stays. */
function numberOf<T>(about: T | number, known: readonly (T | undefined)[]): number {
  return typeof about === 'number' ? about : known.indexOf(about);
}

function readAttach(reader: ProtoReader): Pick<AttachFrame, 'runId' | 'fromSequence' | 'identity'> {
  let identity: string | undefined;
  let runId = '';
  let fromSequence = 0;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) runId = reader.string();
    else if (tag === varintTag(2)) fromSequence = reader.uint();
    else if (tag === bytesTag(3)) identity = readIdentity(reader);
    else reader.skip(tag);
  }
  return { runId, fromSequence, identity };
}

function readServers(reader: ProtoReader): { addresses: string[]; isMoving: boolean } {
  const addresses: string[] = [];
  let isMoving = false;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) addresses.push(reader.string());
    else if (tag === varintTag(2)) isMoving = reader.flag();
    else reader.skip(tag);
  }
  return { addresses, isMoving };
}
