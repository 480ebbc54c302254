/**
 * Fault 29 on virtual time, from the sockets on: handlers that keep the thread decide when the loop reads, and what it can know.
 */

import { expect, test } from 'vitest';
import { DeadlineWheel } from '../../src/base/deadline-wheel.ts';
import { seededRandom } from '../../src/base/random.ts';
import type { HeddleError } from '../../src/errors.ts';
import { paidRetriesMax, pauseMs } from '../../src/fabric/call/retry.ts';
import { RetryBudget, tokensMax, tokensPerSuccess } from '../../src/fabric/call/retry-budget.ts';
import { Dispatcher } from '../../src/fabric/serve/dispatcher.ts';
import { latenessMsMax } from '../../src/fabric/serve/loop-load.ts';
import { Registry } from '../../src/fabric/serve/registry.ts';
import { Observer } from '../../src/observe/observer.ts';
import { turnMs } from '../../src/transport/limits.ts';
import { fromWireError } from '../../src/wire/error.ts';
import { callFrame } from '../frames.ts';
import { BusyClock } from './busy-clock.ts';
import { BusyLoop } from './busy-loop.ts';

/** What a call keeps the thread for, and what a refusal does, in milliseconds. */
const workMs = 5;
const refusalMs = 0.05;
const links = 8;

/** `retries`: an entry is in this process, and tries what was refused again, as far as the budget of the function goes. */
function rig({ retries = false } = {}) {
  const clock = new BusyClock();
  const stats = { typicalMs: 0, p95Ms: 0, attempts: 0, successes: 0 };
  const budget = new RetryBudget(stats, 0);
  const pauses = seededRandom('pauses');
  const loop = new BusyLoop(clock);
  const never = () => {
    throw new Error('no nested calls here');
  };
  const dispatcher = new Dispatcher({
    registry: new Registry({ work: () => clock.burn(workMs) }),
    server: 'server-1',
    clock,
    random: seededRandom('serving'),
    wheel: new DeadlineWheel(clock),
    observer: new Observer(),
    nestedCall: never,
    nestedStream: never,
    announce: () => {},
  });
  const sentAtMs: number[] = [];
  /** Answered in this turn of the loop, and not on their way yet. */
  let answered: number[] = [];
  let tookMs: number[] = [];
  let refused = 0;
  let retried = 0;
  const ends: { readonly link: number; readonly callNumber: number }[] = [];
  const serve = (link: number, callNumber: number, paid: number): void => {
    stats.attempts += 1;
    const again = (error: HeddleError): void => {
      budget.refused();
      if (!retries || paid === paidRetriesMax || !budget.take(clock.nowMs())) return;
      clock.schedule(pauseMs(error, paid, pauses), () => serve(link, callNumber, paid + 1));
    };
    dispatcher.dispatch(callFrame('work', [], { callNumber, paid }), {
      callerName: 'c',
      callerInstance: `c${link}`,
      settled: ({ outcome }) => {
        if (outcome.ok) {
          answered.push(callNumber);
          stats.successes += 1;
          if (paid > 0) retried += 1;
        } else {
          refused += 1;
          clock.burn(refusalMs);
          again(fromWireError(outcome.error));
        }
        ends.push({ link, callNumber });
      },
    });
  };
  const sends = Array.from({ length: links }, (_unused, link) =>
    loop.link((frame, waitedMs) => {
      dispatcher.load.waitedMs = waitedMs;
      serve(link, new DataView(frame.buffer).getUint32(0), 0);
      dispatcher.load.waitedMs = 0;
    }),
  );
  const written = (): void => {
    for (const callNumber of answered) tookMs.push(clock.nowMs() - (sentAtMs[callNumber] ?? Number.NaN));
    answered = [];
  };
  const send = (link: number, atMs: number): void => {
    const frame = new Uint8Array(4);
    new DataView(frame.buffer).setUint32(0, sentAtMs.length);
    sentAtMs.push(atMs);
    sends[link]?.(frame, atMs);
  };
  const measured = (forMs: number) => {
    const sorted = tookMs.sort((a, b) => a - b);
    const figures = {
      perSecond: sorted.length / (forMs / 1_000),
      p99Ms: sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN,
      refused,
      retried,
    };
    tookMs = [];
    refused = 0;
    retried = 0;
    return figures;
  };
  const random = seededRandom('arrivals');
  return {
    loop,
    /** As if so many calls had succeeded that as many retries as there can be are paid for. */
    saveUp(): void {
      stats.successes += tokensMax / tokensPerSuccess;
    },
    /** Calls come by chance over all links, so many a second. */
    offer(perSecond: number, forMs: number) {
      const untilMs = clock.nowMs() + forMs;
      for (let atMs = clock.nowMs(), at = 0; atMs < untilMs; atMs += (-Math.log(1 - random.next()) / perSecond) * 1_000, at += 1)
        send(at % links, atMs);
      loop.runUntil(untilMs, written);
      return measured(forMs);
    },
    /** Always so many under way, on one link. */
    saturate(inFlight: number, forMs: number) {
      const untilMs = clock.nowMs() + forMs;
      for (let at = 0; at < inFlight; at += 1) send(0, clock.nowMs());
      ends.length = 0;
      loop.runUntil(untilMs, () => {
        written();
        for (const _end of ends.splice(0)) send(0, clock.nowMs());
      });
      return measured(forMs);
    },
  };
}

test.for([false, true])(
  'ten times the calls that keep the thread: nine tenths of the work, let in within three times what it takes at capacity; retries: %s',
  (retries) => {
    const { loop, saveUp, offer, saturate } = rig({ retries });
    const capacity = saturate(16, 3_000);
    expect(capacity.refused).toBe(0);
    // A second of it passes for a burst, and is worked off.
    offer(10 * capacity.perSecond, 2_000);
    saveUp();
    loop.longestMs = 0;
    const over = offer(10 * capacity.perSecond, 4_000);
    console.log(`retries ${retries}: p99 ${(over.p99Ms / capacity.p99Ms).toFixed(2)} x (bound 3), ${over.retried} retries were let in`);
    expect(over.perSecond).toBeGreaterThan(0.9 * capacity.perSecond);
    expect(over.p99Ms).toBeLessThan(3 * capacity.p99Ms);
    expect(over.p99Ms).toBeLessThan(latenessMsMax[1] + 3 * turnMs);
    // Beats, probes and timers are on time meanwhile.
    expect(loop.longestMs).toBeLessThan(3 * turnMs);
    const after = offer(0.5 * capacity.perSecond, 9_000) && offer(0.5 * capacity.perSecond, 5_000);
    expect(after.refused).toBe(0);
  },
);
