/**
 * One run as it executes, for the page that shows it: where each step stands, and what has happened since it was told last.
 *
 * F1 what happens within `gatherMs`, and of a large run within a second, is one message; it holds the steps that stand otherwise now.
 * F2 the last message is told after the run has ended, with its result or error as text, cut at `textMax` characters.
 * F3 a coordinator that does not answer is asked again, up to `triesMax` times in a row: it may be busy with this very run.
 */

import type { CancelTask, Clock } from '../base/clock.ts';
import type { RunView, StepView } from '../core/workflow/run-view.ts';
import { HeddleError } from '../errors.ts';
import type { RunEvent } from '../fabric/api/api.ts';
import type { DashboardSource } from '../fabric/server/dashboard-port.ts';
import { stringifyJson } from '../wire/json-forms.ts';
import { type RunEnd, type RunEventRow, type RunMessage, runEventsMax, runProblemsMax } from './feed.ts';

export const gatherMs = 120;
/** To describe a run costs its coordinator and this server time by the step: 10,000 are looked at once a second. */
const gatherMsPerStep = 0.1;
export const againMs = 1_000;
export const triesMax = 5;
export const textMax = 64 * 1024;
const shortMax = 200;
const problemMax = 1_000;

export interface RunFeedTells {
  message(message: RunMessage): void;
  /** There is no such run, or its coordinator is lost. */
  refused(message: string): void;
  /** There will be nothing more. */
  over(): void;
}

export class RunFeed {
  readonly #source: Pick<DashboardSource, 'describeRun' | 'followRun'>;
  readonly #clock: Clock;
  readonly #runId: string;
  readonly #tells: RunFeedTells;
  /** How each step stood when it was told last, as text. */
  readonly #told = new Map<string, string>();
  #unfollow: () => void = () => {};
  #rows: RunEventRow[] = [];
  #heard = 0;
  #end: RunEnd | undefined;
  #cancel: CancelTask | undefined;
  #cancelFollow: CancelTask | undefined;
  #failures = 0;
  /** What the first of these failures said. */
  #lost: string | undefined;
  #isClosed = false;

  constructor(source: Pick<DashboardSource, 'describeRun' | 'followRun' | 'clock'>, runId: string, tells: RunFeedTells) {
    this.#source = source;
    this.#clock = source.clock;
    this.#runId = runId;
    this.#tells = tells;
    this.#follow();
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel?.();
    this.#cancelFollow?.();
    this.#unfollow();
  }

  #follow(): void {
    this.#unfollow = this.#source.followRun(this.#runId, {
      onEvent: (event, isElsewhere) => this.#take(event, isElsewhere),
      onFailure: (error) => {
        if (this.#mayRecover(error)) this.#cancelFollow = this.#clock.schedule(againMs, () => this.#follow());
      },
    });
  }

  #take(event: RunEvent, isElsewhere: boolean): void {
    // Whoever follows anew hears all of it again.
    if (event.seq <= this.#heard) return;
    this.#heard = event.seq;
    this.#rows.push(rowOf(event));
    if (event.kind === 'run.settled') this.#end = endOf(event, isElsewhere);
    this.#cancel ??= this.#clock.schedule(this.#gatherMs, () => void this.#flush());
  }

  get #gatherMs(): number {
    return gatherMs + this.#told.size * gatherMsPerStep;
  }

  async #flush(): Promise<void> {
    const [count, end] = [this.#rows.length, this.#end];
    try {
      const view = await this.#source.describeRun(this.#runId);
      if (this.#isClosed) return;
      [this.#failures, this.#lost] = [0, undefined];
      this.#tells.message({ ...this.#changed(view), events: latest(this.#rows.slice(0, count)), ...(end ? { end } : {}) });
      this.#rows = this.#rows.slice(count);
      if (end) return this.#tells.over();
    } catch (error) {
      if (this.#mayRecover(error)) this.#cancel = this.#clock.schedule(againMs, () => void this.#flush());
      return;
    }
    this.#cancel = undefined;
    if (this.#rows.length > 0) this.#cancel = this.#clock.schedule(this.#gatherMs, () => void this.#flush());
  }

  #changed({ run, steps }: RunView): Pick<RunMessage, 'run' | 'steps' | 'isFirst'> {
    const isFirst = this.#told.size === 0;
    const isNew = (view: StepView): boolean => {
      const text = JSON.stringify(view);
      if (this.#told.get(view.step) === text) return false;
      this.#told.set(view.step, text);
      return true;
    };
    return { run, steps: steps.filter(isNew), isFirst };
  }

  /** F3. Where it is over, that is told. */
  #mayRecover(error: unknown): boolean {
    if (this.#isClosed) return false;
    const message = HeddleError.is(error) ? error.message : String(error);
    this.#lost ??= HeddleError.is(error, 'coordinator_lost') ? message : undefined;
    if (HeddleError.is(error, 'coordinator_lost') && ++this.#failures < triesMax) return true;
    this.#tells.refused(this.#lost ?? message);
    return false;
  }
}

/** The last, and of those before them why steps failed. */
function latest(rows: readonly RunEventRow[]): readonly RunEventRow[] {
  if (rows.length <= runEventsMax) return rows;
  const problems = rows.slice(0, -runEventsMax).filter(({ problem }) => problem !== undefined);
  return [...problems.slice(-runProblemsMax), ...rows.slice(-runEventsMax)];
}

function rowOf(event: RunEvent): RunEventRow {
  const step = 'step' in event ? event.step : undefined;
  const element = 'element' in event ? event.element : undefined;
  const server = 'server' in event ? event.server : undefined;
  const problem = problemOf(event);
  const row = { seq: event.seq, atMs: event.atMs, kind: event.kind, step, element, server, text: textOf(event) };
  return problem === undefined ? row : { ...row, problem };
}

function problemOf(event: RunEvent): string | undefined {
  if (event.kind !== 'step.settled' || event.error === undefined) return undefined;
  return cut(event.error.message, problemMax).text;
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
