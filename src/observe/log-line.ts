/**
 * One event as the fields of a log line: flat, bounded, and without what should not be written down.
 *
 * L1 arguments and results are in no event, so in no line. Of what a handler says itself, values under names like `password` or
 *    `token` are left out, long texts are cut, and deep or circular values end.
 * L2 `server` is who writes the line: another server that the event names is `peer`.
 * L3 a line never throws, whatever a handler has logged.
 */

import { eventTable, type FabricEvent } from './events.ts';
import { traceContextOf } from './tracing.ts';

/** A text of a handler's, or of what it threw. */
export const textCharsMax = 8 * 1024;
const depthMax = 5;
const entriesMax = 100;
const secretName =
  /^(?:.*(?:password|passwd|passphrase|secret|token|authorization|cookie|credential)s?|.*(?:api|private|access|secret)[-_]?keys?|auth|jwt|pin)$/i;
export const leftOut = '[left out]';

export interface LogLine {
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export function lineOf(event: FabricEvent): LogLine {
  const { kind, ...said } = event;
  const { server, message, fields, stack, traceparent, ...rest }: Readonly<Record<string, unknown>> = said;
  return {
    message: kind === 'handler.logged' ? short(event.message) : summaryOf(kind),
    fields: {
      event: kind,
      ...rounded(rest),
      ...(server === undefined ? {} : { peer: server }),
      ...(message === undefined || kind === 'handler.logged' ? {} : { detail: message }),
      ...(stack === undefined ? {} : { stack: short(String(stack)) }),
      ...(fields === undefined ? {} : { fields: plain(fields) }),
      ...idsOf(traceparent),
    },
  };
}

/** What the event table says of it, without the finer points. */
function summaryOf(kind: FabricEvent['kind']): string {
  return eventTable[kind].split(/[:;]/, 1)[0] ?? kind;
}

/** Microseconds are enough of a time. */
function rounded(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, typeof value === 'number' ? Math.round(value * 1000) / 1000 : value]),
  );
}

/** Under the names that OpenTelemetry gives them in logs (trace_id, span_id). */
function idsOf(traceparent: unknown): Readonly<Record<string, string>> {
  const [, traceId, spanId] = traceContextOf(traceparent)?.traceparent.split('-') ?? [];
  return traceId === undefined || spanId === undefined ? {} : { trace_id: traceId, span_id: spanId };
}

function short(text: string): string {
  return text.length > textCharsMax ? `${text.slice(0, textCharsMax)}... (${text.length} characters)` : text;
}

/** What a handler has logged, as JSON can say it. */
function plain(value: unknown): unknown {
  try {
    return plainAt(value, 0);
  } catch {
    return '[cannot be read]';
  }
}

function plainAt(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return short(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'function' || typeof value === 'symbol') return `[${typeof value}]`;
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error) return short(value.stack ?? `${value.name}: ${value.message}`);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (depth === depthMax) return Array.isArray(value) ? '[list]' : '[object]';
  if (Array.isArray(value)) return value.slice(0, entriesMax).map((item) => plainAt(item, depth + 1));
  if (value instanceof Map || value instanceof Set) return `[${value.size} entries]`;
  const entries = Object.entries(value).slice(0, entriesMax);
  return Object.fromEntries(entries.map(([name, item]) => [name, secretName.test(name) ? leftOut : plainAt(item, depth + 1)]));
}
