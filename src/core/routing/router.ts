/**
 * Chooses the server of each attempt, remembers how it went, and explains itself when asked.
 *
 * R1 a choice in steady state looks up the function, compares one counter, and draws two random numbers: the lists
 *    behind it are made again only after the catalog changed.
 * R2 nothing is written down for a choice that succeeds: `explain` and `refusal` find the reasons again.
 * R3 lists are kept for at most `shapesMax` different demands a function and `functionsMax` functions.
 * Sending, breakers and retries are fabric's.
 */

import type { Random } from '../../base/random.ts';
import { HeddleError, type HeddleErrorOf } from '../../errors.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { OfferMatch, OfferQuery } from '../catalog/match.ts';
import type { Offer, ServerState } from '../catalog/server-state.ts';
import { wrongKind } from '../function.ts';
import { favouriteOf } from './affinity.ts';
import { type Moment, type OfferVerdict, refusalsOf, type Tried, verdictOn } from './explain.ts';
import { noteAnswer, noteFailure, noteShed, noteWait, relearn } from './latency.ts';
import { betterOfTwo, type Candidates, candidatesOf } from './pick.ts';
import { shapeOf } from './shape.ts';

export interface RouterOptions {
  readonly catalog: Catalog;
  readonly random: Random;
}

/** A query with what ranks the offers that fulfil it. */
export interface RouteQuery extends OfferQuery {
  readonly terms?: { readonly key?: string | undefined } | undefined;
}

export interface RouteExplanation {
  readonly function: string;
  /** The offer that the query's key prefers. */
  readonly favourite: Offer | undefined;
  readonly verdicts: readonly OfferVerdict[];
  /** When a breaker before a matching offer grants its probe, in monotonic milliseconds. */
  readonly retryAtMs: number | undefined;
}

/** What `pick` found nothing for. */
export type RouteRefusal =
  | HeddleErrorOf<'no_such_function'>
  | HeddleErrorOf<'bad_argument'>
  | HeddleErrorOf<'no_matching_offer'>
  | HeddleErrorOf<'no_route'>;

/** The lists behind the choices of one shape. */
interface Plan {
  match: OfferMatch;
  offersRevision: number;
  candidates: Candidates;
  revision: number;
}

const shapesMax = 64;
const functionsMax = 10_000;
const nobody: Candidates = { offers: [], all: [], probes: [] };

export class Router {
  readonly #catalog: Catalog;
  readonly #random: Random;
  readonly #subsets: Random;
  /** Function -> shape -> plan. */
  readonly #plans = new Map<string, Map<string, Plan>>();
  readonly #ranks = new WeakMap<ServerState, number>();
  readonly #rankOf = (server: ServerState): number => this.#findRank(server);

  constructor({ catalog, random }: RouterOptions) {
    this.#catalog = catalog;
    this.#random = random.fork('pick');
    this.#subsets = random.fork('subset');
  }

