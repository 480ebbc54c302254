/**
 * One simulated process, and how it is started.
 */

import type { Gossip } from '../../src/core/gossip/gossip.ts';
import type { MeshEffect, MeshInput, MeshNews } from '../../src/core/gossip/io.ts';
import type { Pump } from '../../src/fabric/pump.ts';
import type { Host } from './network.ts';

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
  hasStopped: boolean;
}
