import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { BasicTracerProvider, InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import type { RunInput } from '../../src/core/workflow/run-io.ts';
import { defineFunction } from '../../src/fabric/api/define.ts';
import { StepCalls } from '../../src/fabric/run/step-calls.ts';
import { RunTrace } from '../../src/fabric/run/traced-runs.ts';
import { encodeArguments, encodeValue } from '../../src/wire/value.ts';
import { failureOf } from '../within.ts';
import { type FabricWorld, worldTest as test } from './world.ts';

/** The collector: every span that has ended, from all processes of a world. */
const collected = new InMemorySpanExporter();

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(collected)] }));
});

afterEach(() => collected.reset());

afterAll(() => {
  // Nothing of it for the next file of this thread.
  trace.disable();
  context.disable();
  propagation.disable();
});

const inner = defineFunction({ name: 'inner', effect: 'pure', handler: (ctx, value: number) => value + ctx.attempt - 1 });
const outer = defineFunction({
  name: 'outer',
  effect: 'pure',
  handler: async (ctx, value: number): Promise<unknown> => {
    await ctx.sleep(5);
    return ctx.call('inner', [value]);
  },
});
const add = defineFunction({ name: 'add', effect: 'pure', handler: (_ctx, a: number, b: number) => a + b });
const fail = defineFunction({
  name: 'fail',
  effect: 'pure',
  handler: () => {
    throw new Error('the secret of 4711');
  },
});

interface Seen {
  readonly name: string;
  readonly server: string;
  readonly parent: string;
}

