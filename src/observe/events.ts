/**
 * Everything that can be watched, as one union: the story of the system.
 *
 * O1 a kind is `noun.pastVerb`; its fields are plain data, safe to keep and to print.
 * O2 `eventTable` has one row a kind; docs/events.md is generated from it.
 * O3 no event carries an argument or a result; a stack trace only `handler.failed`, which stays in this process.
 * Who emits is the room where it happens; subscribers (log, meters, dashboards) never change what happens.
 */

import type { Effect } from '../core/catalog/offer.ts';
import type { MeshNote } from '../core/gossip/note.ts';
import type { StepOutcome } from '../errors.ts';

/** Where an attempt went, as every event about calls names it. */
interface AttemptPlace {
  readonly function: string;
  readonly version: string;
  /** Name of the server. */
  readonly server: string;
}

/** Which call an event is about, and where that stands in its trace (W3C Trace Context); absent outside of any trace. */
interface CallPlace {
  /** Constant over attempts and hops. */
  readonly callId: string;
  readonly traceparent?: string | undefined;
}

/** Which run, likewise: the span is the run's own. */
interface RunPlace {
  readonly runId: string;
  readonly traceparent?: string | undefined;
}

interface BreakerPlace {
  readonly server: string;
  /** Absent: the breaker of the whole server. */
  readonly function?: string | undefined;
}

type ServerEvent =
  | {
      readonly kind: 'server.listening';
      readonly name: string;
      readonly url: string;
      readonly port: number;
      readonly adminUrl?: string;
      readonly httpUrl?: string;
    }
  | { readonly kind: 'server.draining'; readonly name: string; readonly inFlight: number }
  | {
      readonly kind: 'server.drained';
      readonly name: string;
      readonly elapsedMs: number;
      /** Calls served here, calls sent or passed on, and runs coordinated here that had to be ended. */
      readonly calls: number;
      readonly sent: number;
      readonly runs: number;
    }
  | { readonly kind: 'server.stopped'; readonly name: string }
  | { readonly kind: 'server.failed'; readonly name: string; readonly code: string; readonly message: string };

type LinkEvent =
  | { readonly kind: 'link.opened'; readonly server: string; readonly address: string }
  | { readonly kind: 'link.closed'; readonly server: string; readonly evidence: string; readonly message: string }
  | { readonly kind: 'session.opened'; readonly client: string; readonly address: string }
  | { readonly kind: 'session.closed'; readonly client: string; readonly evidence: string; readonly message: string };

/** Who is who, and who is not let in. */
type IdentityEvent =
  | { readonly kind: 'peer.refused'; readonly address: string; readonly reason: string; readonly why: string }
  | { readonly kind: 'peer.dropped'; readonly address: string; readonly why: string }
  | { readonly kind: 'join.granted'; readonly name: string; readonly address: string }
  | { readonly kind: 'join.refused'; readonly name: string; readonly address: string; readonly code: string; readonly message: string }
  | {
      readonly kind: 'tls.reloaded';
      /** Whose certificate it is, and when it ends, in milliseconds since the Unix epoch. */
      readonly name: string;
      readonly untilMs: number;
    }
  | { readonly kind: 'tls.rejected'; readonly message: string }
  | ({
      readonly kind: 'access.denied';
      /** Refusals before this one that were not told, because there were too many. */
      readonly untold: number;
    } & Access)
  | ({ readonly kind: 'access.admin' } & Access);

/** What somebody wanted. */
interface Access {
  /** `token:alice`, `certificate:alice`, `server:gpu-1`, or `anonymous`. */
  readonly identity: string;
  /** Who asked first, where a function of that server wanted it out of its handler. */
  readonly onBehalfOf?: string;
  readonly verb: string;
  /** The function, server or run. */
  readonly name: string;
  /** What the process calls itself by which they came, or its address. */
  readonly peer: string;
}

type OfferEvent =
  | ({ readonly kind: 'offer.appeared'; readonly effect: Effect } & AttemptPlace)
  | ({ readonly kind: 'offer.withdrawn'; readonly effect: Effect } & AttemptPlace)
  | ({ readonly kind: 'offer.refused' } & AttemptPlace)
  | { readonly kind: 'offer.conflicted'; readonly function: string; readonly version: string }
  | { readonly kind: 'offer.suspended'; readonly function: string; readonly version: string }
  | { readonly kind: 'offer.resumed'; readonly function: string; readonly version: string };

type LoopEvent =
  | {
      readonly kind: 'loop.overloaded';
      /** How late the event loop was just now. */
      readonly lateMs: number;
    }
  | { readonly kind: 'loop.recovered' };

