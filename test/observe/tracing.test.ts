import { describe, expect, test } from 'vitest';
import { TracedEngine } from '../../src/fabric/call/traced-calls.ts';
import type { CallSink, Invocation } from '../../src/fabric/link/invocation.ts';
import { Tracing, traceContextOf } from '../../src/observe/tracing.ts';

const good = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('a trace context', () => {
  test('is read as W3C Trace Context has it', () => {
    expect(traceContextOf(good)).toEqual({ traceparent: good });
    expect(traceContextOf(good, 'vendor=1')).toEqual({ traceparent: good, tracestate: 'vendor=1' });
    // A later version.
    expect(traceContextOf(good.replace('00-', '01-'))).toBeDefined();
  });

  test.each([
    undefined,
    '',
    'x',
    `${good}-more`,
    good.toUpperCase(),
    good.replace('00-', 'ff-'),
    good.replace('0af7651916cd43dd8448eb211c80319c', '0'.repeat(32)),
    good.replace('b7ad6b7169203331', '0'.repeat(16)),
    'a'.repeat(1_000_000),
    7,
  ])('that is none is left aside (T2): %#', (given) => {
    expect(traceContextOf(given)).toBe(undefined);
  });

  test('without its state goes on when that is too long', () => {
    expect(traceContextOf(good, 'a'.repeat(513))).toEqual({ traceparent: good });
    expect(traceContextOf(good, 'a'.repeat(512))?.tracestate).toHaveLength(512);
  });
});

test('without a tracer provider a call is started as it is, its context untouched (T1, C3)', () => {
  expect(new Tracing().isOn).toBe(false);
  const seen: unknown[] = [];
  const engine = new TracedEngine({ start: (...given) => seen.push(...given) as never }, true);
  const invocation = { function: 'f', trace: { traceparent: good } } as unknown as Invocation; // passed through unread
  const sink: CallSink = { settled: () => {} };
  engine.start(invocation, sink);
  expect(seen[0]).toBe(invocation);
  expect(seen[1]).toBe(sink);
});
