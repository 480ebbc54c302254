/**
 * Where the time (or the memory) of one call goes: each process of a few contestants is profiled under the load of P1, and what was
 * sampled is shared out among the calls, by room.
 */

import type { ContestantName } from './contestants.ts';
import { type Measurement, renderTable } from './measurement.ts';
import { native, type ProfileKind, type Shares } from './profile.ts';
import { Troupe } from './troupe.ts';

interface Subject {
  readonly name: ContestantName;
  /** Its processes in the order in which they start. */
  readonly parts: readonly string[];
}

interface Breakdown extends Subject {
  readonly callsPerSecond: number;
  /** For each part: microseconds or bytes a call, by room. */
  readonly perCall: readonly Shares[];
}

const subjects: readonly Subject[] = [
  { name: 'heddle', parts: ['callee', 'caller'] },
  { name: 'heddle through an entry', parts: ['owner', 'entry', 'client'] },
  { name: 'bare TCP', parts: ['callee', 'caller'] },
];
const inFlight = 64;
const wording = {
  cpu: {
    title: 'where the time of one call goes, in microseconds of processor time a process',
    note: 'JavaScript sampled every ms; native is the rest of the processor time',
    digits: 2,
  },
  heap: { title: 'what one call allocates, in bytes a process', note: 'sampled every 8 KiB, what was collected included', digits: 0 },
} as const;

export function breakdown(kind: ProfileKind): Measurement {
  return {
    title: wording[kind].title,
    measure: async ({ roundMs, onProgress }) => {
      const all: Breakdown[] = [];
      for (const subject of subjects) {
        onProgress(subject.name);
        all.push(await profiled(subject, kind, roundMs));
      }
      return { data: { subjects: all }, table: all.map((one) => tableOf(one, kind)).join('\n') };
    },
  };
}

async function profiled(subject: Subject, kind: ProfileKind, durationMs: number): Promise<Breakdown> {
  const troupe = new Troupe(subject.name);
  try {
    await troupe.start();
    await troupe.drive({ inFlight, durationMs: Math.max(durationMs, 3_000) });
    const { callsPerSecond, cpuEachMicros } = await troupe.drive({ inFlight, durationMs });
    const { measured, shares } = await troupe.profile({ inFlight, durationMs }, kind);
    const share = (of: Shares): Shares => Object.fromEntries(Object.entries(of).map(([room, sum]) => [room, sum / measured.calls]));
    const perCall = shares.map(share);
    const whole = kind === 'cpu' ? perCall.map((each, at) => withRest(each, cpuEachMicros[at] ?? 0)) : perCall;
    return { ...subject, callsPerSecond, perCall: whole };
  } finally {
    await troupe.stop();
  }
}

/** What the profile does not see of the processor time that a call took when nobody looked is native. */
function withRest(shares: Shares, cpuMicros: number): Shares {
  const seen = Object.values(shares).reduce((sum, share) => sum + share, 0);
  return { ...shares, [native]: (shares[native] ?? 0) + Math.max(0, cpuMicros - seen) };
}

function tableOf({ name, parts, callsPerSecond, perCall }: Breakdown, kind: ProfileKind): string {
  const rooms = [...new Set(perCall.flatMap((shares) => Object.keys(shares)))];
  const sumOf = (room: string): number => perCall.reduce((sum, shares) => sum + (shares[room] ?? 0), 0);
  const { title, note, digits } = wording[kind];
  const total = perCall.map((shares) => Object.values(shares).reduce((sum, share) => sum + share, 0));
  const line = (label: string, figures: readonly number[]): string[] => [label, ...figures.map((figure) => figure.toFixed(digits))];
  return renderTable({
    title: `${title}: ${name}, ${inFlight} in flight`,
    head: ['room', ...parts],
    lines: [
      ...rooms
        .sort((a, b) => sumOf(b) - sumOf(a))
        .map((room) =>
          line(
            room,
            perCall.map((shares) => shares[room] ?? 0),
          ),
        ),
      line('in all', total),
    ],
    notes: [`${callsPerSecond.toFixed(0)} calls/s before it was profiled; ${note}`],
  });
}
