/**
 * About how much memory a run takes that has settled: its events, the values that came with them, and its workflow.
 */

import type { Filled, Payload } from '../payload.ts';
import type { OpaqueError, Template, WireCommand, WireRunEvent } from './record.ts';
import type { CheckedWorkflow } from './workflow.ts';

/** Of an event, a command or a value beside its bytes: an estimate, on the high side. */
const objectBytes = 256;

/** Linear in the events and commands. */
export function bytesOfRun({ commands }: CheckedWorkflow, events: readonly WireRunEvent[]): number {
  const ofCommands = commands.reduce((sum, { command }) => sum + bytesOfCommand(command), 0);
  return events.reduce((sum, event) => sum + bytesOfEvent(event), ofCommands);
}

function bytesOfCommand({ args, each, compensate, onFailure }: WireCommand): number {
  const templates = [args, each?.list, compensate?.args].reduce((sum, template) => sum + (template ? bytesOfTemplate(template) : 0), 0);
  return objectBytes + templates + (onFailure?.kind === 'fallback' ? bytesOf(onFailure.value) : 0);
}

function bytesOfTemplate({ value, holes }: Template): number {
  return bytesOf(value) + objectBytes * holes.length;
}

function bytesOfEvent(event: WireRunEvent): number {
  switch (event.kind) {
    case 'step.progress':
      return objectBytes + bytesOf(event.value);
    case 'run.settled':
      return objectBytes + (event.result ? bytesOfFilled(event.result) : 0) + bytesOfError(event.error);
    case 'step.settled':
    case 'element.settled':
    case 'compensation.settled':
      return objectBytes + bytesOfError(event.error);
    default:
      return objectBytes;
  }
}

function bytesOfFilled({ template, inputs }: Filled): number {
  return inputs.reduce((sum, { value }) => sum + bytesOf(value), bytesOf(template));
}

/** An error travels as a record of payloads, texts and errors that caused it. */
function bytesOfError(error: OpaqueError | undefined): number {
  if (error === undefined) return 0;
  let bytes = objectBytes;
  const open: unknown[] = [error];
  for (const part of open) {
    if (part instanceof Uint8Array) bytes += part.length;
    else if (typeof part === 'string') bytes += 2 * part.length;
    else if (typeof part === 'object' && part !== null) open.push(...Object.values(part));
  }
  return bytes;
}

/** What is kept elsewhere takes nothing here. */
function bytesOf({ bytes }: Payload): number {
  return objectBytes + bytes.length;
}
