/**
 * How fast an offer answers, as seen from here: a moving average that rises fast and falls slowly
 * (peak EWMA, Finagle's load balancer), made steady enough that equal servers get equal shares.
 *
 * L1 a peak counts when two samples in a row confirm it, and is over when two in a row say so: the less a server is asked,
 *    the longer it would pass for slow otherwise (a machine that stalls each of two equal ones for 5 ms now and then: the
 *    larger share of 600 sequential calls was over 81 % in one of 100 histories, with it 67 %). A failure counts at once.
 * L2 while an offer is learning (16 samples) its slow answers do not count against it: it is taken for no worse
 *    than the function's typical latency x 1.5, so that a cold start does not starve one of two equal servers.
 * L3 an average that no sample renews halves every 10 s: nobody is avoided for ever for what once was.
 * Comparing two offers is pick.ts.
 */

import type { FunctionStats, Offer } from '../catalog/server-state.ts';

/** Time constant of the average, and the time after which an unsampled one halves. */
const decayMs = 10_000;
/** Samples after which an offer is judged by its own average. */
const learningSamples = 16;
/** Faster answers than this make no difference. */
const latencyMsMin = 1;
/** What a failure is charged at least. */
const failureMsMin = 1_000;
/** A new offer is taken for this much slower than its prior. */
const newcomerFactor = 1.5;
/** An answer below the average closes at least this part of the gap. */
const fallMin = 1 / 8;
/** Relative step of the quantile estimates. */
const quantileStep = 0.1;
/** Keeps the estimates off zero, which says that nothing is known. */
const quantileMsMin = 0.01;

const shedLoadMax = 64;
const shedHalvingMs = 1_000;

/** The latency to judge an offer by, in milliseconds, at least 1. */
export function latencyOf(offer: Offer, nowMs: number): number {
  const { latency } = offer;
  const ageMs = nowMs - latency.sampledAtMs;
  const learnt = latency.samples >= learningSamples ? latency.averageMs : Math.min(ownOf(offer), priorOf(offer));
  const faded = ageMs < decayMs ? learnt : learnt * 2 ** -Math.floor(ageMs / decayMs);
  return Math.max(faded, latencyMsMin);
}

/** Calls that stand in the way of the next one: those in flight, itself, and what `overloaded` answers added. */
export function loadOf(offer: Offer, nowMs: number): number {
  if (offer.shedLoad === 0) return offer.inFlight + 1;
  const added = Math.floor(offer.shedLoad * 2 ** -Math.floor((nowMs - offer.shedAtMs) / shedHalvingMs));
  return offer.inFlight + 1 + added;
}

/** Takes an answer into account. */
export function noteAnswer(offer: Offer, elapsedMs: number, nowMs: number): void {
  noteQuantiles(offer.stats, Math.max(elapsedMs, quantileMsMin));
  noteWait(offer, elapsedMs, nowMs);
}

/**
 * Takes into account that an attempt was waited for so long; with an answer or, at a deadline, without. What the function
 * takes is known of answers alone: otherwise one that never answers would seem to take as long as its callers wait.
 */
export function noteWait(offer: Offer, elapsedMs: number, nowMs: number): void {
  const { latency } = offer;
  if (latency.samples < learningSamples) {
    latency.averageMs = latency.samples === 0 ? elapsedMs : Math.min(latency.averageMs, elapsedMs);
    latency.samples += 1;
  } else {
    latency.averageMs = averageWith(offer, elapsedMs, nowMs);
  }
  latency.lastMs = elapsedMs;
  latency.sampledAtMs = nowMs;
}

/** Charges a failure: max(observed, the function's p95, 1 s), at once. */
export function noteFailure(offer: Offer, elapsedMs: number, nowMs: number): void {
  const { latency } = offer;
  const chargedMs = Math.max(elapsedMs, offer.stats.p95Ms, failureMsMin);
  latency.averageMs = latency.samples >= learningSamples ? Math.max(latency.averageMs, chargedMs) : chargedMs;
  latency.lastMs = chargedMs;
  latency.sampledAtMs = nowMs;
  latency.samples = learningSamples;
}

/** Raises the load that an offer is taken for, after it answered `overloaded`. */
export function noteShed(offer: Offer, nowMs: number): void {
  const added = loadOf(offer, nowMs) - offer.inFlight - 1;
  offer.shedLoad = Math.min(2 * added + 4, shedLoadMax);
  offer.shedAtMs = nowMs;
}

/** Forgets what was learnt before a breaker closed: what was charged then says nothing about now. */
export function relearn(offer: Offer, nowMs: number): void {
  const closedAtMs = Math.max(offer.gate.closedAtMs, offer.server.gate.closedAtMs);
  if (offer.latency.samples === 0 || offer.latency.sampledAtMs > closedAtMs) return;
  offer.latency.samples = 0;
  offer.latency.sampledAtMs = nowMs;
}

function ownOf({ latency }: Offer): number {
  return latency.samples === 0 ? Number.POSITIVE_INFINITY : latency.averageMs;
}

function priorOf({ stats, server }: Offer): number {
  return newcomerFactor * Math.max(stats.typicalMs || server.roundTripMs, latencyMsMin);
}

/** The average of a learnt offer after one more answer. */
function averageWith({ latency }: Offer, elapsedMs: number, nowMs: number): number {
  const { averageMs, lastMs, sampledAtMs } = latency;
  const weight = weightAfter(nowMs - sampledAtMs);
  if (elapsedMs <= averageMs) {
    const faded = averageMs + (elapsedMs - averageMs) * Math.max(weight, fallMin);
    return Math.min(faded, Math.max(elapsedMs, lastMs));
  }
  // The lower of two in a row is above the average only when both are: a confirmed peak.
  return Math.max(averageMs + (elapsedMs - averageMs) * weight, Math.min(elapsedMs, lastMs));
}

/** What a sample weighs so long after the one before: 1 - e^-x. Of calls that follow one another closely that is x, to half a percent. */
function weightAfter(ageMs: number): number {
  const x = ageMs / decayMs;
  return x < 0.01 ? x : 1 - Math.exp(-x);
}

/** Median and p95 by steps whose sizes balance there (frugal streaming, Ma, Muthukrishnan and Sandler 2013; multiplicative). */
function noteQuantiles(stats: FunctionStats, elapsedMs: number): void {
  if (stats.typicalMs === 0) {
    stats.typicalMs = elapsedMs;
    stats.p95Ms = elapsedMs;
    return;
  }
  stats.typicalMs *= elapsedMs > stats.typicalMs ? 1 + quantileStep : 1 / (1 + quantileStep);
  stats.p95Ms *= elapsedMs > stats.p95Ms ? 1 + quantileStep : 1 - (quantileStep * 0.05) / 0.95;
}
