/**
 * Counts and vitals as Prometheus knows metrics: names, kinds and labelled values. Text is prometheus.ts.
 *
 * F1 every label has a bounded set of values: functions and servers at most a hundred (and `other` for functions), codes and states by their tables.
 * F2 names end in their unit (seconds, bytes) or in `_total`, as the Prometheus handbook has it.
 */

import { boundsMs, type Histogram } from './histogram.ts';
import type { CallMeter, Meters } from './meters.ts';
import type { LinkVitals, ProcessVitals, Vitals } from './vitals.ts';

export interface Sample {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  /** Of a histogram: the family's name with `_bucket`, `_sum` or `_count`. */
  readonly metricName?: string;
}

export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly values: readonly Sample[];
}

/** What a server tells of itself to a scraper alone. */
export interface OwnFacts {
  /** When its certificate ends, in milliseconds since the Unix epoch; absent: it has none. */
  readonly certificateUntilMs?: number | undefined;
}

/** Everything that one server tells a scraper. */
export function familiesOf(meters: Meters, vitals: Vitals, { certificateUntilMs }: OwnFacts = {}): readonly Family[] {
  return [
    ...callFamilies(meters),
    ...nowFamilies(vitals),
    ...linkFamilies(vitals),
    ...workFamilies(meters, vitals),
    ...certificateFamilies(certificateUntilMs),
    ...(vitals.process ? ownFamilies(vitals.process) : []),
  ];
}

function callFamilies({ served, attempts }: Meters): readonly Family[] {
  return [
    ends('heddle_calls_served_total', 'Calls that this server ran, or refused to, by function and code (ok: a result).', served),
    times('heddle_call_served_seconds', 'How long calls took that this server ran or refused, from arrival to reply.', served),
    ends('heddle_attempts_total', 'Attempts of calls that this server sent, its own and those that it passes on.', attempts),
    times('heddle_attempt_seconds', 'How long attempts took that this server sent, as it sees them.', attempts),
  ];
}

function nowFamilies(vitals: Vitals): readonly Family[] {
  const of = (pick: (of: Vitals['functions'][number]) => number): readonly Sample[] =>
    vitals.functions.map((one) => ({ labels: { function: one.function }, value: pick(one) }));
  return [
    { ...gauge('heddle_calls_running', 'Calls that run here now.'), values: of(({ inFlight }) => inFlight) },
    { ...gauge('heddle_calls_queued', 'Calls that wait here for a place.'), values: of(({ waiting }) => waiting) },
    one(gauge('heddle_calls_sent_in_flight', 'Calls that this server sent, or passes on, and that have no end yet.'), vitals.sent),
    one(gauge('heddle_overloaded', '1 while calls are refused because the event loop is late.'), Number(vitals.isOverloaded)),
    one(gauge('heddle_draining', '1 from the moment when this server says that it leaves.'), Number(vitals.isDraining)),
    one(gauge('heddle_sessions', 'Clients that are connected to this server.'), vitals.sessions),
    {
      ...gauge('heddle_members', 'Servers of the fabric as this one sees them, by status.'),
      values: byLabel('status', { ...noMembers, ...vitals.members }),
    },
    {
      ...gauge('heddle_breakers', 'Breakers of this server that are not closed, by state.'),
      values: byLabel('state', breakerCounts(vitals)),
    },
  ];
}

function linkFamilies({ links, gossip }: Vitals): readonly Family[] {
  const sum = (pick: (link: LinkVitals) => number): number => links.reduce((total, link) => total + pick(link), 0);
  const measured = links.filter(({ roundTripMs }) => roundTripMs !== undefined);
  return [
    one(gauge('heddle_links', 'Links to other servers that are open.'), links.length),
    {
      ...gauge('heddle_link_round_trip_seconds', 'Shortest round trip of the last beats on a link, by the server at its other end.'),
      values: measured.map(({ server, roundTripMs = 0 }) => ({ labels: { server }, value: roundTripMs / 1000 })),
    },
    {
      ...gauge('heddle_open_link_bytes', 'Bytes that have passed over the links that are open now.'),
      values: [
        { labels: { direction: 'sent' }, value: sum(({ sentBytes }) => sentBytes) },
        { labels: { direction: 'received' }, value: sum(({ receivedBytes }) => receivedBytes) },
      ],
    },
    {
      ...counter('heddle_gossip_bytes_total', 'Bytes of the messages by which servers find and watch each other.'),
      values: [
        { labels: { direction: 'sent' }, value: gossip.sentBytes },
        { labels: { direction: 'received' }, value: gossip.receivedBytes },
      ],
    },
  ];
}

