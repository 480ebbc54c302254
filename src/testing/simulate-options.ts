/**
 * What `simulate` is given, checked, and the plan that one run of it follows.
 */

import { seededRandom } from '../base/random.ts';
import { checkName } from '../core/names.ts';
import { HeddleError } from '../errors.ts';
import type { Functions, ServerOptions } from '../fabric/api/api.ts';
import { checkIdentity } from '../fabric/api/identity-options.ts';
import { checkOptions } from '../fabric/api/known-options.ts';
import { checkMix, drawFaults, type FaultMix } from './fault-mix.ts';
import { checkFaults, type Fault } from './faults.ts';

/** One server of the fabric: what `startServer` would be given, as far as it matters without a network. */
export interface SimulatedServer<State = undefined> extends Pick<ServerOptions, 'resources' | 'slots' | 'permissions'> {
  /**
   * Its functions, or what makes them: called with the run's state whenever the server starts, so that what they keep in
   * memory is gone after a kill, as it would be.
   */
  readonly functions?: Functions | ((state: State) => Functions) | undefined;
}

/** Between any two processes. */
export interface SimulatedNetwork {
  /** One way; default 0.5. */
  readonly delayMs?: number | undefined;
  /** Up to so much more, uniform; default 1. */
  readonly jitterMs?: number | undefined;
  /** Share of packets lost, from 0 to below 1, which TCP makes late; default 0. */
  readonly loss?: number | undefined;
}

/** What `simulate` takes: who there is, and what goes wrong. */
export interface SimulateOptions<State = undefined> {
  /** The same seed gives the same run, byte for byte. */
  readonly seed: number | string;
  /** By name; all of them join one another before the body begins. */
  readonly servers: Readonly<Record<string, SimulatedServer<State>>>;
  /** These faults, or a mixture that the seed draws; default: none. */
  readonly faults?: readonly Fault[] | FaultMix | undefined;
  /** Delay and loss between any two processes. */
  readonly network?: SimulatedNetwork | undefined;
  /** Makes what handlers and body share (books, stores): once a run, so that a run can be repeated. Default: undefined. */
  readonly state?: (() => State) | undefined;
  /** Longest that the body may take, in milliseconds of virtual time; default 600,000. */
  readonly maxMs?: number | undefined;
  /** Whether a failing run is repeated with fewer servers and faults to find a smaller one; default true. */
  readonly shrink?: boolean | undefined;
}

/** What one run does: everything else follows from the seed. */
export interface Plan {
  readonly seed: string;
  readonly servers: readonly string[];
  readonly faults: readonly Fault[];
}

export interface CheckedOptions<State> {
  readonly plan: Plan;
  readonly servers: ReadonlyMap<string, SimulatedServer<State>>;
  readonly network: Required<{ readonly [K in keyof SimulatedNetwork]: number }>;
  readonly state: () => State;
  readonly maxMs: number;
  readonly shrink: boolean;
}

const names = ['seed', 'servers', 'faults', 'network', 'state', 'maxMs', 'shrink'];
const serversMax = 100;

/** Throws `bad_argument`, and `bad_settings` for rules that cannot be used. */
export function checkSimulateOptions<State>(given: SimulateOptions<State>): CheckedOptions<State> {
  const options = checkOptions(given, names, 'options');
  const { seed, state, maxMs = 600_000, shrink = true } = options;
  if (typeof seed !== 'string' && !(typeof seed === 'number' && Number.isFinite(seed))) throw wrong(['seed'], 'a number or a text', seed);
  if (state !== undefined && typeof state !== 'function') throw wrong(['state'], 'a function that makes it', state);
  if (!isWithin(maxMs, 1, 1e10)) throw wrong(['maxMs'], 'milliseconds, 1 or more', maxMs);
  if (typeof shrink !== 'boolean') throw wrong(['shrink'], 'true or false', shrink);
  const servers = checkServers(given.servers);
  const order = [...servers.keys()];
  return {
    plan: { seed: `${seed}`, servers: order, faults: faultsOf(options['faults'] ?? [], { seed: `${seed}`, servers: order }) },
    servers,
    network: checkNetwork(options['network'] ?? {}),
    // Without it the type of the state is undefined.
    state: given.state ?? (() => undefined as State),
    maxMs,
    shrink,
  };
}

function checkServers<State>(given: SimulateOptions<State>['servers']): ReadonlyMap<string, SimulatedServer<State>> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw wrong(['servers'], 'an object of servers by name', given);
  const entries = Object.entries(given);
  if (entries.length < 1 || entries.length > serversMax) throw wrong(['servers'], `1 to ${serversMax} servers`, entries.length);
  for (const [name, server] of entries) {
    checkName('server', name, ['options', 'servers']);
    if (/^client-\d+$|^body$/.test(name)) throw wrong(['servers'], 'names other than body and client-1, client-2 ...', name);
    const { permissions } = checkOptions(server, ['functions', 'resources', 'slots', 'permissions'], `options.servers.${name}`);
    checkIdentity({ tokens: undefined, permissions }, { host: '127.0.0.1', hasTls: false });
  }
  return new Map(entries);
}

function faultsOf(given: unknown, plan: { readonly seed: string; readonly servers: readonly string[] }): readonly Fault[] {
  if (Array.isArray(given)) return checkFaults(given, plan.servers);
  return drawFaults(checkMix(given), { random: seededRandom(`faults ${plan.seed}`), servers: plan.servers });
}

function checkNetwork(given: unknown): { readonly delayMs: number; readonly jitterMs: number; readonly loss: number } {
  const { delayMs = 0.5, jitterMs = 1, loss = 0 } = checkOptions(given, ['delayMs', 'jitterMs', 'loss'], 'options.network');
  if (!isWithin(delayMs, 0, 60_000)) throw wrong(['network', 'delayMs'], 'milliseconds from 0 to 60,000', delayMs);
  if (!isWithin(jitterMs, 0, 60_000)) throw wrong(['network', 'jitterMs'], 'milliseconds from 0 to 60,000', jitterMs);
  if (!isWithin(loss, 0, 0.99)) throw wrong(['network', 'loss'], 'a share from 0 to below 1', loss);
  return { delayMs, jitterMs, loss };
}

function isWithin(value: unknown, min: number, max: number): value is number {
  return typeof value === 'number' && value >= min && value <= max;
}

function wrong(path: readonly string[], expected: string, found: unknown): HeddleError {
  return new HeddleError('bad_argument', { path: ['options', ...path], expected, found: JSON.stringify(found) ?? typeof found });
}
