/**
 * What the dashboard's page is told, as plain data: the messages of its stream, and the answers to what it asks.
 *
 * F1 every message stands for itself: the last of a kind is all there is to know, but events, which add up.
 * F2 it is bounded, however large the fabric: `functionsMax` functions, `serversMax` servers, `runsMax` runs, `eventsKept` events,
 *    of one kind at most `eventsOfKindKept`: a handler that fails all the time does not push the one server out of sight that died.
 * F3 no argument and no result of a call travels unasked; what handlers log and the stacks of what they throw never do.
 */

import type { RunSummary, StepView } from '../core/workflow/run-view.ts';
import type { Vitals } from '../observe/vitals.ts';

/** What is listed at the most. */
export const serversMax = 1_000;
export const functionsMax = 2_000;
export const runsMax = 200;
export const eventsKept = 500;
export const eventsOfKindKept = 100;
/** Of one run: the events that are told and shown, and those before them that say why a step failed. */
export const runEventsMax = 5_000;
export const runProblemsMax = 500;

/** One server of the fabric, as the one that serves the page sees it. */
export interface ServerRow {
  readonly name: string;
  readonly url: string;
  readonly status: string;
  readonly epoch: number;
  readonly resources: readonly string[];
  /** What stands against it; empty while it is alive. */
  readonly evidence: readonly string[];
}

/** One function in one version, wherever it is offered. */
export interface FunctionRow {
  readonly function: string;
  readonly version: string;
  readonly kind: 'call' | 'stream';
  readonly effect: string;
  /** Of all its offers. */
  readonly resources: readonly string[];
  readonly servers: readonly string[];
}

/** Something that has happened, with what the event says of it. */
export interface EventRow {
  /** Counts from 1. */
  readonly sequence: number;
  /** Milliseconds since the Unix epoch. */
  readonly atMs: number;
  readonly kind: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export type FeedMessage =
  /** The first: who serves the page. */
  | { readonly kind: 'hello'; readonly server: string; readonly url: string; readonly version: string }
  | { readonly kind: 'servers'; readonly servers: readonly ServerRow[]; readonly more: number }
  | { readonly kind: 'functions'; readonly functions: readonly FunctionRow[]; readonly more: number }
  /** Of the servers that have just answered. */
  | { readonly kind: 'vitals'; readonly vitals: readonly Vitals[] }
  | { readonly kind: 'runs'; readonly runs: readonly RunSummary[]; readonly more: number }
  | { readonly kind: 'events'; readonly events: readonly EventRow[] };

/** One event of a run, its values left out but for a short text of its last progress or its error. */
export interface RunEventRow {
  readonly seq: number;
  readonly atMs: number;
  readonly kind: string;
  readonly step?: string | undefined;
  readonly element?: number | undefined;
  readonly server?: string | undefined;
  readonly text: string;
  /** Of a step that has ended otherwise than well: why. */
  readonly problem?: string | undefined;
}

/** What the page is told of a run that it shows: how it stands, and what has happened since it was told last. */
export interface RunMessage {
  readonly run: RunSummary;
  /** Of the first message of a stream every step, each after all that it needs; of a later one those that stand otherwise now. */
  readonly steps: readonly StepView[];
  readonly isFirst: boolean;
  readonly events: readonly RunEventRow[];
  /** Of a run that has ended: its result, or its error, as text. */
  readonly end?: RunEnd | undefined;
}

export interface RunEnd {
  readonly ok: boolean;
  /** JSON in the forms of the wire, cut where it is long; of a failure its message. */
  readonly text: string;
}

/** How a call went that was started from the page. */
export type CallAnswer =
  | { readonly ok: true; readonly text: string; readonly elapsedMs: number; readonly isCut: boolean }
  | { readonly ok: false; readonly code: string; readonly executed: string; readonly message: string; readonly elapsedMs: number };

/** The rows that stay (F2), in their order. */
export function keptOf(rows: readonly EventRow[]): EventRow[] {
  const counts = new Map<string, number>();
  const kept: EventRow[] = [];
  for (const row of rows.toReversed()) {
    const count = (counts.get(row.kind) ?? 0) + 1;
    if (count > eventsOfKindKept) continue;
    counts.set(row.kind, count);
    kept.push(row);
    if (kept.length === eventsKept) break;
  }
  return kept.reverse();
}