function workFamilies(meters: Meters, { runs, results }: Vitals): readonly Family[] {
  const ok = meters.runs.count - meters.runsFailed;
  return [
    one(gauge('heddle_runs_active', 'Runs of workflows that this server coordinates now.'), runs),
    {
      ...counter('heddle_runs_total', 'Runs of workflows that this server coordinated and that have ended, by outcome.'),
      values: byLabel('outcome', { ok, failed: meters.runsFailed }),
    },
    { ...histogram('heddle_run_seconds', 'How long runs of workflows took.'), values: samplesOf('heddle_run_seconds', {}, meters.runs) },
    { ...counter('heddle_steps_total', 'Steps of these runs that have ended, by outcome.'), values: byLabel('outcome', meters.steps) },
    one(
      counter('heddle_results_parked_bytes_total', 'Bytes of large results that stayed here until they were pulled.'),
      meters.parkedBytes,
    ),
    {
      ...gauge('heddle_results_kept_bytes', 'Bytes of large results that are here now, by where they lie.'),
      values: byLabel('where', { memory: results.memoryBytes, disk: results.bytes - results.memoryBytes }),
    },
    {
      ...counter('heddle_events_total', 'Events that have no metric of their own, by kind (docs/events.md).'),
      values: byLabel('kind', meters.events),
    },
  ];
}

function certificateFamilies(untilMs: number | undefined): readonly Family[] {
  if (untilMs === undefined) return [];
  return [
    one(gauge('heddle_certificate_ends_timestamp_seconds', 'When the certificate of this server ends, since the epoch.'), untilMs / 1000),
  ];
}

/** Under the names that Prometheus clients use for them. */
function ownFamilies({ cpuMs, residentBytes, heapUsedBytes, loopDelayMs }: ProcessVitals): readonly Family[] {
  return [
    one(counter('process_cpu_seconds_total', 'Processor time of this process.'), cpuMs / 1000),
    one(gauge('process_resident_memory_bytes', 'Memory of this process.'), residentBytes),
    one(gauge('nodejs_heap_size_used_bytes', 'JavaScript objects, and what is not collected yet.'), heapUsedBytes),
    one(gauge('nodejs_eventloop_lag_p99_seconds', 'How late the event loop was, 99th percentile of the last seconds.'), loopDelayMs / 1000),
  ];
}

function ends(name: string, help: string, meter: CallMeter): Family {
  const values = [...meter.functions].flatMap(([label, figures]) =>
    [...figures.ends].map(([code, value]) => ({ labels: { function: label, code }, value })),
  );
  return { ...counter(name, help), values };
}

function times(name: string, help: string, meter: CallMeter): Family {
  return {
    ...histogram(name, help),
    values: [...meter.functions].flatMap(([label, { elapsed }]) => samplesOf(name, { function: label }, elapsed)),
  };
}

/** Buckets add up: each holds all that took no longer. */
function samplesOf(name: string, labels: Sample['labels'], { buckets, sumMs, count }: Histogram): readonly Sample[] {
  let below = 0;
  const bounded = boundsMs.map((boundMs, at): Sample => {
    below += buckets[at] ?? 0;
    return { metricName: `${name}_bucket`, labels: { ...labels, le: boundMs / 1000 }, value: below };
  });
  return [
    ...bounded,
    { metricName: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: count },
    { metricName: `${name}_sum`, labels, value: sumMs / 1000 },
    { metricName: `${name}_count`, labels, value: count },
  ];
}

/** A series that is 0 can be seen to rise. */
const noMembers = { alive: 0, suspect: 0, unreachable: 0, leaving: 0 } as const;

function breakerCounts({ breakers }: Vitals): ReadonlyMap<string, number> {
  const counts = new Map<string, number>([
    ['open', 0],
    ['ready', 0],
    ['probing', 0],
  ]);
  for (const { state } of breakers) counts.set(state, (counts.get(state) ?? 0) + 1);
  return counts;
}

function byLabel(label: string, counts: ReadonlyMap<string, number> | Readonly<Record<string, number>>): readonly Sample[] {
  const entries = counts instanceof Map ? [...counts] : Object.entries(counts);
  return entries.map(([key, value]) => ({ labels: { [label]: key }, value }));
}

function one(family: Omit<Family, 'values'>, value: number): Family {
  return { ...family, values: [{ labels: {}, value }] };
}

const counter = (name: string, help: string) => ({ name, help, type: 'counter' }) as const;
const gauge = (name: string, help: string) => ({ name, help, type: 'gauge' }) as const;
const histogram = (name: string, help: string) => ({ name, help, type: 'histogram' }) as const;
