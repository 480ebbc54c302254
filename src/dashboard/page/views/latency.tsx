/**
 * Calls and how long they take, over the last minutes: of all functions, and of the busiest.
 */

import { useState } from 'preact/hooks';
import { milliseconds, percent, perSecond, timeOfDay } from '../../../observe/figures.ts';
import { type Point, windowMs } from '../../../observe/gauges.ts';
import { beat, gauges } from '../store.ts';
import { Chart } from './chart.tsx';
import { Heads } from './parts.tsx';

/** Functions with a chart of their own. */
export const chartsMax = 8;

export function Latency() {
  void beat.value;
  const names = gauges.busiest();
  return (
    <div class="page">
      <p class="hint">
        Each point is of the last {windowMs / 1_000} seconds, over all servers; latency is what passes at the server that runs the call,
        waiting for a place included.
      </p>
      <div class="charts">
        <Figures name="" title="All calls" />
        {names.slice(0, chartsMax).map((name) => (
          <Figures key={name} name={name} title={name} />
        ))}
      </div>
      {names.length === 0 ? <p class="empty">No function has been called in the last {windowMs / 1_000} seconds.</p> : null}
      {names.length > chartsMax ? <Rest names={names.slice(chartsMax)} /> : null}
    </div>
  );
}

function Figures({ name, title }: { readonly name: string; readonly title: string }) {
  const points = gauges.history(name);
  const [pointed, point] = useState<number | undefined>(undefined);
  const last = points.at(-1);
  const words = last ? wordsOf(last) : 'nothing yet';
  const then = pointed === undefined ? undefined : points[pointed];
  return (
    <figure class="card chart-card">
      <figcaption>
        <h2>{title}</h2>
        <span>{then ? `${timeOfDay(then.atMs).slice(0, 8)}: ${wordsOf(then)}` : words}</span>
      </figcaption>
      <Keys of={['p50', 'p99']} />
      <Chart label={`Latency of ${title}: ${words}`} points={points} kind="latency" point={point} />
      <Keys of={['calls a second', 'failed']} />
      <Chart label={`Calls a second of ${title}: ${words}`} points={points} kind="rate" point={point} />
    </figure>
  );
}

/** What the colours of a chart mean. */
function Keys({ of }: { readonly of: readonly [string, string] }) {
  return (
    <p class="keys" aria-hidden="true">
      <span class="key first">{of[0]}</span>
      <span class={`key ${of[1]}`}>{of[1]}</span>
    </p>
  );
}

function wordsOf({ callsPerSecond, failedPerSecond, p50Ms, p99Ms }: Point): string {
  const failed = failedPerSecond > 0 ? `, ${percent(failedPerSecond / callsPerSecond)} failed` : '';
  return `${perSecond(callsPerSecond)}, p50 ${milliseconds(p50Ms)}, p99 ${milliseconds(p99Ms)}${failed}`;
}

function Rest({ names }: { readonly names: readonly string[] }) {
  return (
    <table>
      <Heads of={['function']} figures={['calls', 'p50', 'p99']} />
      <tbody>
        {names.slice(0, 100).map((name) => {
          const { callsPerSecond, p50Ms, p99Ms } = gauges.now({ function: name });
          return (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td class="number">{perSecond(callsPerSecond)}</td>
              <td class="number">{milliseconds(p50Ms)}</td>
              <td class="number">{milliseconds(p99Ms)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
