/**
 * Clients in other languages: gRPC's own unary and server-streaming methods, with JSON values.
 *
 * F1 their calls and workflows go through the same engine as everybody's; only the values' encoding differs.
 * F2 what they get back is in an encoding that they read.
 * F3 who they are is asked with every request, by the metadata `authorization` or their certificate (server/reception.ts).
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
import type { Gate } from '../link/gate.ts';
import { Sight } from '../link/sight.ts';
import type { CatalogFeed } from '../mesh/catalog-feed.ts';
import type { ValueSource } from '../run/collected-run.ts';
import { type KeptRuns, OwnedRuns } from '../run/owned-runs.ts';
import { checkRunId } from '../run/run-caller.ts';
import type { RunEngine, RunInspector } from '../run/run-engine.ts';
import type { RunRelay } from '../run/run-relay.ts';
import { ForeignCalls, type ForeignCallsOptions } from './foreign-calls.ts';
import { ForeignRuns, functionsIn } from './foreign-runs.ts';
import { watchCatalog } from './foreign-watch.ts';

export interface ForeignEntryOptions extends ForeignCallsOptions {
  readonly runs: RunRelay;
  /** Those of this server. */
  readonly runner: KeptRuns;
  readonly gate: Gate;
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

  constructor(options: ForeignEntryOptions) {
    this.#options = options;
    this.#calls = new ForeignCalls(options);
  }

  /** One answer to `asker` (`Identity.text`); the response message. Rejects with the HeddleError that the client is told. */
  async ask(question: ForeignQuestion, request: ForeignRequest, asker: string): Promise<Uint8Array> {
    const sight = this.#sightOf(asker, request);
    switch (question) {
      case 'call':
        this.#refuse();
        return this.#calls.call(request, sight);
      case 'explain':
        return this.#explain(request, sight);
      case 'why':
        return this.#why(request, sight);
      case 'cancel':
        return this.#cancel(request, sight);
    }
  }

  /** Many answers, as messages; ends by throwing the HeddleError that the client is told. */
  async *follow(stream: ForeignStream, request: ForeignRequest, asker: string): AsyncIterable<Uint8Array> {
    const sight = this.#sightOf(asker, request);
    switch (stream) {
      case 'stream':
        this.#refuse();
        return yield* this.#calls.stream(request, sight);
      case 'submit':
        this.#refuse();
        return yield* this.#runsOf(sight).submit(request, sight);
      case 'watch':
        return yield* this.#watch(request, sight);
    }
  }

  #sightOf(asker: string, { remoteAddress }: ForeignRequest): Sight {
    return new Sight(this.#options.gate, asker, remoteAddress);
  }

  /** Runs, as far as they are the asker's business. */
  #businessOf({ asker }: Sight): RunEngine & RunInspector {
    const { runs, runner, gate } = this.#options;
    return gate.tells ? runs.as(asker, new OwnedRuns(runner, asker, gate)) : runs;
  }

  #runsOf(sight: Sight): ForeignRuns {
    return new ForeignRuns(this.#businessOf(sight), this.#options.values);
  }

  async #explain(request: ForeignRequest, sight: Sight): Promise<Uint8Array> {
    const { workflow, ...call } = decodeExplainRequest(request.message);
    if (workflow) for (const name of functionsIn(workflow.commands)) sight.demand('submit', name);
    else sight.demandSight(call.function ?? '');
    const plan = await (workflow ? this.#explainWorkflow(workflow, call, sight) : this.#explainCall(call, sight));
    return encodeExplainResponse(encodeValue(plan, { isJsonOnly: true }));
  }

  #explainCall({ function: name = '', ...options }: ForeignExplain, { asker }: Sight): Promise<Plan> {
    return this.#options.explainer.explain(explainQuery(name, options), asker);
  }

  #explainWorkflow(
    { commands, input, references }: NonNullable<ForeignExplain['workflow']>,
    beside: ForeignExplain,
    { asker }: Sight,
  ): Promise<Plan> {
    const [odd] = Object.entries(beside).flatMap(([field, value]) => (value === undefined ? [] : [field]));
    if (odd !== undefined)
      throw new HeddleError('bad_argument', { path: [odd], expected: 'a function, or commands that say it each', found: 'both' });
    return this.#options.workflows.explain({ workflow: commands, input, references }, asker);
  }

  async #why(request: ForeignRequest, sight: Sight): Promise<Uint8Array> {
    const { explainer } = this.#options;
    const runs = this.#businessOf(sight);
    const query = whyQuery(decodeWhyRequest(request.message));
    if ('function' in query) sight.demandSight(query.function);
    const waits =
      'function' in query ? await explainer.waits(query.function, sight.asker) : waitsOf(await runs.describe(query.run), query.step);
    return encodeWhyResponse(encodeValue(waits, { isJsonOnly: true }));
  }

  async #cancel(request: ForeignRequest, sight: Sight): Promise<Uint8Array> {
    const { runId, reason } = decodeCancelRequest(request.message);
    checkRunId(runId, 'run_id');
    await this.#businessOf(sight).cancel(runId, reason === '' ? 'cancelled by a client' : reason);
    return cancelResponse;
  }

  #watch(request: ForeignRequest, sight: Sight): AsyncIterable<Uint8Array> {
    const watch = decodeWatchRequest(request.message);
    if (watch.runId !== undefined) return this.#runsOf(sight).watch(watch, request.signal);
    // A server that leaves ends its watches, so that nobody keeps a picture that it no longer paints.
    this.#refuse();
    const { feed, server } = this.#options;
    return watchCatalog({ feed, server, signal: request.signal, shows: (name) => sight.shows(name) });
  }

  #refuse(): void {
    const refusal = this.#options.refusal();
    if (refusal) throw refusal;
  }
}