/** The spans as who, where, under whom: one trace, or the test fails. */
function tree(): readonly Seen[] {
  const spans = collected.getFinishedSpans();
  expect(new Set(spans.map((span) => span.spanContext().traceId)).size).toBe(1);
  const names = new Map(spans.map((span) => [span.spanContext().spanId, label(span)]));
  return spans
    .map((span) => ({
      name: label(span),
      server: String(span.attributes['heddle.server'] ?? ''),
      parent: names.get(span.parentSpanContext?.spanId ?? '') ?? '-',
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function label(span: ReadableSpan): string {
  return `${SpanKind[span.kind].toLowerCase()} ${span.name}`;
}

async function fabric(world: FabricWorld) {
  const entry = await world.start('entry');
  await world.start('owner', { outer });
  await world.start('deep', { inner });
  return { entry, client: await world.connect(entry) };
}

describe('one trace', () => {
  test('goes over client, entry, owner and a nested call', async ({ world }) => {
    const { client } = await fabric(world);
    expect(await world.settle(client.call('outer', [3]))).toBe(3);
    expect(tree()).toEqual([
      { name: 'client inner', server: 'deep', parent: 'server outer' },
      { name: 'client outer', server: 'owner', parent: '-' },
      { name: 'server inner', server: 'deep', parent: 'client inner' },
      { name: 'server outer', server: 'owner', parent: 'server route outer' },
      { name: 'server route outer', server: 'owner', parent: 'client outer' },
    ]);
  });

  test("begins under the span of the caller's code, and its state travels", async ({ world }) => {
    const { client } = await fabric(world);
    const tracer = trace.getTracer('test');
    const call = tracer.startActiveSpan('request', async (span) => {
      const result = await client.call('outer', [1]);
      span.end();
      return result;
    });
    await world.settle(call);
    expect(tree().filter(({ name }) => name === 'client outer' || name === 'internal request')).toEqual([
      { name: 'client outer', server: 'owner', parent: 'internal request' },
      { name: 'internal request', server: '', parent: '-' },
    ]);
  });

  test('goes over a workflow: submission, coordinator, steps, and steps that go together', async ({ world }) => {
    const entry = await world.start('entry');
    await world.start('left', { add }, { resources: ['left'] });
    await world.start('right', { add }, { resources: ['right'] });
    const client = await world.connect(entry);
    const need = (side: string) => ({ need: [side] });
    const run = client.submit([
      { name: 'a', fun: 'add', args: [1, 2], ...need('left') },
      { name: 'b', fun: 'add', args: [{ $ref: 'a' }, 1], ...need('left') },
      { name: 'c', fun: 'add', args: [{ $ref: 'b' }, 1], ...need('right') },
    ]);
    expect(await world.settle(run.result)).toEqual({ c: 5 });
    await world.advance(100);
    const seen = tree();
    const under = (name: string) => seen.filter((span) => span.parent === name).map((span) => `${span.name} @${span.server}`);
    expect(under('-')).toEqual(['client run @']);
    expect(under('client run')).toEqual([expect.stringMatching(/^server run @(?:left|right|entry)$/)]);
    expect(under('server run')).toEqual(['internal step a @left', 'internal step b @left', 'internal step c @right']);
    for (const [step, server] of [
      ['a', 'left'],
      ['b', 'left'],
      ['c', 'right'],
    ])
      expect(under(`internal step ${step}`)).toEqual([`server add @${server}`]);
  });

  test('says the code of an error, and neither its message nor an argument (T3)', async ({ world }) => {
    const entry = await world.start('entry', { fail });
    const client = await world.connect(entry);
    await world.settle(failureOf(client.call('fail', ['argument-4711'])));
    const spans = collected.getFinishedSpans();
    expect(spans.length).toBe(3);
    for (const span of spans) {
      expect(span.status).toEqual({ code: SpanStatusCode.ERROR, message: 'function_failed' });
      expect(span.attributes['heddle.executed']).toBe('yes');
      // The names of OpenTelemetry's conventions for calls.
      expect(span.attributes).toMatchObject({ 'rpc.system': 'heddle', 'rpc.method': 'fail', 'error.type': 'function_failed' });
    }
    expect(JSON.stringify(spans.map(({ attributes, events, status }) => [attributes, events, status]))).not.toContain('4711');
  });

  test('has no step without an end when a group cannot be sent: its head goes alone, under its own span', () => {
    const begun: string[] = [];
    const noted = { onStart: (span: { readonly name: string }) => void begun.push(span.name), onEnd: () => {} };
    const provider = new BasicTracerProvider({
      spanProcessors: [
        new SimpleSpanProcessor(collected),
        { ...noted, forceFlush: () => Promise.resolve(), shutdown: () => Promise.resolve() },
      ],
    });
    trace.disable();
    trace.setGlobalTracerProvider(provider);
    const fed: RunInput[] = [];
    const calls = new StepCalls({
      trace: new RunTrace({ commands: [], returns: { kind: 'all' }, isDetached: true, looksBare: [] }, { runId: 'r', coordinator: 'one' }),
      clock: new VirtualClock(),
      nextCall: () => ({ caller: 'i1', callerName: 'one', callNumber: 1 }),
      feed: (input) => fed.push(input),
      engine: {
        start: (_call, sink) => {
          sink.settled({ outcome: { ok: true, value: encodeValue(1) }, server: 'left' });
          return { cancel: () => {}, stream: () => {} };
        },
        startGroup: () => undefined,
      },
    });
    const route = { server: { way: { shortestMs: 1 } } };
    calls.startGroup({ kind: 'startGroup', place: { routes: [route, route] }, steps: ['a', 'b'].map(shipped), leftMs: 1_000 });
    expect(fed.map(({ kind }) => kind)).toEqual(['stepSettled', 'stepBack']);
    expect(begun).toEqual(['run', 'step a', 'step b']);
    const ended = collected.getFinishedSpans().map(({ name, status }) => [name, status.message]);
    expect(ended).toEqual([
      ['step a', undefined],
      ['step b', 'upstream_failed'],
    ]);
  });
});

function shipped(step: string) {
  const args = { template: encodeArguments([]), inputs: [] };
  return {
    step,
    command: { name: step, function: 'add', args: { value: encodeArguments([]), holes: [] }, after: [] },
    args,
    timeoutMs: 1_000,
    mayHaveRun: false,
    awaits: [],
    after: [],
  };
}
