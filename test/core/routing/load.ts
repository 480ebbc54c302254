/** A closed loop of callers against servers with made-up latencies, on virtual time. */

import { type Random, seededRandom } from '../../../src/base/random.ts';
import { VirtualClock } from '../../../src/base/virtual-clock.ts';
import type { Catalog } from '../../../src/core/catalog/catalog.ts';
import { Router } from '../../../src/core/routing/router.ts';
import { catalogOf } from '../catalog/fixtures.ts';

/** Milliseconds that a server takes with `inFlight` calls, this one included. */
export type ServiceTime = (inFlight: number, random: Random, nowMs: number) => number;

export interface Load {
  readonly servers: Readonly<Record<string, ServiceTime>>;
  readonly calls: number;
  /** Callers that each wait for their answer before they call again. */
  readonly callers: number;
  readonly seed: string;
}

/** A small fixed time plus some jitter, the usual remote function. */
export function around(ms: number, jitter = 0.3): ServiceTime {
  return (_, random) => ms * (1 - jitter + 2 * jitter * random.next());
}

/** One worker behind a queue: the more are in flight, the longer each takes. */
export function queueing(ms: number): ServiceTime {
  return (inFlight, random) => ms * inFlight * (0.9 + 0.2 * random.next());
}

/** Calls that each server got. */
export function sharesUnder({ servers, calls, callers, seed }: Load): Readonly<Record<string, number>> {
  const clock = new VirtualClock();
  const catalog: Catalog = catalogOf(...Object.keys(servers));
  const random = seededRandom(seed);
  const router = new Router({ catalog, random });
  const service = random.fork('service');
  const shares = Object.fromEntries(Object.keys(servers).map((name) => [name, 0]));
  let left = calls;
  const call = (): void => {
    if (left-- <= 0) return;
    const offer = router.pick({ function: 'work' }, undefined, clock.nowMs());
    if (!offer) throw new Error('nothing to pick');
    const { name } = offer.server;
    shares[name] = (shares[name] ?? 0) + 1;
    router.started(offer);
    const elapsedMs = servers[name]?.(offer.inFlight, service, clock.nowMs()) ?? 0;
    clock.schedule(elapsedMs, () => {
      router.succeeded(offer, elapsedMs, clock.nowMs());
      call();
    });
  };
  for (let caller = 0; caller < callers; caller += 1) call();
  while (clock.step());
  return shares;
}
