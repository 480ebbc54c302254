/**
 * Starting work from the page: one call, or a workflow, each explained first if one likes.
 */

import { signal } from '@preact/signals';
import { useState } from 'preact/hooks';
import { milliseconds } from '../../../observe/figures.ts';
import type { CallAnswer } from '../../feed.ts';
import { goTo, route } from '../browser.ts';
import { call, submit } from '../server.ts';
import { functions } from '../store.ts';
import { Explain } from './explain.tsx';

/** What was typed stays while other views are looked at. */
const [args, need, workflowText, inputText] = [signal('[]'), signal(''), signal(''), signal('')];
const timeoutMs = 30_000;

export function CallDesk() {
  const [, name = '', version] = route.value;
  return (
    <div class="desk">
      <CallForm key={`${name}@${version}`} name={name} version={version} />
      <WorkflowForm />
    </div>
  );
}

function CallForm({ name, version }: { readonly name: string; readonly version: string | undefined }) {
  const [fun, setFun] = useState(name);
  const [range, setRange] = useState(version ?? '');
  const [answer, setAnswer] = useState<CallAnswer | string | undefined>(undefined);
  const [isBusy, setBusy] = useState(false);
  const needs = need.value.split(/[\s,]+/).filter(Boolean);
  const send = (event: Event): void => {
    event.preventDefault();
    setBusy(true);
    call({ function: fun, version: range.trim() === '' ? undefined : range.trim(), args: args.value, need: needs, timeoutMs })
      .then(setAnswer, (error: unknown) => setAnswer(error instanceof Error ? error.message : String(error)))
      .finally(() => setBusy(false));
  };
  return (
    <form class="card" onSubmit={send} aria-label="Call a function">
      <h2>Call a function</h2>
      <label for="fun">Function</label>
      <input id="fun" list="functions" required value={fun} onInput={({ currentTarget }) => setFun(currentTarget.value)} />
      <datalist id="functions">
        {[...new Set(functions.value.map((row) => row.function))].slice(0, 500).map((known) => (
          <option key={known} value={known} />
        ))}
      </datalist>
      <label for="range">Version, or a range of versions; the highest if there is none</label>
      <input id="range" placeholder="^1.2.0" value={range} onInput={({ currentTarget }) => setRange(currentTarget.value)} />
      <label for="args">Arguments, a JSON list</label>
      <textarea
        id="args"
        rows={5}
        spellcheck={false}
        value={args.value}
        onInput={({ currentTarget }) => (args.value = currentTarget.value)}
      />
      <label for="need">Resources that its server must have</label>
      <input id="need" placeholder="gpu db" value={need.value} onInput={({ currentTarget }) => (need.value = currentTarget.value)} />
      <div class="row">
        <button type="submit" class="primary" disabled={isBusy}>
          {isBusy ? 'Calling …' : 'Call'}
        </button>
        <p class="hint">It runs for real, in the name of this server; it has 30 seconds.</p>
      </div>
      <div role="status" aria-live="polite" class="answer">
        {answer === undefined ? null : <Answer answer={answer} />}
      </div>
      {fun === '' ? null : <Explain key={`${fun} ${need.value}`} what={{ function: fun, need: needs }} />}
    </form>
  );
}

function Answer({ answer }: { readonly answer: CallAnswer | string }) {
  if (typeof answer === 'string') return <p class="problem">{answer}</p>;
  if (!answer.ok)
    return (
      <p class="problem">
        <strong>{answer.code}</strong> after {milliseconds(answer.elapsedMs)}: {answer.message}{' '}
        <span class={`status executed-${answer.executed}`}>ran: {answer.executed}</span>
      </p>
    );
  return (
    <>
      <p class="hint">
        answered after {milliseconds(answer.elapsedMs)}
        {answer.isCut ? '; only the beginning is shown' : ''}
      </p>
      <pre>{answer.text}</pre>
    </>
  );
}

const example = `{
  "name": "example",
  "commands": [
    { "name": "first", "fun": "a.function", "args": [1] },
    { "name": "second", "fun": "another", "args": [{ "$ref": "first" }] }
  ]
}`;

function WorkflowForm() {
  const [problem, setProblem] = useState('');
  const send = (event: Event): void => {
    event.preventDefault();
    submit(workflowText.value, inputText.value).then(
      (runId) => goTo('runs', runId),
      (error: unknown) => setProblem(error instanceof Error ? error.message : String(error)),
    );
  };
  return (
    <form class="card" onSubmit={send} aria-label="Run a workflow">
      <h2>Run a workflow</h2>
      <label for="workflow">The workflow, as JSON: what a file of heddle run holds</label>
      <textarea
        id="workflow"
        rows={14}
        spellcheck={false}
        required
        placeholder={example}
        value={workflowText.value}
        onInput={({ currentTarget }) => (workflowText.value = currentTarget.value)}
      />
      <label for="input">Its input, as JSON, if it takes one</label>
      <input id="input" value={inputText.value} onInput={({ currentTarget }) => (inputText.value = currentTarget.value)} />
      <div class="row">
        <button type="submit" class="primary">
          Run
        </button>
        <p class="hint">The run is shown as it executes; it goes on when this page is closed.</p>
      </div>
      {problem === '' ? null : (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      {workflowText.value.trim() === '' ? null : (
        <Explain key={workflowText.value} what={{ workflow: workflowText.value }} label="Where would each step go?" />
      )}
    </form>
  );
}
