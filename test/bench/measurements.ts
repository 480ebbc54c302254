/**
 * Everything that the benchmark measures, by the name that its command line knows.
 */

import type { Known } from './arguments.ts';
import { breakdown } from './breakdown.ts';
import { contest } from './contest.ts';
import { catalogs } from './growth/catalogs.ts';
import { holdings } from './growth/holdings.ts';
import { inFlight, payloads, servers } from './growth/loads.ts';
import { slope } from './growth/slope.ts';
import type { Measurement } from './measurement.ts';
import { observing } from './observing.ts';
import { planning } from './planning.ts';
import { rows } from './rows.ts';
import { running } from './running.ts';
import { starting } from './starting.ts';

const contests = Object.fromEntries(Object.entries(rows).map(([id, row]) => [id, contest(row)]));

/** What `npm run bench` measures when nothing is named. */
const usual: Readonly<Record<string, Measurement>> = { ...contests, P8: planning, P8r: running, P9: starting, P10: observing };

/** By name only: what explains the figures. */
const profiles: Readonly<Record<string, Measurement>> = { breakdown: breakdown('cpu'), allocations: breakdown('heap') };

/** How cost grows with the work. */
const growth: Readonly<Record<string, Measurement>> = { G1: inFlight, G2: payloads, G3: servers, G4: catalogs, G5: holdings };

export const measurements: Readonly<Record<string, Measurement>> = { ...usual, ...growth, ...profiles, slope };

export const known: Known = {
  ids: Object.keys(measurements).sort(byNumber),
  groups: { growth: Object.keys(growth) },
  usual: Object.keys(usual).sort(byNumber),
};

function byNumber(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}
