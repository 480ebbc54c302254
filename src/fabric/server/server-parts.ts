/**
 * What a server is made with: time, chance and transport. Production makes them here; a test brings its own.
 */

import { type Clock, systemClock } from '../../base/clock.ts';
import { type Random, systemRandom } from '../../base/random.ts';
import type { Seals } from '../../core/gossip/seals.ts';
import type { openLog } from '../../observe/log.ts';
import type { SpillStore } from '../../storage/spill.ts';
import type { Credentials } from '../../transport/credentials.ts';
import { GrpcTransport } from '../../transport/grpc.ts';
import type { Transport } from '../../transport/transport.ts';
import type { KeyHolder } from '../mesh/own-key.ts';
import type { ServerTuning } from './tuning.ts';

export interface ServerParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly transport: Transport;
  readonly tuning?: ServerTuning | undefined;
  /** The certificates that the transport uses. */
  readonly tls?: Credentials | undefined;
  /** Peers show certificates, whoever looks at them, and this signs for a process; default: `tls` does. */
  readonly vouch?: ((holder: KeyHolder) => Seals) | undefined;
  /** Where results go that memory has no room for; default: to disk. */
  readonly spill?: SpillStore | undefined;
  /** Opens the log, where one is asked for: whoever makes the server loads it (observe/log.ts). */
  readonly openLog?: typeof openLog | undefined;
  /** What the last process of this server left behind; default: nothing, and nothing is kept. */
  readonly memory?: ServerMemory | undefined;
}

/** What one process of a server leaves to the next. */
export interface ServerMemory {
  /** The last epoch that was saved; 0 for none. */
  readonly epoch: number;
  saveEpoch(epoch: number): void | Promise<void>;
}

/** `hasChannelz`: an admin listener will tell of its connections. */
export function defaultParts(
  tuning: ServerTuning,
  { hasChannelz, tls }: { readonly hasChannelz: boolean; readonly tls: Credentials | undefined },
): ServerParts {
  const transport = new GrpcTransport({ clock: systemClock, keepalive: tuning.keepalive, hasChannelz, tls });
  return { clock: systemClock, random: systemRandom(), transport, tuning, tls };
}
