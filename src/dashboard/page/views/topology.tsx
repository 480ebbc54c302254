/**
 * The fabric as it stands: a picture of its servers and links, the same as a table, and what is known of the one chosen.
 */

import { computed } from '@preact/signals';
import { bytes, milliseconds, perSecond, plural } from '../../../observe/figures.ts';
import type { LinkGauge } from '../../../observe/gauges.ts';
import { goTo, linkTo, route } from '../browser.ts';
import { beat, events, functions, gauges, moreServers, servers, vitals } from '../store.ts';
import { EventList } from './events.tsx';
import { Heads } from './parts.tsx';
import { Picture } from './picture.tsx';
import { ServerTable } from './server-table.tsx';

/** Each link once, as the side says that has measured it. */
const links = computed((): readonly LinkGauge[] => {
  void beat.value;
  const there = new Set(servers.value.map(({ name }) => name));
  const byPair = new Map<string, LinkGauge>();
  for (const link of gauges.links()) {
    if (!there.has(link.to)) continue;
    const [low, high] = link.from < link.to ? [link.from, link.to] : [link.to, link.from];
    const known = byPair.get(`${low} ${high}`);
    byPair.set(`${low} ${high}`, {
      from: low,
      to: high,
      roundTripMs: known?.roundTripMs ?? link.roundTripMs,
      inFlight: Math.max(known?.inFlight ?? 0, link.inFlight),
      bytesPerSecond: Math.max(known?.bytesPerSecond ?? 0, link.bytesPerSecond),
    });
  }
  return [...byPair.values()].sort((a, b) => a.from.localeCompare(b.from) || a.to.localeCompare(b.to));
});

export function Topology() {
  const [, chosen] = route.value;
  const row = servers.value.find(({ name }) => name === chosen);
  return (
    <div class="split">
      <section class="stage" aria-label="Picture of the fabric">
        <Picture servers={servers.value} links={links.value} chosen={row?.name} choose={(name) => goTo('topology', name)} />
        <Legend />
      </section>
      <section class="side" aria-label="Servers">
        {row === undefined ? null : <Chosen name={row.name} />}
        <ServerTable chosen={row?.name} />
        {moreServers.value > 0 ? <p class="hint">and {moreServers.value} more, which are not shown</p> : null}
      </section>
    </div>
  );
}

function Legend() {
  return (
    <ul class="legend" aria-label="Colours">
      {['alive', 'suspect', 'unreachable', 'leaving', 'dead'].map((status) => (
        <li key={status}>
          <span class={`dot ${status}`} />
          {status}
        </li>
      ))}
      <li>a line is a link: the thicker, the more bytes pass</li>
    </ul>
  );
}

function Chosen({ name }: { readonly name: string }) {
  void beat.value;
  const row = servers.value.find((server) => server.name === name);
  const said = vitals.value.get(name);
  const own = links.value.filter(({ from, to }) => from === name || to === name).sort((a, b) => b.bytesPerSecond - a.bytesPerSecond);
  const { callsPerSecond, p50Ms, p99Ms } = gauges.now({ server: name });
  const offered = functions.value.filter((fun) => fun.servers.includes(name));
  const lately = events.value.filter(({ fields }) => fields['name'] === name || fields['server'] === name).slice(-6);
  return (
    <article class="card chosen">
      <header>
        <h2>
          <span class={`dot ${row?.status}`} /> {name}
        </h2>
        <a href={linkTo('topology')} class="close" aria-label={`Close ${name}`}>
          ×
        </a>
      </header>
      <dl class="facts">
        <Fact name="status">
          {row?.status}
          {row?.evidence.length ? `: ${row.evidence.join(', ')}` : ''}
          {said?.isDraining ? ', draining' : ''}
          {said?.isOverloaded ? ', overloaded' : ''}
        </Fact>
        <Fact name="address">{row?.url}</Fact>
        <Fact name="resources">{row?.resources.join(', ') || 'none'}</Fact>
        <Fact name="epoch">{String(row?.epoch ?? '')}</Fact>
        <Fact name="calls served">
          {said ? `${perSecond(callsPerSecond)}, p50 ${milliseconds(p50Ms)}, p99 ${milliseconds(p99Ms)}` : 'it has not said'}
        </Fact>
        {said ? (
          <Fact name="now">{`${said.inFlight} running or waiting, ${said.sent} sent on, ${plural(said.runs, 'run')}, ${plural(said.sessions, 'client')}`}</Fact>
        ) : null}
        {said ? <Fact name="kept results">{`${said.results.values}, ${bytes(said.results.bytes)}`}</Fact> : null}
        {said?.process ? (
          <Fact name="process">{`${bytes(said.process.residentBytes)}, event loop ${milliseconds(said.process.loopDelayMs)} late at most (p99)`}</Fact>
        ) : null}
        <Fact name="functions">{offered.length === 0 ? 'none' : offered.map((fun) => fun.function).join(', ')}</Fact>
      </dl>
      <LinkTable name={name} links={own} />
      {lately.length > 0 ? <EventList rows={lately} /> : null}
    </article>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children?: string | readonly (string | undefined)[] | undefined }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

function LinkTable({ name, links: own }: { readonly name: string; readonly links: readonly LinkGauge[] }) {
  if (own.length === 0) return <p class="hint">No link to it is known.</p>;
  return (
    <table>
      <Heads of={['link to']} figures={['round trip', 'traffic', 'in flight']} />
      <tbody>
        {own.slice(0, 20).map(({ from, to, roundTripMs, bytesPerSecond, inFlight }) => (
          <tr key={from + to}>
            <th scope="row">{from === name ? to : from}</th>
            <td class="number">{milliseconds(roundTripMs)}</td>
            <td class="number">{bytes(bytesPerSecond)}/s</td>
            <td class="number">{inFlight}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