type CallEvent =
  | ({
      readonly kind: 'attempt.settled';
      readonly attempt: number;
      readonly ok: boolean;
      /** The error's code; absent on success. */
      readonly code?: string | undefined;
      readonly elapsedMs: number;
    } & AttemptPlace &
      CallPlace)
  | ({
      readonly kind: 'call.served';
      readonly function: string;
      readonly version: string;
      /** Name of the process that asked first. */
      readonly caller: string;
      readonly ok: boolean;
      /** The error's code; absent on success. */
      readonly code?: string | undefined;
      readonly attempt: number;
      /** From its arrival to its reply. */
      readonly elapsedMs: number;
    } & CallPlace)
  | ({
      readonly kind: 'handler.failed';
      readonly function: string;
      readonly version: string;
      /** Name, message and stack of what was thrown; of a result that cannot be sent, where in it and why. */
      readonly stack: string;
    } & CallPlace)
  | ({
      readonly kind: 'handler.logged';
      readonly function: string;
      readonly version: string;
      readonly message: string;
      readonly fields?: Readonly<Record<string, unknown>> | undefined;
    } & CallPlace)
  | ({ readonly kind: 'handler.blocked'; readonly function: string; readonly blockedMs: number } & CallPlace)
  | ({ readonly kind: 'handler.overstayed'; readonly function: string } & CallPlace);

type BreakerEvent =
  | ({ readonly kind: 'breaker.opened'; readonly forMs: number; readonly code: string } & BreakerPlace)
  | ({ readonly kind: 'breaker.halfOpened' } & BreakerPlace)
  | ({ readonly kind: 'breaker.closed' } & BreakerPlace);

type RunEvent =
  | ({
      readonly kind: 'run.accepted';
      /** The workflow's, for people: its first 128 characters. */
      readonly name?: string | undefined;
      readonly steps: number;
    } & RunPlace)
  | ({ readonly kind: 'run.settled'; readonly ok: boolean; readonly elapsedMs: number } & RunPlace)
  | ({
      readonly kind: 'step.started';
      readonly step: string;
      /** Of a step that maps a list: the place of the element that is meant. */
      readonly element?: number | undefined;
      readonly server: string;
      readonly attempt: number;
    } & RunPlace)
  | ({
      readonly kind: 'element.settled';
      readonly step: string;
      readonly element: number;
      readonly outcome: StepOutcome;
      readonly server?: string | undefined;
      readonly elapsedMs: number;
    } & RunPlace)
  | ({
      readonly kind: 'step.settled';
      readonly step: string;
      readonly outcome: StepOutcome;
      readonly server?: string | undefined;
      readonly elapsedMs: number;
    } & RunPlace);

/** Of large results that stay on this server until they are pulled; `value` is one's number here. */
type ResultEvent =
  | { readonly kind: 'result.parked'; readonly value: number; readonly bytes: number }
  | { readonly kind: 'result.spilled'; readonly value: number; readonly bytes: number; readonly ok: boolean }
  | { readonly kind: 'result.released'; readonly value: number; readonly bytes: number }
  | { readonly kind: 'lease.expired'; readonly value: number; readonly bytes: number };

/** What `server.on` tells of: `kind` narrows; docs/events.md lists them. */
export type FabricEvent =
  | ServerEvent
  | LinkEvent
  | IdentityEvent
  | OfferEvent
  | LoopEvent
  | CallEvent
  | BreakerEvent
  | RunEvent
  | ResultEvent
  | MeshNote;

export type EventKind = FabricEvent['kind'];
/** The event of one kind. */
export type EventOf<K extends EventKind> = Extract<FabricEvent, { readonly kind: K }>;

