/**
 * Fault 29 on virtual time: one server, ten times the calls that it can do, with what each of them costs the thread.
 */

import { describe, expect, test } from 'vitest';
import { DeadlineWheel } from '../../src/base/deadline-wheel.ts';
import { seededRandom } from '../../src/base/random.ts';
import type { Functions } from '../../src/fabric/api/api.ts';
import { defineFunction } from '../../src/fabric/api/define.ts';
import type { Settlement } from '../../src/fabric/link/invocation.ts';
import { Dispatcher } from '../../src/fabric/serve/dispatcher.ts';
import { Registry } from '../../src/fabric/serve/registry.ts';
import { Observer } from '../../src/observe/observer.ts';
import { callFrame } from '../frames.ts';
import { BusyClock } from './busy-clock.ts';
import { settle } from './serving-rig.ts';

/** What a refusal is promised to cost at the most, in milliseconds of the thread. */
const refusalMs = 0.05;

class OverloadRig {
  readonly clock = new BusyClock();
  readonly wheel = new DeadlineWheel(this.clock);
  readonly dispatcher: Dispatcher;
  readonly #random = seededRandom('arrivals');
  #calls = 0;
  /** Of the current stretch. */
  #tookMs: number[] = [];
  #refused = 0;
  #underWayMost = 0;

  constructor(functions: (clock: BusyClock) => Functions) {
    const never = () => {
      throw new Error('no nested calls here');
    };
    this.dispatcher = new Dispatcher({
      registry: new Registry(functions(this.clock)),
      server: 'server-1',
      clock: this.clock,
      random: seededRandom('serving'),
      wheel: this.wheel,
      observer: new Observer(),
      nestedCall: never,
      nestedStream: never,
      announce: () => {},
    });
  }

  /** Calls come by chance, so many a second, whatever became of those before. */
  async offer(perSecond: number, forMs: number) {
    this.#tookMs = [];
    this.#refused = 0;
    this.#underWayMost = 0;
    const untilMs = this.clock.nowMs() + forMs;
    for (let atMs = this.clock.nowMs(); atMs < untilMs; atMs += this.#pauseMs(perSecond)) {
      this.clock.schedule(atMs - this.clock.nowMs(), () => this.#send(atMs));
    }
    // Promises of handlers that wait go on between two slices.
    for (let sliceMs = this.clock.nowMs(); sliceMs < untilMs; sliceMs += 1) {
      this.clock.runUntil(sliceMs);
      await settle();
    }
    const tookMs = this.#tookMs.sort((a, b) => a - b);
    return {
      perSecond: tookMs.length / (forMs / 1_000),
      p99Ms: tookMs[Math.floor(tookMs.length * 0.99)] ?? Number.NaN,
      refused: this.#refused,
      underWayMost: this.#underWayMost,
    };
  }

  /** Until the next arrival, exponential. */
  #pauseMs(perSecond: number): number {
    return (-Math.log(1 - this.#random.next()) / perSecond) * 1_000;
  }

  #send(atMs: number): void {
    this.#calls += 1;
    const settled = ({ outcome }: Settlement): void => {
      if (outcome.ok) this.#tookMs.push(this.clock.nowMs() - atMs);
      else {
        expect(outcome.error).toMatchObject({ code: 'overloaded', executed: 'no' });
        this.#refused += 1;
        this.clock.burn(refusalMs);
      }
    };
    this.dispatcher.dispatch(callFrame('work', [], { callNumber: this.#calls }), { callerName: 'c', callerInstance: 'c', settled });
    this.#underWayMost = Math.max(this.#underWayMost, this.dispatcher.inFlight);
  }
}

interface Subject {
  readonly capacity: number;
  readonly work: (clock: BusyClock) => Functions;
  /** Longest stretch of overload before the measured one, until it is known for one. */
  readonly settlesMs?: number;
  readonly underWayMax: number;
  /** p99 at capacity, where it follows from the calls in flight; default: as measured at nine tenths of it. */
  readonly atCapacityMs?: number;
}

const random = seededRandom('service');

const subjects: Readonly<Record<string, Subject>> = {
  'four places of 50 ms': {
    capacity: 80,
    underWayMax: 12,
    work: () => ({ work: defineFunction({ name: 'work', concurrency: 4, handler: (ctx): Promise<void> => ctx.sleep(50) }) }),
  },
  'eight places of about 40 ms, by chance': {
    capacity: 200,
    underWayMax: 24,
    work: () => ({
      work: defineFunction({ name: 'work', concurrency: 8, handler: (ctx): Promise<void> => ctx.sleep(-Math.log(1 - random.next()) * 40) }),
    }),
  },
  'handlers that keep the thread for 5 ms each': {
    capacity: 200,
    underWayMax: 1,
    // A second of it passes for a burst, and is worked off.
    settlesMs: 2_000,
    // With 64 in flight, as the targets page measures.
    atCapacityMs: 64 * 5,
    work: (clock) => ({ work: () => clock.burn(5) }),
  },
  'a backend that does four at a time, and no declared limit': {
    capacity: 400,
    underWayMax: 3_072,
    settlesMs: 15_000,
    work: (clock) => ({ work: behind(clock, 4, 10) }),
  },
};

/** So many servers behind the function, each takes so long, and one queue before them. */
function behind(clock: BusyClock, servers: number, serviceMs: number): () => Promise<void> {
  const freeAtMs: number[] = Array.from({ length: servers }, () => 0);
  return () =>
    new Promise((resolve) => {
      const next = freeAtMs.indexOf(Math.min(...freeAtMs));
      const endMs = Math.max(clock.nowMs(), freeAtMs[next] ?? 0) + serviceMs;
      freeAtMs[next] = endMs;
      clock.schedule(endMs - clock.nowMs(), resolve);
    });
}

describe('ten times the load (fault 29)', () => {
  test.each(Object.entries(subjects))('on %s leaves nine tenths of the work done, and what is let in fast', async (_what, subject) => {
    const { capacity, work, settlesMs = 0, underWayMax, atCapacityMs = 0 } = subject;
    const rig = new OverloadRig(work);
    const usual = await rig.offer(0.9 * capacity, 10_000);
    if (settlesMs > 0) await rig.offer(10 * capacity, settlesMs);
    const over = await rig.offer(10 * capacity, 10_000);
    expect(over.perSecond).toBeGreaterThanOrEqual(0.9 * capacity);
    expect(over.p99Ms).toBeLessThanOrEqual(3 * Math.max(usual.p99Ms, atCapacityMs));
    expect(over.refused).toBeGreaterThan(7 * 10 * capacity);
    expect(over.underWayMost).toBeLessThanOrEqual(underWayMax);
    // Recovery within 10 s.
    await rig.offer(0.5 * capacity, 9_000);
    const after = await rig.offer(0.5 * capacity, 5_000);
    expect(after.refused).toBe(0);
    expect(after.p99Ms).toBeLessThanOrEqual(usual.p99Ms);
    rig.clock.runUntil(rig.clock.nowMs() + 2_000);
    await settle();
    expect([rig.dispatcher.inFlight, rig.wheel.armed]).toEqual([0, 0]);
  });
});
