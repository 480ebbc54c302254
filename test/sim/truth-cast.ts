/**
 * The processes of one history: three servers of the same functions, one that only passes on, and clients of both kinds; killed
 * and started anew as often as it is wanted.
 */

import type { Functions, Server } from '../../src/fabric/api/api.ts';
import { defineFunction } from '../../src/fabric/api/define.ts';
import type { FabricClient } from '../../src/fabric/client/client.ts';
import type { FabricWorld } from '../fabric/fabric-world.ts';

export const serverNames = ['s1', 's2', 's3', 'gate'] as const;
export type ServerName = (typeof serverNames)[number];
/** Servers that a client tries, the first one first, and how it routes. */
const clientKinds = [
  { first: 3, routing: 'entry' },
  { first: 0, routing: 'entry' },
  { first: 1, routing: 'entry' },
  { first: 3, routing: 'direct' },
  { first: 2, routing: 'direct' },
] as const;
export const clientsMax = clientKinds.length;
/** One function whose offers differ: what was lost as one version may be sent on as another. */
const versions = {
  s1: { version: '1.0.0', effect: 'idempotent' },
  s2: { version: '2.0.0', effect: 'once' },
  s3: { version: '3.0.0', effect: 'idempotent' },
} as const;
/** The same, as a caller may take it for. */
export const anyVersion = { ...defineFunction({ name: 'versions', effect: 'idempotent', handler: () => 0 }), version: '*' };
export const bulkBytes = 60_000;

export type AnyServer = Pick<Server, 'on' | 'offer' | 'withdraw' | 'drain' | 'stop'>;

/** Makes a call of a handler's own, of which the story keeps a record as of any other. */
export type NestedCall = (server: ServerName, call: (id: number) => Promise<unknown>) => Promise<void>;

/** What the handlers of these functions use of their context. */
interface WorkContext {
  readonly idempotencyKey: string;
  sleep(ms: number): Promise<void>;
  call(name: string, args: readonly unknown[]): Promise<unknown>;
}

/** One client; `name` is that of its process, another after each kill. */
export interface CastClient {
  readonly name: string;
  readonly client: FabricClient;
}

export class TruthCast {
  /** Call -> where and when a handler was entered for it. */
  readonly ran = new Map<number, string[]>();
  readonly clients: CastClient[] = [];
  readonly servers = new Map<ServerName, AnyServer>();
  /** Calls for which a handler was entered where they are `once`. */
  readonly ranOnce = new Set<number>();
  /** Call -> keys that its handlers were given. */
  readonly keys = new Map<number, Set<string>>();
  readonly #world: FabricWorld;
  readonly #nested: NestedCall;

  constructor(world: FabricWorld, nested: NestedCall) {
    this.#world = world;
    this.#nested = nested;
  }

  async start(): Promise<void> {
    for (const name of serverNames) {
      const join = name === serverNames[0] ? [] : [addressOf(serverNames[0])];
      this.servers.set(name, await this.#world.start(name, this.#functions(name), { port: portOf(name), join }));
    }
    for (let at = 0; at < clientsMax; at += 1) await this.#world.settle(this.#make(at).client.open());
  }

  async close(): Promise<void> {
    const stopping = [...this.clients.map(({ client }) => client.close()), ...[...this.servers.values()].map((server) => server.stop())];
    await this.#world.settle(Promise.all(stopping));
  }

  /** Another function of effect `once`, which a server comes to offer while it runs. */
  newcomer(name: string, server: ServerName): Functions {
    return { [name]: this.#work(name, server, { effect: 'once', concurrency: 100 }) };
  }

  /** Kills a server, and starts it anew in the same place after a while. Never the last but one. */
  kill(name: ServerName, forMs: number): void {
    const up = serverNames.filter((other) => this.servers.has(other));
    if (!up.includes(name) || up.length < 3) return;
    this.#world.kill(name);
    this.servers.delete(name);
    this.#startLater(name, forMs);
  }

  /** Drains a server, stops it when nothing is left, and starts it anew after a while: nobody may lose a call by it. False: it is down, or too few others are up. */
  drain(name: ServerName, forMs: number): boolean {
    const server = this.servers.get(name);
    if (!server || this.servers.size < 3) return false;
    this.servers.delete(name);
    const drained = server.drain().then(() => server.stop());
    drained.then(
      () => {
        // Its process ends, and the next one is another instance.
        this.#world.kill(name);
        this.#startLater(name, forMs);
      },
      () => undefined,
    );
    return true;
  }

  #startLater(name: ServerName, forMs: number): void {
    this.#world.clock.schedule(forMs, () => {
      const join = serverNames.filter((other) => other !== name).map(addressOf);
      const server = this.#world.made(name, this.#functions(name), { port: portOf(name), join });
      this.servers.set(name, server);
      server.start().catch(() => undefined);
    });
  }

  /** Kills a client, and starts another in its stead. */
  killClient(at: number): void {
    const { name } = this.clients[at] ?? { name: '' };
    this.#world.kill(name);
    this.#make(at)
      .client.open()
      .catch(() => undefined);
  }

  #make(at: number): CastClient {
    const { first, routing } = clientKinds[at] ?? clientKinds[0];
    const addresses = serverNames.map((_, turn) => addressOf(serverNames[(first + turn) % serverNames.length] ?? 's1'));
    const client = this.#world.clientBy(routing, ...addresses);
    const made = { client, name: [...this.#world.processes.keys()].at(-1) ?? '' };
    this.clients[at] = made;
    return made;
  }

  #functions(server: ServerName): Functions {
    if (server === 'gate') return {};
    return {
      once: this.#work('once', server, { effect: 'once', concurrency: 100 }),
      versions: this.#work('versions', server, { ...versions[server], concurrency: 4 }),
      idempotent: this.#work('idempotent', server, { effect: 'idempotent', concurrency: 2 }),
      bulk: this.#bulk(server),
      hops: this.#hops(server),
    };
  }

  #work(name: string, server: ServerName, how: { effect: 'once' | 'idempotent'; concurrency: number; version?: string }) {
    const handler = async (ctx: WorkContext, id: number, workMs: number): Promise<number> => {
      this.#note(id, server);
      if (how.effect === 'once') this.ranOnce.add(id);
      this.keys.set(id, (this.keys.get(id) ?? new Set()).add(ctx.idempotencyKey));
      if (workMs > 0) await ctx.sleep(workMs);
      return id;
    };
    return defineFunction({ name, ...how, handler });
  }

  #bulk(server: ServerName) {
    const handler = (_ctx: unknown, id: number): Uint8Array => {
      this.#note(id, server);
      return new Uint8Array(bulkBytes);
    };
    return defineFunction({ name: 'bulk', effect: 'once', concurrency: 1_000, handler });
  }

  /** Calls itself `depth` times, one inside the other, and `once` at the end. */
  #hops(server: ServerName) {
    const handler = async (ctx: WorkContext, id: number, workMs: number, depth: number): Promise<number> => {
      this.#note(id, server);
      const next = depth > 0 ? 'hops' : 'once';
      await this.#nested(server, (inner) => ctx.call(next, [inner, workMs, depth - 1]));
      return id;
    };
    return defineFunction({ name: 'hops', effect: 'once', concurrency: 100, handler });
  }

  #note(id: number, server: ServerName): void {
    this.ran.set(id, [...(this.ran.get(id) ?? []), `${server} at ${Math.round(this.#world.clock.nowMs())}`]);
  }
}

function portOf(name: ServerName): number {
  return 7001 + serverNames.indexOf(name);
}

function addressOf(name: ServerName): string {
  return `127.0.0.1:${portOf(name)}`;
}
