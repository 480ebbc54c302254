/**
 * A run as it happens: plain lines anywhere, a moving line below them on a terminal.
 *
 * R1 every step that settles gives one line: what became of it, where, how long. R2 a wait is said with its reason.
 * R3 a literal that equals a step's name is pointed out, because it was probably meant as a reference.
 */

import type { HeddleError, RunEvent, WaitReason } from '../index.ts';
import { MovingLine } from './moving-line.ts';
import type { Terminal } from './terminal.ts';

/** Shows events until they end. */
export async function showProgress(terminal: Terminal, events: AsyncIterable<RunEvent>): Promise<void> {
  const moving = terminal.isInteractive ? new MovingLine(process.stderr) : undefined;
  const state = new ProgressState();
  for await (const event of events) {
    state.see(event);
    const line = lineOf(event);
    if (line !== undefined) {
      moving?.clear();
      terminal.note(line);
    }
    moving?.show(state.summary());
  }
  moving?.clear();
}

/** The line of an event; undefined for what only the moving line shows. */
export function lineOf(event: RunEvent): string | undefined {
  switch (event.kind) {
    case 'run.accepted':
      return `run ${event.runId} on ${event.coordinator}: ${counted(event.steps.length, 'step')}`;
    case 'reference.looksBare':
      return `hint: step "${event.step}" was given the text "${event.text}", which is also the name of a step; write {"$ref": "${event.text}"}, or use --bare, if its result was meant`;
    case 'step.waiting':
      return `  ${nameOf(event)} waits: ${reasonText(event.reason)}`;
    case 'step.opened':
      return `  ${event.step}: ${counted(event.elements, 'element')}`;
    case 'element.settled':
      return event.ok ? undefined : endText(event);
    case 'step.started':
      return event.attempt > 1 ? `  ${nameOf(event)} tried again on ${event.server} (attempt ${event.attempt})` : undefined;
    case 'step.progress':
      return `  ${nameOf(event)}: ${shortText(event.value)}`;
    case 'step.settled':
      return endText(event);
    case 'compensation.started':
      return event.attempt > 1 ? `  ${nameOf(event)} is undone again on ${event.server} (attempt ${event.attempt})` : undefined;
    case 'compensation.waiting':
      return `  the undo of ${nameOf(event)} waits: ${reasonText(event.reason)}`;
    case 'compensation.settled': {
      const tries = event.attempts === 1 ? '1 try' : `${event.attempts} tries`;
      return `  ${nameOf(event)} ${event.ok ? 'undone' : `not undone, after ${tries}`}${becauseOf(event)}`;
    }
    case 'run.settled':
      return `${event.ok ? 'done' : 'failed'} in ${event.elapsedMs.toFixed(0)} ms`;
  }
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function nameOf({ step, element }: { readonly step: string; readonly element?: number | undefined }): string {
  return element === undefined ? step : `${step}[${element}]`;
}

function endText(event: Extract<RunEvent, { readonly kind: 'step.settled' | 'element.settled' }>): string {
  const place = event.server === undefined ? '' : ` on ${event.server}`;
  const instead = event.usedFallback ? ', its fallback is used' : '';
  return `  ${nameOf(event)} ${event.outcome.replace('_', ' ')}${place} ${event.elapsedMs.toFixed(0)} ms${instead}${becauseOf(event)}`;
}

/** Some messages begin with their code, as `cancelled: SIGINT` does. */
function becauseOf({ error }: { readonly error?: HeddleError | undefined }): string {
  if (error === undefined) return '';
  return `: ${error.message.startsWith(error.code) ? '' : `${error.code}: `}${error.message}`;
}

/** Why a step waits, in words. */
export function reasonText(reason: WaitReason): string {
  switch (reason.kind) {
    case 'input':
      return `for ${reason.step}`;
    case 'no_offer':
      return `no server offers ${reason.function}`;
    case 'breaker':
      return 'every breaker is open';
    case 'concurrency_full':
      return `concurrency full (${reason.function})`;
    case 'run_limit':
      return `${counted(reason.limit, 'step')} of this run ${reason.limit === 1 ? 'is' : 'are'} under way`;
    case 'retry':
      return `to try again (${reason.because})`;
    case 'deadline':
      return 'its step may still be running';
    case 'hand_off':
      return `its server pulls the result of ${reason.step} from ${reason.server}`;
    case 'lease':
      return `its result was lost with ${reason.server}, and is made again`;
  }
}

/** How far a run is. */
export class ProgressState {
  #steps = 0;
  /** Without those whose results were lost and are made again. */
  readonly #settled = new Set<string>();
  readonly #running = new Map<string, string>();
  readonly #elements = new Map<string, { readonly of: number; ended: number }>();

  see(event: RunEvent): void {
    if (event.kind === 'run.accepted') this.#steps = event.steps.length;
    if (event.kind === 'step.opened') this.#elements.set(event.step, { of: event.elements, ended: 0 });
    if (event.kind === 'step.started') this.#running.set(event.step, event.server);
    if (event.kind === 'step.waiting' && event.reason.kind === 'lease') this.#settled.delete(event.step);
    if (event.kind === 'element.settled') {
      const elements = this.#elements.get(event.step);
      if (elements) elements.ended += 1;
    }
    if (event.kind !== 'step.settled') return;
    this.#running.delete(event.step);
    this.#settled.add(event.step);
  }

  summary(): string {
    const running = [...this.#running].slice(0, 3).map(([step, server]) => {
      const elements = this.#elements.get(step);
      return elements ? `${step} (${elements.ended} of ${elements.of})` : `${step} (${server})`;
    });
    const more = this.#running.size > 3 ? ` and ${this.#running.size - 3} more` : '';
    return `${this.#settled.size} of ${counted(this.#steps, 'step')}${running.length > 0 ? `, running: ${running.join(', ')}${more}` : ''}`;
  }
}

function shortText(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value, plain) ?? 'undefined');
  return text.length > 120 ? `${text.slice(0, 120)}...` : text;
}

function plain(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value;
}
