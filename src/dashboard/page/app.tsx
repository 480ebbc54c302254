/**
 * The frame of the page: what the fabric does in one line, the views, and the one that is open.
 */

import type { ComponentChildren } from 'preact';
import { count, milliseconds, perSecond, plural } from '../../observe/figures.ts';
import { linkTo, route } from './browser.ts';
import { beat, connection, gauges, hello, present, runs, vitals } from './store.ts';
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
  const ill = present.value.filter(({ status }) => status !== 'alive').length;
  return (
    <dl class="summary">
      <Figure name="servers" value={count(present.value.length)} note={ill > 0 ? `${plural(ill, 'server')} not alive` : undefined} />
      <Figure
        name="calls"
        value={perSecond(callsPerSecond)}
        note={failedPerSecond > 0 ? `${perSecond(failedPerSecond)} failed` : undefined}
      />
      <Figure name="p50" value={milliseconds(p50Ms)} />
      <Figure name="p99" value={milliseconds(p99Ms)} />
    </dl>
  );
}

function Figure({ name, value, note }: { readonly name: string; readonly value: string; readonly note?: string | undefined }) {
  return (
    <div class={note === undefined ? '' : 'warned'} title={note}>
      <dt>{name}</dt>
      <dd>
        {value}
        {note === undefined ? null : <span class="visually-hidden">, {note}</span>}
      </dd>
    </div>
  );
}
