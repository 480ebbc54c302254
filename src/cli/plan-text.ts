/**
 * The plan of a workflow as a person reads it: one line a step, then why; and what was predicted beside what came.
 */

import type { Plan, RunEvent } from '../index.ts';
import { table } from './terminal.ts';

type PlannedStep = Plan['steps'][number];

/** What stands in a cell of which nothing is known. */
const unknown = '?';
/** Refused offers that are named for each step. */
const refusedMax = 5;

export function workflowText({ steps, predicted, coordinator }: Plan): string {
  const rows = steps.map((step) => [
    step.name,
    `${step.function ?? ''}${step.version === undefined ? '' : `@${step.version}`}`,
    step.server ?? 'nowhere',
    step.group === undefined ? '' : String(step.group),
    (step.needs ?? []).join(' '),
    ...timesOf(step),
    bytesText(step.predicted?.bytesIn),
    bytesText(step.predicted?.bytesOut),
  ]);
  const head = ['STEP', 'FUNCTION', 'SERVER', 'GROUP', 'NEEDS', 'FROM MS', 'TO MS', 'IN', 'OUT'];
  const by = coordinator ? [`coordinated by ${coordinator.server}: ${coordinator.why}`] : [];
  return [summary(steps.length, predicted), table([head, ...rows]), ...by, ...steps.flatMap(whyLines)].join('\n');
}

/** What was predicted beside what came; `events` are those of the run. */
export function analysisText(plan: Plan, events: readonly RunEvent[]): string {
  const settled = new Map(events.flatMap((event) => (event.kind === 'step.settled' ? [[event.step, event] as const] : [])));
  const rows = plan.steps.map(({ name, server = 'nowhere', predicted }) => {
    const end = settled.get(name);
    const ranAt = end?.server ?? (end ? 'nowhere' : unknown);
    return [
      name,
      server === ranAt ? server : `${server} -> ${ranAt}`,
      predicted?.isKnown ? msText(predicted.endMs - predicted.startMs) : unknown,
      end ? msText(end.elapsedMs) : unknown,
      bytesText(predicted?.bytesOut),
      bytesText(end?.bytes),
      end?.outcome ?? unknown,
    ];
  });
  const run = events.find((event) => event.kind === 'run.settled');
  const total = `predicted ${msText(plan.predicted?.ms)} ms${unknownText(plan.predicted)}, took ${run ? msText(run.elapsedMs) : unknown} ms`;
  return [table([['STEP', 'SERVER', 'PREDICTED MS', 'TOOK MS', 'PREDICTED OUT', 'OUT', 'OUTCOME'], ...rows]), total].join('\n');
}

function summary(steps: number, predicted: Plan['predicted']): string {
  if (!predicted) return `${steps} steps`;
  const trips = predicted.trips === 1 ? '1 trip' : `${predicted.trips} trips`;
  const bytes = `${bytesText(predicted.bytes)} of arguments`;
  return `${steps === 1 ? '1 step' : `${steps} steps`}, ${trips}, ${bytes}, about ${msText(predicted.ms)} ms${unknownText(predicted)}`;
}

function unknownText(predicted: Plan['predicted']): string {
  const count = predicted?.unknown ?? 0;
  return count === 0 ? '' : ` and what ${count === 1 ? '1 step takes that has' : `${count} steps take that have`} not run yet`;
}

function timesOf({ predicted }: PlannedStep): readonly [string, string] {
  if (!predicted) return [unknown, unknown];
  return [msText(predicted.startMs), predicted.isKnown ? msText(predicted.endMs) : unknown];
}

/** Why it goes where it goes, and what keeps the others out. */
function whyLines({ name, reasons, offers }: PlannedStep): readonly string[] {
  const others = offers.filter(({ isCandidate }) => !isCandidate);
  const named = others.slice(0, refusedMax).map(({ server, version, why }) => `  not ${server} (version ${version}): ${why}`);
  const left = others.length - named.length;
  return [`${name}: ${reasons.join('; ')}`, ...named, ...(left > 0 ? [`  and ${left} others`] : [])];
}

function msText(ms: number | undefined): string {
  return ms === undefined ? unknown : ms.toFixed(1);
}

function bytesText(bytes: number | undefined): string {
  if (bytes === undefined) return unknown;
  if (bytes < 1_024) return `${bytes} B`;
  return bytes < 1_048_576 ? `${(bytes / 1_024).toFixed(1)} KiB` : `${(bytes / 1_048_576).toFixed(1)} MiB`;
}