  /**
   * The offer to send the next attempt to, or undefined: then `refusal` says why. Ask the breakers (`admit`) in the
   * same turn: a granted probe is offered to every pick until it is taken.
   */
  pick(query: RouteQuery, tried: Tried | undefined, nowMs: number): Offer | undefined {
    const plan = this.#planOf(query, nowMs);
    if (!plan) return undefined;
    const { offers, all, probes } = tried === undefined || tried.size === 0 ? plan.candidates : this.#untried(plan.match, tried);
    if (probes.length > 0) return probes[0];
    const key = query.terms?.key;
    return key === undefined ? betterOfTwo(offers, nowMs, this.#random) : favouriteOf(all, key, nowMs);
  }

  /** Those that a call might go to now, in no particular order; none while a breaker's probe comes first. */
  candidates(query: RouteQuery, nowMs: number): readonly Offer[] {
    const { offers, probes } = this.#planOf(query, nowMs)?.candidates ?? nobody;
    return probes.length > 0 ? nobody.offers : offers;
  }

  /** The offer at one server, if a call might go there now, and whether it could go nowhere else. */
  candidateAt(query: RouteQuery, instance: string, nowMs: number): { readonly offer: Offer; readonly isOnly: boolean } | undefined {
    const { offers, probes } = this.#planOf(query, nowMs)?.candidates ?? nobody;
    const offer = offers.find(({ server }) => server.instance === instance);
    return offer === undefined || probes.length > 0 ? undefined : { offer, isOnly: offers.length === 1 };
  }

  /** Why there is nothing to pick: no such function, one of the other kind, no matching offer, or none that may be used now. */
  refusal(query: OfferQuery, tried: Tried | undefined, moment: Moment): RouteRefusal {
    const { function: name } = query;
    const offers = this.#catalog.offersOf(name);
    if (offers.length === 0) return new HeddleError('no_such_function', { function: name, nearest: this.#catalog.nearest(name) });
    const kind = query.kind ?? 'call';
    if (kind !== 'step' && offers.every((offer) => offer.record.kind !== kind)) return wrongKind(name, kind);
    const refusals = refusalsOf(this.explain(query, tried, moment).verdicts);
    const mismatch = this.#catalog.mismatchTest(query);
    if (offers.some((offer) => mismatch(offer) === undefined)) return new HeddleError('no_route', { function: name, offers: refusals });
    return new HeddleError('no_matching_offer', { function: name, wanted: this.#catalog.wantedText(query), offers: refusals });
  }

  /** What speaks for or against each offer of the function. */
  explain(query: RouteQuery, tried: Tried | undefined, moment: Moment): RouteExplanation {
    const match = this.#catalog.matching(query);
    const { offers, all, probes } = this.#untried(match, tried ?? new Map());
    const key = query.terms?.key;
    const favourite = key === undefined || probes.length > 0 ? undefined : favouriteOf(all, key, moment.nowMs);
    const candidates = new Set([...(key === undefined ? offers : all), ...probes]);
    const facts = { mismatch: this.#catalog.mismatchTest(query), candidates, favourite, tried, moment };
    const waits = match.groups
      .flat()
      .flatMap(({ gate, server }) => [gate, server.gate])
      .filter((gate) => gate.state === 'open');
    return {
      function: query.function,
      favourite,
      verdicts: this.#catalog.offersOf(query.function).map((offer) => verdictOn(offer, facts)),
      retryAtMs: waits.length === 0 ? undefined : Math.min(...waits.map((gate) => gate.untilMs)),
    };
  }

  /** When the first of the breakers grants its probe that stand before every matching offer; undefined when not all are open. */
  breakersOpenUntilMs(query: OfferQuery): number | undefined {
    let firstMs = Number.POSITIVE_INFINITY;
    for (const { gate, server } of this.#catalog.matching(query).groups.flat()) {
      if (server.tier === 0) continue;
      const open = [gate, server.gate].flatMap((one) => (one.state === 'open' ? [one.untilMs] : []));
      if (open.length === 0) return undefined;
      firstMs = Math.min(firstMs, Math.max(...open));
    }
    return Number.isFinite(firstMs) ? firstMs : undefined;
  }

  /** An attempt goes out to `offer`: pair it with one of the five below. */
  started(offer: Offer): void {
    offer.inFlight += 1;
    offer.server.inFlight += 1;
    offer.stats.attempts += 1;
  }

  /** A result came, `elapsedMs` after the attempt went out. */
  succeeded(offer: Offer, elapsedMs: number, nowMs: number): void {
    offer.stats.successes += 1;
    this.released(offer);
    noteAnswer(offer, elapsedMs, nowMs);
  }

  /**
   * The deadline passed, `elapsedMs` after the attempt went out. Not for errors: a server that fails at once would
   * look fast and draw all calls; they are `released`.
   */
  expired(offer: Offer, elapsedMs: number, nowMs: number): void {
    this.released(offer);
    noteWait(offer, elapsedMs, nowMs);
  }

  /** The connection failed (lost, unreachable): charged at once. */
  failed(offer: Offer, elapsedMs: number, nowMs: number): void {
    this.released(offer);
    noteFailure(offer, elapsedMs, nowMs);
  }

  /** The server answered `overloaded`: its load is taken for higher for some seconds. */
  shed(offer: Offer, nowMs: number): void {
    this.released(offer);
    noteShed(offer, nowMs);
  }

  /** The attempt says nothing about speed: cancelled, draining, or an error of the handler. */
  released(offer: Offer): void {
    offer.inFlight -= 1;
    offer.server.inFlight -= 1;
  }

  #planOf(query: OfferQuery, nowMs: number): Plan | undefined {
    const shape = shapeOf(query);
    const known = this.#plans.get(query.function)?.get(shape);
    if (known?.revision === this.#catalog.revision) return known;
    if (!this.#catalog.has(query.function)) {
      this.#plans.delete(query.function);
      return undefined;
    }
    return known ? this.#renewed(known, query, nowMs) : this.#keep(query, shape, nowMs);
  }

  #renewed(plan: Plan, query: OfferQuery, nowMs: number): Plan {
    if (plan.offersRevision !== this.#catalog.offersRevision) {
      plan.match = this.#catalog.matching(query);
      plan.offersRevision = this.#catalog.offersRevision;
    }
    for (const group of plan.match.groups) for (const offer of group) relearn(offer, nowMs);
    plan.candidates = candidatesOf(plan.match, this.#rankOf);
    plan.revision = this.#catalog.revision;
    return plan;
  }

  #keep(query: OfferQuery, shape: string, nowMs: number): Plan {
    const empty: Plan = {
      match: { groups: [], preference: undefined },
      offersRevision: 0,
      candidates: nobody,
      revision: 0,
    };
    const plan = this.#renewed(empty, query, nowMs);
    if (this.#plans.size >= functionsMax) this.#plans.clear();
    const shapes = this.#plans.get(query.function) ?? new Map<string, Plan>();
    if (shapes.size >= shapesMax) shapes.clear();
    shapes.set(shape, plan);
    this.#plans.set(query.function, shapes);
    return plan;
  }

  #untried(match: OfferMatch, tried: Tried): Candidates {
    const groups = match.groups
      .map((group) => group.filter((offer) => !tried.has(offer.server.instance)))
      .filter((group) => group.length > 0);
    return candidatesOf({ ...match, groups }, this.#rankOf);
  }

  /** Rendezvous weight of a server in this process: independent of which others there are. */
  #findRank(server: ServerState): number {
    const known = this.#ranks.get(server);
    if (known !== undefined) return known;
    const rank = this.#subsets.fork(server.instance).next();
    this.#ranks.set(server, rank);
    return rank;
  }
}
