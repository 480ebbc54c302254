/**
 * The steps of a run as a graph from left to right, each in the colour of its state. The table of steps says the same in words.
 */

import { useMemo } from 'preact/hooks';
import type { StepView } from '../../../core/workflow/run-view.ts';
import { milliseconds } from '../../../observe/figures.ts';
import { arrange, type Box, nodesMax } from '../graph-layout.ts';
import { shortened } from '../label-places.ts';
import { stateOf } from './step-table.tsx';

export interface GraphProps {
  readonly steps: readonly StepView[];
  readonly chosen: string | undefined;
  readonly choose: (step: string) => void;
}

export function Graph({ steps, chosen, choose }: GraphProps) {
  const shape = steps.map(({ step, needs }) => `${step}<${needs.join(',')}`).join(';');
  // The graph of a run never changes, only its colours.
  const drawing = useMemo(() => arrange(steps), [shape]);
  if (!drawing)
    return (
      <p class="hint">
        A graph of {steps.length} steps is not drawn (at most {nodesMax}): the table lists those that are open first.
      </p>
    );
  const done = steps.filter(({ now }) => now.state === 'settled').length;
  const byName = new Map(steps.map((view) => [view.step, view]));
  return (
    <div class="graph-frame">
      <svg
        class="graph"
        viewBox={`0 0 ${drawing.width} ${drawing.height}`}
        width={drawing.width}
        height={drawing.height}
        role="img"
        aria-label={`Graph of ${steps.length} steps, ${done} of them settled`}
      >
        {drawing.edges.map(({ from, to, path }) => (
          <path key={`${from} ${to}`} class={`edge ${edgeState(byName.get(from))}`} d={path} />
        ))}
        {drawing.boxes.map((box) => (
          <StepBox key={box.step} box={box} view={byName.get(box.step)} isChosen={box.step === chosen} choose={choose} />
        ))}
      </svg>
    </div>
  );
}

function edgeState(from: StepView | undefined): string {
  return from && from.now.state === 'settled' && from.now.outcome === 'done' ? 'done' : '';
}

interface StepBoxProps {
  readonly box: Box;
  readonly view: StepView | undefined;
  readonly isChosen: boolean;
  readonly choose: (step: string) => void;
}

function StepBox({ box, view, isChosen, choose }: StepBoxProps) {
  if (!view) return null;
  const { step, function: fun, now, elements } = view;
  const state = stateOf(now);
  const second = elements
    ? `${elements.done}/${elements.of}`
    : now.state === 'settled'
      ? `${milliseconds(now.elapsedMs)}${now.server === undefined ? '' : ` · ${now.server}`}`
      : now.state === 'running'
        ? (now.server ?? 'on its way')
        : fun;
  return (
    // The buttons of the table are what a keyboard reaches: each does the same.
    // biome-ignore lint/a11y/noStaticElementInteractions: as above
    <g class={`step ${state}${isChosen ? ' chosen' : ''}`} data-graph-step={step} onClick={() => choose(step)}>
      <title>{`${step}: ${fun}, ${state.replace('_', ' ')}`}</title>
      <rect x={box.x} y={box.y} width={box.width} height={box.height} rx="6" />
      <text x={box.x + 10} y={box.y + 17}>
        {shortened(step, 21)}
      </text>
      <text class="mark" x={box.x + box.width - 10} y={box.y + 17}>
        {markOf(state)}
      </text>
      <text class="second" x={box.x + 10} y={box.y + 32}>
        {shortened(second, 26)}
      </text>
      {elements && elements.of > 0 ? (
        <rect class="share" x={box.x} y={box.y + box.height - 3} width={(box.width * elements.done) / elements.of} height="3" />
      ) : null}
    </g>
  );
}

/** The state once more, for who does not tell the colours apart. */
function markOf(state: string): string {
  switch (state) {
    case 'done':
      return '✓';
    case 'failed':
      return '✕';
    case 'running':
      return '▶';
    case 'maybe':
      return '?';
    default:
      return '';
  }
}
