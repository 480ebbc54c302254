/**
 * What has happened, the youngest first; a screen reader is told of each as it comes.
 */

import { signal } from '@preact/signals';
import { timeOfDay } from '../../../observe/figures.ts';
import type { EventRow } from '../../feed.ts';
import { events } from '../store.ts';
import { SearchField } from './parts.tsx';

const search = signal('');
const isHeld = signal<readonly EventRow[] | undefined>(undefined);

export function Events() {
  const wanted = search.value.trim().toLowerCase();
  const all = isHeld.value ?? events.value;
  const rows = wanted === '' ? all : all.filter((row) => `${row.kind} ${textOf(row)}`.toLowerCase().includes(wanted));
  return (
    <div class="page">
      <div class="tools">
        <SearchField value={search} label="Find events by kind or text" placeholder="Find by kind or text" />
        <button
          type="button"
          aria-pressed={isHeld.value !== undefined}
          onClick={() => {
            isHeld.value = isHeld.value ? undefined : events.value;
          }}
        >
          {isHeld.value ? 'Go on' : 'Hold still'}
        </button>
        <p class="hint">
          {rows.length} of the last {all.length} events, as this server sees them; single calls and steps are not among them.
        </p>
      </div>
      {rows.length === 0 ? (
        <p class="empty">Nothing has happened yet{wanted === '' ? '' : ' that is like that'}.</p>
      ) : (
        <EventList rows={rows} isLive={!isHeld.value} />
      )}
    </div>
  );
}

export function EventList({ rows, isLive = false }: { readonly rows: readonly EventRow[]; readonly isLive?: boolean }) {
  return (
    <div role="log" aria-label="Events" aria-live={isLive ? 'polite' : 'off'}>
      <ol class="events" reversed>
        {rows.toReversed().map((row) => (
          <li key={row.sequence} class={toneOf(row)}>
            <time>{timeOfDay(row.atMs)}</time>
            <code>{row.kind}</code>
            <span>{textOf(row)}</span>
          </li>
        ))}
      </ol>
    </div>
  );
}

/** The fields of an event in the order in which it has them. */
function textOf({ fields }: EventRow): string {
  return Object.entries(fields)
    .filter(([name, value]) => value !== undefined && name !== 'instance' && !(Array.isArray(value) && value.length === 0))
    .map(([name, value]) => `${name} ${wordsOf(value)}`)
    .join(' · ');
}

function wordsOf(value: unknown): string {
  if (typeof value === 'number') return String(Math.round(value * 10) / 10);
  if (Array.isArray(value)) return value.map(wordsOf).join(', ');
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.values(value).map(wordsOf).join(' ');
}

const bad = /died|opened$|failed|failing|unreachable|rejected|refused|overloaded|blocked|overstayed|isolated|expired|suspended/;
const good = /joined|closed$|refuted|recovered|resumed|appeared/;

function toneOf({ kind, fields }: EventRow): string {
  if (kind.startsWith('link.') || kind.startsWith('session.')) return '';
  if (kind === 'run.settled') return fields['ok'] === false ? 'bad' : 'good';
  if (bad.test(kind) || kind === 'member.suspected') return 'bad';
  return good.test(kind) ? 'good' : '';
}
