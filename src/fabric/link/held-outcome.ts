/**
 * How a call of somebody else's ended, for as long as it may have to be said again. Types only.
 */

import type { KeptOutcome } from '../../core/outcome/outcome-table.ts';
import type { Settlement } from './invocation.ts';

export interface HeldOutcome extends KeptOutcome<Settlement> {
  /** Others than its caller were told it, who may not have it yet, or be lost before they pass it on. */
  readonly isRelayed: boolean;
}
