/**
 * The call of one element of a list: what it is given, and what its end is told and noted as.
 *
 * N1 a call gets the element, its place and the results that its step refers to, unread.
 * N2 every end is told, once, and noted for the undoing of the run.
 * Which elements are called, and what follows from their ends, is elements.ts.
 */

import { present } from '../../base/assert.ts';
import { type Payload, sizeOf } from '../payload.ts';
import type { StepClose } from './dataflow.ts';
import type { EachProgress } from './each-progress.ts';
import { type ElementFacts, valuesFor } from './hole-values.ts';
import type { Leases } from './leases.ts';
import type { Each, OpaqueError, RunEventBody } from './record.ts';
import { sourceText } from './ref.ts';
import type { RunEffect, RunSettings } from './run-io.ts';
import type { Saga } from './saga.ts';
import type { StepTable } from './step-table.ts';

export interface ElementCallsOptions {
  readonly steps: StepTable;
  readonly saga: Saga;
  readonly leases: Leases;
  readonly settings: RunSettings;
  readonly push: (effect: RunEffect) => void;
  readonly emit: (event: RunEventBody<Payload, OpaqueError>) => void;
}

/** How an element ended. */
export interface ElementClose extends StepClose {
  readonly element: number;
  /** Its result, or what stands for it. */
  readonly value?: Payload | undefined;
}

/** Now, and milliseconds until the deadline of the run. */
interface Time {
  readonly nowMs: number;
  readonly leftMs: number;
}

export class ElementCalls {
  readonly #options: ElementCallsOptions;

  constructor(options: ElementCallsOptions) {
    this.#options = options;
  }

  start(progress: EachProgress, element: number, { nowMs, leftMs }: Time): void {
    const { steps, settings, push } = this.#options;
    const { command } = steps.checkedOf(progress.at);
    progress.call(element, nowMs);
    const inputs = valuesFor(command.args.holes, { steps, input: settings.input, element: this.#factsOf(progress, element) });
    const timeoutMs = Math.min(command.timeoutMs ?? leftMs, leftMs);
    const args = { template: command.args.value, inputs };
    const mayHaveRun = steps.mayHaveRun(progress.at) || progress.mayHaveRun(element);
    push({ kind: 'startStep', step: command.name, element, command, args, timeoutMs, mayHaveRun, parkOverBytes: progress.inlineBytesMax });
  }

  /** An element has ended, be it that it waited for another call. Gives how, of all its calls. */
  settle(progress: EachProgress, last: ElementClose, { nowMs, leftMs }: Time): ElementClose {
    const { steps, saga, leases, emit } = this.#options;
    const close = progress.sum(last.element, last);
    const { element, value, outcome, server, error } = close;
    const elapsedMs = progress.isCalled(element) ? progress.uncall(element, nowMs) : 0;
    const { compensate, timeoutMs = Number.POSITIVE_INFINITY } = steps.checkedOf(progress.at).command;
    const deadlineMs = nowMs + Math.min(timeoutMs - elapsedMs, leftMs);
    const result = outcome === 'done' ? value : undefined;
    if (compensate) saga.note(progress.at, { outcome, deadlineMs, element: this.#factsOf(progress, element, result) }, nowMs);
    progress.settle(element, { outcome, value });
    if (value) leases.gathers(progress.at, value, nowMs);
    emit({
      kind: 'element.settled',
      step: steps.nameOf(progress.at),
      element,
      ok: outcome === 'done',
      outcome,
      server,
      elapsedMs,
      bytes: result ? sizeOf(result) : undefined,
      error,
      usedFallback: value && !result ? true : undefined,
    });
    return close;
  }

  #factsOf(progress: EachProgress, element: number, value?: Payload): ElementFacts {
    const source = eachOf(this.#options.steps, progress.at).list.holes[0]?.source;
    const name = `${source ? sourceText(source) : 'the list'}.${element}`;
    return { index: element, place: this.#options.settings.codec.encodeValue(element), item: progress.itemOf(element), value, name };
  }
}

/** What asks for the list that a step maps. */
export function readListOf(at: number, listBytes: number, { steps, settings }: Pick<ElementCallsOptions, 'steps' | 'settings'>): RunEffect {
  const { list } = eachOf(steps, at);
  const inputs = valuesFor(list.holes, { steps, input: settings.input });
  return { kind: 'readList', step: steps.nameOf(at), list: { template: list.value, inputs }, listBytes };
}

/** `each` of a step that has it. */
export function eachOf(steps: StepTable, at: number): Each {
  return present(steps.checkedOf(at).command.each, 'a step that maps no list');
}
