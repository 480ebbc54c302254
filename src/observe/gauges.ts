/**
 * Rates and latencies from totals: each answer of a server is set against the one before it.
 *
 * G1 a process that has started anew, or has begun to count anew, gives no rate until its second answer.
 * G2 latencies are of the calls of the last `windowMs`, added up over all servers; of one that is silent the last that it said counts,
 *    until it is gone (`keep`).
 * G3 kept: one point a second, `pointsMax` of them, and the busiest functions of each server as it names them.
 */

import { compareTexts } from '../base/text-order.ts';
import { quantileMs } from './histogram.ts';
import type { CallTotals, LinkVitals, Vitals } from './vitals.ts';

/** Calls and latencies of one moment. */
export interface Point {
  readonly atMs: number;
  readonly callsPerSecond: number;
  readonly failedPerSecond: number;
  readonly p50Ms: number | undefined;
  readonly p99Ms: number | undefined;
}

export interface LinkGauge {
  readonly from: string;
  readonly to: string;
  readonly roundTripMs: number | undefined;
  readonly inFlight: number;
  readonly bytesPerSecond: number;
}

export const windowMs = 10_000;
export const pointsMax = 600;

/** What happened between two answers of a server. */
interface Slice {
  readonly atMs: number;
  readonly lastedMs: number;
  readonly served: CallTotals;
  readonly functions: ReadonlyMap<string, CallTotals>;
}

const noCalls: CallTotals = { count: 0, failed: 0, buckets: [] };

export class Gauges {
  readonly #last = new Map<string, Vitals>();
  readonly #slices = new Map<string, readonly Slice[]>();
  readonly #links = new Map<string, readonly LinkGauge[]>();
  readonly #points = new Map<string, Point[]>();

  add(answer: Vitals): void {
    const before = this.#last.get(answer.server);
    this.#last.set(answer.server, answer);
    const isSame = before && before.instance === answer.instance && before.countedSinceMs === answer.countedSinceMs;
    this.#links.set(answer.server, linksOf(answer, isSame ? before : undefined));
    if (!isSame || answer.atMs <= before.atMs) return;
    const slices = (this.#slices.get(answer.server) ?? []).filter(({ atMs }) => atMs > answer.atMs - windowMs);
    this.#slices.set(answer.server, [...slices, sliceOf(answer, before)]);
  }

  /** Forgets all servers but these. */
  keep(there: ReadonlySet<string>): void {
    for (const map of [this.#last, this.#slices, this.#links]) for (const name of map.keys()) if (!there.has(name)) map.delete(name);
  }

  /** Every link, by the server that told of it. */
  links(): readonly LinkGauge[] {
    return [...this.#links.values()].flat();
  }

  /** The last seconds, of all servers or one, of all functions or one. */
  now({ server, function: name }: { readonly server?: string; readonly function?: string } = {}): Point {
    const chosen = server === undefined ? [...this.#slices.values()] : [this.#slices.get(server) ?? []];
    let [callsPerSecond, failedPerSecond, atMs] = [0, 0, 0];
    const buckets: number[] = [];
    for (const slices of chosen) {
      const lastedMs = slices.reduce((sum, slice) => sum + slice.lastedMs, 0);
      for (const slice of slices) {
        const totals = name === undefined ? slice.served : (slice.functions.get(name) ?? noCalls);
        callsPerSecond += (totals.count * 1_000) / lastedMs;
        failedPerSecond += (totals.failed * 1_000) / lastedMs;
        for (const [at, many] of totals.buckets.entries()) buckets[at] = (buckets[at] ?? 0) + many;
        atMs = Math.max(atMs, slice.atMs);
      }
    }
    return { atMs, callsPerSecond, failedPerSecond, p50Ms: quantileMs(buckets, 0.5), p99Ms: quantileMs(buckets, 0.99) };
  }

  /** Functions that have been called lately, the busiest first. */
  busiest(): readonly string[] {
    const counts = new Map<string, number>();
    for (const { functions } of [...this.#slices.values()].flat())
      for (const [name, { count }] of functions) if (count > 0) counts.set(name, (counts.get(name) ?? 0) + count);
    return [...counts].sort((a, b) => b[1] - a[1] || compareTexts(a[0], b[0])).map(([name]) => name);
  }

  /** Takes down how it stands, for the charts: of all calls (''), and of the function that is looked at. */
  record(atMs: number, names: readonly string[]): void {
    for (const name of ['', ...names]) {
      const points = this.#points.get(name) ?? [];
      this.#points.set(name, points);
      points.push({ ...this.now(name === '' ? {} : { function: name }), atMs });
      if (points.length > pointsMax) points.shift();
    }
  }

  /** What was taken down; without a name, of all calls. */
  history(name = ''): readonly Point[] {
    return this.#points.get(name) ?? [];
  }
}

function sliceOf(answer: Vitals, before: Vitals): Slice {
  const earlier = new Map(before.functions.map((row) => [row.function, row]));
  return {
    atMs: answer.atMs,
    lastedMs: answer.atMs - before.atMs,
    served: difference(answer.served, before.served),
    functions: new Map(answer.functions.map((row) => [row.function, difference(row, earlier.get(row.function) ?? noCalls)])),
  };
}

function difference(now: CallTotals, before: CallTotals): CallTotals {
  return {
    count: now.count - before.count,
    failed: now.failed - before.failed,
    buckets: now.buckets.map((many, at) => many - (before.buckets[at] ?? 0)),
  };
}

function linksOf(answer: Vitals, before: Vitals | undefined): readonly LinkGauge[] {
  const earlier = new Map((before?.links ?? []).map((link) => [link.server, link]));
  const lastedMs = before ? answer.atMs - before.atMs : 0;
  return answer.links.map((link) => ({
    from: answer.server,
    to: link.server,
    roundTripMs: link.roundTripMs,
    inFlight: link.inFlight + link.incoming,
    bytesPerSecond: bytesPerSecond(link, earlier.get(link.server), lastedMs),
  }));
}

/** A link that was opened anew counts from 0 again. */
function bytesPerSecond(now: LinkVitals, before: LinkVitals | undefined, lastedMs: number): number {
  if (!before || lastedMs <= 0) return 0;
  const passed = now.sentBytes + now.receivedBytes - before.sentBytes - before.receivedBytes;
  return passed < 0 ? 0 : (passed * 1_000) / lastedMs;
}
