/**
 * One run: its graph, coloured as it executes, what each step waits for and what would end that, and its events on a line of time.
 */

import { useEffect, useState } from 'preact/hooks';
import type { RunSummary, StepView } from '../../../core/workflow/run-view.ts';
import { milliseconds } from '../../../observe/figures.ts';
import type { RunEventRow, RunMessage } from '../../feed.ts';
import { linkTo } from '../browser.ts';
import { cancelRun, followRun } from '../server.ts';
import { Graph } from './graph.tsx';
import { StepTable } from './step-table.tsx';
import { Timeline } from './timeline.tsx';

interface Known {
  readonly message: RunMessage | undefined;
  readonly events: readonly RunEventRow[];
  readonly problem: string | undefined;
}

/** Events that are kept for the line of time. */
const eventsKept = 5_000;

export function RunDetail({ runId }: { readonly runId: string }) {
  const { message, events, problem } = useRun(runId);
  const [chosen, choose] = useState<string | undefined>(undefined);
  if (problem !== undefined)
    return (
      <section class="card" aria-label="The run">
        <p class="problem">{problem}</p>
        <a href={linkTo('runs')}>All runs</a>
      </section>
    );
  if (!message) return <p class="hint">Asking for the run …</p>;
  const { run, steps } = message.view;
  return (
    <section class="card run" aria-label={`Run ${run.name ?? runId}`}>
      <Head run={run} />
      {message.end ? <End end={message.end} /> : null}
      <Graph steps={steps} chosen={chosen} choose={choose} />
      <div class="run-columns">
        <StepTable steps={orderOf(steps, chosen)} chosen={chosen} choose={choose} />
        <Timeline steps={steps} events={events} run={run} />
      </div>
    </section>
  );
}

function Head({ run }: { readonly run: RunSummary }) {
  const [problem, setProblem] = useState('');
  const cancel = (): void => {
    cancelRun(run.runId).catch((error: unknown) => setProblem(error instanceof Error ? error.message : String(error)));
  };
  return (
    <header>
      <h2>
        {run.name ?? 'A workflow without a name'} <span class={`status ${run.state}`}>{run.state}</span>
      </h2>
      <p class="hint" role="status">
        {run.settled} of {run.steps} steps settled · {milliseconds(run.elapsedMs)} · coordinated by{' '}
        <a href={linkTo('topology', run.coordinator)}>{run.coordinator}</a> · <code>{run.runId}</code>
      </p>
      {run.state === 'running' ? (
        <button type="button" class="danger" onClick={cancel}>
          Cancel the run
        </button>
      ) : null}
      {problem === '' ? null : (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <a href={linkTo('runs')} class="close" aria-label="Close the run">
        ×
      </a>
    </header>
  );
}

function End({ end: { ok, text } }: { readonly end: NonNullable<RunMessage['end']> }) {
  return (
    <details class={ok ? 'end' : 'end problem'} open={!ok || text.length < 400}>
      <summary>{ok ? 'Its result' : 'How it failed'}</summary>
      <pre>{text}</pre>
    </details>
  );
}

/** The step chosen first: its row says what it waits for. */
function orderOf(steps: readonly StepView[], chosen: string | undefined): readonly StepView[] {
  const first = steps.find(({ step }) => step === chosen);
  return first ? [first, ...steps.filter((view) => view !== first)] : steps;
}

function useRun(runId: string): Known {
  const [known, setKnown] = useState<Known>({ message: undefined, events: [], problem: undefined });
  useEffect(
    () =>
      followRun(
        runId,
        (message) =>
          setKnown(({ events }) => {
            // A stream that broke begins anew, with the first event.
            const before = message.events[0]?.seq === 1 ? [] : events;
            return { message, events: [...before, ...message.events].slice(-eventsKept), problem: undefined };
          }),
        (problem) => setKnown((before) => ({ ...before, problem })),
      ),
    [runId],
  );
  return known;
}
