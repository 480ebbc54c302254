/**
 * G1, G2, G3: throughput and latency as there is more of something: calls in flight, bytes a call, servers.
 */

import { type ContestantName, contestants } from '../contestants.ts';
import type { Load } from '../load.ts';
import {
  type Figures,
  figureHeads,
  figuresOf,
  type Measurement,
  type MeasureOptions,
  median,
  renderTable,
  spreadOf,
} from '../measurement.ts';
import { firstLine } from '../run.ts';
import { type Driven, Troupe } from '../troupe.ts';

interface Variant {
  readonly label: string;
  readonly name: ContestantName;
  readonly load: Omit<Load, 'durationMs'>;
  /** At least, in milliseconds; absent: as long as a round. */
  readonly warmUpMsMin?: number;
}

interface Point extends Figures {
  readonly label: string;
  readonly name: ContestantName;
}

const each = <T>(
  names: readonly ContestantName[],
  values: readonly T[],
  toVariant: (value: T) => Omit<Variant, 'name'>,
): readonly Variant[] => values.flatMap((value) => names.map((name) => ({ ...toVariant(value), name })));

export const inFlight = loads('more calls in flight, from server to server, 150 bytes', [
  each(['heddle', 'Moleculer TCP', 'bare TCP'], [1, 8, 64, 512, 4_096], (count) => ({ label: `${count}`, load: { inFlight: count } })),
]);

/** The record is about 100 bytes without its note. */
const payloadNotes = { '100 B': 0, '10 KB': 10_000, '1 MB': 1_000_000 } as const;
export const payloads = loads('larger payloads there and back, from server to server, 8 in flight', [
  each(['heddle', 'Moleculer TCP', 'bare TCP'], Object.entries(payloadNotes), ([label, noteLength]) => ({
    label,
    load: { inFlight: 8, noteLength },
  })),
]);

/** One fabric after the other: 30 idle servers would take their share of the processor. */
export const servers = loads('more servers that offer the function, 64 in flight from one caller', [
  each(['heddle'], [1], servedBy),
  each(['heddle at 3 servers'], [3], servedBy),
  each(['heddle at 10 servers'], [10], servedBy),
  each(['heddle at 30 servers'], [30], servedBy),
]);

function servedBy(count: number): Omit<Variant, 'name'> {
  // Each server has to see some thousand calls before the engine has compiled their way: cold ones took 330 us a call, of ten.
  return { label: `${count}`, load: { inFlight: 64 }, warmUpMsMin: count * 1_000 };
}

/** The variants of a group are measured in turns, round by round; the groups one after the other. */
function loads(title: string, groups: readonly (readonly Variant[])[]): Measurement {
  const measurement: Measurement = {
    title,
    measure: async (options) => {
      const points: Point[] = [];
      const skipped: string[] = [];
      for (const group of groups) {
        const measured = await measureGroup(group, options);
        points.push(...measured.points);
        skipped.push(...measured.skipped);
      }
      return { data: { points, skipped }, table: tableOf(title, points, skipped) };
    },
  };
  return measurement;
}

interface GroupResult {
  readonly points: readonly Point[];
  readonly skipped: readonly string[];
}

async function measureGroup(group: readonly Variant[], options: MeasureOptions): Promise<GroupResult> {
  const troupes = new Map<ContestantName, Troupe>();
  const skipped: string[] = [];
  try {
    for (const name of new Set(group.map((variant) => variant.name))) {
      options.onProgress(`starting ${name}`);
      const troupe = new Troupe(name);
      try {
        await troupe.start();
        troupes.set(name, troupe);
      } catch (error) {
        skipped.push(`${name}: skipped (${firstLine(error)})`);
        await troupe.stop();
      }
    }
    return { points: await measureVariants(group, { troupes, skipped }, options), skipped };
  } finally {
    await Promise.all([...troupes.values()].map((troupe) => troupe.stop()));
  }
}

async function measureVariants(
  group: readonly Variant[],
  { troupes, skipped }: { readonly troupes: ReadonlyMap<ContestantName, Troupe>; readonly skipped: string[] },
  { rounds, roundMs, onProgress }: MeasureOptions,
): Promise<readonly Point[]> {
  const driven = new Map<Variant, Driven[]>();
  const failed = new Set<Variant>();
  // Round 0 warms up.
  for (let round = 0; round <= rounds; round += 1) {
    for (const variant of group) {
      const troupe = troupes.get(variant.name);
      if (!troupe || failed.has(variant)) continue;
      onProgress(`round ${round} of ${rounds}: ${variant.name}, ${variant.label}`);
      const durationMs = round === 0 ? Math.max(roundMs, variant.warmUpMsMin ?? 0) : roundMs;
      try {
        const measured = await troupe.drive({ ...variant.load, durationMs });
        if (round > 0) driven.set(variant, [...(driven.get(variant) ?? []), measured]);
      } catch (error) {
        failed.add(variant);
        skipped.push(`${variant.name}, ${variant.label}: failed (${firstLine(error)})`);
      }
    }
  }
  return [...driven].map(([variant, all]) => pointOf(variant, all));
}

function pointOf({ label, name }: Variant, all: readonly Driven[]): Point {
  const of = (figure: 'callsPerSecond' | 'p50Micros' | 'p99Micros' | 'cpuMicros'): number => median(all.map((one) => one[figure]));
  return {
    label,
    name,
    callsPerSecond: of('callsPerSecond'),
    p50Micros: of('p50Micros'),
    p99Micros: of('p99Micros'),
    cpuMicros: of('cpuMicros'),
    spread: spreadOf(all.map((one) => one.callsPerSecond)),
  };
}

function tableOf(title: string, points: readonly Point[], skipped: readonly string[]): string {
  return renderTable({
    title,
    head: ['', '', ...figureHeads],
    lines: points.map((point) => [point.label, point.name, ...figuresOf(point)]),
    notes: [...new Set(points.map(({ name }) => `${name}: ${contestants[name].what}`)), ...skipped],
  });
}
