import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import type { StepNow } from '../../src/core/workflow/run-view.ts';
import { eventsKept, eventsOfKindKept, keptOf, type RunMessage, runEventsMax } from '../../src/dashboard/feed.ts';
import { after, nothingKnown } from '../../src/dashboard/page/known-run.ts';
import { againMs, gatherMs, RunFeed, triesMax } from '../../src/dashboard/run-feed.ts';
import { HeddleError } from '../../src/errors.ts';
import type { RunEvent } from '../../src/fabric/api/api.ts';
import type { DashboardFollower } from '../../src/fabric/server/dashboard-port.ts';

const waiting: StepNow = { state: 'waiting', reason: { kind: 'input', step: 'step-0' }, ends: 'when it is done' };
const done: StepNow = { state: 'settled', outcome: 'done', server: 's', elapsedMs: 1 };
const lost = new HeddleError('coordinator_lost', { runId: 's~1~1', partial: {}, steps: {} }, { executed: 'maybe' });

/** A run of so many steps of which a test says how they stand, and what a page hears of it. */
function runOf(steps: number) {
  const clock = new VirtualClock();
  const now = Array.from({ length: steps }, (): StepNow => waiting);
  const told: RunMessage[] = [];
  const said: string[] = [];
  const followers: DashboardFollower[] = [];
  const source = {
    clock,
    failure: undefined as HeddleError | undefined,
    described: 0,
    describeRun: () => {
      source.described += 1;
      if (source.failure) return Promise.reject(source.failure);
      const run = { runId: 's~1~1', coordinator: 's', state: 'running', startedAtMs: 0, elapsedMs: 1, steps, settled: 0 } as const;
      return Promise.resolve({ run, steps: now.map((state, at) => ({ step: `step-${at}`, function: 'f', needs: [], now: state })) });
    },
    followRun: (_runId: string, follower: DashboardFollower) => {
      followers.push(follower);
      return () => {};
    },
  };
  const feed = new RunFeed(source, 's~1~1', {
    message: (message) => told.push(message),
    refused: (message) => said.push(message),
    over: () => said.push('over'),
  });
  let seq = 0;
  const started = (step: string): void => {
    const event: RunEvent = { kind: 'step.started', seq: ++seq, atMs: 1, step, server: 's', attempt: 1 };
    followers.at(-1)?.onEvent(event, false);
  };
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms);
    for (let turn = 0; turn < 8; turn += 1) await Promise.resolve();
  };
  return { now, told, said, followers, source, feed, started, pass };
}

describe('the stream of a run', () => {
  test('tells every step once, and then those that stand otherwise (F1)', async () => {
    const { now, told, started, pass } = runOf(1_000);
    started('step-0');
    await pass(gatherMs);
    now[7] = done;
    started('step-7');
    await pass(2 * gatherMs);
    expect(told.map(({ isFirst, steps }) => [isFirst, steps.length])).toEqual([
      [true, 1_000],
      [false, 1],
    ]);
    const known = told.reduce(after, nothingKnown);
    expect(known.steps.filter((view) => view.now.state === 'settled').map(({ step }) => step)).toEqual(['step-7']);
    expect(known.steps).toHaveLength(1_000);
  });

  test('of ten thousand steps is told about once a second, of a few eight times (F1)', async () => {
    for (const [steps, atMost] of [
      [10_000, 5],
      [5, 40],
    ] as const) {
      const { source, started, pass } = runOf(steps);
      for (let at = 0; at < 400; at += 1) {
        started('step-0');
        await pass(10);
      }
      expect(source.described).toBeLessThanOrEqual(atMost);
      expect(source.described).toBeGreaterThan(atMost / 2);
    }
  });

  test('outlasts a coordinator that is late, and repeats nothing (F3)', async () => {
    const { source, told, said, followers, started, pass } = runOf(3);
    started('step-0');
    source.failure = lost;
    await pass(gatherMs);
    followers.at(-1)?.onFailure(lost);
    source.failure = undefined;
    await pass(againMs);
    expect(followers).toHaveLength(2);
    const again: RunEvent = { kind: 'step.started', seq: 1, atMs: 1, step: 'step-0', server: 's', attempt: 1 };
    followers.at(-1)?.onEvent(again, false);
    started('step-1');
    await pass(2 * gatherMs);
    expect(told.flatMap(({ events }) => events.map(({ step }) => step))).toEqual(['step-0', 'step-1']);
    expect(said).toEqual([]);
  });

  test('ends with what was said first when the coordinator stays away (F3)', async () => {
    const { source, said, followers, pass } = runOf(3);
    followers[0]?.onFailure(lost);
    await pass(againMs);
    followers[1]?.onFailure(new HeddleError('unknown_run', { runId: 's~1~1' }));
    expect(said).toEqual([lost.message]);
    const other = runOf(3);
    for (let at = 0; at < triesMax; at += 1) {
      other.followers.at(-1)?.onFailure(lost);
      await other.pass(againMs);
    }
    expect([other.said, other.followers.length, source.described]).toEqual([[lost.message], triesMax, 0]);
  });

  test('says why a step failed, however much happened since', async () => {
    const { told, followers, started, pass } = runOf(2);
    const error = new HeddleError('function_failed', { name: 'Error', message: 'no funds' });
    const failed = { kind: 'step.settled', seq: 0.5, atMs: 1, step: 'step-0', ok: false, outcome: 'failed', error } as const;
    followers[0]?.onEvent({ ...failed, elapsedMs: 1 }, false);
    for (let at = 0; at < 2 * runEventsMax; at += 1) started('step-1');
    await pass(gatherMs);
    expect(told[0]?.events).toHaveLength(runEventsMax + 1);
    const known = told.reduce(after, nothingKnown);
    expect(known.problems.get('step-0')).toContain('no funds');
  });
});

test('a kind that happens all the time pushes no other out of the events that are kept (F2)', () => {
  const rows = Array.from({ length: 2_000 }, (_, at) => ({
    sequence: at,
    atMs: at,
    kind: at === 3 ? 'member.died' : 'handler.failed',
    fields: {},
  }));
  const kept = keptOf(rows);
  expect(kept.map(({ kind }) => kind).filter((kind) => kind === 'member.died')).toHaveLength(1);
  expect([kept.length, kept.at(-1)?.sequence]).toEqual([eventsOfKindKept + 1, 1_999]);
  expect(keptOf(rows.map((row, at) => ({ ...row, kind: `kind-${at % 50}` })))).toHaveLength(eventsKept);
});
