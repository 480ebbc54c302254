/**
 * How this server is doing, gathered from its rooms when somebody asks.
 *
 * V1 nothing is counted until the first question, nor `idleMs` after the last one, unless it is wanted for good (`/metrics`).
 * V2 an answer costs time in proportion to functions, links and members; it changes nothing.
 * What the figures mean is observe/vitals.ts; who asks from afar is fabric-vitals.ts.
 */

import type { CancelTask, Clock } from '../../base/clock.ts';
import type { MemberView } from '../../core/gossip/view.ts';
import { Meters } from '../../observe/meters.ts';
import type { Observer } from '../../observe/observer.ts';
import { type CallTotals, type FunctionVitals, type LinkVitals, shownMax, type Vitals } from '../../observe/vitals.ts';
import type { Traffic } from '../../transport/transport.ts';
import type { UnderWay } from '../api/drain-port.ts';
import type { Breakers } from '../call/breakers.ts';
import type { ParkedValues } from '../hand-off/parked-values.ts';
import type { PeerIdentity } from '../link/conversation.ts';
import type { Links } from '../mesh/links.ts';
import type { Dispatcher } from '../serve/dispatcher.ts';
import { ProcessSigns } from './process-signs.ts';

export interface VitalSignsParts {
  readonly identity: PeerIdentity;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly dispatcher: Pick<Dispatcher, 'inFlight' | 'places' | 'load'>;
  readonly links: Pick<Links, 'servers' | 'sessions'>;
  readonly breakers: Pick<Breakers, 'describe'>;
  readonly results: Pick<ParkedValues, 'held'>;
  readonly rooms: {
    /** Calls that were sent from here, or passed on, and runs that are coordinated or followed here. */
    readonly underWay: Pick<UnderWay, 'sent' | 'runs'>;
    /** Asked for once it is open. */
    readonly mesh: { members(): readonly MemberView[]; readonly traffic: Traffic };
  };
  readonly isDraining: () => boolean;
}

/** How long counting goes on after the last question, in milliseconds. */
const idleMs = 60_000;

export class VitalSigns {
  readonly #parts: VitalSignsParts;
  readonly #process: ProcessSigns;
  #counting: { readonly meters: Meters; readonly sinceMs: number; readonly stop: () => void } | undefined;
  #isWanted = false;
  #cancelIdle: CancelTask | undefined;

  constructor(parts: VitalSignsParts) {
    this.#parts = parts;
    this.#process = new ProcessSigns(parts.clock);
  }

  /** The counts, from now on for good. */
  keepCounting(): Meters {
    this.#isWanted = true;
    this.#cancelIdle?.();
    return this.#count().meters;
  }

  read(): Vitals {
    const { identity, clock, dispatcher, links, breakers, results, rooms, isDraining } = this.#parts;
    const { meters, sinceMs } = this.#count();
    if (!this.#isWanted) this.#stopLater();
    const { sent, runs } = rooms.underWay;
    const members = rooms.mesh.members();
    return {
      server: identity.name,
      instance: identity.instance,
      atMs: clock.wallMs(),
      countedSinceMs: sinceMs,
      isDraining: isDraining(),
      process: this.#process.read(),
      isOverloaded: dispatcher.load.isOverloaded,
      served: { count: meters.served.all.count, failed: meters.served.failed, buckets: [...meters.served.all.buckets] },
      inFlight: dispatcher.inFlight,
      sent,
      functions: functionsOf(meters, dispatcher.places()),
      links: linksOf(links.servers(), members),
      sessions: links.sessions,
      breakers: breakers
        .describe()
        .slice(0, shownMax)
        .map(({ server, function: name, state, untilMs }) => ({
          server,
          function: name,
          state,
          opensForMs: state === 'open' ? Math.max(0, untilMs - clock.nowMs()) : undefined,
        })),
      members: countBy(members.map(({ status }) => status)),
      gossip: rooms.mesh.traffic,
      runs,
      results: results.held,
    };
  }

  /** Counts nothing more, and drops the timer. */
  close(): void {
    this.#cancelIdle?.();
    this.#counting?.stop();
    this.#counting = undefined;
    this.#process.stop();
  }

  #count(): { readonly meters: Meters; readonly sinceMs: number } {
    if (this.#counting) return this.#counting;
    const meters = new Meters();
    this.#process.start();
    this.#counting = { meters, sinceMs: this.#parts.clock.wallMs(), stop: meters.attach(this.#parts.observer) };
    return this.#counting;
  }

  #stopLater(): void {
    this.#cancelIdle?.();
    this.#cancelIdle = this.#parts.clock.schedule(idleMs, () => this.close());
  }
}

function functionsOf({ served }: Meters, places: ReturnType<Dispatcher['places']>): readonly FunctionVitals[] {
  const now = new Map<string, { inFlight: number; waiting: number }>();
  for (const { function: name, inFlight, waiting } of places) {
    const before = now.get(name) ?? { inFlight: 0, waiting: 0 };
    now.set(name, { inFlight: before.inFlight + inFlight, waiting: before.waiting + waiting });
  }
  const names = new Set([...served.functions.keys(), ...now.keys()]);
  const all = [...names].map((name): FunctionVitals => {
    const { inFlight, waiting } = now.get(name) ?? { inFlight: 0, waiting: 0 };
    return { function: name, inFlight, waiting, ...totalsOf(served.functions.get(name)) };
  });
  return all.sort((a, b) => b.count - a.count).slice(0, shownMax);
}

function totalsOf(figures: ReturnType<Meters['served']['functions']['get']>): CallTotals {
  if (!figures) return { count: 0, failed: 0, buckets: [] };
  const { elapsed, ends } = figures;
  return { count: elapsed.count, failed: elapsed.count - (ends.get('ok') ?? 0), buckets: [...elapsed.buckets] };
}

function linksOf(peers: ReturnType<Links['servers']>, members: readonly MemberView[]): readonly LinkVitals[] {
  const roundTrips = new Map(members.map(({ instance, roundTripMs }) => [instance, roundTripMs]));
  return peers.slice(0, shownMax).map(({ identity, inFlight, incoming, traffic }) => ({
    server: identity.name,
    roundTripMs: roundTrips.get(identity.instance),
    inFlight,
    incoming,
    sentBytes: traffic?.sentBytes ?? 0,
    receivedBytes: traffic?.receivedBytes ?? 0,
  }));
}

function countBy(keys: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const key of keys) counts[key] = (counts[key] ?? 0) + 1;
  return counts;
}
