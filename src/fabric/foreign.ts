/**
 * Clients in other languages: gRPC's own unary and server-streaming methods, with JSON values.
 *
 * F1 their calls and workflows go through the same engine as everybody's; only the values' encoding differs.
 * F2 what they get back is in an encoding that they read.
 * F3 a client that ends its call gives it up, and its deadline is the call's. (Runs: foreign-runs.ts.)
 */

import type { HeddleError } from '../errors.ts';
import type { ForeignQuestion, ForeignRequest, ForeignStream } from '../transport/transport.ts';
import { fromWireError } from '../wire/error.ts';
import { decodeCallRequest, encodeCallResponse } from '../wire/foreign.ts';
import {
  cancelResponse,
  decodeCancelRequest,
  decodeExplainRequest,
  decodeWatchRequest,
  encodeExplainResponse,
} from '../wire/foreign-questions.ts';
import { encodeValue } from '../wire/value.ts';
import { checkCallOptions } from './call-options.ts';
import { termsOf } from './call-terms.ts';
import type { CatalogFeed } from './catalog-feed.ts';
import { type Explainer, explainQuery } from './explainer.ts';
import { clientLeft, ForeignRuns } from './foreign-runs.ts';
import { watchCatalog } from './foreign-watch.ts';
import { type CallEngine, callTimeoutMsDefault, type Invocation, type Settlement, timeoutMsMax } from './invocation.ts';
import { checkRunId } from './run-caller.ts';
import type { RunEngine } from './run-engine.ts';

export interface ForeignEntryOptions {
  readonly engine: CallEngine;
  readonly runs: RunEngine;
  readonly explainer: Explainer;
  readonly feed: CatalogFeed;
  /** Name of this server. */
  readonly server: string;
  readonly nowMs: () => number;
  /** Identity and number of a call made for a client that has none. */
  readonly nextCall: () => Pick<Invocation, 'caller' | 'callerName' | 'callNumber'>;
  /** Set while no new work is taken. */
  readonly refusal: () => HeddleError | undefined;
}

export class ForeignEntry {
  readonly #options: ForeignEntryOptions;
  readonly #runs: ForeignRuns;

  constructor(options: ForeignEntryOptions) {
    this.#options = options;
    this.#runs = new ForeignRuns(options.runs);
  }

  /** One answer; the response message. Rejects with the HeddleError that the client is told. */
  async ask(question: ForeignQuestion, request: ForeignRequest): Promise<Uint8Array> {
    switch (question) {
      case 'call':
        return this.#call(request);
      case 'explain':
        return this.#explain(request);
      case 'cancel':
        return this.#cancel(request);
    }
  }

  /** Many answers, as messages; ends by throwing the HeddleError that the client is told. */
  async *follow(stream: ForeignStream, request: ForeignRequest): AsyncIterable<Uint8Array> {
    switch (stream) {
      case 'submit':
        this.#refuse();
        return yield* this.#runs.submit(request);
      case 'watch':
        return yield* this.#watch(request);
    }
  }

  async #call(request: ForeignRequest): Promise<Uint8Array> {
    this.#refuse();
    const { outcome, server } = await this.#settled(this.#invocation(request), request.signal);
    if (!outcome.ok) throw fromWireError(outcome.error);
    return encodeCallResponse(outcome.value, server);
  }

  #explain(request: ForeignRequest): Uint8Array {
    const { function: name, ...options } = decodeExplainRequest(request.message);
    const plan = this.#options.explainer.explain(explainQuery(name, options));
    return encodeExplainResponse(encodeValue(plan, { isJsonOnly: true }));
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

  #invocation(request: ForeignRequest): Invocation {
    const call = decodeCallRequest(request.message);
    const { need, version, target, meta, idempotencyKey, priority, retry } = call;
    const options = checkCallOptions({ need, version, target, meta, timeoutMs: call.timeoutMs, idempotencyKey, priority, retry });
    const clientMs = Math.min(request.timeoutMs ?? callTimeoutMsDefault, timeoutMsMax);
    const timeoutMs = Math.min(call.timeoutMs ?? clientMs, request.timeoutMs ?? timeoutMsMax);
    return {
      function: call.function,
      kind: 'call',
      credit: 0,
      hasStreamInput: false,
      version,
      effect: undefined,
      need,
      target,
      args: { template: call.args, inputs: [] },
      timeoutMs,
      deadlineMs: this.#options.nowMs() + timeoutMs,
      ...this.#options.nextCall(),
      attempt: 1,
      paid: 0,
      lost: 0,
      meta,
      terms: termsOf(options),
      isJsonOnly: call.isJsonOnly,
      wantsProgress: false,
      isOverloadFinal: false,
    };
  }

  #settled(invocation: Invocation, signal: AbortSignal): Promise<Settlement> {
    return new Promise((resolve) => {
      const handle = this.#options.engine.start(invocation, { settled: resolve });
      if (signal.aborted) handle.cancel(clientLeft);
      else signal.addEventListener('abort', () => handle.cancel(clientLeft), { once: true });
    });
  }
}
