/**
 * One run: its graph, coloured as it executes, what each step waits for and what would end that, and its events on a line of time.
 * What is known of it is known-run.ts.
 */

import { useEffect, useState } from 'preact/hooks';
import type { RunSummary, StepView } from '../../../core/workflow/run-view.ts';
import { milliseconds } from '../../../observe/figures.ts';
import type { RunMessage } from '../../feed.ts';
import { linkTo, nowMs } from '../browser.ts';
import { after, type KnownRun, nothingKnown } from '../known-run.ts';
import { cancelRun, followRun } from '../server.ts';
import { connection } from '../store.ts';
import { Graph } from './graph.tsx';
import { StepTable } from './step-table.tsx';
import { Timeline } from './timeline.tsx';

export function RunDetail({ runId }: { readonly runId: string }) {
  const { run, steps, events, problems, end, trouble } = useRun(runId);
  const [chosen, choose] = useState<string | undefined>(undefined);
  return (
    <section class="card run" aria-label={`Run ${run?.name ?? runId}`}>
      {run ? <Head run={ageing(run)} /> : <Unknown runId={runId} hasTrouble={trouble !== undefined} />}
      {trouble === undefined ? null : (
        <p class="problem" role="alert">
          {trouble}
        </p>
      )}
      {end ? <End end={end} /> : null}
      {run ? (
        <>
          <Graph steps={steps} chosen={chosen} choose={choose} />
          <div class="run-columns">
            <StepTable steps={orderOf(steps, chosen)} problems={problems} chosen={chosen} choose={choose} />
            <Timeline steps={steps} events={events} run={ageing(run)} />
          </div>
        </>
      ) : null}
    </section>
  );
}

/** A run under way grows older also while nothing happens to it, as long as somebody tells of it. */
function ageing(run: RunSummary): RunSummary {
  return run.state === 'running' && connection.value === 'live'
    ? { ...run, elapsedMs: Math.max(run.elapsedMs, nowMs.value - run.startedAtMs) }
    : run;
}

function Unknown({ runId, hasTrouble }: { readonly runId: string; readonly hasTrouble: boolean }) {
  return (
    <header>
      <h2>
        Run <code>{runId}</code>
      </h2>
      {hasTrouble ? null : (
        <p class="hint" role="status">
          Asking for it …
        </p>
      )}
      <a href={linkTo('runs')} class="close" aria-label="Close the run">
        ×
      </a>
    </header>
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

/** Follows the run for as long as the view is there. */
function useRun(runId: string): KnownRun {
  const [known, setKnown] = useState<KnownRun>(nothingKnown);
  useEffect(
    () =>
      followRun(
        runId,
        (message) => setKnown((before) => after(before, message)),
        (trouble) => setKnown((before) => ({ ...before, trouble })),
      ),
    [runId],
  );
  return known;
}
