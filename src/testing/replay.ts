/**
 * One line that runs a plan again: the environment variable HEDDLE_SIMULATE, which `simulate` reads.
 *
 * It says of which seed it is, so that other simulations of the same command run as they are written.
 */

import { HeddleError } from '../errors.ts';
import { checkOptions } from '../fabric/api/known-options.ts';
import { checkFaults } from './faults.ts';
import type { Plan } from './simulate-options.ts';

export const replayVariable = 'HEDDLE_SIMULATE';

export function replayLine({ seed, servers, faults }: Plan): string {
  return `${replayVariable}='${JSON.stringify({ seed, servers, faults }).replaceAll("'", "'\\''")}'`;
}

/** The plan that the environment asks for in place of this one. Throws `bad_argument` for what cannot be read. */
export function replayed(plan: Plan, text: string | undefined): Plan | undefined {
  if (text === undefined || text === '') return undefined;
  const { seed, servers, faults } = checkOptions(parse(text), ['seed', 'servers', 'faults'], replayVariable);
  if (seed !== plan.seed) return undefined;
  const isSubset = Array.isArray(servers) && servers.length > 0 && servers.every((name) => plan.servers.includes(name));
  if (!isSubset) throw wrong(`some of the servers ${plan.servers.join(', ')}`, JSON.stringify(servers));
  return { seed: plan.seed, servers: servers as readonly string[], faults: checkFaults(faults, plan.servers) }; // checked above
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw wrong('the JSON that a failing run prints', text);
  }
}

function wrong(expected: string, found: string | undefined): HeddleError {
  return new HeddleError('bad_argument', { path: [replayVariable], expected, found: found ?? 'nothing' });
}
