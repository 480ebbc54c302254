/**
 * What this process holds when all that can be collected has been.
 */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export interface Memory {
  /** Live objects and the buffers behind them. */
  readonly heapBytes: number;
  readonly residentBytes: number;
}

/** Collects twice: what the first one finalises, the second one frees. */
export function settledMemory(): Memory {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect !== 'function') throw new Error('this Node collects nothing on demand');
  collect();
  collect();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heapBytes: heapUsed + external, residentBytes: rss };
}
