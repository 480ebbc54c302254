/**
 * Clients in other languages: gRPC's own unary and server-streaming methods, with JSON values.
 *
 * F1 their calls and workflows go through the same engine as everybody's; only the values' encoding differs.
 * F2 what they get back is in an encoding that they read.
 * Calls are foreign-calls.ts, runs foreign-runs.ts, the catalog foreign-watch.ts.
 */

import { HeddleError } from '../../errors.ts';
import type { ForeignQuestion, ForeignRequest, ForeignStream } from '../../transport/transport.ts';
import {
  cancelResponse,
  decodeCancelRequest,
  decodeExplainRequest,
  decodeWatchRequest,
  decodeWhyRequest,
  encodeExplainResponse,
  encodeWhyResponse,
  type ForeignExplain,
} from '../../wire/foreign-questions.ts';
import { encodeValue } from '../../wire/value.ts';
import type { Plan } from '../api/plan.ts';
import { type Explainer, explainQuery } from '../explain/explainer.ts';
import { waitsOf, whyQuery } from '../explain/why.ts';
import type { WorkflowExplainer } from '../explain/workflow-explainer.ts';
import type { CatalogFeed } from '../mesh/catalog-feed.ts';
import type { ValueSource } from '../run/collected-run.ts';
import { checkRunId } from '../run/run-caller.ts';
import type { RunEngine, RunInspector } from '../run/run-engine.ts';
import { ForeignCalls, type ForeignCallsOptions } from './foreign-calls.ts';
import { ForeignRuns } from './foreign-runs.ts';
import { watchCatalog } from './foreign-watch.ts';

export interface ForeignEntryOptions extends ForeignCallsOptions {
  readonly runs: RunEngine & RunInspector;
  /** Of results that were too large to be sent along. */
  readonly values: ValueSource;
  readonly explainer: Explainer;
  readonly workflows: WorkflowExplainer;
  readonly feed: CatalogFeed;
  /** Name of this server. */
  readonly server: string;
  /** Set while no new work is taken. */
  readonly refusal: () => HeddleError | undefined;
}

export class ForeignEntry {
  readonly #options: ForeignEntryOptions;
  readonly #calls: ForeignCalls;
  readonly #runs: ForeignRuns;

  constructor(options: ForeignEntryOptions) {
    this.#options = options;
    this.#calls = new ForeignCalls(options);
    this.#runs = new ForeignRuns(options.runs, options.values);
  }

  /** One answer; the response message. Rejects with the HeddleError that the client is told. */
  async ask(question: ForeignQuestion, request: ForeignRequest): Promise<Uint8Array> {
    switch (question) {
      case 'call':
        this.#refuse();
        return this.#calls.call(request);
      case 'explain':
        return this.#explain(request);
      case 'why':
        return this.#why(request);
      case 'cancel':
        return this.#cancel(request);
    }
  }

  /** Many answers, as messages; ends by throwing the HeddleError that the client is told. */
  async *follow(stream: ForeignStream, request: ForeignRequest): AsyncIterable<Uint8Array> {
    switch (stream) {
      case 'stream':
        this.#refuse();
        return yield* this.#calls.stream(request);
      case 'submit':
        this.#refuse();
        return yield* this.#runs.submit(request);
      case 'watch':
        return yield* this.#watch(request);
    }
  }

  #explain(request: ForeignRequest): Uint8Array {
    const { workflow, ...call } = decodeExplainRequest(request.message);
    const plan = workflow ? this.#explainWorkflow(workflow, call) : this.#explainCall(call);
    return encodeExplainResponse(encodeValue(plan, { isJsonOnly: true }));
  }

  #explainCall({ function: name = '', ...options }: ForeignExplain): Plan {
    return this.#options.explainer.explain(explainQuery(name, options));
  }

  #explainWorkflow({ commands, input, references }: NonNullable<ForeignExplain['workflow']>, beside: ForeignExplain): Plan {
    const [odd] = Object.entries(beside).flatMap(([field, value]) => (value === undefined ? [] : [field]));
    if (odd !== undefined)
      throw new HeddleError('bad_argument', { path: [odd], expected: 'a function, or commands that say it each', found: 'both' });
    return this.#options.workflows.explain({ workflow: commands, input, references });
  }

  async #why(request: ForeignRequest): Promise<Uint8Array> {
    const { runs, explainer } = this.#options;
    const query = whyQuery(decodeWhyRequest(request.message));
    const waits = 'function' in query ? explainer.waits(query.function) : waitsOf(await runs.describe(query.run), query.step);
    return encodeWhyResponse(encodeValue(waits, { isJsonOnly: true }));
  }

  async #cancel(request: ForeignRequest): Promise<Uint8Array> {
    const { runId, reason } = decodeCancelRequest(request.message);
    checkRunId(runId, 'run_id');
    await this.#options.runs.cancel(runId, reason === '' ? 'cancelled by a client' : reason);
    return cancelResponse;
  }

  #watch(request: ForeignRequest): AsyncIterable<Uint8Array> {
    const watch = decodeWatchRequest(request.message);
    if (watch.runId !== undefined) return this.#runs.watch(watch, request.signal);
    // A server that leaves ends its watches, so that nobody keeps a picture that it no longer paints.
    this.#refuse();
    const { feed, server } = this.#options;
    return watchCatalog({ feed, server, signal: request.signal });
  }

  #refuse(): void {
    const refusal = this.#options.refusal();
    if (refusal) throw refusal;
  }
}
