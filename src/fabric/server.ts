/**
 * One server: it composes the rooms, starts them in order, and stops them in order. Nothing else.
 *
 * Start: listen, announce, join, running. Drain: say leaving, wait one spread, refuse new work, tell clients to
 * move, wait for what is in flight until the grace is over, end the rest. Stop: leave the mesh, close links and
 * listener, and leave no timer or socket behind.
 * V1 each transition happens once: starting, draining and stopping twice is doing it once.
 * V2 process signals are the command line's; this file touches none.
 */

import type { Workflow } from '../core/workflow/builder.ts';
import { HeddleError } from '../errors.ts';
import type { EventKind, EventOf } from '../observe/events.ts';
import type { Listener } from '../transport/transport.ts';
import type { Functions, Server, ServerOptions } from './api.ts';
import { memberOf } from './directory.ts';
import { advertisedAddress, type ResolvedServerOptions, resolveServerOptions } from './server-options.ts';
import { defaultParts, type ServerParts } from './server-parts.ts';
import { ServerRooms } from './server-rooms.ts';
import type { ServerTuning } from './tuning.ts';

type State = 'starting' | 'running' | 'draining' | 'stopped';

/** How long a drain waits for what is in flight before it ends it, in milliseconds. */
export const drainGraceMs = 25_000;

/**
 * Starts a server and resolves when it listens, has announced its functions and has joined (or has tried to: seeds
 * that are down are tried again for as long as it runs).
 * Throws `bad_argument` for options and functions, `bad_settings` when the port cannot be had, `name_taken` and
 * `cluster_mismatch` when it may not join.
 */
export async function startServer(options: ServerOptions = {}, tuning: ServerTuning = {}): Promise<Server> {
  const parts = defaultParts(tuning);
  const server = new FabricServer(resolveServerOptions(options, parts.random), parts);
  await server.start();
  // The class carries calls of any name and type; the interface types what callers may write.
  return server as unknown as Server;
}

export class FabricServer {
  readonly #options: ResolvedServerOptions;
  readonly #parts: ServerParts;
  readonly #rooms: ServerRooms;
  #state: State = 'starting';
  #listener: Listener | undefined;
  #url = '';
  #draining: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: ResolvedServerOptions, parts: ServerParts) {
    this.#options = options;
    this.#parts = parts;
    this.#rooms = new ServerRooms(options, parts, {
      refusal: () => this.#refusal(),
      callRefusal: () => (this.#state === 'stopped' ? this.#closed() : undefined),
      mustStop: (error) => this.#mustStop(error),
    });
  }

  get name(): string {
    return this.#options.name;
  }

  /** `host:port` under which others reach it. */
  get url(): string {
    return this.#url;
  }

  async start(): Promise<void> {
    const { host, port, advertise, name, onListening } = this.#options;
    try {
      this.#listener = await this.#parts.transport.listen({ host, port }, this.#rooms.reception);
      this.#checkOpen();
      this.#url = advertisedAddress(advertise, this.#listener);
      const at = { name, url: this.#url, port: this.#listener.port };
      this.#rooms.openMesh(this.#url);
      this.#rooms.observer.emit({ kind: 'server.listening', ...at });
      onListening?.(at);
      this.#rooms.announce();
      await this.#rooms.mesh.start();
      this.#checkOpen();
      this.#state = 'running';
    } catch (error) {
      await this.stop();
      // Stopped while it bound, nobody else knew the listener.
      await this.#listener?.close();
      throw error;
    }
  }

  call(fn: unknown, args: unknown, options?: unknown): Promise<unknown> {
    return this.#rooms.caller.call(fn, args, options);
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

  async members() {
    return this.#rooms.mesh.members().map(memberOf);
  }

  async catalog() {
    return this.#rooms.directory.offers();
  }

  async offer(functions: Functions): Promise<void> {
    this.#checkOpen();
    this.#rooms.registry.add(functions);
    this.#rooms.announce();
  }

  async withdraw(...names: readonly string[]): Promise<void> {
    this.#checkOpen();
    this.#rooms.registry.withdraw(names);
    this.#rooms.announce();
  }

  on<K extends EventKind>(kind: K, listener: (event: EventOf<K>) => void): () => void {
    return this.#rooms.observer.on(kind, listener);
  }

  drain(): Promise<void> {
    // One that is still starting has taken no work; one that was stopped has none left.
    if (this.#state === 'starting' || this.#state === 'stopped') return this.#draining ?? Promise.resolve();
    this.#draining ??= this.#drain();
    return this.#draining;
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain();
    await this.stop();
  }

  async #drain(): Promise<void> {
    const rooms = this.#rooms;
    rooms.observer.emit({ kind: 'server.draining', name: this.name, inFlight: rooms.inFlight });
    await rooms.mesh.leave();
    // Stopped meanwhile: that is the last word.
    if (this.#state !== 'running') return;
    this.#state = 'draining';
    rooms.refuseWork();
    await rooms.idle(this.#parts.tuning?.drainGraceMs ?? drainGraceMs);
    rooms.endWork();
  }

  async #stop(): Promise<void> {
    const rooms = this.#rooms;
    this.#state = 'stopped';
    rooms.endWork();
    await rooms.close();
    await this.#listener?.close();
    await this.#parts.transport.close();
    rooms.observer.emit({ kind: 'server.stopped', name: this.name });
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
  #refusal(): HeddleError | undefined {
    return this.#state === 'draining' || this.#state === 'stopped' ? new HeddleError('draining', { server: this.name }) : undefined;
  }
}
