/**
 * One run as it executes, for the page that shows it: where each step stands, and what has happened since it was told last.
 *
 * F1 what happens within `gatherMs` is one message: a run of thousands of steps is a few messages a second.
 * F2 the last message is told after the run has ended, with its result or error as text, cut at `textMax` characters.
 */

import type { CancelTask, Clock } from '../base/clock.ts';
import { HeddleError } from '../errors.ts';
import type { RunEvent } from '../fabric/api/api.ts';
import type { DashboardSource } from '../fabric/server/dashboard-port.ts';
import { stringifyJson } from '../wire/json-forms.ts';
import type { RunEnd, RunEventRow, RunMessage } from './feed.ts';

export const gatherMs = 120;
export const textMax = 64 * 1024;
const shortMax = 200;

export interface RunFeedTells {
  message(message: RunMessage): void;
  /** There is no such run, or its coordinator is lost. */
  refused(message: string): void;
  /** There will be nothing more. */
  over(): void;
}

export class RunFeed {
  readonly #source: Pick<DashboardSource, 'describeRun'>;
  readonly #clock: Clock;
  readonly #runId: string;
  readonly #tells: RunFeedTells;
  readonly #unfollow: () => void;
  #rows: RunEventRow[] = [];
  #end: RunEnd | undefined;
  #cancel: CancelTask | undefined;
  #isClosed = false;

  constructor(source: Pick<DashboardSource, 'describeRun' | 'followRun' | 'clock'>, runId: string, tells: RunFeedTells) {
    this.#source = source;
    this.#clock = source.clock;
    this.#runId = runId;
    this.#tells = tells;
    this.#unfollow = source.followRun(runId, {
      onEvent: (event, isElsewhere) => this.#take(event, isElsewhere),
      onFailure: (error) => this.#refused(error),
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel?.();
    this.#unfollow();
  }

  #take(event: RunEvent, isElsewhere: boolean): void {
    this.#rows.push(rowOf(event));
    if (event.kind === 'run.settled') this.#end = endOf(event, isElsewhere);
    this.#cancel ??= this.#clock.schedule(gatherMs, () => void this.#flush());
  }

  async #flush(): Promise<void> {
    const [events, end] = [this.#rows, this.#end];
    this.#rows = [];
    try {
      const view = await this.#source.describeRun(this.#runId);
      if (this.#isClosed) return;
      this.#tells.message({ view, events, ...(end ? { end } : {}) });
      if (end) return this.#tells.over();
    } catch (error) {
      return this.#refused(error);
    }
    this.#cancel = undefined;
    if (this.#rows.length > 0) this.#cancel = this.#clock.schedule(gatherMs, () => void this.#flush());
  }

  #refused(error: unknown): void {
    if (this.#isClosed) return;
    this.#tells.refused(HeddleError.is(error) ? error.message : String(error));
  }
}

function rowOf(event: RunEvent): RunEventRow {
  const step = 'step' in event ? event.step : undefined;
  const element = 'element' in event ? event.element : undefined;
  const server = 'server' in event ? event.server : undefined;
  return { seq: event.seq, atMs: event.atMs, kind: event.kind, step, element, server, text: textOf(event) };
}

function textOf(event: RunEvent): string {
  switch (event.kind) {
    case 'run.accepted':
      return `${event.steps.length} steps`;
    case 'step.waiting':
    case 'compensation.waiting':
      return Object.values(event.reason).map(String).join(' ').replaceAll('_', ' ');
    case 'step.started':
    case 'compensation.started':
      return event.attempt > 1 ? `attempt ${event.attempt}` : '';
    case 'step.progress':
      return cut(asJson(event.value), shortMax).text;
    case 'step.opened':
      return `${event.elements} elements`;
    case 'element.settled':
    case 'step.settled':
      return [event.outcome, event.usedFallback === true ? 'its fallback stands for it' : '', event.error?.message ?? '']
        .filter(Boolean)
        .join(', ');
    case 'compensation.settled':
      return event.ok ? 'done' : `failed: ${event.error?.message ?? ''}`;
    case 'run.settled':
      return event.ok ? 'done' : (event.error?.message ?? 'failed');
    case 'reference.looksBare':
      return 'a text equals the name of a step';
  }
}

function endOf(event: Extract<RunEvent, { readonly kind: 'run.settled' }>, isElsewhere: boolean): RunEnd {
  if (!event.ok) return { ok: false, text: event.error?.message ?? 'it failed' };
  if (isElsewhere) return { ok: true, text: 'Its result is too large to be sent along: it stays with the servers that made it.' };
  const { text, isCut } = cut(asJson(event.result, 2), textMax);
  return { ok: true, text: isCut ? `${text}\n...` : text };
}

/** JSON in the forms of the wire. */
export function asJson(value: unknown, indent?: number): string {
  const text = stringifyJson(value);
  return indent === undefined || text.length > textMax ? text : JSON.stringify(JSON.parse(text), undefined, indent);
}

export function cut(text: string, charsMax: number): { readonly text: string; readonly isCut: boolean } {
  return text.length > charsMax ? { text: text.slice(0, charsMax), isCut: true } : { text, isCut: false };
}
