/**
 * What a contestant of the benchmark is: something that serves in one process, and something that calls it from another.
 */

import type { Reading } from './workload.ts';

/** Ends what was started. */
export type Stop = () => Promise<void> | void;

export interface Serving {
  /** Where the next process finds it. */
  readonly address: string;
  readonly stop: Stop;
}

export interface Calling {
  call(reading: Reading): Promise<unknown>;
  readonly stop: Stop;
}

export interface Contestant {
  /** One line for the table: what both sides do. */
  readonly what: string;
  /** Processes between the serving and the calling one, in order; each is given the address of the one before. */
  readonly between?: readonly ((address: string) => Promise<Serving>)[];
  serve(): Promise<Serving>;
  open(address: string): Promise<Calling>;
}
