/**
 * How one server is doing, as plain data: what `heddle top` and the dashboard are fed with, and what `/metrics` adds to the
 * counts of meters.ts.
 *
 * V1 totals are since `countedSinceMs`: whoever reads twice takes the difference, of the buckets of a histogram too.
 * V2 it is bounded, however large the fabric: the busiest `shownMax` functions, links and breakers.
 */

/** Functions, links and breakers that are listed. */
export const shownMax = 100;

/** Totals of calls, by what became of them. */
export interface CallTotals {
  readonly count: number;
  readonly failed: number;
  /** How long they took: how many in each bucket of `boundsMs` (histogram.ts), and above the last. */
  readonly buckets: readonly number[];
}

/** One function that is offered here. */
export interface FunctionVitals extends CallTotals {
  readonly function: string;
  /** Calls that hold a place now, and calls that wait for one. */
  readonly inFlight: number;
  readonly waiting: number;
}

/** One link to another server. */
export interface LinkVitals {
  readonly server: string;
  /** The shortest of the last beats, in milliseconds; absent: none has been measured. */
  readonly roundTripMs?: number | undefined;
  /** Conversations open towards it, and from it. */
  readonly inFlight: number;
  readonly incoming: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

/** One breaker that is not closed. */
export interface BreakerVitals {
  readonly server: string;
  /** Absent: the breaker of the whole server. */
  readonly function?: string | undefined;
  readonly state: string;
  /** While it is open: milliseconds until the next attempt may pass, counted from `atMs`. */
  readonly opensForMs?: number | undefined;
}

/** The process that a server runs in; one process may hold several servers. */
export interface ProcessVitals {
  readonly residentBytes: number;
  readonly heapUsedBytes: number;
  /** Processor time since its start. */
  readonly cpuMs: number;
  /** The 99th percentile of how late its event loop was, over the last 5 to 10 s. */
  readonly loopDelayMs: number;
}

export interface Vitals {
  readonly server: string;
  /** Random 128 bits in hex, one per process. */
  readonly instance: string;
  /** When it was asked, and since when it counts, in milliseconds since the epoch by its own clock. */
  readonly atMs: number;
  readonly countedSinceMs: number;
  readonly isDraining: boolean;
  /** Absent from servers of an earlier version. */
  readonly process?: ProcessVitals | undefined;
  /** It refuses calls, because its event loop is late. */
  readonly isOverloaded: boolean;
  /** Calls that it ran, or refused to. */
  readonly served: CallTotals;
  /** Calls that run here or wait to, and calls that it sent or passes on. */
  readonly inFlight: number;
  readonly sent: number;
  readonly functions: readonly FunctionVitals[];
  readonly links: readonly LinkVitals[];
  /** Clients that are connected. */
  readonly sessions: number;
  readonly breakers: readonly BreakerVitals[];
  /** Members of the fabric as this server sees them, by status. */
  readonly members: Readonly<Record<string, number>>;
  /** Bytes of the mesh's own messages, over all links so far. */
  readonly gossip: { readonly sentBytes: number; readonly receivedBytes: number };
  /** Runs that it coordinates. */
  readonly runs: number;
  /** Large results that it keeps. */
  readonly results: { readonly values: number; readonly bytes: number; readonly memoryBytes: number };
}
