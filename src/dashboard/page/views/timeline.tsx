/**
 * A run on a line of time: one bar a step from its start to its end, and its events in words.
 */

import type { RunSummary, StepView } from '../../../core/workflow/run-view.ts';
import { milliseconds } from '../../../observe/figures.ts';
import type { RunEventRow } from '../../feed.ts';
import { shortened } from '../label-places.ts';
import { stateOf } from './step-table.tsx';

export interface TimelineProps {
  readonly steps: readonly StepView[];
  readonly events: readonly RunEventRow[];
  readonly run: RunSummary;
}

interface Bar {
  readonly step: string;
  readonly state: string;
  readonly fromMs: number;
  readonly toMs: number;
}

const barsMax = 120;
const eventsShown = 200;
const [barHeight, nameWidth, width] = [18, 130, 560];

export function Timeline({ steps, events, run }: TimelineProps) {
  const bars = barsOf(steps, events, run);
  const lastedMs = Math.max(1, run.elapsedMs);
  const room = width - nameWidth - 8;
  return (
    <div class="scrolls">
      {bars.length === 0 ? null : (
        <svg
          class="timeline"
          viewBox={`0 0 ${width} ${bars.length * barHeight + 18}`}
          role="img"
          aria-label={`${bars.length} steps over ${milliseconds(lastedMs)}; the events below say the same`}
        >
          {bars.map(({ step, state, fromMs, toMs }, at) => (
            <g key={step} class={`bar ${state}`}>
              <title>{`${step}: from ${milliseconds(fromMs)} to ${milliseconds(toMs)}`}</title>
              <text x={nameWidth - 8} y={at * barHeight + 13}>
                {shortened(step, 20)}
              </text>
              <rect
                x={nameWidth + (room * fromMs) / lastedMs}
                y={at * barHeight + 3}
                width={Math.max(2, (room * (toMs - fromMs)) / lastedMs)}
                height={barHeight - 6}
                rx="2"
              />
            </g>
          ))}
          <text class="axis" x={nameWidth} y={bars.length * barHeight + 14}>
            0
          </text>
          <text class="axis end" x={width - 8} y={bars.length * barHeight + 14}>
            {milliseconds(lastedMs)}
          </text>
        </svg>
      )}
      <RunEvents events={events} startedAtMs={run.startedAtMs} />
    </div>
  );
}

function RunEvents({ events, startedAtMs }: { readonly events: readonly RunEventRow[]; readonly startedAtMs: number }) {
  return (
    <ol class="events run-events" aria-label="Events of the run" reversed>
      {events
        .slice(-eventsShown)
        .toReversed()
        .map((row) => (
          <li key={row.seq}>
            <time>+{milliseconds(Math.max(0, row.atMs - startedAtMs))}</time>
            <code>{row.kind}</code>
            <span>{wordsOf(row)}</span>
          </li>
        ))}
    </ol>
  );
}

function wordsOf({ step, element, server, text }: RunEventRow): string {
  const what = step === undefined || element === undefined ? step : `${step}[${element}]`;
  return [what, server, text].filter((part) => part !== undefined && part !== '').join(' · ');
}

/** From the first event that a step was started by to its end; of one that still runs, to now. */
function barsOf(steps: readonly StepView[], events: readonly RunEventRow[], run: RunSummary): readonly Bar[] {
  const [started, settled] = [new Map<string, number>(), new Map<string, number>()];
  for (const { kind, step, element, atMs } of events) {
    if (step === undefined) continue;
    if (kind === 'step.started' && !started.has(step)) started.set(step, atMs - run.startedAtMs);
    if (kind === 'step.settled' && element === undefined) settled.set(step, atMs - run.startedAtMs);
  }
  return steps
    .flatMap(({ step, now }): Bar[] => {
      const fromMs = started.get(step);
      return fromMs === undefined
        ? []
        : [{ step, state: stateOf(now), fromMs: Math.max(0, fromMs), toMs: Math.max(fromMs, settled.get(step) ?? run.elapsedMs) }];
    })
    .sort((a, b) => a.fromMs - b.fromMs)
    .slice(0, barsMax);
}
