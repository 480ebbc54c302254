/**
 * Which offers may be picked, and which of two is the better: pure functions of a snapshot.
 *
 * P1 tiers: the first version (highest first) that has an offer in tier 1 or 2 gives the candidates; tier 2 joins
 *    tier 1 when that is under half of the version's offers; tier 3 only when no version has better; tier 0 never.
 * P2 an offer behind an open breaker is no candidate; one whose breaker grants a probe gets the next call.
 * P3 of two random candidates the one with less latency x load wins (Mitzenmacher 2001); latencies within a factor
 *    of 2 count as equal, ties are random: equal servers get equal shares, sequential calls included.
 * P4 the slower of two is still tried now and then, with a chance that falls with the square of the ratio: one that
 *    has become fast is found, one that is 50 ms farther costs next to nothing.
 */

import type { Random } from '../../base/random.ts';
import type { OfferMatch } from '../catalog/match.ts';
import type { Offer, ServerState } from '../catalog/server-state.ts';
import { latencyOf, loadOf } from './latency.ts';

/** Most candidates of one choice: beyond it each caller keeps to its own random subset. */
export const subsetMax = 32;

/** Latencies within this factor count as equal. */
const sameLatencyFactor = 2;

/** What may be picked now. */
export interface Candidates {
  readonly offers: readonly Offer[];
  /** The same before they were narrowed to a subset: what a key chooses among. */
  readonly all: readonly Offer[];
  /** Offers whose breaker grants a probe: they come first. */
  readonly probes: readonly Offer[];
}

/** The candidates among matching offers. `rankOf` orders servers for the subset: in each process differently. */
export function candidatesOf(match: OfferMatch, rankOf: (server: ServerState) => number): Candidates {
  const probes: Offer[] = [];
  for (const group of match.groups) {
    probes.push(...group.filter((offer) => isReady(offer) && isSound(offer)));
    const offers = bestTiers(group);
    if (offers.length > 0) return { ...narrowed(offers, match, rankOf), probes };
  }
  for (const group of match.groups) {
    probes.push(...group.filter((offer) => isReady(offer) && offer.server.tier === 3));
    const offers = group.filter((offer) => isClosed(offer) && offer.server.tier === 3);
    if (offers.length > 0) return { ...narrowed(offers, match, rankOf), probes };
  }
  return { offers: [], all: [], probes };
}

/** The better of two random candidates; undefined only when there are none. */
export function betterOfTwo(offers: readonly Offer[], nowMs: number, random: Random): Offer | undefined {
  const count = offers.length;
  const isPair = count === 2;
  const first = isPair ? 0 : Math.floor(random.next() * count);
  const skip = isPair ? 0 : Math.floor(random.next() * (count - 1));
  const a = offers[first];
  const b = offers[skip < first ? skip : skip + 1];
  if (!a || !b) return a;
  const aMs = latencyOf(a, nowMs);
  const bMs = latencyOf(b, nowMs);
  const ratio = aMs < bMs ? bMs / aMs : aMs / bMs;
  const isSame = ratio < sameLatencyFactor;
  const aCost = loadOf(a, nowMs) * (isSame ? 1 : aMs);
  const bCost = loadOf(b, nowMs) * (isSame ? 1 : bMs);
  if (aCost === bCost) return random.next() < 0.5 ? a : b;
  const loser = aCost < bCost ? b : a;
  if (!isSame && loser.inFlight === 0 && random.next() * (1 + ratio * ratio) < 1) return loser;
  return loser === a ? b : a;
}

/** Whether no breaker stands before it. */
export function isClosed(offer: Offer): boolean {
  return offer.gate.state === 'closed' && offer.server.gate.state === 'closed';
}

/** Whether a breaker grants a probe and none forbids it. */
export function isReady(offer: Offer): boolean {
  const own = offer.gate.state;
  const whole = offer.server.gate.state;
  return (own === 'ready' && (whole === 'ready' || whole === 'closed')) || (own === 'closed' && whole === 'ready');
}

function isSound(offer: Offer): boolean {
  return offer.server.tier === 1 || offer.server.tier === 2;
}

/** The passable offers of tier 1; with tier 2 when they are under half of the group. */
function bestTiers(group: readonly Offer[]): readonly Offer[] {
  const best = group.filter((offer) => offer.server.tier === 1 && isClosed(offer));
  if (2 * best.length >= group.length) return best;
  return [...best, ...group.filter((offer) => offer.server.tier === 2 && isClosed(offer))];
}

/** Those with most of the preferred resources, at most `subsetMax` of them (rendezvous hashing, Thaler and Ravishankar 1998). */
function narrowed(offers: readonly Offer[], match: OfferMatch, rankOf: (server: ServerState) => number): Omit<Candidates, 'probes'> {
  const all = mostPreferred(offers, match.preference);
  if (all.length <= subsetMax) return { offers: all, all };
  return { offers: highest(all, rankOf), all };
}

/** The `subsetMax` of the highest ranks, with one look at each: to sort 10,000 took 9 ms of the first choice after any news. */
function highest(offers: readonly Offer[], rankOf: (server: ServerState) => number): readonly Offer[] {
  const top: { readonly offer: Offer; readonly rank: number }[] = [];
  for (const offer of offers) {
    const rank = rankOf(offer.server);
    if (top.length === subsetMax && rank <= (top[subsetMax - 1]?.rank ?? 0)) continue;
    const at = top.findIndex((other) => other.rank < rank);
    top.splice(at === -1 ? top.length : at, 0, { offer, rank });
    if (top.length > subsetMax) top.pop();
  }
  return top.map(({ offer }) => offer);
}

function mostPreferred(offers: readonly Offer[], preference: OfferMatch['preference']): readonly Offer[] {
  if (!preference) return offers;
  const most = Math.max(...offers.map(preference));
  return offers.filter((offer) => preference(offer) === most);
}
