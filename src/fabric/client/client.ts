/**
 * `connect`: a light client. It holds one session to some server of the fabric and knows no catalog, unless it calls
 * directly (direct-engine.ts).
 */

import { hostname } from 'node:os';
import { type Clock, systemClock } from '../../base/clock.ts';
import { DeadlineWheel } from '../../base/deadline-wheel.ts';
import { type Random, systemRandom } from '../../base/random.ts';
import type { Untyped } from '../../core/function.ts';
import { describeFound } from '../../core/names.ts';
import type { Payload } from '../../core/payload.ts';
import type { Workflow } from '../../core/workflow/builder.ts';
import { typeName } from '../../core/workflow/fields.ts';
import type { RunSummary, RunView } from '../../core/workflow/run-view.ts';
import { HeddleError } from '../../errors.ts';
import type { Vitals } from '../../observe/vitals.ts';
import { GrpcTransport } from '../../transport/grpc.ts';
import type { Transport } from '../../transport/transport.ts';
import { protocolMax, protocolMin } from '../../wire/session-codec.ts';
import { encodeValue } from '../../wire/value.ts';
import { argumentError } from '../../wire/value-problem.ts';
import { parseAddress } from '../api/addresses.ts';
import type { Client, ConnectOptions } from '../api/api.ts';
import { checkTokenSource } from '../api/identity-options.ts';
import { checkOptions } from '../api/known-options.ts';
import type { Wait } from '../api/run-api.ts';
import { clientCredentials } from '../api/tls-options.ts';
import { type CallTiming, timingOf } from '../call/call-timing.ts';
import { FabricCaller } from '../call/caller.ts';
import { explainQuery, type WorkflowQuestion, workflowQuestion } from '../explain/explainer.ts';
import { waitsOf, whyQuery } from '../explain/why.ts';
import { checkRunId, RunCaller } from '../run/run-caller.ts';
import type { GivenCall } from '../serve/serving.ts';
import { ClientToken } from './client-token.ts';
import { DirectEngine } from './direct-engine.ts';
import { requestDrain } from './drain-request.ts';
import { SessionEngine } from './session-engine.ts';
import { SessionKeeper } from './session-keeper.ts';

/** Where a client connects when neither an address nor HEDDLE_URL says. */
const addressDefault = '127.0.0.1:7420';

/** What a client is made of; a test brings its own. */
export interface ClientParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly transport: Transport;
  /** Proof of who it is. */
  readonly token?: ClientToken | undefined;
  /** What it calls itself; default: host and process. */
  readonly name?: string | undefined;
}

/**
 * Connects to the first address that answers; the others, and the servers learned from it, are for failover.
 * Default: the environment's HEDDLE_URL (addresses separated by commas), else 127.0.0.1:7420.
 * Throws `bad_argument` for a wrong address or an unknown option, `bad_settings` for certificates that cannot be used,
 * `unauthenticated` when the server is not who it should be or does not believe who this is, `unreachable` when none answers.
 */
export async function connect<F = Untyped>(urls?: string | readonly string[], options: ConnectOptions = {}): Promise<Client<F>> {
  const { routing, tls, token } = checkConnectOptions(options);
  const clock = systemClock;
  const credentials = tls === undefined ? undefined : clientCredentials(tls, clock);
  const source = checkTokenSource(token);
  const proof = source === undefined ? undefined : new ClientToken({ source, clock, isSecret: credentials !== undefined });
  const parts = { clock, random: systemRandom(), transport: new GrpcTransport({ clock, tls: credentials }), token: proof };
  const client = new FabricClient(parts, addressesOf(urls), routing);
  await client.open();
  // The class carries calls of any name and type; F narrows what callers may write.
  return client as unknown as Client<F>;
}

function checkConnectOptions(options: unknown): ConnectOptions {
  const known = checkOptions(options, ['routing', 'tls', 'token'], 'options');
  const { routing } = known;
  if (routing === undefined || routing === 'entry' || routing === 'direct') return known; // every field was checked
  throw new HeddleError('bad_argument', { path: ['options', 'routing'], expected: "'entry' or 'direct'", found: describeFound(routing) });
}

function addressesOf(urls: unknown): readonly string[] {
  const given = urls ?? process.env['HEDDLE_URL'] ?? addressDefault;
  const list = typeof given === 'string' ? given.split(',') : given;
  if (!Array.isArray(list) || list.length === 0) {
    const found = Array.isArray(list) ? 'an empty list' : typeName(urls);
    throw new HeddleError('bad_argument', { path: ['urls'], expected: 'one address or a list of them', found });
  }
  return list.map((address, at) => parseAddress(address, ['urls', at]));
}

export class FabricClient {
  readonly #parts: ClientParts;
  readonly #keeper: SessionKeeper;
  readonly #wheel: DeadlineWheel;
  readonly #engine: SessionEngine;
  readonly #direct: DirectEngine | undefined;
  readonly #caller: FabricCaller;
  readonly #runs: RunCaller;

