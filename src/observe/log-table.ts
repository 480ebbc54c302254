/**
 * How loud each event is in a log: one row a kind, so that a new event is not forgotten; docs/events.md shows it.
 *
 * T1 `error`: somebody should come. `warn`: something is not as it should be. `info`: what an operator reads of a quiet day.
 *    `debug`: what comes with every call, step or result.
 * T2 where an event says whether something went well, the row says both.
 */

import type { EventKind, FabricEvent } from './events.ts';

/** Loudest first. */
export const logLevels = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof logLevels)[number];

/** `well` and `badly`: what the event itself says (T2). */
type Row = LogLevel | { readonly well: LogLevel; readonly badly: LogLevel };

export const logTable: Readonly<Record<EventKind, Row>> = {
  'server.listening': 'info',
  'server.draining': 'info',
  'server.drained': { well: 'info', badly: 'warn' },
  'server.stopped': 'info',
  'server.failed': 'error',
  'link.opened': 'debug',
  'link.closed': 'debug',
  'session.opened': 'debug',
  'session.closed': 'debug',
  'peer.refused': 'warn',
  'peer.dropped': 'warn',
  'join.granted': 'info',
  'join.refused': 'warn',
  'tls.reloaded': 'info',
  'tls.rejected': 'error',
  'access.denied': 'warn',
  'access.admin': 'info',
  'offer.refused': 'warn',
  'offer.appeared': 'debug',
  'offer.withdrawn': 'debug',
  'offer.conflicted': 'warn',
  'offer.suspended': 'warn',
  'offer.resumed': 'info',
  'loop.overloaded': 'warn',
  'loop.recovered': 'info',
  'attempt.settled': { well: 'debug', badly: 'info' },
  'call.served': { well: 'debug', badly: 'info' },
  'handler.failed': 'warn',
  'handler.logged': 'info',
  'handler.blocked': 'warn',
  'handler.overstayed': 'warn',
  'breaker.opened': 'warn',
  'breaker.halfOpened': 'debug',
  'breaker.closed': 'info',
  'run.accepted': 'debug',
  'run.settled': { well: 'debug', badly: 'info' },
  'step.started': 'debug',
  'element.settled': { well: 'debug', badly: 'info' },
  'step.settled': { well: 'debug', badly: 'info' },
  'result.parked': 'debug',
  'result.spilled': { well: 'debug', badly: 'warn' },
  'result.released': 'debug',
  'lease.expired': 'info',
  'member.joined': 'info',
  'member.suspected': 'info',
  'member.refuted': 'info',
  'member.unreachable': 'warn',
  'member.flapped': 'warn',
  'member.died': 'warn',
  'member.leaving': 'info',
  'member.left': 'info',
  'member.rejected': 'warn',
  'member.hurried': 'warn',
  'member.distrusted': 'warn',
  'record.refused': 'warn',
  'greeting.refused': 'info',
  'epoch.raised': 'info',
  'cluster.settled': 'info',
  'join.failing': 'warn',
  'loop.stalled': 'warn',
  'mesh.frozen': 'warn',
  'mesh.adopted': 'info',
  'adoption.refused': 'info',
  'mesh.isolated': 'warn',
};

/** How loud this one is. */
export function levelOf(event: FabricEvent): LogLevel {
  const row = logTable[event.kind];
  return typeof row === 'string' ? row : row[wentWell(event) ? 'well' : 'badly'];
}

/** Kinds of which a log of this level has any. */
export function kindsAt(level: LogLevel): readonly EventKind[] {
  const kinds = Object.keys(logTable) as EventKind[]; // its own keys, and no others are there
  return kinds.filter((kind) => levelsOf(kind).some((one) => isLoud(one, level)));
}

/** How loud events of this kind may be: once things went well, and once they did not. */
export function levelsOf(kind: EventKind): readonly LogLevel[] {
  const row = logTable[kind];
  return typeof row === 'string' ? [row] : [row.well, row.badly];
}

/** Whether a line of this level belongs into a log of `least`. */
export function isLoud(level: LogLevel, least: LogLevel): boolean {
  return logLevels.indexOf(level) <= logLevels.indexOf(least);
}

function wentWell(event: FabricEvent): boolean {
  if (event.kind === 'server.drained') return event.calls + event.sent + event.runs === 0;
  if ('ok' in event) return event.ok;
  return 'outcome' in event ? event.outcome === 'done' || event.outcome === 'not_run' : true;
}
