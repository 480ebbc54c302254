/**
 * A run whose coordinator died says nothing any more: what its follower had been told of the steps is all that is known.
 *
 * T1 a step that was told to have settled is what it was told to be. Every other one may have run: its server, or news of it, may
 *    have been on the way.
 */

import { executedOf } from '../../core/workflow/ending.ts';
import { HeddleError, type StepOutcome, strongest } from '../../errors.ts';
import type { RunEvent } from '../api/api.ts';

/** The error of a run with what its events told of each step, where it is `coordinator_lost` and says nothing of them itself. */
export function withToldSteps(error: HeddleError, events: Iterable<RunEvent>): HeddleError {
  if (!HeddleError.is(error, 'coordinator_lost') || Object.keys(error.detail.steps).length > 0) return error;
  const steps = toldSteps(events);
  if (steps.size === 0) return error;
  const executed = strongest(error.executed, executedOf([...steps.values()]));
  return new HeddleError('coordinator_lost', { ...error.detail, steps: Object.fromEntries(steps) }, { executed, cause: error.cause });
}

function toldSteps(events: Iterable<RunEvent>): ReadonlyMap<string, StepOutcome> {
  const steps = new Map<string, StepOutcome>();
  for (const event of events) {
    if (event.kind === 'run.accepted') for (const step of event.steps) steps.set(step, 'maybe');
    else if (event.kind === 'step.settled') steps.set(event.step, event.outcome);
  }
  return steps;
}
