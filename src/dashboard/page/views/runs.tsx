/**
 * The runs of the fabric: a list of them, and the one chosen as it executes.
 */

import { milliseconds, plural } from '../../../observe/figures.ts';
import { linkTo, nowMs, route } from '../browser.ts';
import { moreRuns, runs } from '../store.ts';
import { Heads } from './parts.tsx';
import { RunDetail } from './run-detail.tsx';

export function Runs() {
  const [, runId] = route.value;
  return (
    <div class="stack">
      {runId === undefined ? null : <RunDetail key={runId} runId={runId} />}
      <section class="page" aria-label="Runs">
        {runs.value.length === 0 ? (
          <p class="empty">
            No run is under way, and none has ended within the last minutes. <a href={linkTo('call')}>Start one</a>
          </p>
        ) : (
          <RunTable chosen={runId} />
        )}
        {moreRuns.value > 0 ? <p class="hint">and {plural(moreRuns.value, 'older run')}</p> : null}
      </section>
    </div>
  );
}

function RunTable({ chosen }: { readonly chosen: string | undefined }) {
  return (
    <table class="runs-table">
      <Heads of={['run', 'workflow', 'coordinator', 'state', 'steps']} figures={['time', 'began']} />
      <tbody>
        {runs.value.map(({ runId, name, coordinator, state, settled, steps, elapsedMs, startedAtMs }) => (
          <tr key={runId} class={runId === chosen ? 'chosen' : ''}>
            <th scope="row">
              <a href={linkTo('runs', runId)} aria-current={runId === chosen ? 'true' : undefined} title={runId}>
                {shortOf(runId)}
              </a>
            </th>
            <td>{name ?? '–'}</td>
            <td class="coordinator">
              <a href={linkTo('topology', coordinator)}>{coordinator}</a>
            </td>
            <td>
              <span class={`status ${state}`}>{state}</span>
            </td>
            <td>
              <progress max={steps} value={settled} aria-label={`${settled} of ${steps} steps settled`} /> {settled}/{steps}
            </td>
            <td class="number">{milliseconds(state === 'running' ? Math.max(elapsedMs, nowMs.value - startedAtMs) : elapsedMs)}</td>
            <td class="number">{milliseconds(Math.max(0, nowMs.value - startedAtMs))} ago</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** `<coordinator>~<instance>~<number>` says the coordinator twice. */
function shortOf(runId: string): string {
  const [, instance = '', number] = runId.split('~');
  return number === undefined ? runId : `${instance.slice(0, 6)}~${number}`;
}
