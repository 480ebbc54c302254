/**
 * What the page knows of the run that it shows, made of the messages of its stream.
 *
 * R1 a stream that broke begins anew: its first message replaces all that was known. R2 what was known stays when the stream ends.
 */

import type { RunSummary, StepView } from '../../core/workflow/run-view.ts';
import { type RunEnd, type RunEventRow, type RunMessage, runEventsMax } from '../feed.ts';

export interface KnownRun {
  readonly run?: RunSummary;
  readonly steps: readonly StepView[];
  readonly events: readonly RunEventRow[];
  /** Why steps failed, by their names. */
  readonly problems: ReadonlyMap<string, string>;
  readonly end?: RunEnd | undefined;
  /** Why nothing more is told. */
  readonly trouble?: string;
}

export const nothingKnown: KnownRun = { steps: [], events: [], problems: new Map() };

/** What is known with one message more. */
export function after(known: KnownRun, { run, steps, isFirst, events, end }: RunMessage): KnownRun {
  const before = isFirst ? nothingKnown : known;
  const changed = new Map(steps.map((view) => [view.step, view]));
  const failed = events.flatMap(({ step, element, problem }): [string, string][] =>
    step === undefined || element !== undefined || problem === undefined ? [] : [[step, problem]],
  );
  return {
    run,
    steps: before.steps.length === 0 ? steps : before.steps.map((view) => changed.get(view.step) ?? view),
    events: [...before.events, ...events].slice(-runEventsMax),
    problems: failed.length === 0 ? before.problems : new Map([...before.problems, ...failed]),
    end,
  };
}
