/**
 * Faults drawn by a seed: a few at a time, never all servers at once, all over by a given time.
 */

import type { Random } from '../base/random.ts';
import { HeddleError } from '../errors.ts';
import { checkOptions } from '../fabric/api/known-options.ts';
import { type Fault, type FaultKind, faultKinds } from './faults.ts';

/** A mixture of faults, drawn by the seed of the run. */
export interface FaultMix {
  /** One fault about so often, in milliseconds. */
  readonly everyMs: number;
  /** The last of them is over by then, in milliseconds after the body began. */
  readonly untilMs: number;
  /** Default: all kinds. */
  readonly kinds?: readonly FaultKind[] | undefined;
}

/** How often each kind is drawn, beside the others. */
const weights: Readonly<Record<FaultKind, number>> = {
  kill: 4,
  pause: 3,
  isolate: 2,
  cut: 3,
  split: 1,
  reset: 4,
  delay: 2,
  loss: 1,
  clockRate: 1,
  clockStep: 1,
};
const faultsMax = 10_000;

/** Throws `bad_argument`. */
export function checkMix(given: unknown): FaultMix {
  const mix = checkOptions(given, ['everyMs', 'untilMs', 'kinds'], 'options.faults');
  for (const field of ['everyMs', 'untilMs'] as const) {
    const ms = mix[field];
    if (typeof ms !== 'number' || !Number.isFinite(ms) || ms <= 0) throw wrong(field, 'milliseconds above 0', ms);
  }
  const { kinds } = mix;
  const isKnown = Array.isArray(kinds) && kinds.length > 0 && kinds.every((kind) => faultKinds.includes(kind));
  if (kinds !== undefined && !isKnown) throw wrong('kinds', `some of ${faultKinds.join(', ')}`, kinds);
  const checked = given as FaultMix; // every field was checked
  if (checked.untilMs / checked.everyMs > faultsMax) throw wrong('everyMs', `at most ${faultsMax} faults`, checked.everyMs);
  return checked;
}

/** The faults of one seed, by time. */
export function drawFaults(mix: FaultMix, options: { readonly random: Random; readonly servers: readonly string[] }): readonly Fault[] {
  const { random, servers } = options;
  const kinds = (mix.kinds ?? faultKinds).filter((kind) => servers.length > 1 || !['cut', 'split', 'delay', 'reset'].includes(kind));
  const faults: Fault[] = [];
  if (kinds.length === 0) return faults;
  for (let atMs = mix.everyMs * random.next(); atMs < mix.untilMs; atMs += mix.everyMs * (0.5 + random.next())) {
    const leftMs = mix.untilMs - atMs;
    const forMs = Math.round(Math.min(leftMs, mix.everyMs * (0.2 + 2.8 * random.next() ** 2)));
    const fault = drawFault(drawKind(kinds, random), { random, servers, atMs: Math.round(atMs), forMs });
    if (leavesOne(fault, faults, servers)) faults.push(fault);
  }
  return faults;
}

function drawKind(kinds: readonly FaultKind[], random: Random): FaultKind {
  let left = random.next() * kinds.reduce((sum, kind) => sum + weights[kind], 0);
  for (const kind of kinds) {
    left -= weights[kind];
    if (left < 0) return kind;
  }
  return kinds[0] ?? 'reset';
}

interface Draw {
  readonly random: Random;
  readonly servers: readonly string[];
  readonly atMs: number;
  readonly forMs: number;
}

function drawFault(kind: FaultKind, draw: Draw): Fault {
  const { random, servers, atMs, forMs } = draw;
  const first = random.integer(servers.length);
  const server = servers[first] ?? '';
  const to = servers[(first + 1 + random.integer(Math.max(servers.length - 1, 1))) % servers.length] ?? '';
  const isOdd = random.next() < 0.5;
  switch (kind) {
    case 'kill':
      return { kind, server, atMs, forMs, disk: isOdd ? 'kept' : 'lost' };
    case 'pause':
    case 'isolate':
      return { kind, server, atMs, forMs };
    case 'cut':
      return { kind, from: server, to, isOneWay: isOdd, atMs, forMs };
    case 'split':
      return { kind, servers: servers.filter(() => random.next() < 0.5), atMs, forMs };
    case 'reset':
      return { kind, from: server, to, underWay: isOdd ? 'arrives' : 'lost', atMs };
    case 'delay':
      return { kind, from: server, to, delayMs: Math.round(10 + 500 * random.next() ** 2), atMs, forMs };
    case 'loss':
      return { kind, share: Math.round(25 * random.next()) / 100, atMs, forMs };
    case 'clockRate':
      return { kind, server, rate: Math.round(100 * (0.8 + 0.4 * random.next())) / 100, atMs, forMs };
    case 'clockStep':
      return { kind, server, stepMs: Math.round((random.next() - 0.5) * 2 * 86_400_000), atMs };
  }
}

/** At least one server is neither down, stopped nor cut off while the fault lasts. */
function leavesOne(fault: Fault, faults: readonly Fault[], servers: readonly string[]): boolean {
  const away = new Set(faults.filter((other) => overlaps(other, fault)).map(serverAway));
  away.add(serverAway(fault));
  away.delete(undefined);
  return away.size < servers.length;
}

function serverAway(fault: Fault): string | undefined {
  return fault.kind === 'kill' || fault.kind === 'pause' || fault.kind === 'isolate' ? fault.server : undefined;
}

function overlaps(earlier: Fault, later: Fault): boolean {
  return !('forMs' in earlier) || earlier.forMs === undefined || earlier.atMs + earlier.forMs >= later.atMs;
}

function wrong(field: string, expected: string, found: unknown): HeddleError {
  return new HeddleError('bad_argument', { path: ['options', 'faults', field], expected, found: JSON.stringify(found) ?? 'nothing' });
}
