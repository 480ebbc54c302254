import { expect, test } from 'vitest';
import type { WireRunEvent } from '../../src/core/workflow/record.ts';
import { PendingEvents } from '../../src/fabric/run/pending-events.ts';
import { encodeValue } from '../../src/wire/value.ts';

const started = (seq: number, step: string): WireRunEvent => ({ seq, atMs: 0, kind: 'step.started', step, server: 's', attempt: 1 });
const progress = (seq: number, step: string): WireRunEvent => ({ seq, atMs: 0, kind: 'step.progress', step, value: encodeValue(seq) });

async function seqsOf(events: PendingEvents): Promise<readonly number[]> {
  const seqs: number[] = [];
  for await (const { seq } of events) seqs.push(seq);
  return seqs;
}

test('E1: every event is given once, in order, and of the progress of a step the latest that waits', async () => {
  const events = new PendingEvents();
  const reading = seqsOf(events);
  events.push(started(1, 'a'));
  await Promise.resolve();
  await Promise.resolve();
  for (const event of [progress(2, 'a'), progress(3, 'b'), started(4, 'c'), progress(5, 'a')]) events.push(event);
  events.end();
  events.push(started(6, 'late'));
  expect(await reading).toEqual([1, 3, 4, 5]);
});

test('E2: a reader that does not read costs one event a step, however often its steps report', () => {
  const events = new PendingEvents();
  for (let seq = 1; seq <= 10_000; seq += 1) events.push(progress(seq, `step ${seq % 7}`));
  expect(events.size).toBe(7);
});

test('what waits is given before the error that ends it', async () => {
  const events = new PendingEvents();
  events.push(started(1, 'a'));
  events.end(new RangeError('over'));
  const seen: number[] = [];
  const reading = (async () => {
    for await (const { seq } of events) seen.push(seq);
  })();
  await expect(reading).rejects.toThrow('over');
  expect(seen).toEqual([1]);
});
