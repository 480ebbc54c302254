/**
 * Settings as what `startServer` takes: its options, and the tuning behind them.
 *
 * What a user's program also sets is an option; what only an operator turns is tuning. Modules are not here: who
 * starts the server loads them and adds their functions.
 */

import type { ServerOptions } from '../fabric/api.ts';
import type { ServerTuning } from '../fabric/tuning.ts';
import type { Settings } from './schema.ts';

export interface ServerInput {
  readonly options: ServerOptions;
  readonly tuning: ServerTuning;
}

/** The server that the settings describe. */
export function serverInput({ server, cluster, transport, admin, http, mesh, handOff }: Settings): ServerInput {
  const { name, resources, slots, join, host, advertise, drainGraceMs } = server;
  return {
    options: {
      name,
      resources,
      slots,
      join,
      host,
      advertise,
      port: portOf(server.port),
      cluster: cluster.name,
      admin: admin.port === undefined ? undefined : { host: admin.host, port: portOf(admin.port) },
      http: http.port === undefined ? undefined : { host: http.host, port: portOf(http.port) },
    },
    tuning: {
      drainGraceMs,
      pinUid: cluster.pinUid,
      keepalive: { timeMs: transport.keepaliveIntervalMs, timeoutMs: transport.keepaliveTimeoutMs },
      mesh,
      handOff,
    },
  };
}

function portOf(port: Settings['server']['port']): ServerOptions['port'] {
  if (typeof port === 'number' || port === 'auto') return port;
  const [from = 0, to = 0] = port.split('-').map(Number);
  return { from, to };
}
