/**
 * The steps of a run in rows: where each stands, what it waits for, and what would end that.
 */

import type { StepNow, StepView } from '../../../core/workflow/run-view.ts';
import { milliseconds } from '../../../observe/figures.ts';
import { Heads } from './parts.tsx';

const rowsMax = 200;

export interface StepTableProps {
  readonly steps: readonly StepView[];
  /** Why steps failed, by their names. */
  readonly problems: ReadonlyMap<string, string>;
  readonly chosen: string | undefined;
  readonly choose: (step: string) => void;
}

export function StepTable({ steps, problems, chosen, choose }: StepTableProps) {
  const open =
    steps.length > rowsMax
      ? [...steps.filter(({ now }) => now.state !== 'settled'), ...steps.filter(({ now }) => now.state === 'settled')]
      : steps;
  return (
    <div class="scrolls">
      <table class="steps-table">
        <Heads of={['step', 'state', 'where, or why it waits']} figures={['time']} />
        <tbody>
          {open.slice(0, rowsMax).map((view) => (
            <tr key={view.step} class={view.step === chosen ? 'chosen' : ''} data-step={view.step} data-state={stateOf(view.now)}>
              <th scope="row">
                <button type="button" class="plain" aria-pressed={view.step === chosen} onClick={() => choose(view.step)}>
                  {view.step}
                </button>
                {view.function === view.step ? null : <span class="hint"> {view.function}</span>}
              </th>
              <td>
                <span class={`status ${stateOf(view.now)}`}>{stateOf(view.now).replace('_', ' ')}</span>
              </td>
              <td>
                {placeOf(view)}
                {problems.has(view.step) && isBad(view.now) ? <span class="problem why">{problems.get(view.step)}</span> : null}
              </td>
              <td class="number">{view.now.state === 'settled' ? milliseconds(view.now.elapsedMs) : ''}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {open.length > rowsMax ? <p class="hint">and {open.length - rowsMax} more steps</p> : null}
    </div>
  );
}

function isBad(now: StepNow): boolean {
  return now.state === 'settled' && now.outcome !== 'done';
}

/** In one word: `waiting`, `running`, or how it ended. */
export function stateOf(now: StepNow): string {
  return now.state === 'settled' ? now.outcome : now.state;
}

function placeOf({ now, elements, undo }: StepView): string {
  const parts = [textOf(now)];
  if (elements) parts.push(`${elements.done} of ${elements.of} elements done${elements.failed > 0 ? `, ${elements.failed} failed` : ''}`);
  if (undo) parts.push(`undo ${undo.state === 'settled' ? undo.outcome : textOf(undo)}`);
  return parts.filter((part) => part !== '').join(' · ');
}

function textOf(now: StepNow): string {
  switch (now.state) {
    case 'waiting':
      return now.reason.kind === 'input' ? `after ${now.reason.step}` : `${now.reason.kind.replace('_', ' ')}, until ${now.ends}`;
    case 'running':
      return now.server === undefined ? 'on its way' : `${now.server}${(now.attempt ?? 1) > 1 ? `, attempt ${now.attempt}` : ''}`;
    case 'settled':
      return now.server ?? '';
  }
}
