/**
 * Circuit breakers that are not closed, as each server has them.
 */

import { milliseconds } from '../../../observe/figures.ts';
import type { BreakerVitals, Vitals } from '../../../observe/vitals.ts';
import { linkTo, nowMs } from '../browser.ts';
import { events, vitals } from '../store.ts';
import { EventList } from './events.tsx';
import { Heads } from './parts.tsx';

/** A breaker with the server that holds it. */
interface Broken extends BreakerVitals {
  readonly holder: string;
  readonly saidAtMs: number;
}

export function brokenOf(said: ReadonlyMap<string, Vitals>): readonly Broken[] {
  return [...said.values()].flatMap(({ server, atMs, breakers }) =>
    breakers.map((breaker) => ({ ...breaker, holder: server, saidAtMs: atMs })),
  );
}

export function Breakers() {
  const broken = brokenOf(vitals.value);
  const lately = events.value.filter(({ kind }) => kind.startsWith('breaker.'));
  return (
    <div class="page">
      {broken.length === 0 ? (
        <p class="empty">Every breaker is closed: attempts pass everywhere.</p>
      ) : (
        <table>
          <Heads of={['who refuses', 'attempts at', 'of', 'state', 'until']} />
          <tbody>
            {broken.map((breaker) => (
              <Row key={`${breaker.holder} ${breaker.server} ${breaker.function}`} breaker={breaker} />
            ))}
          </tbody>
        </table>
      )}
      <h2 class="section">What breakers of this server did</h2>
      {lately.length === 0 ? (
        <p class="hint">Nothing lately. What those of another server did is on the page that it serves, and in its log.</p>
      ) : (
        <EventList rows={lately} />
      )}
    </div>
  );
}

function Row({ breaker }: { readonly breaker: Broken }) {
  const { holder, server, function: name, state } = breaker;
  return (
    <tr>
      <th scope="row">
        <a href={linkTo('topology', holder)}>{holder}</a>
      </th>
      <td>
        <a href={linkTo('topology', server)}>{server}</a>
      </td>
      <td>{name === undefined ? 'everything: its connection fails' : <code>{name}</code>}</td>
      <td>
        <span class={`status ${state}`}>{state}</span>
      </td>
      <td>{untilText(breaker)}</td>
    </tr>
  );
}

/** By the clock of the server that holds it, as far as this page's own runs with it. */
function untilText({ state, opensForMs, saidAtMs }: Broken): string {
  if (state === 'open' && opensForMs !== undefined) {
    const leftMs = saidAtMs + opensForMs - nowMs.value;
    return leftMs > 0 ? `the next attempt passes in ${milliseconds(leftMs)}` : 'the next attempt passes';
  }
  if (state === 'probing') return 'its probe has an end';
  return 'the next attempt, which is its probe, has an end';
}
