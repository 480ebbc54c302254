/**
 * Everything that the benchmark measures, by the name that its command line knows.
 */

import type { Known } from './arguments.ts';
import { contest } from './contest.ts';
import type { Measurement } from './measurement.ts';
import { planning } from './planning.ts';
import { rows } from './rows.ts';
import { starting } from './starting.ts';

const contests = Object.fromEntries(Object.entries(rows).map(([id, row]) => [id, contest(row)]));

/** What `npm run bench` measures when nothing is named. */
const usual: Readonly<Record<string, Measurement>> = { ...contests, P8: planning, P9: starting };

export const measurements: Readonly<Record<string, Measurement>> = { ...usual };

export const known: Known = {
  ids: Object.keys(measurements).sort(byNumber),
  groups: {},
  usual: Object.keys(usual).sort(byNumber),
};

function byNumber(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}
