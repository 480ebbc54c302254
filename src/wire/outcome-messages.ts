/**
 * `heddle.v1.Outcome` and `Standing`: what became of a call.
 */

import { wholeMs } from './call-messages.ts';
import type { OutcomeFrame, StandingFrame } from './outcome-frames.ts';
import type { ProtoReader } from './proto-reader.ts';
import { bytesTag, varintTag } from './proto-reader.ts';
import type { ProtoWriter } from './proto-writer.ts';
import { protocolError } from './value-problem.ts';

const states = ['forgotten', 'done', 'running', 'never'] as const satisfies readonly StandingFrame['state'][];

export function writeOutcome(writer: ProtoWriter, frame: OutcomeFrame): void {
  writer.uint(4, wholeMs(frame.timeoutMs));
  writer.uint(3, frame.round);
  writer.string(2, frame.caller);
  writer.uint(1, frame.callNumber);
}

export function readOutcome(reader: ProtoReader, id: number): OutcomeFrame {
  let callNumber = 0;
  let caller = '';
  let round = 0;
  let timeoutMs = 0;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === varintTag(1)) callNumber = reader.uint();
    else if (tag === bytesTag(2)) caller = reader.string();
    else if (tag === varintTag(3)) round = reader.uint();
    else if (tag === varintTag(4)) timeoutMs = reader.uint();
    else reader.skip(tag);
  }
  if (caller === '') throw protocolError('a question for the outcome of a call does not say whose');
  return { kind: 'outcome', id, caller, callNumber, round, timeoutMs };
}

export function writeStanding(writer: ProtoWriter, frame: StandingFrame): void {
  writer.uint(1, states.indexOf(frame.state));
}

/** A state that this version does not know is `forgotten`: the careful reading. */
export function readStanding(reader: ProtoReader, id: number): StandingFrame {
  let number = 0;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === varintTag(1)) number = reader.uint();
    else reader.skip(tag);
  }
  return { kind: 'standing', id, state: states[number] ?? 'forgotten' };
}
