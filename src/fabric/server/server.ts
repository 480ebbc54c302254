/**
 * One server: it composes the rooms, starts them in order, and stops them in order. Nothing else.
 *
 * Start: listen, announce, join, running. Drain: drain.ts. Stop: leave the mesh, close links and listener, and leave no
 * timer or socket behind.
 * V1 each transition happens once: starting, draining and stopping twice is doing it once.
 * V2 process signals are the command line's; this file touches none.
 */

import { present } from '../../base/assert.ts';
import { systemClock } from '../../base/clock.ts';
import { unlessRejected } from '../../base/deferred.ts';
import { checkName } from '../../core/names.ts';
import type { Workflow } from '../../core/workflow/builder.ts';
import { HeddleError } from '../../errors.ts';
import { checkPermissions } from '../../identity/permissions.ts';
import type { EventKind, EventOf } from '../../observe/events.ts';
import type { Log, LogChoice } from '../../observe/log.ts';
import type { Functions, Server, ServerOptions } from '../api/api.ts';
import { checkServerTls, serverCredentials, warnIfOpen } from '../api/tls-options.ts';
import { explainQuery, workflowQuestion } from '../explain/explainer.ts';
import { waitsOf, whyQuery } from '../explain/why.ts';
import { memberOf } from '../mesh/directory.ts';
import { Drain, type DrainFollower, drainGraceMs } from './drain.ts';
import { Listeners } from './listeners.ts';
import { type ResolvedServerOptions, resolveServerOptions } from './server-options.ts';
import { defaultParts, type ServerParts } from './server-parts.ts';
import { ServerRooms } from './server-rooms.ts';
import type { ServerTuning } from './tuning.ts';

/** `joining`: whoever knows its address may call it. */
type State = 'starting' | 'joining' | 'running' | 'stopped';

/**
 * Starts a server and resolves when it listens, has announced its functions and has joined (or has tried to: seeds
 * that are down are tried again for as long as it runs).
 * Throws `bad_argument` for options and functions, `bad_settings` when the port or the certificates cannot be had, `name_taken`,
 * `cluster_mismatch` and `unauthenticated` when it may not join.
 */
export async function startServer(options: ServerOptions = {}, tuning: ServerTuning = {}): Promise<Server> {
  const tls = options?.tls === undefined ? undefined : serverCredentials(options.tls, systemClock);
  const parts = defaultParts(tuning, { hasChannelz: options?.admin !== undefined, tls });
  const resolved = resolveServerOptions(options, parts.random, tls?.name);
  const server = new FabricServer(resolved, resolved.log ? { ...parts, ...(await import('../../observe/log.ts')) } : parts);
  if (!tls) warnIfOpen(server.name, options);
  await server.start();
  // The class carries calls of any name and type; the interface types what callers may write.
  return server as unknown as Server;
}

export class FabricServer {
  readonly #options: ResolvedServerOptions;
  readonly #parts: ServerParts;
  readonly #rooms: ServerRooms;
  #state: State = 'starting';
  readonly #listeners: Listeners;
  #log: Log | undefined;
  #url = '';
  readonly #drain: Drain;
  #stopping: Promise<void> | undefined;

