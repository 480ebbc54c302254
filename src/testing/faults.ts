/**
 * What can go wrong in a simulated fabric, as data: a fault has a time, most have an end, and all can be undone.
 *
 * Y1 what a fault says is checked before anything runs: an unknown kind, field or process is `bad_argument`.
 * Y2 `strike` gives what undoes the fault, harmless when its processes are gone.
 */

import { HeddleError } from '../errors.ts';
import { checkOptions } from '../fabric/api/known-options.ts';
import type { NetworkWeather } from '../transport/network-weather.ts';

interface Timed {
  /** After the body began, in milliseconds. */
  readonly atMs: number;
}

interface Lasting extends Timed {
  /** How long it lasts, in milliseconds. */
  readonly forMs: number;
}

/** One fault. Processes are servers by name; clients are `client-1`, `client-2` in the order in which they connected. */
export type Fault =
  /** kill -9. It starts again after `forMs`; without that it stays away. `disk`: whether the next process finds what this one saved. */
  | ({ readonly kind: 'kill'; readonly server: string; readonly forMs?: number; readonly disk?: 'kept' | 'lost' } & Timed)
  /** SIGSTOP, then SIGCONT. */
  | ({ readonly kind: 'pause'; readonly server: string } & Lasting)
  /** Its cable is pulled: no packet in either direction. */
  | ({ readonly kind: 'isolate'; readonly server: string } & Lasting)
  /** No packet between two processes; with `isOneWay` only none from `from` to `to`. */
  | ({ readonly kind: 'cut'; readonly from: string; readonly to: string; readonly isOneWay?: boolean } & Lasting)
  /** These servers against everybody else. */
  | ({ readonly kind: 'split'; readonly servers: readonly string[] } & Lasting)
  /** Connections between two are forgotten on the way; what was under way `arrives` (the default) or is `lost`. */
  | ({ readonly kind: 'reset'; readonly from: string; readonly to: string; readonly underWay?: 'arrives' | 'lost' } & Timed)
  /** One way between two, both ways, in milliseconds. */
  | ({ readonly kind: 'delay'; readonly from: string; readonly to: string; readonly delayMs: number } & Lasting)
  /** Share of packets that every link loses: TCP sends them again, so they come late. */
  | ({ readonly kind: 'loss'; readonly share: number } & Lasting)
  /** Its clock makes `rate` seconds of one. */
  | ({ readonly kind: 'clockRate'; readonly server: string; readonly rate: number } & Lasting)
  /** Its wall clock jumps. */
  | ({ readonly kind: 'clockStep'; readonly server: string; readonly stepMs: number } & Timed);

/** What can go wrong, by name. */
export type FaultKind = Fault['kind'];

/** What a fault strikes. */
export interface Stage {
  readonly weather: NetworkWeather;
  /** Every process there is now, by name. */
  names(): readonly string[];
  kill(server: string): void;
  start(server: string, disk: 'kept' | 'lost'): void;
  pause(server: string): void;
  resume(server: string): void;
  reset(from: string, to: string, underWay: 'arrives' | 'lost'): void;
  setRate(server: string, rate: number): void;
  step(server: string, ms: number): void;
}

const fields: Readonly<Record<FaultKind, readonly string[]>> = {
  kill: ['server', 'forMs', 'disk'],
  pause: ['server', 'forMs'],
  isolate: ['server', 'forMs'],
  cut: ['from', 'to', 'isOneWay', 'forMs'],
  split: ['servers', 'forMs'],
  reset: ['from', 'to', 'underWay'],
  delay: ['from', 'to', 'delayMs', 'forMs'],
  loss: ['share', 'forMs'],
  clockRate: ['server', 'rate', 'forMs'],
  clockStep: ['server', 'stepMs'],
};
const optional: readonly string[] = ['disk', 'isOneWay', 'underWay'];
export const faultKinds = Object.keys(fields) as readonly FaultKind[]; // the type of `fields` has these keys and no others

/** A list of faults about these servers. Throws `bad_argument`. */
export function checkFaults(given: unknown, servers: readonly string[]): readonly Fault[] {
  if (!Array.isArray(given)) throw wrong(['faults'], 'a list of faults, or { everyMs, untilMs }', given);
  return given.map((fault, at) => checkFault(fault, ['faults', at], servers));
}

/** Throws `bad_argument`. */
function checkFault(given: unknown, path: readonly (string | number)[], servers: readonly string[]): Fault {
  const kind = typeof given === 'object' && given !== null && 'kind' in given ? given.kind : undefined;
  const known = faultKinds.find((one) => one === kind);
  if (known === undefined) throw wrong([...path, 'kind'], `one of ${faultKinds.join(', ')}`, kind);
  const fault = checkOptions(given, ['kind', 'atMs', ...fields[known]], path.join('.'));
  for (const field of ['atMs', ...fields[known]]) {
    if (fault[field] === undefined && (optional.includes(field) || (known === 'kill' && field === 'forMs'))) continue;
    const problem = problemOf(field, fault[field], servers);
    if (problem !== undefined) throw wrong([...path, field], problem, fault[field]);
  }
  return given as Fault; // every field was checked against its kind
}

/** What a field should be, if it is not. */
function problemOf(field: string, value: unknown, servers: readonly string[]): string | undefined {
  const isServer = (name: unknown): boolean => typeof name === 'string' && servers.includes(name);
  const isProcess = (name: unknown): boolean => isServer(name) || (typeof name === 'string' && /^client-[1-9]\d*$/.test(name));
  const isTime = (ms: unknown): boolean => typeof ms === 'number' && Number.isFinite(ms) && ms >= 0;
  const among = `one of the servers ${servers.join(', ')}`;
  switch (field) {
    case 'server':
      return isServer(value) ? undefined : among;
    case 'servers':
      return Array.isArray(value) && value.every(isServer) ? undefined : `a list of some of the servers ${servers.join(', ')}`;
    case 'from':
    case 'to':
      return isProcess(value) ? undefined : `${among}, or a client such as client-1`;
    case 'disk':
      return value === 'kept' || value === 'lost' ? undefined : "'kept' or 'lost'";
    case 'underWay':
      return value === 'arrives' || value === 'lost' ? undefined : "'arrives' or 'lost'";
    case 'isOneWay':
      return typeof value === 'boolean' ? undefined : 'true or false';
    case 'share':
      return isTime(value) && Number(value) < 1 ? undefined : 'a share from 0 to below 1';
    case 'rate':
      return isTime(value) && Number(value) >= 0.01 && Number(value) <= 100 ? undefined : 'a rate from 0.01 to 100';
    case 'stepMs':
      return typeof value === 'number' && Number.isFinite(value) ? undefined : 'milliseconds, forward or back';
    default:
      return isTime(value) ? undefined : 'milliseconds, 0 or more';
  }
}

function wrong(path: readonly (string | number)[], expected: string, found: unknown): HeddleError {
  return new HeddleError('bad_argument', { path: ['options', ...path], expected, found: JSON.stringify(found) ?? 'nothing' });
}
