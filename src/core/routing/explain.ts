/**
 * Why each offer of a function may be picked or not: the words behind a choice and behind `no_route`.
 * Made when somebody asks, from the same facts that the choice is made from.
 */

import type { ErrorCode, Refusal } from '../../errors.ts';
import type { Gate, Offer } from '../catalog/server-state.ts';
import { latencyOf, loadOf } from './latency.ts';
import { isClosed, isReady } from './pick.ts';

/** Instances that a call has tried already, with what came of it: never picked again. */
export type Tried = ReadonlyMap<string, ErrorCode>;

/** Monotonic and wall-clock milliseconds of the same instant. */
export interface Moment {
  readonly nowMs: number;
  readonly wallMs: number;
}

/** One offer of the function and what speaks for or against it. */
export interface OfferVerdict {
  readonly offer: Offer;
  /** It can be picked now. */
  readonly isCandidate: boolean;
  /** "lacks gpu", "version 1.0.0 is not in ^2", "breaker open until 12:00:03Z", "candidate: 0.4 ms, 3 in flight". */
  readonly why: string;
}

/** What a verdict needs to know of the whole choice. */
export interface VerdictFacts {
  readonly mismatch: (offer: Offer) => string | undefined;
  readonly candidates: ReadonlySet<Offer>;
  /** What the key of the query prefers. */
  readonly favourite: Offer | undefined;
  readonly tried: Tried | undefined;
  readonly moment: Moment;
}

/** Offers named one by one in a refusal; the others are counted. */
const refusalsMax = 20;

export function verdictOn(offer: Offer, facts: VerdictFacts): OfferVerdict {
  const against = facts.mismatch(offer) ?? hindrance(offer, facts);
  if (against !== undefined) return { offer, isCandidate: false, why: against };
  if (!facts.candidates.has(offer))
    return {
      offer,
      isCandidate: false,
      why: 'others come first (a higher version, a sounder server, preferred resources, or the subset of this caller)',
    };
  if (isReady(offer)) return { offer, isCandidate: true, why: 'candidate: its breaker lets the next call through as a probe' };
  const latency = latencyOf(offer, facts.moment.nowMs).toFixed(1);
  const rank = offer === facts.favourite ? ', preferred by the key' : '';
  return { offer, isCandidate: true, why: `candidate: ${latency} ms, ${offer.inFlight} in flight${rank}` };
}

/** Candidates first, the one most likely to be picked at the top; then the others, as they came. */
export function inOrder(verdicts: readonly OfferVerdict[], favourite: Offer | undefined, nowMs: number): readonly OfferVerdict[] {
  const costOf = ({ offer }: OfferVerdict): number =>
    isReady(offer) || offer === favourite ? 0 : latencyOf(offer, nowMs) * loadOf(offer, nowMs);
  const candidates = verdicts.filter(({ isCandidate }) => isCandidate).sort((a, b) => costOf(a) - costOf(b));
  return [...candidates, ...verdicts.filter(({ isCandidate }) => !isCandidate)];
}

/** Verdicts as an error carries them. */
export function refusalsOf(verdicts: readonly OfferVerdict[]): readonly Refusal[] {
  const named = verdicts.slice(0, refusalsMax).map(({ offer, why }) => ({ server: offer.server.name, why }));
  const left = verdicts.length - named.length;
  return left > 0 ? [...named, { server: `${left} more`, why: 'not listed' }] : named;
}

/** What keeps a matching offer from being picked; undefined when nothing does. */
function hindrance(offer: Offer, { tried, moment }: VerdictFacts): string | undefined {
  const { server } = offer;
  if (server.tier === 0) return standingText(offer);
  const outcome = tried?.get(server.instance);
  if (outcome !== undefined) return `tried already: ${outcome}`;
  if (isClosed(offer)) return undefined;
  return gateText(server.gate, 'breaker', moment) ?? gateText(offer.gate, 'breaker of the function', moment);
}

function standingText({ server }: Offer): string {
  switch (server.standing.status) {
    case 'leaving':
      return 'is leaving';
    case 'left':
      return 'has left';
    default:
      return `is ${server.standing.status}`;
  }
}

function gateText(gate: Gate, name: string, moment: Moment): string | undefined {
  switch (gate.state) {
    case 'closed':
    case 'ready':
      return undefined;
    case 'open':
      return `${name} open until ${timeText(moment.wallMs + gate.untilMs - moment.nowMs)}`;
    case 'probing':
      return `${name} waits for its probe`;
  }
}

/** Time of day, in UTC. */
function timeText(wallMs: number): string {
  return `${new Date(wallMs).toISOString().slice(11, 19)}Z`;
}
