import { describe, expect, it } from 'vitest';
import { EventLog, eventsMax } from '../../../src/core/workflow/log.ts';
import type { WireRunEvent } from '../../../src/core/workflow/record.ts';
import { encode } from './codec.ts';

let sequence = 0;
type Body = WireRunEvent extends infer E ? (E extends WireRunEvent ? Omit<E, 'seq' | 'atMs'> : never) : never;
function event(body: Body): WireRunEvent {
  sequence += 1;
  return { seq: sequence, atMs: 0, ...body };
}
const progress = (step: string, value: unknown): WireRunEvent => event({ kind: 'step.progress', step, value: encode(value) });
const waiting = (step: string): WireRunEvent => event({ kind: 'step.waiting', step, reason: { kind: 'run_limit', limit: 1 } });
const started = (step: string): WireRunEvent => event({ kind: 'step.started', step, server: 's', attempt: 1 });
const settled = (step: string): WireRunEvent => event({ kind: 'step.settled', step, ok: true, outcome: 'done', elapsedMs: 1 });

function logOf(events: readonly WireRunEvent[], limits: { events?: number; progressBytes?: number } = {}): EventLog {
  const log = new EventLog(limits);
  for (const one of events) log.add(one);
  return log;
}

describe('the log of a run', () => {
  it('E1: gives every event after a number, in order', () => {
    const events = [started('a'), progress('a', 1), progress('a', 2), settled('a')];
    const log = logOf(events);
    expect(log.since(0)).toEqual(events);
    expect(log.since(events[1]?.seq ?? 0)).toEqual(events.slice(2));
    expect(log.since(sequence)).toEqual([]);
  });

  it('E2: at the limit keeps the last progress, the last attempt and the end of each step', () => {
    const events = [
      waiting('a'),
      started('a'),
      progress('a', 1),
      started('a'),
      progress('a', 2),
      waiting('b'),
      progress('b', 1),
      progress('b', 2),
      settled('a'),
    ];
    const log = logOf(events, { events: 8 });
    expect(log.since(0)).toEqual([events[3], events[4], events[5], events[7], events[8]]);
  });

  it('E2: large progress values are bounded by bytes', () => {
    const log = logOf(
      Array.from({ length: 100 }, () => progress('a', 'x'.repeat(1_000))),
      { progressBytes: 10_000 },
    );
    expect(log.size).toBeLessThanOrEqual(10);
    expect(log.since(sequence - 1)).toHaveLength(1);
  });

  it('E2: progress that nothing supersedes may be over the limit, and is not looked through for every event', () => {
    const steps = Array.from({ length: 50 }, (_, at) => `s${at}`);
    const text = 'x'.repeat(1_000);
    const log = logOf(
      steps.map((step) => progress(step, text)),
      { progressBytes: 20_000 },
    );
    expect(log.size).toBe(50);
    const sizes = steps.map((step) => {
      log.add(progress(step, text));
      return log.size;
    });
    // It grows for a while, then drops what is stale, again and again.
    expect(sizes.filter((size) => size === 50).length).toBeGreaterThan(5);
    expect(sizes.filter((size) => size > 50).length).toBeGreaterThan(30);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(56);
  });

  it('E2: 10,000 steps that all wait, report and retry stay within the limit', () => {
    const log = new EventLog();
    let largest = 0;
    for (let step = 0; step < 10_000; step += 1) {
      for (const one of [
        waiting(`s${step}`),
        started(`s${step}`),
        progress(`s${step}`, 1),
        progress(`s${step}`, 2),
        started(`s${step}`),
        settled(`s${step}`),
      ])
        log.add(one);
      largest = Math.max(largest, log.size);
    }
    expect(largest).toBeLessThanOrEqual(eventsMax);
  });

  it('is complete once the run has settled', () => {
    const log = logOf([started('a')]);
    expect(log.isComplete).toBe(false);
    log.add(event({ kind: 'run.settled', ok: true, elapsedMs: 1 }));
    expect(log.isComplete).toBe(true);
  });
});
