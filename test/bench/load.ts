/**
 * The closed loop: so many calls in flight, each followed at once by the next, every reply checked.
 */

import type { Calling } from './contestant.ts';
import { check, makeNote, makeReading } from './workload.ts';

export interface Load {
  readonly inFlight: number;
  readonly durationMs: number;
  /** Characters of the note of a record; absent: the usual 52, which make about 150 bytes. */
  readonly noteLength?: number | undefined;
}

export interface Measured {
  readonly calls: number;
  readonly callsPerSecond: number;
  readonly p50Micros: number;
  readonly p99Micros: number;
}

export async function drive(calling: Calling, load: Load): Promise<Measured> {
  const micros: number[] = [];
  const startMs = performance.now();
  const endMs = startMs + load.durationMs;
  const note = makeNote(load.noteLength);
  let next = 0;
  const loop = async (): Promise<void> => {
    for (let nowMs = performance.now(); nowMs < endMs; ) {
      const id = next++;
      const reading = makeReading(id, note);
      check(await calling.call(reading), reading);
      const doneMs = performance.now();
      micros.push((doneMs - nowMs) * 1000);
      nowMs = doneMs;
    }
  };
  await Promise.all(Array.from({ length: load.inFlight }, loop));
  const elapsedMs = performance.now() - startMs;
  micros.sort((a, b) => a - b);
  const at = (share: number): number => micros[Math.min(micros.length - 1, Math.floor(micros.length * share))] ?? Number.NaN;
  return { calls: micros.length, callsPerSecond: (micros.length / elapsedMs) * 1000, p50Micros: at(0.5), p99Micros: at(0.99) };
}
