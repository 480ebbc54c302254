/** One trace over processes of their own: a client here, its entry, the server that runs the function, and a call out of that. */

import { context, type Span, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { Client } from 'heddle';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ForeignClient, json, read } from '../fabric/foreign-client.ts';
import { within } from '../within.ts';
import { builtModule } from './built-module.ts';
import { connected } from './connected.ts';
import { type ServerProcess, Stage } from './processes.ts';

interface Seen {
  readonly name: string;
  readonly server?: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parent?: string;
}

const stage = new Stage();
const own = new InMemorySpanExporter();
const module = builtModule('traced-functions.ts');
let entry: ServerProcess;
let owner: ServerProcess;
let client: Client;

beforeAll(async () => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(own)] }));
  entry = await stage.serve('entry', module);
  owner = await stage.serve('owner', module, '--join', entry.url);
  client = await connected(entry.url);
  const offers = async () => (await client.catalog()).filter((offer) => offer.function === 'outer').length;
  await within('both offer it', 10_000, async () => (await offers()) === 2);
}, 60_000);

afterAll(async () => {
  await client.close();
  trace.disable();
  context.disable();
});

/** Spans of one trace from all processes, each with the name of its parent, once there are `count`. */
async function collected(traceId: string, count: number): Promise<readonly string[]> {
  const all = (): readonly Seen[] => {
    const here = own.getFinishedSpans().map((span): Seen => {
      const parent = span.parentSpanContext?.spanId;
      return { name: span.name, ...span.spanContext(), ...(parent === undefined ? {} : { parent }) };
    });
    const there = [entry, owner].flatMap(({ name, process }) =>
      process.lines.filter((line) => line.startsWith('SPAN ')).map((line): Seen => ({ ...JSON.parse(line.slice(5)), server: name })),
    );
    return [...here, ...there].filter((span) => span.traceId === traceId);
  };
  await within(`${count} spans of the trace are there`, 10_000, () => all().length >= count);
  const names = new Map(all().map(({ spanId, name, server = 'here' }) => [spanId, `${name} @${server}`]));
  return all()
    .map(({ name, server = 'here', parent = '' }) => `${names.get(parent) ?? '-'} > ${name} @${server}`)
    .sort();
}

/** Runs something under a span of this process; gives its trace too. */
function under<T>(run: () => Promise<T>): Promise<readonly [T, string]> {
  return trace.getTracer('test').startActiveSpan('request', async (span: Span) => {
    const result = await run();
    span.end();
    return [result, span.spanContext().traceId] as const;
  });
}

describe('one trace, seen by a collector built on the OpenTelemetry SDK', { timeout: 60_000 }, () => {
  test('goes over client, entry, owner and a nested call', async () => {
    const [result, traceId] = await under(() => client.call('outer', [1, 'entry'], { target: 'owner' }));
    expect(result).toBe(2);
    expect(await collected(traceId, 7)).toEqual([
      '- > request @here',
      'inner @owner > inner @entry',
      'outer @here > route outer @entry',
      'outer @owner > work @owner',
      'request @here > outer @here',
      'route outer @entry > outer @owner',
      'work @owner > inner @owner',
    ]);
  });

  test('goes over a workflow: coordinator, steps, and steps that go to their server together', async () => {
    const commands = [
      { name: 'a', fun: 'inner', args: [1], target: 'owner' },
      { name: 'b', fun: 'inner', args: [{ $ref: 'a' }], target: 'owner' },
      { name: 'c', fun: 'inner', args: [{ $ref: 'b' }], target: 'entry' },
    ];
    const [result, traceId] = await under(() => client.submit({ name: 'three', commands }).result);
    expect(result).toEqual({ c: 4 });
    const seen = await collected(traceId, 9);
    const coordinator = seen.find((line) => line.startsWith('run three @here > '))?.split(' > ')[1];
    expect(coordinator).toMatch(/^run three @(?:entry|owner)$/);
    for (const [step, server] of Object.entries({ a: 'owner', b: 'owner', c: 'entry' })) {
      const [, there = ''] = seen.find((line) => line.startsWith(`${coordinator} > step ${step} `))?.split(' > ') ?? [];
      expect(there).toContain(`step ${step} @`);
      // A step alone is a call of the coordinator's; with others it is sent as it is.
      const call = seen.filter((line) => line.startsWith(`${there} > inner @`));
      expect(call).toHaveLength(1);
      const ran = call[0]?.endsWith(`inner @${server}`)
        ? call
        : seen.filter((line) => line === `${call[0]?.split(' > ')[1]} > inner @${server}`);
      expect(ran).toHaveLength(1);
    }
  });

  test('of a client in another language begins with the metadata of its gRPC call', async () => {
    const foreign = new ForeignClient(entry.url);
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const metadata = { traceparent: `00-${traceId}-b7ad6b7169203331-01` };
    const request = { function: 'inner', args: json([41]), target: 'owner' };
    expect(read((await foreign.ask('Call', request, {}, metadata)).value)).toBe(42);
    foreign.grpc.close();
    expect(await collected(traceId, 2)).toEqual(['- > route inner @entry', 'route inner @entry > inner @owner']);
  });
});
