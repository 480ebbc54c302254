/**
 * How a call of somebody else's ended, for as long as it may have to be said again. Types only.
 */

import type { KeptOutcome } from '../../core/outcome/outcome-table.ts';
import type { Settlement } from './invocation.ts';

export interface HeldOutcome extends KeptOutcome<Settlement> {
  /** Others than its caller have waited for it, and may ask for it or have to pass it on. */
  isShared: boolean;
}
