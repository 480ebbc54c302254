/**
 * What the page knows, as signals: the last message of each kind, the events, and figures over time.
 */

import { computed, signal } from '@preact/signals';
import type { RunSummary } from '../../core/workflow/run-view.ts';
import { Gauges } from '../../observe/gauges.ts';
import type { Vitals } from '../../observe/vitals.ts';
import { type EventRow, type FeedMessage, type FunctionRow, keptOf, type ServerRow } from '../feed.ts';
import { later, nowMs } from './browser.ts';

/** `locked`: the server wants a token first. */
export type Connection = 'connecting' | 'live' | 'lost' | 'locked';

export const connection = signal<Connection>('connecting');
/** When its stream began. */
export const helloAtMs = signal(0);
/** When the server was heard last, in milliseconds since the Unix epoch. */
export const heardAtMs = signal<number | undefined>(undefined);
export const hello = signal<Extract<FeedMessage, { readonly kind: 'hello' }> | undefined>(undefined);
export const servers = signal<readonly ServerRow[]>([]);
export const moreServers = signal(0);
export const functions = signal<readonly FunctionRow[]>([]);
export const moreFunctions = signal(0);
export const runs = signal<readonly RunSummary[]>([]);
export const moreRuns = signal(0);
export const events = signal<readonly EventRow[]>([]);
/** By server: the last that it said of itself. */
export const vitals = signal<ReadonlyMap<string, Vitals>>(new Map());

/** How long a server that has left is still shown, in milliseconds. */
const goneMs = 12_000;
const gone = new Map<string, ServerRow>();

/** Servers that are neither dead nor gone. */
export const present = computed(() => servers.value.filter(isPresent));

/** Rates and latencies, made of the difference between two answers. */
export const gauges = new Gauges();
/** Counts the answers: what is drawn from `gauges` reads it. */
export const beat = signal(0);

export function take(message: FeedMessage): void {
  heardAtMs.value = nowMs.peek();
  switch (message.kind) {
    case 'hello':
      hello.value = message;
      helloAtMs.value = nowMs.peek();
      gone.clear();
      servers.value = [];
      events.value = [];
      return;
    case 'servers':
      servers.value = [...message.servers, ...leftBehind(message.servers)];
      moreServers.value = message.more;
      return forgetGone(message.servers);
    case 'functions':
      functions.value = message.functions;
      moreFunctions.value = message.more;
      return;
    case 'vitals':
      return takeVitals(message.vitals);
    case 'runs':
      runs.value = message.runs;
      moreRuns.value = message.more;
      return;
    case 'events':
      events.value = keptOf([...events.value, ...message.events]);
  }
}

/** Servers that are not there any more stay in sight for a while, so that one sees them leave. */
function leftBehind(rows: readonly ServerRow[]): readonly ServerRow[] {
  const there = new Set(rows.map(({ name }) => name));
  for (const name of there) gone.delete(name);
  for (const row of servers.value) {
    if (there.has(row.name) || gone.has(row.name)) continue;
    gone.set(row.name, { ...row, status: row.status === 'leaving' ? 'left' : 'dead', evidence: [] });
    later(goneMs, () => {
      gone.delete(row.name);
      servers.value = servers.value.filter((server) => server.name !== row.name || isPresent(server));
    });
  }
  return [...gone.values()];
}

function takeVitals(answers: readonly Vitals[]): void {
  const known = new Map(vitals.value);
  for (const answer of answers) {
    known.set(answer.server, answer);
    gauges.add(answer);
  }
  vitals.value = known;
  beat.value += 1;
}

function forgetGone(rows: readonly ServerRow[]): void {
  const there = new Set(rows.map(({ name }) => name));
  if ([...vitals.value.keys()].every((name) => there.has(name))) return;
  vitals.value = new Map([...vitals.value].filter(([name]) => there.has(name)));
  gauges.keep(there);
}

function isPresent({ status }: ServerRow): boolean {
  return status !== 'dead' && status !== 'left';
}
