/**
 * How a call of somebody else's ended, for as long as it may have to be said again. Types only.
 */

import type { KeptOutcome } from '../../core/outcome/outcome-table.ts';
import type { Settlement } from './invocation.ts';

export interface HeldOutcome extends KeptOutcome<Settlement> {
  /** It was passed on to somebody else, who may be lost before it gets there. */
  readonly isRelayed: boolean;
}
