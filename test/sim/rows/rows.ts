/**
 * All rows of the fault page that are played in virtual time, in its order.
 */

import { identityRows } from './identity-rows.ts';
import { lostRows } from './lost-rows.ts';
import { nuisanceRows } from './nuisance-rows.ts';
import type { FaultRow, WholeRow } from './row.ts';
import { weatherRows } from './weather-rows.ts';
import { wholeRows } from './whole-rows.ts';

export const faultRows: readonly (FaultRow | WholeRow)[] = [
  ...wholeRows,
  ...lostRows,
  ...weatherRows,
  ...identityRows,
  ...nuisanceRows,
].sort((a, b) => Number.parseInt(a.row, 10) - Number.parseInt(b.row, 10));
