/**
 * What a run is doing, as data: one row a step, made when somebody asks, from the run's events and its machine.
 *
 * V1 a step is settled, under way, or waits for a named reason; there is nothing else (`StepNow`).
 * V2 the machine has the last word about what has not been called; of a call under way the last event says how it stands.
 */

import type { StepOutcome } from '../../errors.ts';
import type { ElementCounts } from './each-progress.ts';
import type { WaitReason, WireRunEvent } from './record.ts';
import { endOfWait } from './wait-text.ts';
import type { CheckedWorkflow } from './workflow.ts';

export type StepNow =
  /** `ends`: what would end the wait, in words. */
  | { readonly state: 'waiting'; readonly reason: WaitReason; readonly ends: string }
  /** Without a server: on its way to one. */
  | { readonly state: 'running'; readonly server?: string; readonly attempt?: number }
  | { readonly state: 'settled'; readonly outcome: StepOutcome; readonly server?: string; readonly elapsedMs: number };

export interface StepView {
  readonly step: string;
  readonly function: string;
  /** The steps that it comes after. */
  readonly needs: readonly string[];
  readonly now: StepNow;
  /** Of a step that maps a list, once that is there. */
  readonly elements?: ElementCounts;
  /** How its undo stands, once the run has failed and it is to be undone. */
  readonly undo?: StepNow;
}

/** A run in one line. */
export interface RunSummary {
  readonly runId: string;
  /** Of the workflow. */
  readonly name?: string;
  readonly coordinator: string;
  readonly state: 'running' | 'done' | 'failed';
  /** Milliseconds since the Unix epoch, by the coordinator's clock. */
  readonly startedAtMs: number;
  readonly elapsedMs: number;
  readonly steps: number;
  readonly settled: number;
}

export interface RunView {
  readonly run: RunSummary;
  /** Each after all that it needs. */
  readonly steps: readonly StepView[];
}

export interface ViewedRun {
  readonly runId: string;
  readonly name: string | undefined;
  readonly coordinator: string;
  readonly workflow: CheckedWorkflow;
  readonly events: readonly WireRunEvent[];
  readonly findWait: (step: string) => WaitReason | undefined;
  /** Of a run that has not settled. */
  readonly countElements: (step: string) => ElementCounts | undefined;
  /** By the clock of the reasons. */
  readonly nowMs: number;
  /** The same moment in milliseconds since the Unix epoch. */
  readonly wallMs: number;
}

/** One line about a run. Linear in its events. */
export function runSummaryOf({ runId, name, coordinator, workflow, events, wallMs }: ViewedRun): RunSummary {
  const end = events.at(-1);
  const startedAtMs = events[0]?.atMs ?? wallMs;
  const hasEnded = end?.kind === 'run.settled';
  return {
    runId,
    ...(name === undefined ? {} : { name }),
    coordinator,
    state: hasEnded ? (end.ok ? 'done' : 'failed') : 'running',
    startedAtMs,
    elapsedMs: hasEnded ? end.elapsedMs : wallMs - startedAtMs,
    steps: workflow.commands.length,
    settled: settledOf(events).size,
  };
}

/** The steps that have settled; one whose result was lost, and is made again, has not. */
function settledOf(events: readonly WireRunEvent[]): ReadonlySet<string> {
  const settled = new Set<string>();
  for (const event of events) {
    const again = unsettledBy(event);
    if (event.kind === 'step.settled') settled.add(event.step);
    else if (again !== undefined) settled.delete(again);
  }
  return settled;
}

/** The step whose result is made by this, or made again. */
function unsettledBy(event: WireRunEvent): string | undefined {
  const isOfStep = (event.kind === 'step.waiting' && event.reason.kind === 'lease') || event.kind === 'step.started';
  return isOfStep && event.element === undefined ? event.step : undefined;
}

