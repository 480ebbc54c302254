/**
 * Two text fields of a message that say where it stands in its trace (W3C Trace Context).
 */

import type { ProtoReader } from './proto-reader.ts';
import type { ProtoWriter } from './proto-writer.ts';
import { protocolError } from './value-problem.ts';

/** W3C Trace Context: the headers of these names, checked by whoever reads them. */
export interface WireTrace {
  readonly traceparent: string;
  readonly tracestate?: string | undefined;
}

/** Of a `traceparent` there are 55; a `tracestate` may have as many as this. */
const charsMax = 512;

/** Numbers of the two fields. */
export interface TraceFields {
  readonly traceparent: number;
  readonly tracestate: number;
}

export function writeTrace(writer: ProtoWriter, { traceparent, tracestate }: WireTrace, fields: TraceFields): void {
  writer.string(fields.tracestate, tracestate);
  writer.string(fields.traceparent, traceparent);
}

/** Reads one of the two; what has come so far is `before`. */
export function readTrace(reader: ProtoReader, before: WireTrace | undefined, isState: boolean): WireTrace {
  const text = reader.string();
  if (text.length > charsMax) throw protocolError(`a trace context has over ${charsMax} characters`);
  const traceparent = isState ? (before?.traceparent ?? '') : text;
  const tracestate = isState ? text : before?.tracestate;
  return tracestate === undefined ? { traceparent } : { traceparent, tracestate };
}
