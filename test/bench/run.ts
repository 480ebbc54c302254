/**
 * Runs one row: everybody is started once, warmed up, and measured in turn, round by round, so that what else the
 * machine does meets all alike. A contestant that cannot start is skipped and says why.
 */

import type { ContestantName } from './contestants.ts';
import { type Figures, median, spreadOf } from './measurement.ts';
import type { Figure, Row } from './rows.ts';
import { type Driven, Troupe } from './troupe.ts';

export interface RunOptions {
  readonly rounds: number;
  readonly roundMs: number;
  readonly warmUpMs: number;
  readonly onProgress: (text: string) => void;
}

/** Medians over the rounds; `spread` is half the distance between the worst and the best round, relative to the median. */
export interface Standing extends Figures {
  readonly name: ContestantName;
  readonly calls: number;
}

export interface Skipped {
  readonly name: ContestantName;
  readonly why: string;
}

export interface RowResult {
  readonly standings: readonly Standing[];
  readonly skipped: readonly Skipped[];
}

export async function runRow(row: Row, options: RunOptions): Promise<RowResult> {
  const names = [row.subject, ...row.peers.map((peer) => peer.name)];
  const troupes: Troupe[] = [];
  const skipped: Skipped[] = [];
  try {
    for (const name of names) {
      options.onProgress(`starting ${name}`);
      const troupe = new Troupe(name);
      try {
        await troupe.start();
        troupes.push(troupe);
      } catch (error) {
        skipped.push({ name, why: firstLine(error) });
        await troupe.stop();
      }
    }
    return { standings: await measure(troupes, row, options), skipped };
  } finally {
    await Promise.all(troupes.map((troupe) => troupe.stop()));
  }
}

async function measure(troupes: readonly Troupe[], row: Row, options: RunOptions): Promise<Standing[]> {
  const rounds = new Map<ContestantName, Driven[]>(troupes.map(({ name }) => [name, []]));
  for (const troupe of troupes) {
    options.onProgress(`warming up ${troupe.name}`);
    const durationMs = Math.max(options.warmUpMs, row.warmUpMsMin ?? 0);
    await troupe.drive({ inFlight: row.inFlight, durationMs });
  }
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const troupe of troupes) {
      options.onProgress(`round ${round} of ${options.rounds}: ${troupe.name}`);
      rounds.get(troupe.name)?.push(await troupe.drive({ inFlight: row.inFlight, durationMs: options.roundMs }));
    }
  }
  return [...rounds].map(([name, measured]) => standing(name, measured, row.figure));
}

function standing(name: ContestantName, rounds: readonly Driven[], figure: Figure): Standing {
  const of = (pick: (round: Driven) => number): number => median(rounds.map(pick));
  const figures = rounds.map((round) => round[figure]);
  return {
    name,
    calls: rounds.reduce((sum, round) => sum + round.calls, 0),
    callsPerSecond: of((round) => round.callsPerSecond),
    p50Micros: of((round) => round.p50Micros),
    p99Micros: of((round) => round.p99Micros),
    cpuMicros: of((round) => round.cpuMicros),
    spread: spreadOf(figures),
  };
}

/** What went wrong, in one line. */
export function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}