  constructor(parts: ClientParts, addresses: readonly string[], routing: ConnectOptions['routing'] = 'entry') {
    const { clock, random, transport, token } = parts;
    const instance = Buffer.from(random.bytes(16)).toString('hex');
    const name = parts.name ?? `client-${hostname()}-${process.pid}`.slice(0, 64);
    const refusal = (): HeddleError | undefined => (this.#keeper.isClosed ? new HeddleError('closed', { what: 'the client' }) : undefined);
    const hello = { instance, name, protocolMin, protocolMax };
    this.#parts = parts;
    this.#keeper = new SessionKeeper({ transport, clock, random, addresses, hello, token });
    this.#wheel = new DeadlineWheel(clock);
    this.#engine = new SessionEngine(this.#keeper, { clock, random, wheel: this.#wheel, instance });
    if (routing === 'direct') {
      this.#direct = new DirectEngine({ ...parts, token, wheel: this.#wheel, hello, keeper: this.#keeper, session: this.#engine });
    }
    const engine = this.#direct ?? this.#engine;
    this.#caller = new FabricCaller({ engine, clock, wheel: this.#wheel, identity: { name, instance }, refusal });
    this.#runs = new RunCaller({
      engine: this.#engine,
      values: this.#engine.values,
      coordinator: () => this.#keeper.ack?.server ?? name,
      instance,
      refusal,
    });
  }

  async open(): Promise<void> {
    try {
      await this.#keeper.open();
      await this.#direct?.open();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  call(fn: unknown, args: unknown, options?: unknown): Promise<unknown> {
    return this.#caller.call(fn, args, options);
  }

  /** A call, and where its time went, told just before it settles; also of one that failed, unless it was never sent. */
  timedCall(name: string, call: GivenCall, onTiming: (timing: CallTiming) => void) {
    const { clock } = this.#parts;
    const startedMs = clock.nowMs();
    return this.#caller.watchedCall(name, call, (settlement) => onTiming(timingOf(settlement, clock.nowMs() - startedMs)));
  }

  stream(fn: unknown, args: unknown, options?: unknown): AsyncIterable<unknown> {
    return this.#caller.stream(fn, args, options);
  }

  run(flow: Workflow<never, unknown>, input?: unknown, options?: unknown) {
    return this.#runs.run(flow, input, options);
  }

  submit(data: unknown, options?: unknown) {
    return this.#runs.submit(data, options);
  }

  attach(runId: unknown) {
    return this.#runs.attach(runId);
  }

  async explain(fn: unknown, options?: unknown): Promise<unknown> {
    const question = workflowQuestion(fn, options);
    if (question) return this.#engine.query('explain', encodedQuestion(question));
    const query = explainQuery(fn, options);
    const { terms, ...demands } = query;
    return this.#direct?.explain(query) ?? this.#engine.query('explain', encodeValue({ ...demands, key: terms?.key }));
  }

  async why(what: unknown): Promise<readonly Wait[]> {
    const query = whyQuery(what);
    if ('run' in query) return waitsOf(await this.describeRun(query.run), query.step);
    // What a server says in the shape of the API.
    return (await this.#engine.query('why', encodeValue(query))) as readonly Wait[];
  }

  async describeRun(runId: string): Promise<RunView> {
    checkRunId(runId, 'runId');
    return (await this.#engine.query('why', encodeValue({ run: runId }))) as RunView; // likewise
  }

  async listRuns(): Promise<readonly RunSummary[]> {
    return (await this.#engine.query('runs')) as readonly RunSummary[]; // likewise
  }

  /** Of every server that answers. */
  async vitals(): Promise<readonly Vitals[]> {
    return (await this.#engine.query('vitals')) as readonly Vitals[]; // likewise
  }

  async cancelRun(runId: string, reason: string): Promise<void> {
    checkRunId(runId, 'runId');
    await this.#engine.cancel(runId, reason);
  }

  members(): Promise<unknown> {
    return this.#engine.query('members');
  }

  async catalog(options?: unknown): Promise<unknown> {
    return this.#engine.query('catalog', options === undefined ? undefined : encodeValue(checkOptions(options, ['schemas'], 'options')));
  }

  drain(server: unknown, options?: unknown) {
    return requestDrain({ keeper: this.#keeper, clock: this.#parts.clock }, server, options);
  }

  async close(): Promise<void> {
    this.#direct?.close();
    this.#engine.close();
    this.#keeper.close();
    this.#parts.token?.close();
    this.#wheel.close();
    await this.#parts.transport.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** What stands behind the API's type: `connect` gives this class. Throws a TypeError for anything else. */
export function fabricClientOf(client: Client): FabricClient {
  const known: unknown = client;
  if (!(known instanceof FabricClient)) throw new TypeError('the client is not one that connect gave');
  return known;
}

/** What is not to be sent is refused as `submit` would refuse it. */
function encodedQuestion(question: WorkflowQuestion): Payload {
  try {
    return encodeValue(question);
  } catch (problem) {
    throw argumentError(problem, 'the workflow');
  }
}
