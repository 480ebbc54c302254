/**
 * A drain as whoever asks for it sees it: types only.
 */

/** Work under way at a server. */
export interface UnderWay {
  /** Calls that its functions serve. */
  readonly calls: number;
  /** Calls that it makes or passes on. */
  readonly sent: number;
  /** Runs that it coordinates. */
  readonly runs: number;
}

/** What a server that drains still waits for. */
export interface Draining extends UnderWay {
  /** How long it waits from when it refuses new work, in milliseconds; then it ends what is left. */
  readonly graceMs: number;
  /** What is left of that. */
  readonly leftMs: number;
  /** The functions whose calls hold it up: those with the most calls, at most twenty. */
  readonly functions: readonly HeldUp[];
  /** Ids of the runs that hold it up, the oldest first, at most twenty. */
  readonly runIds: readonly string[];
}

/** Calls of one function that are under way at a server. */
export interface HeldUp {
  readonly function: string;
  /** Calls that it serves. */
  readonly calls: number;
  /** Calls that it makes or passes on. */
  readonly sent: number;
}

/** How a drain ended. */
export interface Drained {
  readonly server: string;
  readonly elapsedMs: number;
  /** What was under way when the grace was over: calls were ended, runs have lost their coordinator. */
  readonly ended: UnderWay;
}

export interface DrainOptions {
  /** Milliseconds to wait for the end of the drain, which goes on by itself; default 300,000. */
  readonly timeoutMs?: number | undefined;
  /** Abort ends the wait with `cancelled`; the drain goes on. */
  readonly signal?: AbortSignal | undefined;
  /** Told about twice a second what the server still waits for. */
  readonly onWaiting?: ((draining: Draining) => void) | undefined;
}
