/**
 * Spans by the OpenTelemetry API, and their context as it travels (W3C Trace Context: a `traceparent`, perhaps a `tracestate`).
 *
 * T1 while nobody has registered a tracer provider, asking costs a look at one property; the API is loaded when somebody has.
 * T2 a context that comes from elsewhere and is none is left aside; one that is travels on, whether spans are made here or not.
 * T3 a span says names, ids, codes and times; no argument, no result, no message of an error.
 * Which spans there are is fabric/traced-*.ts.
 */

import { createRequire } from 'node:module';
import type * as Otel from '@opentelemetry/api';

type Api = typeof Otel;

/** Where a call or run stands in its trace, as the headers of the same names say it. */
export interface TraceContext {
  readonly traceparent: string;
  /** At most 512 characters. */
  readonly tracestate?: string | undefined;
}

export interface SpanStart {
  readonly name: string;
  readonly kind: 'client' | 'server' | 'internal';
  readonly attributes: Readonly<Record<string, string | number | undefined>>;
  /** What it belongs to, where that is not the span of the code that is running. */
  readonly parent: TraceContext | undefined;
  /** The span of the code that is running goes before `parent`. */
  readonly isCalledHere: boolean;
}

/** A span that has not ended. */
export interface LiveSpan {
  /** For what is done under it elsewhere. */
  readonly context: TraceContext;
  /** Runs something under it: what that does with the API is part of the trace. */
  within<T>(run: () => T): T;
  /** Something that happened under it. */
  note(name: string, attributes: Readonly<Record<string, string | number>>): void;
  /** Once; `code` of an error, undefined for a result. */
  end(code: string | undefined, attributes?: Readonly<Record<string, string | number | undefined>>): void;
}

/** Where every copy of the API, of major version 1, finds what was registered (its internal/global-utils). */
const registryKey = Symbol.for('opentelemetry.js.api.1');
const tracerName = 'heddle';
const tracestateCharsMax = 512;
const contextShape = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;
const nothing = /^0+$/;
const load = createRequire(import.meta.url);

export class Tracing {
  #api: Api | undefined;

  /** T1. */
  get isOn(): boolean {
    const registry = (globalThis as { readonly [registryKey]?: { readonly trace?: unknown } })[registryKey]; // set by the API, or by nobody
    return registry?.trace !== undefined;
  }

  begin({ name, kind, attributes, parent, isCalledHere }: SpanStart): LiveSpan {
    const api = this.#loaded();
    const active = isCalledHere ? api.trace.getSpan(api.context.active()) : undefined;
    const above = active ? api.context.active() : contextOf(api, parent);
    const kinds = { client: api.SpanKind.CLIENT, server: api.SpanKind.SERVER, internal: api.SpanKind.INTERNAL };
    const span = api.trace.getTracer(tracerName).startSpan(name, { kind: kinds[kind], attributes: plain(attributes) }, above);
    const here = api.trace.setSpan(above, span);
    return {
      context: headersOf(span.spanContext()),
      within: (run) => api.context.with(here, run),
      note: (event, more) => void span.addEvent(event, more),
      end: (code, more = {}) => {
        span.setAttributes(plain(more));
        if (code !== undefined)
          span.setAttributes({ 'heddle.code': code, 'error.type': code }).setStatus({ code: api.SpanStatusCode.ERROR, message: code });
        span.end();
      },
    };
  }

  #loaded(): Api {
    this.#api ??= load('@opentelemetry/api') as Api; // what the module of that name is
    return this.#api;
  }
}

/** A context as headers gave it; undefined for what is none (T2). */
export function traceContextOf(traceparent: unknown, tracestate?: unknown): TraceContext | undefined {
  if (typeof traceparent !== 'string') return undefined;
  const [, trace = '', span = ''] = contextShape.exec(traceparent) ?? [];
  if (trace === '' || nothing.test(trace) || nothing.test(span)) return undefined;
  const isState = typeof tracestate === 'string' && tracestate !== '' && tracestate.length <= tracestateCharsMax;
  return isState ? { traceparent, tracestate } : { traceparent };
}

function contextOf(api: Api, trace: TraceContext | undefined): Otel.Context {
  const [, traceId, spanId, flags = '0'] = contextShape.exec(trace?.traceparent ?? '') ?? [];
  if (traceId === undefined || spanId === undefined) return api.ROOT_CONTEXT;
  const traceState = trace?.tracestate === undefined ? undefined : api.createTraceState(trace.tracestate);
  const above = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true, ...(traceState ? { traceState } : {}) };
  return api.trace.setSpanContext(api.ROOT_CONTEXT, above);
}

function headersOf({ traceId, spanId, traceFlags, traceState }: Otel.SpanContext): TraceContext {
  const traceparent = `00-${traceId}-${spanId}-${(traceFlags & 0xff).toString(16).padStart(2, '0')}`;
  const tracestate = traceState?.serialize();
  return tracestate ? { traceparent, tracestate } : { traceparent };
}

function plain(attributes: SpanStart['attributes']): Record<string, string | number> {
  const given = Object.entries(attributes).filter((entry): entry is [string, string | number] => entry[1] !== undefined);
  return Object.fromEntries(given);
}
