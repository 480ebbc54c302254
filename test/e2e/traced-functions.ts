/**
 * What the servers of the test of traces offer, and a tracer for their process as a user sets one up: the real SDK, with an
 * exporter that prints every span that has ended, where a collector would be.
 */

import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { BasicTracerProvider, type ReadableSpan, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { defineFunction } from 'heddle';

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
const exporter = {
  export(spans: readonly ReadableSpan[], done: (result: { code: number }) => void): void {
    for (const span of spans) {
      const { traceId, spanId } = span.spanContext();
      const server = span.attributes['heddle.server'];
      process.stdout.write(
        `SPAN ${JSON.stringify({ name: span.name, kind: span.kind, server, traceId, spanId, parent: span.parentSpanContext?.spanId })}\n`,
      );
    }
    done({ code: 0 });
  },
  shutdown: async (): Promise<void> => {},
};
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));

export const inner = defineFunction({ name: 'inner', effect: 'pure', handler: (_ctx, value: number) => value + 1 });

/** Calls `inner` at the server of that name, out of a span of its own. */
export const outer = defineFunction({
  name: 'outer',
  effect: 'pure',
  handler: (ctx, value: number, at: string): Promise<unknown> =>
    trace.getTracer('user').startActiveSpan('work', async (span) => {
      await ctx.sleep(1);
      const result = await ctx.call('inner', [value], { target: at });
      span.end();
      return result;
    }),
});
