/**
 * How a run ends: its result from the results of its steps, or its error from what became of them.
 */

import type { Executed, StepOutcome } from '../../errors.ts';
import { HeddleError } from '../../errors.ts';
import type { Filled } from '../payload.ts';
import { spread, valuesFor } from './hole-values.ts';
import type { Came } from './past-calls.ts';
import type { WireCommand } from './record.ts';
import type { RunSettings, StepEnd } from './run-io.ts';
import type { StepTable } from './step-table.ts';
import { allNames, leafNames } from './workflow.ts';

/** A step of which the run has no result. */
export interface FailedStep {
  readonly kind: 'failed';
  readonly step: string;
  /** Of a step that maps a list: the element that failed first. */
  readonly element?: number | undefined;
  readonly error: HeddleError;
}

/** Why a run ends before all its steps are done. */
export type RunCause =
  | FailedStep
  | { readonly kind: 'cancelled'; readonly reason: string }
  | { readonly kind: 'late' }
  | { readonly kind: 'abandoned' };

/** A step that gave up so close to the run's deadline gave up because of it: the owner's clock is a hop ahead. */
const lateMarginMs = 50;

/** The state of a step whose call ended so. */
export function outcomeOf(end: StepEnd): StepOutcome {
  if (end.ok) return 'done';
  switch (end.error.executed) {
    case 'no':
      return 'not_run';
    case 'maybe':
      return 'maybe';
    case 'yes':
      return 'failed';
  }
}

/** What it adds to the account of what is called again (past-calls.ts). */
export function cameOf(end: StepEnd): Came {
  return end.ok ? { outcome: 'done' } : { outcome: outcomeOf(end), error: end.wire };
}

/** Whether it is the run's deadline that a step ran into, not one of its own. */
export function isLate(error: HeddleError, command: WireCommand, leftMs: number): boolean {
  const isOwn = command.timeoutMs !== undefined && leftMs > 0;
  return error.code === 'deadline_exceeded' && !isOwn && leftMs <= lateMarginMs;
}

/** The steps whose results the submitter asked for. */
export function returnedSteps({ workflow }: Pick<RunSettings, 'workflow'>): readonly string[] {
  const { returns } = workflow;
  switch (returns.kind) {
    case 'leaves':
      return leafNames(workflow);
    case 'all':
      return allNames(workflow);
    case 'steps':
      return returns.steps;
    case 'shape':
      return returns.shape.holes.flatMap(({ source }) => (source.kind === 'step' ? [source.step] : []));
  }
}

/** What the submitter asked for, once every step is done. */
export function runResult(steps: StepTable, settings: RunSettings): Filled {
  const { returns } = settings.workflow;
  switch (returns.kind) {
    case 'leaves':
      return recordOf(leafNames(settings.workflow), steps, settings);
    case 'all':
      return recordOf(allNames(settings.workflow), steps, settings);
    case 'steps':
      return recordOf([...new Set(returns.steps)], steps, settings);
    case 'shape':
      return { template: returns.shape.value, inputs: valuesFor(returns.shape.holes, { steps, input: settings.input }) };
  }
}

function recordOf(names: readonly string[], steps: StepTable, { codec }: RunSettings): Filled {
  const template = codec.encodeValue(Object.fromEntries(names.map((name) => [name, null])));
  return { template, inputs: spread(names.map((name) => ({ at: [name], value: steps.valueOf(name), path: [], name }))) };
}

/** What became of the steps, and of the undos of those that were undone. */
interface RunEnds {
  readonly steps: Readonly<Record<string, StepOutcome>>;
  readonly compensated: Readonly<Record<string, 'done' | 'failed'>>;
}

/** The error of a run that ended early; the partial results are put in where it is encoded. */
export function runError(cause: RunCause, ends: RunEnds, settings: RunSettings): HeddleError {
  const { steps, compensated } = ends;
  const undone = Object.keys(compensated).length === 0 ? {} : { compensated };
  const executed = executedOf(Object.values(steps));
  const partial = {};
  switch (cause.kind) {
    case 'failed':
      return new HeddleError('step_failed', { ...nameOf(cause), partial, steps, ...undone }, { executed, cause: cause.error });
    case 'cancelled':
      return new HeddleError('cancelled', { reason: cause.reason, partial, steps, ...undone }, { executed });
    case 'late':
      return new HeddleError('deadline_exceeded', { timeoutMs: settings.timeoutMs, partial, steps, ...undone }, { executed });
    case 'abandoned':
      return new HeddleError('coordinator_lost', { runId: settings.runId, partial, steps, ...undone }, { executed });
  }
}

function nameOf({ step, element }: FailedStep): { readonly step: string; readonly element?: number } {
  return element === undefined ? { step } : { step, element };
}

/** The strongest that the steps say. */
export function executedOf(outcomes: readonly StepOutcome[]): Executed {
  if (outcomes.some((outcome) => outcome === 'done' || outcome === 'failed')) return 'yes';
  return outcomes.includes('maybe') ? 'maybe' : 'no';
}

/** Why the steps under way are cancelled. */
export function reasonOf(cause: RunCause): string {
  switch (cause.kind) {
    case 'failed':
      return `step "${cause.step}" failed${cause.element === undefined ? '' : ` at element ${cause.element}`}`;
    case 'cancelled':
      return cause.reason;
    case 'late':
      return 'the deadline of the run has passed';
    case 'abandoned':
      return 'the coordinator of the run stops';
  }
}
