/**
 * What befalls a history: kills, stalls, cuts and lost connections of servers and clients, frames that come late, functions that are
 * offered while calls for them are under way, more calls than there is room for, and more outcomes than are kept.
 */

import type { Random } from '../../src/base/random.ts';
import type { FabricWorld } from '../fabric/fabric-world.ts';
import { bulkBytes, clientsMax, type ServerName, serverNames, type TruthCast } from './truth-cast.ts';

const weights = { kill: 2, reset: 4, pause: 1, cut: 1, late: 4, client: 3, crash: 1, offer: 3, crowd: 2, volume: 0.5 } as const;
export type FaultKind = keyof typeof weights;
export const faultKinds = Object.keys(weights) as readonly FaultKind[]; // the table's own keys

/** Calls at once whose outcomes are more than are kept for one peer (16 MiB). */
const volumeCalls = Math.ceil((20 * 2 ** 20) / bulkBytes);
const volumesMax = 2;
const crowdCalls = 12;

export interface FaultParts {
  readonly world: FabricWorld;
  readonly cast: TruthCast;
  readonly random: Random;
  /** Makes so many calls of a function, through one client. */
  readonly call: (name: string, client: number, calls: number) => void;
}

export class TruthFaults {
  readonly struck: Record<string, number> = {};
  readonly #parts: FaultParts;

  constructor(parts: FaultParts) {
    this.#parts = parts;
  }

  strike(): void {
    let drawn = this.#parts.random.next() * Object.values(weights).reduce((a, b) => a + b, 0);
    for (const kind of faultKinds) {
      drawn -= weights[kind];
      if (drawn > 0) continue;
      if (kind === 'volume' && (this.struck[kind] ?? 0) >= volumesMax) return;
      this.struck[kind] = (this.struck[kind] ?? 0) + 1;
      return this.#strike(kind);
    }
  }

  #strike(kind: FaultKind): void {
    const { world, cast, random } = this.#parts;
    const { weather } = world.network;
    const [a, b] = this.#pair();
    const at = random.integer(clientsMax);
    const client = cast.clients[at]?.name ?? '';
    const forMs = 100 + random.next() * 1_200;
    switch (kind) {
      case 'kill':
        return cast.kill(a, forMs);
      case 'reset':
        return world.breakLinks(a);
      case 'client':
        return random.next() < 0.5 ? this.#late(client, a) : world.breakLinks(client);
      case 'crash':
        return cast.killClient(at);
      case 'pause':
        weather.pause(a);
        return void world.clock.schedule(forMs, () => weather.resume(a));
      case 'cut':
        weather.cut(a, b);
        return void world.clock.schedule(2 * forMs, () => weather.heal(a, b));
      case 'late':
        return this.#late(a, b);
      case 'offer':
        return this.#offer(a, forMs);
      case 'crowd':
        return this.#crowd(at, a, b);
      case 'volume':
        return this.#volume(at);
    }
  }

  /** What is sent from now on is slow; then its connections are lost, and new ones overtake it. */
  #late(a: string, b: string): void {
    const { world } = this.#parts;
    world.network.weather.setDelay(a, b, 600);
    world.clock.schedule(60, () => {
      world.network.weather.setDelay(a, b, 1);
      world.breakLinks(a);
      world.breakLinks(b);
    });
  }

  /** A server offers another function, which some hear of late, and may be gone before they do. */
  #offer(name: ServerName, forMs: number): void {
    const { world, cast, random, call } = this.#parts;
    const { weather } = world.network;
    const server = cast.servers.get(name);
    if (!server) return;
    for (const other of serverNames) if (other !== name && random.next() < 0.5) weather.setDelay(name, other, 700);
    // Nobody has ever heard of it.
    const newcomer = `newcomer-${this.struck['offer']}`;
    server.offer(cast.newcomer(newcomer, name)).catch(() => undefined);
    for (let at = 0; at < clientsMax; at += 1) world.clock.schedule(20 + random.next() * 300, () => call(newcomer, at, 2));
    world.clock.schedule(700, () => {
      for (const other of serverNames) if (other !== name) weather.setDelay(name, other, 1);
    });
    if (random.next() < 0.5) world.clock.schedule(30 + random.next() * 350, () => cast.kill(name, forMs));
    else world.clock.schedule(1_500, () => void server.withdraw(newcomer).catch(() => undefined));
  }

  /** More calls than there is room for, and two of the servers are lost that have some of them. */
  #crowd(client: number, a: ServerName, b: ServerName): void {
    const { world, cast, random, call } = this.#parts;
    call('idempotent', client, crowdCalls);
    world.clock.schedule(5 + random.next() * 60, () => {
      world.breakLinks(a);
      cast.kill(b, 500);
    });
  }

  /** A client's connections are lost over which more is on its way than may be kept. */
  #volume(at: number): void {
    const { world, cast, random, call } = this.#parts;
    const client = cast.clients[at]?.name ?? '';
    const slow = (ms: number): void => {
      for (const name of serverNames) world.network.weather.setDelay(client, name, ms);
    };
    call('bulk', at, volumeCalls);
    world.clock.schedule(1 + random.next() * 4, () => slow(100));
    world.clock.schedule(60, () => {
      slow(1);
      world.breakLinks(client);
    });
  }

  #pair(): readonly [ServerName, ServerName] {
    const { random } = this.#parts;
    const first = random.integer(serverNames.length);
    const second = (first + 1 + random.integer(serverNames.length - 1)) % serverNames.length;
    return [serverNames[first] ?? 's1', serverNames[second] ?? 's2'];
  }
}
