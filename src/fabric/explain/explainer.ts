/**
 * `explain` of a function: where a call would go now and why, from the same facts that the choice is made from.
 *
 * W1 asking changes nothing: no chance is drawn, no probe is spent. Servers that may take the call are asked for their places.
 * W2 a function that somebody offers has a plan, also when nobody may take the call: it says what stands in the way.
 */

import type { Clock } from '../../base/clock.ts';
import type { Catalog } from '../../core/catalog/catalog.ts';
import { rangeOf } from '../../core/function.ts';
import { checkName, describeFound } from '../../core/names.ts';
import { inOrder, type OfferVerdict } from '../../core/routing/explain.ts';
import type { RouteQuery, Router } from '../../core/routing/router.ts';
import { HeddleError } from '../../errors.ts';
import { checkOptions } from '../api/known-options.ts';
import type { Plan, PlannedStep } from '../api/plan.ts';
import type { Wait } from '../api/run-api.ts';
import { checkCallOptions } from '../call/call-options.ts';
import type { PlacesAt } from '../serve/admission.ts';
import { allTakenText, type PlacesInquiry, placesAskedMax, takenText } from './places.ts';
import { waitsOfFunction } from './why.ts';

/** A workflow to be explained. */
export interface WorkflowQuestion {
  readonly workflow: unknown;
  readonly references?: 'explicit' | 'bare' | undefined;
  /** What the run would be given. */
  readonly input?: unknown;
}

export interface ExplainerOptions {
  readonly catalog: Catalog;
  readonly router: Router;
  readonly clock: Clock;
  /** Absent: nothing is said of places. */
  readonly places?: PlacesInquiry | undefined;
}

/** What there is to say of the offers of a function. */
export interface FunctionPlan {
  /** Candidates first, as they are preferred. */
  readonly verdicts: readonly OfferVerdict[];
  readonly reasons: readonly string[];
  /** The verdicts in the shape of the API. */
  readonly offers: PlannedStep['offers'];
  /** The places of all that may take a call, where none of them is free. */
  readonly taken?: readonly PlacesAt[] | undefined;
}

/** Offers that one plan lists; the others are counted. */
export const plannedOffersMax = 1_000;

export class Explainer {
  readonly #options: ExplainerOptions;

  constructor(options: ExplainerOptions) {
    this.#options = options;
  }

  /** Rejects with `no_such_function`. Linear in the function's offers. `identity`: who asks, for other servers. */
  async explain(asked: RouteQuery, identity?: string): Promise<Plan> {
    const { catalog } = this.#options;
    const name = asked.function;
    if (!catalog.has(name)) throw new HeddleError('no_such_function', { function: name, nearest: catalog.nearest(name) });
    const { verdicts, reasons, offers, taken } = await this.withPlaces(name, this.planOf(asked), identity);
    const all = [...reasons, ...(taken ? [allTakenText(taken)] : []), ...notListed(verdicts.length)];
    return { steps: [{ ...placeOf(verdicts[0]), name, reasons: all, offers: offers.slice(0, plannedOffersMax) }] };
  }

  /** The plan of a function with what those that may take a call say of their places. `identity`: who asks, for other servers. */
  async withPlaces(name: string, plan: FunctionPlan, identity?: string): Promise<FunctionPlan> {
    const { places: inquiry } = this.#options;
    if (!inquiry) return plan;
    // Candidates come first.
    const candidates = plan.verdicts.filter(({ isCandidate }) => isCandidate).map(({ offer }) => offer);
    const places = await inquiry.of(name, candidates.slice(0, placesAskedMax), identity);
    const offers = plan.offers.map((offer, at) => withPlaces(offer, places[at]));
    return { ...plan, offers, taken: takenByAll(candidates.length, places) };
  }

  /** How the places of a function are at this server. */
  placesHere(name: string): readonly PlacesAt[] {
    return this.#options.places?.own(name) ?? [];
  }

  /** The same for any function, also one that nobody offers. */
  planOf(asked: RouteQuery): FunctionPlan {
    const { catalog, router, clock } = this.#options;
    const name = asked.function;
    if (!catalog.has(name)) return { verdicts: [], reasons: [unknownReason(catalog.nearest(name))], offers: [] };
    const isCall = catalog.offersOf(name).some((offer) => offer.record.kind === 'call');
    const query: RouteQuery = isCall ? asked : { ...asked, kind: 'stream' };
    const moment = { nowMs: clock.nowMs(), wallMs: clock.wallMs() };
    const explained = router.explain(query, undefined, moment);
    const verdicts = inOrder(explained.verdicts, explained.favourite, moment.nowMs);
    const mismatch = catalog.mismatchTest(query);
    const matching = verdicts.filter(({ offer }) => mismatch(offer) === undefined).length;
    const reasons = reasonsOf(verdicts, matching, { wanted: catalog.wantedText(query), hasFavourite: explained.favourite !== undefined });
    return { verdicts, reasons, offers: verdicts.map(plannedOf) };
  }

