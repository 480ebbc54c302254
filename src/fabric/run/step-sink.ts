/**
 * What happens to the call of one step, as inputs of its run.
 *
 * K1 one object a step, and nothing made for what may never happen: a thousand steps begin in one turn.
 */

import { type Payload, sizeOf } from '../../core/payload.ts';
import type { Experience } from '../../core/workflow/experience.ts';
import type { Called, RunInput, StepEnd, StepStart } from '../../core/workflow/run-io.ts';
import type { LiveSpan } from '../../observe/tracing.ts';
import { fromWireError } from '../../wire/error.ts';
import type { Pulling } from '../../wire/frame.ts';
import type { FusedSink, StepBack } from '../call/group-member.ts';
import type { CallWait, Settlement } from '../link/invocation.ts';

/** What is known of a call that came back, and is made again. */
export type Tried = NonNullable<StepBack['tried']>;

/** Whoever makes the calls of a run. */
export interface StepHost {
  readonly feed: (input: RunInput) => void;
  /** Told what steps took and gave. */
  readonly experience?: Experience | undefined;
  /** The call of this key is over; with `tried` it will be made again. */
  readonly over: (key: string, tried: Tried | undefined) => void;
}

export class StepSink implements FusedSink {
  isSettled = false;
  readonly #start: StepStart;
  readonly #host: StepHost;
  readonly #span: LiveSpan | undefined;

  constructor(start: StepStart, host: StepHost, span: LiveSpan | undefined) {
    this.#start = start;
    this.#host = host;
    this.#span = span;
  }

  started(server: string, attempt: number): void {
    const { step, element } = this.#start;
    this.#host.feed({ kind: 'stepStarted', step, element, server, attempt });
  }

  progress(value: Payload): void {
    const { step, element } = this.#start;
    this.#host.feed({ kind: 'stepProgress', step, element, value });
  }

  pulling({ step: of, server }: Pulling): void {
    const { step, element } = this.#start;
    // Of elements the step tells what most of them wait for.
    if (element === undefined) this.#host.feed({ kind: 'stepPulling', step, of, server });
  }

  waiting(reason: CallWait): void {
    const { step, element } = this.#start;
    this.#host.feed({ kind: 'stepWaiting', step, element, reason });
  }

  settled({ outcome, server, freeSlots, serverMicros }: Settlement): void {
    const { step, element, command } = this.#start;
    if (outcome.ok && serverMicros !== undefined && server !== undefined)
      this.#host.experience?.note(command.function, { runMs: serverMicros / 1000, bytes: sizeOf(outcome.value) }, server);
    this.#end(outcome.ok ? undefined : outcome.error.code, server);
    this.#host.feed({ kind: 'stepSettled', step, element, end: endOf(outcome), server, freeSlots });
  }

  back({ error: wire, server, freeSlots, tried }: StepBack): void {
    // It has not run, and is called again: that is another span.
    this.#end(wire.code, server, tried);
    this.#host.feed({ kind: 'stepBack', step: this.#start.step, error: fromWireError(wire), wire, server, freeSlots });
  }

  #end(code: string | undefined, server: string | undefined, tried?: Tried): void {
    this.isSettled = true;
    this.#span?.end(code, { 'heddle.server': server });
    this.#host.over(keyOf(this.#start), tried);
  }
}

/** Of a step, or of one of its elements: no name holds a line break. */
export function keyOf({ step, element }: Called): string {
  return element === undefined ? step : `${step}\n${element}`;
}

/** How the call of a step, or of its undo, ended. */
export function endOf(outcome: Settlement['outcome']): StepEnd {
  return outcome.ok ? { ok: true, value: outcome.value } : { ok: false, error: fromWireError(outcome.error), wire: outcome.error };
}