  constructor(options: ResolvedServerOptions, parts: ServerParts) {
    this.#options = options;
    this.#parts = parts;
    this.#rooms = new ServerRooms(options, parts, {
      refusal: () => this.#refusal(this.#drain.isRefusing),
      sessionRefusal: () => this.#refusal(this.#drain.hasBegun),
      callRefusal: () => (this.#state === 'stopped' ? this.#closed() : undefined),
      mustStop: (error) => this.#mustStop(error),
      drain: (follower) => this.#drainFor(follower),
    });
    this.#listeners = new Listeners({
      options,
      parts,
      rooms: this.#rooms,
      server: this,
      unready: () => this.#unready(),
      checkOpen: () => this.#checkOpen(),
    });
    parts.tls?.watch({
      reloaded: (name, untilMs) => this.#rooms.observer.emit({ kind: 'tls.reloaded', name, untilMs }),
      rejected: (message) => this.#rooms.observer.emit({ kind: 'tls.rejected', message }),
    });
    const graceMs = parts.tuning?.drainGraceMs ?? drainGraceMs;
    this.#drain = new Drain({ name: options.name, clock: parts.clock, rooms: this.#rooms, graceMs });
  }

  get name(): string {
    return this.#options.name;
  }

  /** `host:port` under which others reach it. */
  get url(): string {
    return this.#url;
  }

  async start(): Promise<void> {
    const { log, name, onListening } = this.#options;
    try {
      if (log) this.#openLog(log);
      this.#url = await this.#listeners.listen();
      this.#rooms.openMesh(this.#url);
      await this.#listeners.openDoors();
      const at = { name, url: this.#url, ...this.#listeners.addresses };
      this.#checkOpen();
      this.#state = 'joining';
      this.#rooms.observer.emit({ kind: 'server.listening', ...at });
      const told: unknown = onListening?.(at);
      this.#rooms.announce();
      await unlessRejected(told, this.#rooms.mesh.start());
      this.#checkOpen();
      this.#state = 'running';
      this.#listeners.setServing(!this.#drain.hasBegun);
    } catch (error) {
      await this.stop();
      // Stopped while it bound, nobody else knew the listeners.
      await this.#listeners.close();
      throw error;
    }
  }

  call(fn: unknown, args: unknown, options?: unknown): Promise<unknown> {
    return this.#rooms.caller.call(fn, args, options);
  }

  stream(fn: unknown, args: unknown, options?: unknown): AsyncIterable<unknown> {
    return this.#rooms.caller.stream(fn, args, options);
  }

  run(flow: Workflow<never, unknown>, input?: unknown, options?: unknown) {
    return this.#rooms.runs.run(flow, input, options);
  }

  submit(data: unknown, options?: unknown) {
    return this.#rooms.runs.submit(data, options);
  }

  attach(runId: unknown) {
    return this.#rooms.runs.attach(runId);
  }

  async explain(fn: unknown, options?: unknown) {
    const question = workflowQuestion(fn, options);
    return question ? this.#rooms.workflows.explain(question) : this.#rooms.explainer.explain(explainQuery(fn, options));
  }

  async why(what: unknown) {
    const query = whyQuery(what);
    return 'run' in query ? waitsOf(await this.#rooms.relay.describe(query.run), query.step) : this.#rooms.explainer.waits(query.function);
  }

  async members() {
    return this.#rooms.mesh.members().map(memberOf);
  }

  async catalog(options?: unknown) {
    return this.#rooms.directory.offers(options);
  }

  async offer(functions: Functions): Promise<void> {
    this.#checkOpen();
    this.#rooms.registry.add(functions);
    this.#rooms.announce();
  }

  async withdraw(...names: readonly string[]): Promise<void> {
    this.#checkOpen();
    this.#rooms.registry.withdraw(names.map((name, at) => checkName('function', name, ['names', at])));
    this.#rooms.announce();
  }

  on<K extends EventKind>(kind: K, listener: (event: EventOf<K>) => void): () => void {
    return this.#rooms.observer.on(kind, listener);
  }

  async reloadTls(tls?: unknown): Promise<void> {
    const found = this.#parts.tls ? 'a server that speaks TLS already' : 'a server that speaks in the clear';
    if (!this.#parts.tls) throw new HeddleError('bad_argument', { path: ['tls'], expected: 'a server with certificates', found });
    this.#parts.tls.replace(tls === undefined ? undefined : checkServerTls(tls));
  }

  async reloadPermissions(permissions: unknown): Promise<void> {
    const { gate, directory } = this.#rooms;
    const rules = checkPermissions(permissions);
    if (!gate.hasRules)
      throw new HeddleError('bad_argument', { path: ['permissions'], expected: 'a server with rules', found: 'one without' });
    gate.replace(rules);
    directory.judgeAnew();
  }

  drain(): Promise<void> {
    // One of which nobody knows yet has taken no work; one that was stopped has none left.
    if (this.#state === 'starting' || this.#state === 'stopped') return Promise.resolve();
    this.#listeners.setServing(false);
    return this.#drain.run();
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain();
    await this.stop();
  }

  /** Drains because somebody asked for it, and tells them how it goes. */
  #drainFor(follower: DrainFollower): () => void {
    void this.drain();
    return this.#drain.follow(follower);
  }

  async #stop(): Promise<void> {
    const rooms = this.#rooms;
    this.#state = 'stopped';
    this.#drain.stop();
    this.#listeners.setServing(false);
    rooms.endWork();
    await rooms.close();
    await this.#listeners.close();
    await this.#parts.transport.close();
    rooms.observer.emit({ kind: 'server.stopped', name: this.name });
    this.#log?.close();
  }

  #openLog(choice: LogChoice): void {
    const open = present(this.#parts.openLog, 'a log was asked for, and nobody has loaded it');
    const { observer } = this.#rooms;
    this.#log = open(choice, { observer, clock: this.#parts.clock, server: this.name, cluster: this.#options.cluster });
  }

  /** Why it takes no work; undefined: it does. */
  #unready(): string | undefined {
    if (this.#state === 'joining') return 'starting';
    if (this.#state !== 'running') return this.#state;
    return this.#drain.hasBegun ? 'draining' : undefined;
  }

  #closed(): HeddleError {
    return new HeddleError('closed', { what: `server ${this.name}` });
  }

  #checkOpen(): void {
    if (this.#state === 'stopped') throw this.#closed();
  }

  #mustStop(error: HeddleError): void {
    this.#rooms.observer.emit({ kind: 'server.failed', name: this.name, code: error.code, message: error.message });
    void this.stop();
  }

  /** What new work is told once this server takes none. */
  #refusal(isDraining: boolean): HeddleError | undefined {
    return isDraining || this.#state === 'stopped' ? new HeddleError('draining', { server: this.name }) : undefined;
  }
}