  /** What a call of the function would wait for now. `identity`: who asks, for other servers. */
  waits(name: string, identity?: string): Promise<readonly Wait[]> {
    return waitsOfFunction(name, this.#options, identity);
  }
}

function unknownReason(nearest: readonly string[]): string {
  return `no server offers it${nearest.length === 0 ? '' : `; the nearest names are ${nearest.join(', ')}`}`;
}

/** What `explain` of a function was asked for, checked. Throws `bad_argument`. */
export function explainQuery(fn: unknown, options: unknown): RouteQuery {
  const { need, version, target, key } = options === undefined ? {} : checkCallOptions(options);
  const terms = key === undefined ? undefined : { key };
  if (typeof fn === 'string') return { function: checkName('function', fn, ['function']), version, need, target, terms };
  if (isHandle(fn)) return { function: fn.name, version: version ?? rangeOf(fn), need, target, terms };
  throw new HeddleError('bad_argument', {
    path: ['plan'],
    expected: 'the name of a function, what defineFunction or remote gave, or a workflow',
    found: describeFound(fn),
  });
}

/** The workflow that `explain` was asked for, checked; undefined when it was asked for a function. Throws `bad_argument`. */
export function workflowQuestion(asked: unknown, options: unknown): WorkflowQuestion | undefined {
  if (!isWorkflow(asked)) return undefined;
  const { references, input } = checkOptions(options ?? {}, ['references', 'input'], 'options');
  if (references !== undefined && references !== 'explicit' && references !== 'bare')
    throw new HeddleError('bad_argument', { path: ['options', 'references'], expected: "'explicit' or 'bare'", found: String(references) });
  const isBuilt = 'toJSON' in asked && typeof asked.toJSON === 'function';
  return { workflow: isBuilt ? asked.toJSON() : asked, references, input };
}

function placeOf(first: OfferVerdict | undefined): Pick<PlannedStep, 'server' | 'version'> {
  return first?.isCandidate ? { server: first.offer.server.name, version: first.offer.record.version } : {};
}

function reasonsOf(
  verdicts: readonly OfferVerdict[],
  matching: number,
  { wanted, hasFavourite }: { readonly wanted: string; readonly hasFavourite: boolean },
): readonly string[] {
  const offers = `${verdicts.length} ${verdicts.length === 1 ? 'offer' : 'offers'}`;
  if (matching === 0) return [`no offer of ${offers} matches ${wanted}`];
  const candidates = verdicts.filter(({ isCandidate }) => isCandidate).length;
  const match = `${matching} of ${offers} ${matching === 1 ? 'matches' : 'match'}`;
  if (candidates === 0) return [`${match}, and none may take a call now`];
  const usual = hasFavourite ? 'the one that the key prefers is taken' : 'the better of two random candidates by latency and load is taken';
  const choice = candidates === 1 ? 'it is the only candidate' : usual;
  return [`${match}, ${candidates} may take a call now`, choice];
}

/** Undefined where one of them may have a place. */
function takenByAll(candidates: number, places: readonly (PlacesAt | undefined)[]): readonly PlacesAt[] | undefined {
  const full = places.flatMap((one) => (one && one.next !== 'runs' ? [one] : []));
  return candidates > 0 && full.length === candidates ? full : undefined;
}

function withPlaces(offer: PlannedStep['offers'][number], places: PlacesAt | undefined): PlannedStep['offers'][number] {
  const taken = places && takenText(places);
  return taken === undefined ? offer : { ...offer, why: `${offer.why}; ${taken}` };
}

function notListed(count: number): readonly string[] {
  return count > plannedOffersMax ? [`${count - plannedOffersMax} more offers are not listed`] : [];
}

function plannedOf({ offer, isCandidate, why }: OfferVerdict): PlannedStep['offers'][number] {
  return { server: offer.server.name, version: offer.record.version, isCandidate, why };
}

function isHandle(fn: unknown): fn is { readonly name: string; readonly version: string } {
  if (typeof fn !== 'object' || fn === null || !('kind' in fn) || !('name' in fn) || !('version' in fn)) return false;
  return (fn.kind === 'call' || fn.kind === 'stream') && typeof fn.name === 'string' && typeof fn.version === 'string';
}

/** A built one, or one as data. */
function isWorkflow(fn: unknown): fn is object & { readonly toJSON?: () => unknown } {
  return typeof fn === 'object' && fn !== null && ('commands' in fn || Array.isArray(fn) || 'toJSON' in fn);
}
