/**
 * P10: what being watchable costs a call: with nobody listening, and with metrics on, beside the same servers whose observers have
 * been cut off. In turns, round by round; what is told is the median of the paired differences and its interval.
 */

import type { ContestantName } from './contestants.ts';
import { contestants } from './contestants.ts';
import { type Measurement, median, renderTable } from './measurement.ts';
import { Troupe } from './troupe.ts';

/** The targets page asks for forty rounds. */
const roundsMin = 40;
const warmUpMsMin = 2_000;
/** Short rounds, so that both of a pair meet the same machine. */
const roundMsMax = 400;
const inFlight = 64;
const base = 'heddle without emits' satisfies ContestantName;
const targets = { heddle: 0.02, 'heddle with metrics': 0.05 } as const satisfies Partial<Record<ContestantName, number>>;
const names: readonly ContestantName[] = [base, 'heddle', 'heddle with metrics'];

interface Round {
  readonly callsPerSecond: number;
  /** Processor time of a call, over both processes: says the same under other people's load. */
  readonly cpuMicros: number;
}

/** Relative to the base of the same round; above 0 is dearer. */
interface Difference {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

export const observing: Measurement = {
  title: 'observability: nobody listening, and metrics on, beside emits removed; 64 in flight from server to server',
  measure: async ({ rounds, roundMs, onProgress }) => {
    const troupes = names.map((name) => new Troupe(name));
    try {
      for (const troupe of troupes) {
        onProgress(`warming up ${troupe.name}`);
        await troupe.start();
        await troupe.drive({ inFlight, durationMs: Math.max(roundMs, warmUpMsMin) });
      }
      const all = new Map<ContestantName, Round[]>(names.map((name) => [name, []]));
      for (let round = 1; round <= Math.max(rounds, roundsMin); round += 1) {
        onProgress(`round ${round}`);
        // Whoever comes first in one round comes last in the next.
        const order = round % 2 === 0 ? troupes : troupes.toReversed();
        for (const troupe of order) all.get(troupe.name)?.push(await troupe.drive({ inFlight, durationMs: Math.min(roundMs, roundMsMax) }));
      }
      const rows = names.map((name) => ({ name, ...rowOf(all.get(name) ?? [], all.get(base) ?? []) }));
      return { data: { rows }, table: tableOf(rows) };
    } finally {
      await Promise.all(troupes.map((troupe) => troupe.stop()));
    }
  },
};

function rowOf(rounds: readonly Round[], bases: readonly Round[]) {
  return {
    rounds: rounds.length,
    callsPerSecond: median(rounds.map((round) => round.callsPerSecond)),
    cpuMicros: median(rounds.map((round) => round.cpuMicros)),
    cpu: differenceOf(rounds, bases, (round) => round.cpuMicros),
    time: differenceOf(rounds, bases, (round) => 1 / round.callsPerSecond),
  };
}

/** The interval of the median by order statistics: 95 % by the binomial distribution, nearly n/2 -+ the root of n. */
function differenceOf(rounds: readonly Round[], bases: readonly Round[], pick: (round: Round) => number): Difference {
  const differences = rounds.flatMap((round, at) => (bases[at] ? [pick(round) / pick(bases[at]) - 1] : [])).sort((a, b) => a - b);
  const half = differences.length / 2;
  const reach = 0.98 * Math.sqrt(differences.length);
  const at = (place: number): number => differences[Math.min(differences.length - 1, Math.max(0, place))] ?? Number.NaN;
  return { median: median(differences), low: at(Math.floor(half - reach) - 1), high: at(Math.ceil(half + reach)) };
}

function tableOf(rows: readonly (ReturnType<typeof rowOf> & { readonly name: ContestantName })[]): string {
  return renderTable({
    title: observing.title,
    head: ['', 'calls/s', 'cpu us', 'cpu, paired', 'time, paired', 'rounds', 'target', ''],
    lines: rows.map(({ name, callsPerSecond, cpuMicros, cpu, time, rounds }) => {
      const target = name in targets ? targets[name as keyof typeof targets] : undefined; // just looked up
      const isMet = target !== undefined && (cpu.median <= target || cpu.low <= 0);
      return [
        name,
        callsPerSecond.toFixed(0),
        cpuMicros.toFixed(2),
        name === base ? '' : differenceText(cpu),
        name === base ? '' : differenceText(time),
        String(rounds),
        target === undefined ? '' : `<= ${percentText(target)}`,
        target === undefined ? '' : isMet ? 'met' : 'missed',
      ];
    }),
    notes: names.map((name) => `${name}: ${contestants[name].what}`),
  });
}

function differenceText({ median: middle, low, high }: Difference): string {
  return `${percentText(middle)} (${percentText(low)} to ${percentText(high)})`;
}

function percentText(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
