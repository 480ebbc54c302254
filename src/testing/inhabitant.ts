/**
 * Whose code is running: the process of a simulation in whose name the current asynchronous context began.
 *
 * What a process starts is its own, over every await: that is how a handler's `setTimeout` finds the clock of its server.
 */

import { AsyncLocalStorage } from 'node:async_hooks';

import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';

/** One process of one simulation. */
export interface Inhabitant {
  readonly name: string;
  readonly clock: Clock;
  /** What `Math.random` draws from. */
  readonly random: Random;
  /** The code of this process did what a simulation cannot repeat. */
  offend(what: string): void;
}

const running = new AsyncLocalStorage<Inhabitant | undefined>();

export function currentInhabitant(): Inhabitant | undefined {
  return running.getStore();
}

/** Runs `task` in the name of a process. */
export function runAs<T>(inhabitant: Inhabitant | undefined, task: () => T): T {
  return running.run(inhabitant, task);
}
