/**
 * Every server in a row: what the picture shows, in words, and what a keyboard goes through.
 */

import { signal } from '@preact/signals';
import { milliseconds, perSecond, plural } from '../../../observe/figures.ts';
import { linkTo, nowMs } from '../browser.ts';
import { silentOf } from '../silent.ts';
import { beat, gauges, hello, helloAtMs, present, servers, vitals } from '../store.ts';
import { Heads, SearchField, Tags } from './parts.tsx';

const search = signal('');
/** Rows that are shown at once. */
const rowsMax = 250;

export function ServerTable({ chosen }: { readonly chosen: string | undefined }) {
  void beat.value;
  const wanted = search.value.trim().toLowerCase();
  const rows = servers.value.filter((row) => `${row.name} ${row.status} ${row.resources.join(' ')}`.toLowerCase().includes(wanted));
  return (
    <>
      {servers.value.length > 12 ? (
        <SearchField value={search} label="Find servers by name, status or resource" placeholder="Find by name, status, resource" />
      ) : null}
      <table class="servers-table">
        <Heads of={['server', 'resources']} figures={['calls', 'p99', 'in flight']} />
        <tbody>
          {rows.slice(0, rowsMax).map(({ name, status, resources }) => (
            <Row key={name} name={name} status={status} resources={resources} isChosen={name === chosen} />
          ))}
        </tbody>
      </table>
      <Silent />
      {rows.length === 0 ? <p class="hint">No server is like that.</p> : null}
    </>
  );
}

/** Who tells nothing of itself, and what may be the reason. */
function Silent() {
  const server = hello.value?.server;
  const silent = silentOf(present.value, vitals.value, nowMs.value - helloAtMs.value);
  if (silent.length === 0 || server === undefined) return null;
  return (
    <p class="hint" role="status">
      {plural(silent.length, 'server')} told nothing of calls and links: {silent.slice(0, 5).join(', ')}
      {silent.length > 5 ? ' and others' : ''}. Where rules are in force, <code>server:{server}</code> must be let <code>observe</code>{' '}
      them.
    </p>
  );
}

interface RowProps {
  readonly name: string;
  readonly status: string;
  readonly resources: readonly string[];
  readonly isChosen: boolean;
}

function Row({ name, status, resources, isChosen }: RowProps) {
  const { callsPerSecond, p99Ms } = gauges.now({ server: name });
  const said = vitals.value.get(name);
  return (
    <tr class={`${status}${isChosen ? ' chosen' : ''}`} data-server-row={name}>
      <th scope="row">
        <a href={isChosen ? linkTo('topology') : linkTo('topology', name)} aria-current={isChosen ? 'true' : undefined}>
          <span class={`dot ${status}`} aria-hidden="true" />
          {name}
        </a>
        {status === 'alive' ? null : <span class={`status ${status}`}>{status}</span>}
        {name === hello.value?.server ? <span class="status self">this one</span> : null}
      </th>
      <Tags of={resources} />
      <td class="number">{said ? perSecond(callsPerSecond) : '–'}</td>
      <td class="number">{milliseconds(p99Ms)}</td>
      <td class="number">{said ? said.inFlight : '–'}</td>
    </tr>
  );
}
