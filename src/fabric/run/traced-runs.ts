/**
 * Runs of workflows as spans: one where a run is submitted, one at its coordinator, and one for each step; the calls of the steps
 * are under those (traced-calls.ts).
 *
 * R1 a step that goes to its server with others has a span of its own, and so has what it does there.
 * R2 with no tracer provider in the process the context that came goes on to the steps' calls as it is.
 */

import type { WireRunEvent } from '../../core/workflow/record.ts';
import type { Called } from '../../core/workflow/run-io.ts';
import type { HeddleError } from '../../errors.ts';
import { type LiveSpan, type TraceContext, Tracing } from '../../observe/tracing.ts';
import type { RunFollower, SubmitRequest } from './run-engine.ts';

/** A submission as a span: what is to be sent, and who follows it. Without a tracer both as they are. */
export function submittedUnderSpan(tracing: Tracing, request: SubmitRequest, follower: RunFollower): [SubmitRequest, RunFollower] {
  if (!tracing.isOn) return [request, follower];
  const span = tracing.begin({
    name: nameOf(request),
    kind: 'client',
    attributes: attributesOf(request),
    parent: request.trace,
    isCalledHere: true,
  });
  return [{ ...request, trace: span.context }, new TracedFollower(follower, span)];
}

class TracedFollower implements RunFollower {
  readonly #inner: RunFollower;
  #span: LiveSpan | undefined;

  constructor(inner: RunFollower, span: LiveSpan) {
    this.#inner = inner;
    this.#span = span;
  }

  onEvent(event: WireRunEvent): void {
    if (event.kind === 'run.settled') this.#end(event.ok ? undefined : 'step_failed');
    this.#inner.onEvent(event);
  }

  onFailure(error: HeddleError): void {
    this.#end(error.code);
    this.#inner.onFailure(error);
  }

  #end(code: string | undefined): void {
    this.#span?.end(code);
    this.#span = undefined;
  }
}

/** The trace of one run at its coordinator. */
export class RunTrace {
  readonly #tracing = new Tracing();
  readonly #given: TraceContext | undefined;
  readonly #span: LiveSpan | undefined;

  constructor(request: SubmitRequest, run: { readonly runId: string; readonly coordinator: string }) {
    this.#given = request.trace;
    if (!this.#tracing.isOn) return;
    const attributes = { ...attributesOf({ ...request, runId: run.runId }), 'heddle.server': run.coordinator };
    this.#span = this.#tracing.begin({ name: nameOf(request), kind: 'server', attributes, parent: request.trace, isCalledHere: false });
  }

  /** For calls that belong to the run as a whole. */
  get context(): TraceContext | undefined {
    return this.#span?.context ?? this.#given;
  }

  /** A step begins, or is sent on with others; undefined without a tracer. */
  step({ step, element }: Called, name: string): LiveSpan | undefined {
    if (!this.#span) return undefined;
    const attributes = { 'heddle.step': step, 'heddle.element': element, 'rpc.method': name };
    return this.#tracing.begin({ name: `step ${step}`, kind: 'internal', attributes, parent: this.#span.context, isCalledHere: false });
  }

  end(ok: boolean): void {
    this.#span?.end(ok ? undefined : 'step_failed');
  }
}

function nameOf({ name }: SubmitRequest): string {
  return name === undefined || name === '' ? 'run' : `run ${name}`;
}

function attributesOf({ runId, commands }: SubmitRequest) {
  return { 'rpc.system': 'heddle', 'heddle.run_id': runId, 'heddle.steps': commands.length };
}
