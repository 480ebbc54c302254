/**
 * Where the time (or the memory) of one call or run goes: each process of a few contestants is profiled under the load of its row, and
 * what was sampled is shared out among the calls, by room.
 */

import type { ContestantName } from './contestants.ts';
import { type Measurement, renderTable } from './measurement.ts';
import { native, type ProfileKind, type Shares } from './profile.ts';
import { Troupe } from './troupe.ts';

interface Subject {
  readonly name: ContestantName;
  /** Its processes in the order in which they start. */
  readonly parts: readonly string[];
  readonly inFlight: number;
}

interface Breakdown extends Subject {
  readonly callsPerSecond: number;
  /** For each part: microseconds or bytes a call, by room. */
  readonly perCall: readonly Shares[];
}

/** P1 and P3, and the limit of both. */
const calls: readonly Subject[] = [
  { name: 'heddle', parts: ['callee', 'caller'], inFlight: 64 },
  { name: 'heddle through an entry', parts: ['owner', 'entry', 'client'], inFlight: 64 },
  { name: 'bare TCP', parts: ['callee', 'caller'], inFlight: 64 },
];
/** P4, P6 and P7: a call is a run. */
const runs: readonly Subject[] = [
  { name: 'heddle chain of ten', parts: ['steps', 'coordinator'], inFlight: 1 },
  { name: 'heddle fan', parts: ['gathers', 'steps', 'steps', 'coordinator'], inFlight: 1 },
  { name: 'heddle pipeline of 50 MB', parts: ['makes', 'second', 'third', 'coordinator'], inFlight: 1 },
];
const wording = {
  cpu: {
    title: 'where the time of one call or run goes, in microseconds of processor time a process',
    note: 'JavaScript sampled every ms; native is the rest of the processor time',
    digits: 2,
  },
  heap: {
    title: 'what one call or run allocates, in bytes a process',
    note: "sampled every 8 KiB, what was collected included; bytes outside of V8's heap (those of sockets and values) are not",
    digits: 0,
  },
} as const;

export function breakdown(kind: ProfileKind): Measurement {
  return {
    title: wording[kind].title,
    measure: async ({ roundMs, onProgress }) => {
      const all: Breakdown[] = [];
      for (const subject of [...calls, ...runs]) {
        onProgress(subject.name);
        all.push(await profiled(subject, kind, roundMs));
      }
      return { data: { subjects: all }, table: all.map((one) => tableOf(one, kind)).join('\n') };
    },
  };
}

async function profiled(subject: Subject, kind: ProfileKind, durationMs: number): Promise<Breakdown> {
  const { inFlight } = subject;
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

function tableOf({ name, parts, inFlight, callsPerSecond, perCall }: Breakdown, kind: ProfileKind): string {
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
    notes: [`${callsPerSecond.toFixed(0)} a second before it was profiled; ${note}`],
  });
}
