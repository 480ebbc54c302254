/**
 * Settings as what `startServer` takes: its options, and the tuning behind them.
 *
 * What a user's program also sets is an option; what only an operator turns is tuning. Modules are not here: who
 * starts the server loads them and adds their functions.
 */

import type { ServerOptions } from '../fabric/api/api.ts';
import type { ServerTuning } from '../fabric/server/tuning.ts';
import type { Settings } from './schema.ts';

export interface ServerInput {
  readonly options: ServerOptions;
  readonly tuning: ServerTuning;
}

/** The server that the settings describe; `locate` says where a path of theirs leads. */
export function serverInput(settings: Settings, locate = (path: string): string => path): ServerInput {
  const { server, cluster, tls, tokens, transport, admin, http, dashboard, log, mesh, handOff, limits } = settings;
  const { name, resources, slots, join, host, advertise, insecure, drainGraceMs } = server;
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
      insecure,
      tokens: tokens.keys.length === 0 ? undefined : { keys: tokens.keys.map((path) => locate(path)), maxLifetimeMs: tokens.maxLifetimeMs },
      permissions: settings.permissions as ServerOptions['permissions'], // startServer checks them, as it does those of a program
      tls: tlsOf(tls, locate),
      admin: admin.port === undefined ? undefined : { host: admin.host, port: portOf(admin.port) },
      http: http.port === undefined ? undefined : { host: http.host, port: portOf(http.port) },
      log: logOf(log, locate),
      dashboard: server.dashboard && { host: dashboard.host, port: portOf(dashboard.port), token: dashboard.token },
    },
    tuning: {
      drainGraceMs,
      pinUid: cluster.pinUid,
      keepalive: { timeMs: transport.keepaliveIntervalMs, timeoutMs: transport.keepaliveTimeoutMs },
      mesh,
      handOff,
      identityLimits: limits,
    },
  };
}

/** All three or none, as relations.ts has made sure. */
function tlsOf({ cert, key, ca, clientCertificate }: Settings['tls'], locate: (path: string) => string): ServerOptions['tls'] {
  if (cert === undefined || key === undefined || ca === undefined) return undefined;
  return { cert: locate(cert), key: locate(key), ca: locate(ca), clientCertificate };
}

function logOf({ level, destination, ...rest }: Settings['log'], locate: (path: string) => string): ServerOptions['log'] {
  if (level === 'off') return undefined;
  const isStandard = destination === 'stderr' || destination === 'stdout';
  return { ...rest, level, destination: isStandard ? destination : locate(destination) };
}

function portOf(port: Settings['server']['port']): ServerOptions['port'] {
  if (typeof port === 'number' || port === 'auto') return port;
  const [from = 0, to = 0] = port.split('-').map(Number);
  return { from, to };
}