/** Everything about a run. Linear in its steps, edges and events. */
export function runViewOf(viewed: ViewedRun): RunView {
  const { workflow, events, findWait, countElements, nowMs } = viewed;
  const latest = latestOf(events, nowMs);
  const undos = undosOf(events, nowMs);
  const mapped = elementsOf(events);
  const nameOf = (at: number): string => workflow.commands[at]?.command.name ?? '';
  const steps = workflow.order.flatMap((at): StepView[] => {
    const checked = workflow.commands[at];
    if (!checked) return [];
    const { name: step, function: fun } = checked.command;
    const needs = checked.needs.map(nameOf);
    const known = latest.get(step) ?? onItsWay;
    const reason = findWait(step) ?? (known.state === 'settled' ? undefined : openInput(needs, latest));
    const undo = undos.get(step);
    const elements = countElements(step) ?? mapped.get(step);
    const now = reason === undefined ? known : waiting(reason, nowMs);
    return [{ step, function: fun, needs, now, ...(elements ? { elements } : {}), ...(undo ? { undo } : {}) }];
  });
  return { run: runSummaryOf(viewed), steps };
}

const onItsWay: StepNow = { state: 'running' };

function waiting(reason: WaitReason, nowMs: number): StepNow {
  return { state: 'waiting', reason, ends: endOfWait(reason, nowMs) };
}

/** What a step waits for that was sent to its server together with others that it needs. */
function openInput(needs: readonly string[], latest: ReadonlyMap<string, StepNow>): WaitReason | undefined {
  const step = needs.find((need) => latest.get(need)?.state !== 'settled');
  return step === undefined ? undefined : { kind: 'input', step };
}

/** How each step stands by the last event about it. */
function latestOf(events: readonly WireRunEvent[], nowMs: number): ReadonlyMap<string, StepNow> {
  const latest = new Map<string, StepNow>();
  for (const event of events) {
    switch (event.kind) {
      case 'step.waiting':
        // Of its elements, and of what its server waits for, the machine knows better.
        if (event.element === undefined && event.reason.kind !== 'hand_off')
          latest.set(event.step, isOfCall(event.reason) ? waiting(event.reason, nowMs) : onItsWay);
        break;
      case 'step.started':
        if (event.element === undefined) latest.set(event.step, { state: 'running', server: event.server, attempt: event.attempt });
        break;
      case 'step.settled': {
        const { outcome, server, elapsedMs } = event;
        latest.set(event.step, { state: 'settled', outcome, ...(server === undefined ? {} : { server }), elapsedMs });
        break;
      }
      case 'run.accepted':
      case 'reference.looksBare':
      case 'step.progress':
      case 'step.opened':
      case 'element.settled':
      case 'compensation.waiting':
      case 'compensation.started':
      case 'compensation.settled':
      case 'run.settled':
        break;
    }
  }
  return latest;
}

/** How the elements of each list ended that a step mapped. */
function elementsOf(events: readonly WireRunEvent[]): ReadonlyMap<string, ElementCounts> {
  const counts = new Map<string, { of: number; done: number; failed: number; running: number }>();
  // An element whose result was lost has ended twice: the last time counts.
  const ends = new Map<string, boolean>();
  for (const event of events) {
    if (event.kind === 'step.opened') counts.set(event.step, { of: event.elements, done: 0, failed: 0, running: 0 });
    const count = event.kind === 'element.settled' ? counts.get(event.step) : undefined;
    if (!count || event.kind !== 'element.settled') continue;
    const before = ends.get(`${event.step}\n${event.element}`);
    if (before !== undefined) count[before ? 'done' : 'failed'] -= 1;
    ends.set(`${event.step}\n${event.element}`, event.ok);
    count[event.ok ? 'done' : 'failed'] += 1;
  }
  return counts;
}

/** How each undo stands. */
function undosOf(events: readonly WireRunEvent[], nowMs: number): ReadonlyMap<string, StepNow> {
  const latest = new Map<string, StepNow>();
  for (const event of events) {
    if (event.kind === 'compensation.waiting') latest.set(event.step, waiting(event.reason, nowMs));
    else if (event.kind === 'compensation.started')
      latest.set(event.step, { state: 'running', server: event.server, attempt: event.attempt });
    else if (event.kind === 'compensation.settled') {
      const { step, ok, server, elapsedMs } = event;
      latest.set(step, { state: 'settled', outcome: ok ? 'done' : 'failed', ...(server === undefined ? {} : { server }), elapsedMs });
    }
  }
  return latest;
}

/** Whether a call that is under way waits so; of the others the machine knows when they are over, and calls the step. */
function isOfCall({ kind }: WaitReason): boolean {
  switch (kind) {
    case 'no_offer':
    case 'breaker':
    case 'retry':
    case 'deadline':
      return true;
    case 'input':
    case 'concurrency_full':
    case 'run_limit':
    case 'hand_off':
    case 'lease':
      return false;
  }
}
