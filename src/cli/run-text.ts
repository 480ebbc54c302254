/**
 * Runs in words: a line for each, and one of them drawn as the graph of its steps, each with how it stands.
 *
 * T1 what waits is shown with what it waits for, and what would end that.
 * T2 a run of more than `stepsDrawn` steps is not drawn: what is under way and what waits is listed, as far as there is room.
 */

import type { RunSummary, RunView, StepView } from '../fabric/client/run-inspection.ts';
import { drawGraph } from './graph.ts';
import { reasonText } from './progress.ts';
import { table } from './terminal.ts';

/** Steps of the largest graph that is drawn, and of the longest list. */
const stepsDrawn = 100;
const stepsListed = 40;

export function runsText(runs: readonly RunSummary[]): string {
  if (runs.length === 0) return 'no runs: neither under way nor ended within the last minutes';
  const rows = runs.map((run) => [
    run.runId,
    run.name ?? '',
    run.coordinator,
    run.state,
    `${run.settled}/${run.steps}`,
    shown(run.elapsedMs),
  ]);
  return table([['RUN', 'WORKFLOW', 'COORDINATOR', 'STATE', 'STEPS', 'TIME'], ...rows]);
}

export function runText({ run, steps }: RunView): string {
  return [headOf(run), ...bodyOf(steps), ...steps.flatMap(undoOf)].join('\n');
}

function headOf({ runId, name, coordinator, state, elapsedMs, steps, settled }: RunSummary): string {
  const what = name === undefined ? '' : ` of ${name}`;
  return `run ${runId}${what} on ${coordinator}: ${state}, ${settled} of ${steps} steps settled, ${shown(elapsedMs)}`;
}

function bodyOf(steps: readonly StepView[]): readonly string[] {
  const graph = steps.length > stepsDrawn ? undefined : drawGraph(steps.map((view) => ({ ...graphed(view), needs: view.needs })));
  if (graph) return graph;
  const open = steps.filter(({ now }) => now.state !== 'settled');
  const first = [...open.filter(isRunning), ...open.filter((view) => !isRunning(view))].slice(0, stepsListed);
  const more = open.length - first.length;
  return [
    ...first.map(graphed).map(({ mark, label }) => `${mark}  ${label}`),
    ...(more > 0 ? [`and ${more} more steps; --step names one`] : []),
  ];
}

/** The undo of a step, once its run has failed. */
function undoOf({ step, undo }: StepView): readonly string[] {
  if (undo === undefined) return [];
  switch (undo.state) {
    case 'waiting':
      return [`undo of ${step} waits: ${reasonText(undo.reason)}, until ${undo.ends}`];
    case 'running':
      return [`undo of ${step} ${placeOf(undo)}`];
    case 'settled':
      return [`undo of ${step} ${undo.outcome}${undo.server === undefined ? '' : ` on ${undo.server}`} ${shown(undo.elapsedMs)}`];
  }
}

function placeOf({ server, attempt = 1 }: Extract<StepView['now'], { readonly state: 'running' }>): string {
  return `${server === undefined ? 'is on its way to a server' : `runs on ${server}`}${attempt > 1 ? `, attempt ${attempt}` : ''}`;
}

function isRunning({ now }: StepView): boolean {
  return now.state === 'running';
}

function graphed({ step, function: fun, now, elements }: StepView): {
  readonly name: string;
  readonly mark: string;
  readonly label: string;
} {
  const what = step === fun ? step : `${step} (${fun})`;
  switch (now.state) {
    case 'waiting':
      return {
        name: step,
        mark: '○',
        label: `${what}${elements ? ` ${elementsText(elements)},` : ''} waits: ${reasonText(now.reason)}${now.reason.kind === 'input' ? '' : `, until ${now.ends}`}`,
      };
    case 'running':
      return { name: step, mark: '▶', label: `${what} ${elements ? elementsText(elements) : placeOf(now)}` };
    case 'settled': {
      const place = elements ? ` (${elementsText(elements)})` : now.server === undefined ? '' : ` on ${now.server}`;
      return { name: step, mark: marks[now.outcome], label: `${what} ${now.outcome.replace('_', ' ')}${place} ${shown(now.elapsedMs)}` };
    }
  }
}

/** How far a step is that maps a list. */
function elementsText({ of, done, failed, running }: NonNullable<StepView['elements']>): string {
  const more = [...(running > 0 ? [`${running} running`] : []), ...(failed > 0 ? [`${failed} failed`] : [])];
  return [`${done} of ${of} done`, ...more].join(', ');
}

const marks = { done: '●', failed: '✗', not_run: '·', maybe: '?' } as const;

function shown(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}
