/**
 * Where a call, or each step of a workflow, would go now, and why: asked of the server, shown as it says it.
 */

import { useState } from 'preact/hooks';
import { type Explanation, explain } from '../server.ts';

/** What is asked about: a function with what its server must have, or a workflow (JSON). */
export interface ExplainProps {
  readonly what: Parameters<typeof explain>[0];
  /** Says that something is asked; default: the call of a function. */
  readonly label?: string;
}

const stepsShown = 200;

export function Explain({ what, label = 'Where would a call go?' }: ExplainProps) {
  const [answer, setAnswer] = useState<Explanation | string | undefined>(undefined);
  const ask = (): void => {
    explain(what).then(setAnswer, (error: unknown) => setAnswer(error instanceof Error ? error.message : String(error)));
  };
  return (
    <div class="explain">
      <button type="button" onClick={ask}>
        {label}
      </button>
      <div role="status" aria-live="polite">
        {answer === undefined ? null : typeof answer === 'string' ? <p class="problem">{answer}</p> : <Steps answer={answer} />}
      </div>
    </div>
  );
}

function Steps({ answer: { steps } }: { readonly answer: Explanation }) {
  return (
    <ol class="plan">
      {steps.slice(0, stepsShown).map(({ name, server, reasons }) => (
        <li key={name}>
          <strong>{name}</strong> → {server === undefined || server === '' ? 'no server' : server}
          <ul>
            {reasons.map((reason) => (
              <li key={reason}>{reason}</li>
            ))}
          </ul>
        </li>
      ))}
      {steps.length > stepsShown ? <li>and {steps.length - stepsShown} more steps</li> : null}
    </ol>
  );
}
