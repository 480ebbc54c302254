/**
 * One simulated process: the production machine and the production pump on a clock of its own.
 */

import type { Random } from '../../src/base/random.ts';
import type { Arena } from '../../src/core/gossip/arena.ts';
import { Gossip } from '../../src/core/gossip/gossip.ts';
import type { MeshEffect, MeshInput, MeshNews } from '../../src/core/gossip/io.ts';
import { type MeshSettings, meshDefaults } from '../../src/core/gossip/settings.ts';
import { allRules, type MeshRules } from '../../src/core/gossip/state.ts';
import { Pump } from '../../src/fabric/link/pump.ts';
import { hashBytes, hashText } from './hashes.ts';
import type { Endpoint, Host } from './network.ts';

export interface StartOptions {
  readonly name: string;
  readonly address: string;
  readonly join: readonly string[];
  readonly cluster?: string;
  readonly pinUid?: string;
  /** Starts with the epoch that the last process of this address persisted. */
  readonly hasMemory?: boolean;
}

/** One process with its member. */
export interface Process {
  readonly options: StartOptions;
  readonly host: Host;
  readonly gossip: Gossip;
  readonly pump: Pump<MeshInput, MeshEffect>;
  readonly instance: string;
  readonly news: MeshNews[];
  readonly startedAtMs: number;
  /** Since when it could run without a break. */
  steadySinceMs: number;
  /** When it was last paused. */
  pausedAtMs: number;
  hasStopped: boolean;
}

export interface ProcessParts {
  readonly host: Host;
  readonly random: Random;
  readonly arena: Arena;
  /** The last one that was persisted at this address. */
  readonly epoch: number;
  readonly settings: Partial<MeshSettings> | undefined;
  readonly rules: Partial<MeshRules> | undefined;
  execute(process: Process, effect: MeshEffect): void;
}

/** A process that has not started: its first input is still to be fed. */
export function makeProcess(options: StartOptions, parts: ProcessParts): Process {
  const { host, random } = parts;
  const nowMs = host.clock.nowMs();
  const instance = hex(random.fork('instance').bytes(16));
  const gossip = new Gossip({
    name: options.name,
    instance,
    cluster: options.cluster ?? 'default',
    uid: hex(random.fork('cluster').bytes(16)),
    pinUid: options.pinUid,
    url: options.address,
    resources: [],
    epoch: options.hasMemory === true ? parts.epoch : 0,
    startedAtMs: nowMs,
    settings: { ...meshDefaults, ...parts.settings },
    random: random.fork('machine'),
    rules: { ...allRules, ...parts.rules },
    arena: parts.arena,
    hash64: hashText,
    hashBody: (body) => hashBytes(body),
  });
  const pump = new Pump<MeshInput, MeshEffect>({
    machine: gossip,
    clock: host.clock,
    wake: () => [{ kind: 'wake' }],
    execute: (effect) => parts.execute(process, effect),
  });
  const process: Process = {
    options,
    host,
    gossip,
    pump,
    instance,
    news: [],
    startedAtMs: nowMs,
    steadySinceMs: nowMs,
    pausedAtMs: nowMs,
    hasStopped: false,
  };
  return process;
}

/** What the network calls is what the machine is fed. */
export function endpointOf({ pump }: Process): Endpoint {
  return {
    greeted: (link, hello) => pump.feed({ kind: 'greeted', link, hello }),
    dialled: (dial, result) => {
      const outcome = typeof result === 'string' ? { kind: 'failed' as const, evidence: result } : { kind: 'answered' as const, ...result };
      pump.feed({ kind: 'dialled', dial, outcome });
    },
    received: (link, message) => pump.feed({ kind: 'received', link, message }),
    linkDown: (link, evidence) => pump.feed({ kind: 'linkDown', link, evidence }),
  };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
