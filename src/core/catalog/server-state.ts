/**
 * What is known here about one server and about one offer, beyond what its owner announces: standing in the
 * mesh, breaker gates, load and latency.
 *
 * The objects are mutable and shared on purpose: a pick and its gate read a few fields and look nothing up.
 * Each field has one writer: the catalog (standing, records), the breakers (gates), the router (load, latency).
 */

import type { Effect, FunctionRecord } from './offer.ts';

/** What the mesh says of a server; `leaving` and `left` are the owner's own word. */
export type ServerStatus = 'alive' | 'suspect' | 'unreachable' | 'leaving' | 'left' | 'dead';

/** What is known of a server's health; a MemberView of the mesh is one. */
export interface Standing {
  readonly status: ServerStatus;
  /** The evidence against it was observed here; false: hearsay. */
  readonly isOwnEvidence: boolean;
  /** An own link to it is up: outranks hearsay. */
  readonly isLinked: boolean;
  /** It has come and gone too often lately. */
  readonly isFlapping?: boolean | undefined;
  /** Shortest round trip of that link, in milliseconds. */
  readonly roundTripMs?: number | undefined;
}

/** Preference in routing, best first; 0: takes no calls. */
export type Tier = 0 | 1 | 2 | 3;

/** `closed`: calls pass. `open`: none. `ready`: the next call is the probe. `probing`: the probe is on its way. */
export type GateState = 'closed' | 'open' | 'ready' | 'probing';

/** One circuit breaker as the path of a call sees it. Written by fabric/call/breakers.ts only. */
export interface Gate {
  state: GateState;
  /** A breaker stands behind it: outcomes must be told even while it is closed. */
  isTracked: boolean;
  /** While open: when the probe is granted, in monotonic milliseconds. */
  untilMs: number;
  /** When it last closed again; what was charged before is void. */
  closedAtMs: number;
}

/** Latency of one offer as seen from here. Written by core/routing/latency.ts only. */
export interface Latency {
  /** Peak-sensitive moving average in milliseconds; meaningless before the first sample. */
  averageMs: number;
  /** The last sample, for confirming peaks. */
  lastMs: number;
  /** Time of the last sample, or of the offer's appearance. */
  sampledAtMs: number;
  /** Samples so far; stops counting once it has learnt. */
  samples: number;
}

/** What is known about a function over all its offers. */
export interface FunctionStats {
  /** Typical latency in milliseconds, 0 while unknown. */
  typicalMs: number;
  /** Estimated 95th percentile of the latency in milliseconds, 0 while unknown. */
  p95Ms: number;
  /** Attempts sent so far, and those that gave a result. */
  attempts: number;
  successes: number;
}

/** One process of the fabric, keyed by its instance: a restarted server is another one. */
export interface ServerState {
  readonly name: string;
  readonly instance: string;
  resources: readonly string[];
  standing: Standing;
  /** Follows from the standing. */
  tier: Tier;
  readonly gate: Gate;
  /** Calls of this process that it is working on. */
  inFlight: number;
  /** Round trip of its link in milliseconds, where one was measured; the prior of its offers. */
  roundTripMs: number;
  /** The way there and back as calls have shown it: what they took but did not pass there. Written by core/routing/way.ts only. */
  readonly way: Way;
}

/** The shortest way there and back that calls have shown lately, in milliseconds. */
export interface Way {
  /** 0 before the first call. */
  shortestMs: number;
  /** When it was seen. */
  sinceMs: number;
  /** The shortest of the ways seen after it. */
  nextMs: number;
}

/** One function at one server. The object stays the same while the server announces that name and version. */
export interface Offer {
  record: FunctionRecord;
  readonly server: ServerState;
  /** When it appeared here, in monotonic milliseconds. */
  readonly sinceMs: number;
  /** Union of the server's and the function's. */
  resources: ReadonlySet<string>;
  /** The strictest effect among the offers of this name and version: once > idempotent > pure. */
  effect: Effect;
  readonly gate: Gate;
  /** Calls of this process that it is working on. */
  inFlight: number;
  /** Load added after it answered `overloaded`; halves every second since `shedAtMs`. */
  shedLoad: number;
  shedAtMs: number;
  readonly latency: Latency;
  readonly stats: FunctionStats;
  /** Free places by the last reply; undefined: no limit known. Written by whoever reads replies. */
  freeSlots: number | undefined;
}

/**
 * The tier of a standing. 1: alive, or whatever others say while an own link works. 2: suspect by hearsay.
 * 3: suspect by own evidence, unreachable, or flapping. 0: leaving, left, or dead without a live link.
 */
export function tierOf(standing: Standing): Tier {
  const tier = tierOfStatus(standing);
  return standing.isFlapping === true && tier !== 0 ? 3 : tier;
}

function tierOfStatus(standing: Standing): Tier {
  switch (standing.status) {
    case 'alive':
      return 1;
    case 'suspect':
    case 'unreachable':
      if (standing.isOwnEvidence) return 3;
      if (standing.isLinked) return 1;
      return standing.status === 'suspect' ? 2 : 3;
    case 'dead':
      return standing.isLinked ? 1 : 0;
    case 'leaving':
    case 'left':
      return 0;
  }
}

/** The state of a server that has just been heard of. */
export function newServerState(server: { readonly name: string; readonly instance: string }): ServerState {
  return {
    name: server.name,
    instance: server.instance,
    resources: [],
    standing: { status: 'alive', isOwnEvidence: false, isLinked: false },
    tier: 1,
    gate: closedGate(),
    inFlight: 0,
    roundTripMs: 0,
    way: { shortestMs: 0, sinceMs: 0, nextMs: Number.POSITIVE_INFINITY },
  };
}

/** The state of an offer that has just appeared. */
export function newOffer(
  record: FunctionRecord,
  place: { readonly server: ServerState; readonly stats: FunctionStats; readonly nowMs: number },
): Offer {
  return {
    record,
    server: place.server,
    sinceMs: place.nowMs,
    resources: new Set(),
    effect: record.effect,
    gate: closedGate(),
    inFlight: 0,
    shedLoad: 0,
    shedAtMs: 0,
    latency: { averageMs: 0, lastMs: 0, sampledAtMs: place.nowMs, samples: 0 },
    stats: place.stats,
    freeSlots: undefined,
  };
}

function closedGate(): Gate {
  return { state: 'closed', isTracked: false, untilMs: 0, closedAtMs: -1 };
}
