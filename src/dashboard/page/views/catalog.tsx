/**
 * What the fabric offers, with search; of the function chosen its schemas, and where a call of it would go now.
 */

import { computed, signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { milliseconds, perSecond, plural } from '../../../observe/figures.ts';
import type { FunctionRow } from '../../feed.ts';
import { linkTo, route } from '../browser.ts';
import { describe, type FunctionDetail } from '../server.ts';
import { beat, functions, gauges, moreFunctions } from '../store.ts';
import { Explain } from './explain.tsx';
import { Heads, SearchField, Tags } from './parts.tsx';

const search = signal('');
const rowsMax = 300;

const found = computed(() => {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  return functions.value.filter((row) => words.every((word) => wordsOf(row).includes(word)));
});

export function Catalog() {
  const [, name, version] = route.value;
  const chosen = functions.value.find((row) => row.function === name && (version === undefined || row.version === version));
  return (
    <div class="split">
      <section class="page" aria-label="Functions">
        <div class="tools">
          <SearchField
            value={search}
            label="Find functions by name, resource, effect or server"
            placeholder="Find by name, resource, effect, server"
          />
          <p class="hint" role="status">
            {plural(found.value.length, 'function')}
            {moreFunctions.value > 0 ? `; ${moreFunctions.value} more are not shown` : ''}
          </p>
        </div>
        {found.value.length === 0 && functions.value.length > 0 ? <p class="empty">No function is like that.</p> : null}
        {functions.value.length === 0 ? <p class="empty">No server offers anything yet.</p> : <Rows chosen={chosen} />}
      </section>
      <section class="side" aria-label="The function chosen">
        {chosen ? (
          <Chosen key={`${chosen.function}@${chosen.version}`} row={chosen} />
        ) : (
          <p class="empty">Choose a function to see what it takes and gives, and where a call would go.</p>
        )}
      </section>
    </div>
  );
}

function Rows({ chosen }: { readonly chosen: FunctionRow | undefined }) {
  void beat.value;
  return (
    <table class="functions-table">
      <Heads of={['function', 'version', 'effect', 'resources', 'servers']} figures={['calls', 'p99']} />
      <tbody>
        {found.value.slice(0, rowsMax).map((row) => {
          const { callsPerSecond, p99Ms } = gauges.now({ function: row.function });
          return (
            <tr key={`${row.function}@${row.version}`} class={row === chosen ? 'chosen' : ''}>
              <th scope="row">
                <a href={linkTo('catalog', row.function, row.version)} aria-current={row === chosen ? 'true' : undefined}>
                  {row.function}
                </a>
                {row.kind === 'stream' ? <span class="status">stream</span> : null}
              </th>
              <td>{row.version}</td>
              <td>
                <span class={`effect ${row.effect}`}>{row.effect}</span>
              </td>
              <Tags of={row.resources} />
              <td class="servers">{row.servers.length > 3 ? plural(row.servers.length, 'server') : row.servers.join(', ')}</td>
              <td class="number">{perSecond(callsPerSecond)}</td>
              <td class="number">{milliseconds(p99Ms)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function Chosen({ row }: { readonly row: FunctionRow }) {
  const [detail, setDetail] = useState<FunctionDetail | string>({});
  useEffect(() => {
    describe(row.function, row.version).then(setDetail, (error: unknown) => setDetail(String(error)));
  }, [row.function, row.version]);
  return (
    <article class="card">
      <header>
        <h2>
          <code>{row.function}</code> {row.version}
        </h2>
        <a class="button" href={linkTo('call', row.function, row.version)}>
          {row.kind === 'stream' ? 'Read it' : 'Call it'}
        </a>
      </header>
      <p class="hint">
        {row.effect === 'once'
          ? 'once: must not run twice'
          : row.effect === 'pure'
            ? 'pure: the same for the same, and nothing else happens'
            : 'idempotent: safe to run again'}
        {' · offered by '}
        {row.servers.slice(0, 12).join(', ')}
        {row.servers.length > 12 ? ` and ${row.servers.length - 12} more` : ''}
      </p>
      <Explain what={{ function: row.function }} />
      {typeof detail === 'string' ? (
        <p class="problem">{detail}</p>
      ) : (
        <>
          <Schema name="takes" schema={detail.inputSchema} />
          <Schema name="gives" schema={detail.outputSchema} />
        </>
      )}
    </article>
  );
}

function Schema({ name, schema }: { readonly name: string; readonly schema: unknown }) {
  if (schema === undefined) return <p class="hint">It does not say what it {name}.</p>;
  return (
    <details open>
      <summary>{name}</summary>
      <pre>{JSON.stringify(schema, null, 2)}</pre>
    </details>
  );
}

function wordsOf(row: FunctionRow): string {
  return `${row.function} ${row.version} ${row.kind} ${row.effect} ${row.resources.join(' ')} ${row.servers.join(' ')}`.toLowerCase();
}