/** One row a kind: what it says has happened. */
export const eventTable: Readonly<Record<EventKind, string>> = {
  'server.listening': 'this server accepts connections; the port is the one really bound',
  'server.draining': 'this server says that it leaves; it takes no new work from one spread later on, and finishes what is in flight',
  'server.drained': 'nothing is in flight here any more; what was, when the grace was over, has been ended and is counted',
  'server.stopped': 'this server has stopped; nothing of it is left',
  'server.failed': 'this server could not start, or had to stop',
  'link.opened': 'a link to another server is open',
  'link.closed': 'a link to another server has closed; calls in flight on it are lost',
  'session.opened': 'a client has connected to this server',
  'session.closed': "a client's session has closed",
  'peer.refused': 'somebody was not let in: `reason` as in the error `unauthenticated`, and what was found',
  'peer.dropped': 'a connection took more than one may, and was cut off',
  'join.granted': 'a newcomer with a join token was issued a certificate of this name',
  'join.refused': 'somebody asked to join and was refused; `code` and `message` as they were told',
  'tls.reloaded': 'the certificates in use are others: handshakes from now on show them, links that are open stay',
  'tls.rejected': 'files of certificates have changed and cannot be used: the ones before stay in use',
  'access.denied':
    'somebody wanted what no rule allows them, or their token has ended; at most 50 are told a second, and `untold` counts the others',
  'access.admin': 'somebody did what administrators may: drained a server, ended the run of another, or changed the rules',
  'offer.refused': 'a server announces a function that no rule lets it serve: it is not taken from it here',
  'offer.appeared': 'a server offers a function that it did not offer before',
  'offer.withdrawn': 'an offer is gone: withdrawn, or its server left or died',
  'offer.conflicted': 'two servers announce different effects for the same function and version; the strictest counts',
  'offer.suspended': 'as many handlers of this function ignore their signal as may run at once: this server offers it to nobody meanwhile',
  'offer.resumed': 'one of those handlers has returned: this server offers the function again',
  'loop.overloaded': 'this server has been late for a second with what it is sent: it refuses calls, batch first, until it keeps up',
  'loop.recovered': 'this server keeps up again and refuses no calls for its event loop',
  'attempt.settled': 'one attempt of a call from here has ended',
  'call.served': 'a call of a function of this server has ended here: its handler has run, or it was refused',
  'handler.failed':
    'a handler, or one of its schemas, threw, or its result cannot be sent; the caller gets name and message at most, the stack stays here',
  'handler.logged': 'a handler said something (`ctx.log`)',
  'handler.blocked': 'a handler blocked the event loop of this server for over 200 ms',
  'handler.overstayed': 'a handler ignores its signal: 5 s after its reply (or its timeout, if longer) its place went to others',
  'breaker.opened': 'a breaker refuses attempts for `forMs`, because of failures with `code`',
  'breaker.halfOpened': 'a breaker lets the next attempt through as its probe',
  'breaker.closed': 'a probe has succeeded: attempts pass again',
  'run.accepted': 'this server coordinates a run',
  'run.settled': 'a run that this server coordinates has ended',
  'step.started': 'a step of a run has been sent to a server',
  'element.settled': 'an element of the list that a step maps has ended',
  'step.settled': 'a step of a run has ended, or will not run',
  'result.parked': 'a large result stays on this server until whoever needs it has pulled it',
  'result.spilled': 'such a result has gone to disk, for want of memory; or could not, and stays in memory',
  'result.released': 'such a result is not needed any more, and is free',
  'lease.expired': 'nobody has said for the time of its lease that such a result is needed: it is free',
  'member.joined': 'a member is known and alive',
  'member.suspected': 'evidence stands against a member',
  'member.refuted': 'the evidence against a member is void: it answered',
  'member.unreachable': 'a member cannot be reached from here, and has not been buried so far',
  'member.flapped': 'a member has changed between alive and suspect over three times in a minute: it is ranked last for `forMs`',
  'member.died': 'a member is dead by the word of a quorum of its observers',
  'member.leaving': 'a member is about to leave, by its own word',
  'member.left': 'a member has left, by its own word',
  'member.rejected': 'what a member announced is against a limit and is not taken',
  'member.hurried':
    'a member changes what it says of itself more often than others look at it: the newest word is taken, a little later. Once in 10 s, `count` words that waited',
  'member.distrusted':
    'a member can no longer prove who it is: its certificate or key has ended, or is not trusted here any more (`reason`). It is avoided and its links are closed',
  'record.refused':
    'what a server passed on is not taken: it is not proved to be the word of the member that it names (`reason`). Once in 10 s for each of both, `count` times',
  'greeting.refused': 'a greeting between two servers was refused',
  'epoch.raised': 'this server raised its own epoch, so that its record wins over an older one of its name',
  'cluster.settled': 'this server took the uid of the cluster that it met',
  'join.failing': 'none of the addresses of `join` answers; said at most once a minute',
  'loop.stalled': "this server's own event loop was late; deadlines of others are shifted",
  'mesh.frozen': 'too many members fell under suspicion at once (or no longer are): they are avoided, and nobody is convicted meanwhile',
  'mesh.adopted': 'too few of its observers reach this server: `adopters` observe it as well (none: the observers are enough again)',
  'adoption.refused': 'a member that was asked to observe this server does not; `code` says why',
  'mesh.isolated': 'most links went silent at once (or came back): this server convicts nobody on silence meanwhile',
};
