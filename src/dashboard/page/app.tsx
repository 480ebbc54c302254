/**
 * The frame of the page: what the fabric does in one line, the views, and the one that is open.
 */

import type { ComponentChildren } from 'preact';
import { count, milliseconds, perSecond, timeOfDay } from '../../observe/figures.ts';
import { linkTo, route } from './browser.ts';
import { beat, connection, gauges, heardAtMs, hello, present, runs, vitals } from './store.ts';
import { Breakers, brokenOf } from './views/breakers.tsx';
import { CallDesk } from './views/call-desk.tsx';
import { Catalog } from './views/catalog.tsx';
import { Events } from './views/events.tsx';
import { Latency } from './views/latency.tsx';
import { Locked } from './views/locked.tsx';
import { Runs } from './views/runs.tsx';
import { Topology } from './views/topology.tsx';

const views: Readonly<Record<string, { readonly title: string; readonly show: () => ComponentChildren }>> = {
  topology: { title: 'Topology', show: () => <Topology /> },
  catalog: { title: 'Catalog', show: () => <Catalog /> },
  runs: { title: 'Runs', show: () => <Runs /> },
  latency: { title: 'Latency', show: () => <Latency /> },
  breakers: { title: 'Breakers', show: () => <Breakers /> },
  events: { title: 'Events', show: () => <Events /> },
  call: { title: 'Call & run', show: () => <CallDesk /> },
};

export function App() {
  if (connection.value === 'locked') return <Locked />;
  const [first = 'topology'] = route.value;
  const view = views[first] ?? views['topology'];
  document.title = `${view?.title ?? ''} · ${hello.value?.server ?? 'Heddle'}`;
  return (
    <>
      <a class="skip" href="#view">
        Skip to the view
      </a>
      <header class="top">
        <Brand />
        <nav aria-label="Views">
          {Object.entries(views).map(([name, { title }]) => (
            <a key={name} href={linkTo(name)} aria-current={view?.title === title ? 'page' : undefined}>
              {title}
              <Badge view={name} />
            </a>
          ))}
        </nav>
        <Summary />
      </header>
      <main id="view" tabIndex={-1} class={`view view-${first}`}>
        <h1 class="visually-hidden">{view?.title}</h1>
        <Stale />
        {view?.show()}
      </main>
    </>
  );
}

function Brand() {
  const state = connection.value;
  const words = { live: 'live', connecting: 'connecting', lost: 'connection lost, trying again', locked: 'locked' }[state];
  return (
    <div class="brand">
      <img src="./icon.svg" alt="" width="22" height="22" />
      <strong>{hello.value?.server ?? 'Heddle'}</strong>
      <span class={`pulse ${state}`} role="status">
        {words}
      </span>
    </div>
  );
}

function Badge({ view }: { readonly view: string }) {
  const number =
    view === 'runs'
      ? runs.value.filter(({ state }) => state === 'running').length
      : view === 'breakers'
        ? brokenOf(vitals.value).length
        : 0;
  return number === 0 ? null : <span class={`badge ${view}`}>{number}</span>;
}

function Summary() {
  void beat.value;
  const { callsPerSecond, failedPerSecond, p50Ms, p99Ms } = gauges.now();
  const alive = present.value.filter(({ status }) => status === 'alive').length;
  const all = present.value.length;
  return (
    <dl class="summary">
      <Figure name="servers" value={alive === all ? count(all) : `${count(alive)} of ${count(all)} alive`} isWarning={alive !== all} />
      <Figure name="calls" value={perSecond(callsPerSecond)} />
      <Figure name="failed" value={perSecond(failedPerSecond)} isWarning={failedPerSecond > 0} />
      <Figure name="p50" value={milliseconds(p50Ms)} />
      <Figure name="p99" value={milliseconds(p99Ms)} />
    </dl>
  );
}

interface FigureProps {
  readonly name: string;
  readonly value: string;
  readonly isWarning?: boolean;
}

function Figure({ name, value, isWarning = false }: FigureProps) {
  return (
    <div class={isWarning ? 'warned' : ''}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

/** What is shown is not how things are, while the server that tells of them does not answer. */
function Stale() {
  if (connection.value !== 'lost' || heardAtMs.value === undefined) return null;
  return (
    <p class="stale" role="alert">
      {hello.value?.server ?? 'The server'} does not answer. What is shown is how things stood at {timeOfDay(heardAtMs.value).slice(0, 8)}.
    </p>
  );
}
