/**
 * What steps took and gave so far, by function: what a plan expects of the next ones.
 *
 * E1 at most `functionsMax` functions are remembered; noting costs one look-up.
 * Latencies of servers as calls see them are core/routing; this is the work itself, without the way.
 */

/** What the next call of a function is likely to take and give. */
export interface Expected {
  /** Milliseconds between arrival and reply at the server that ran it. */
  readonly runMs: number;
  /** Of its result, encoded. */
  readonly bytes: number;
}

export const functionsMax = 10_000;
/** Weight of the newest step in the averages. */
const newestWeight = 0.2;

export class Experience {
  readonly #known = new Map<string, { runMs: number; bytes: number }>();

  note(name: string, { runMs, bytes }: Expected): void {
    const known = this.#known.get(name);
    if (known) {
      known.runMs += (runMs - known.runMs) * newestWeight;
      known.bytes += (bytes - known.bytes) * newestWeight;
      return;
    }
    const [oldest] = this.#known.keys();
    if (this.#known.size >= functionsMax && oldest !== undefined) this.#known.delete(oldest);
    this.#known.set(name, { runMs, bytes });
  }

  find(name: string): Expected | undefined {
    return this.#known.get(name);
  }
}
