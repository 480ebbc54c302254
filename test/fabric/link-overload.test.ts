/**
 * Fault 29 on virtual time, from the sockets on: handlers that keep the thread decide when the loop reads, and what it can know.
 */

import { expect, test } from 'vitest';
import { DeadlineWheel } from '../../src/base/deadline-wheel.ts';
import { seededRandom } from '../../src/base/random.ts';
import { Dispatcher } from '../../src/fabric/serve/dispatcher.ts';
import { latenessMsMax } from '../../src/fabric/serve/loop-load.ts';
import { Registry } from '../../src/fabric/serve/registry.ts';
import { Observer } from '../../src/observe/observer.ts';
import { turnMs } from '../../src/transport/limits.ts';
import { callFrame } from '../frames.ts';
import { BusyClock } from './busy-clock.ts';
import { BusyLoop } from './busy-loop.ts';

/** What a call keeps the thread for, and what a refusal does, in milliseconds. */
const workMs = 5;
const refusalMs = 0.05;
const links = 8;

function rig() {
  const clock = new BusyClock();
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
  const ends: { readonly link: number; readonly callNumber: number }[] = [];
  const sends = Array.from({ length: links }, (_unused, link) =>
    loop.link((frame, waitedMs) => {
      const callNumber = new DataView(frame.buffer).getUint32(0);
      dispatcher.load.waitedMs = waitedMs;
      dispatcher.dispatch(callFrame('work', [], { callNumber }), {
        callerName: 'c',
        callerInstance: `c${link}`,
        settled: ({ outcome }) => {
          if (outcome.ok) answered.push(callNumber);
          else {
            refused += 1;
            clock.burn(refusalMs);
          }
          ends.push({ link, callNumber });
        },
      });
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
    const figures = { perSecond: sorted.length / (forMs / 1_000), p99Ms: sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN, refused };
    tookMs = [];
    refused = 0;
    return figures;
  };
  const random = seededRandom('arrivals');
  return {
    loop,
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

test('ten times the calls that keep the thread: nine tenths of the work, let in within three times what it takes at capacity', () => {
  const { loop, offer, saturate } = rig();
  const capacity = saturate(16, 3_000);
  expect(capacity.refused).toBe(0);
  // A second of it passes for a burst, and is worked off.
  offer(10 * capacity.perSecond, 2_000);
  loop.longestMs = 0;
  const over = offer(10 * capacity.perSecond, 5_000);
  expect(over.perSecond).toBeGreaterThan(0.9 * capacity.perSecond);
  expect(over.p99Ms).toBeLessThan(3 * capacity.p99Ms);
  expect(over.p99Ms).toBeLessThan(latenessMsMax[1] + 3 * turnMs);
  // Beats, probes and timers are on time meanwhile.
  expect(loop.longestMs).toBeLessThan(3 * turnMs);
  const after = offer(0.5 * capacity.perSecond, 9_000) && offer(0.5 * capacity.perSecond, 5_000);
  expect(after.refused).toBe(0);
});
