/**
 * What steps took and gave so far, by function and by server: what a plan expects of the next ones.
 *
 * E1 at most `functionsMax` functions are remembered, each at `serversMax` servers; noting costs two look-ups.
 * Latencies of servers as calls see them are core/routing; this is the work itself, without the way.
 */

/** What the next call of a function is likely to take and give. */
export interface Expected {
  /** Milliseconds between arrival and reply at the server that ran it. */
  readonly runMs: number;
  /** Of its result, encoded. */
  readonly bytes: number;
}

const functionsMax = 10_000;
const serversMax = 64;
/** Weight of the newest step in the averages. */
const newestWeight = 0.2;

interface Known {
  runMs: number;
  bytes: number;
  /** Milliseconds of the work at each server, by name. */
  readonly servers: Map<string, number>;
}

export class Experience {
  readonly #known = new Map<string, Known>();

  /** `server`: the name of the one that ran it. */
  note(name: string, { runMs, bytes }: Expected, server: string): void {
    const known = this.#known.get(name) ?? this.#enter(name, { runMs, bytes });
    known.runMs += (runMs - known.runMs) * newestWeight;
    known.bytes += (bytes - known.bytes) * newestWeight;
    const before = known.servers.get(server);
    if (before === undefined) forgetOldest(known.servers, serversMax);
    known.servers.set(server, before === undefined ? runMs : before + (runMs - before) * newestWeight);
  }

  find(name: string): Expected | undefined {
    return this.#known.get(name);
  }

  /** What it takes at one server, or wherever it ran before; undefined: nobody knows. */
  runMsAt(name: string, server: string): number | undefined {
    const known = this.#known.get(name);
    return known?.servers.get(server) ?? known?.runMs;
  }

  #enter(name: string, first: Expected): Known {
    forgetOldest(this.#known, functionsMax);
    const known: Known = { ...first, servers: new Map() };
    this.#known.set(name, known);
    return known;
  }
}

/** Makes room for one more. */
function forgetOldest(entries: Map<string, unknown>, most: number): void {
  const [oldest] = entries.keys();
  if (entries.size >= most && oldest !== undefined) entries.delete(oldest);
}
