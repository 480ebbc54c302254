/**
 * `explain` of a workflow: the order, the server of each step with the reasons, what goes together, and what it would take.
 *
 * W1 asking changes nothing, and runs nothing.
 * W2 a workflow that is wrong in itself is refused as `submit` would refuse it; a step that nobody would take now has a plan
 *    without a server, which says what stands in the way.
 * W3 what is said of an offer is what `explain` of the function says; of places so for the first `functionsAskedMax` functions.
 */

import { present } from '../../base/assert.ts';
import type { RouteQuery } from '../../core/routing/router.ts';
import { hasUndos } from '../../core/workflow/coordinator.ts';
import { parallelDefault } from '../../core/workflow/each-record.ts';
import { queryKey } from '../../core/workflow/offer-source.ts';
import { parseWorkflow } from '../../core/workflow/parse.ts';
import type { StepPlan } from '../../core/workflow/planner.ts';
import type { Each } from '../../core/workflow/record.ts';
import { sourceText } from '../../core/workflow/ref.ts';
import type { CheckedWorkflow } from '../../core/workflow/workflow.ts';
import { encodeValue } from '../../wire/value.ts';
import type { Plan, PlannedStep } from '../api/plan.ts';
import { queryOf } from '../call/placement.ts';
import type { Place, RunPlan, RunPlanner } from '../run/run-planner.ts';
import type { Explainer, FunctionPlan, WorkflowQuestion } from './explainer.ts';
import { stepWaitsText } from './places.ts';

export interface WorkflowExplainerOptions {
  /** Name of this server. */
  readonly server: string;
  readonly explainer: Explainer;
  /** Its plans are those of the runs that are asked for here. */
  readonly planner: RunPlanner;
}

/** Offers that the plan of one step lists, and those of all steps together. */
const stepOffersMax = 20;
const planOffersMax = 20_000;
/** Functions, each with a demand of its own, of which servers are asked for their places. */
const functionsAskedMax = 32;

export class WorkflowExplainer {
  readonly #options: WorkflowExplainerOptions;

  constructor(options: WorkflowExplainerOptions) {
    this.#options = options;
  }

  /** Rejects with `bad_workflow`. `identity`: who asks, for other servers. */
  async explain({ workflow, references, input }: WorkflowQuestion, identity?: string): Promise<Plan> {
    const { checked } = parseWorkflow(workflow, { references, hasInput: true, encode: (value) => encodeValue(value) });
    const inputBytes = input === undefined ? 0 : encodeValue(input).bytes.length;
    const { steps: plans, coordinator } = this.#options.planner.plan(checked, inputBytes);
    const known = await this.#functionsOf(plans, checked, identity);
    const offersMax = Math.max(1, Math.min(stepOffersMax, Math.floor(planOffersMax / Math.max(1, plans.length))));
    const groups = groupSizes(plans);
    return {
      steps: plans.map((plan) => stepOf(plan, { checked, known: known(plan.at), groups, offersMax })),
      coordinator: this.#coordinator(coordinator, checked),
      predicted: {
        ms: rounded(Math.max(0, ...plans.map(({ endMs }) => endMs))),
        trips: groups.size + plans.filter(({ group, place }) => group === undefined && place && !place.isHere).length,
        bytes: plans.reduce((sum, { bytesIn }) => sum + bytesIn, 0),
        unknown: plans.filter(({ isKnown }) => !isKnown).length,
      },
    };
  }

  #coordinator(other: RunPlan['coordinator'], checked: CheckedWorkflow): NonNullable<Plan['coordinator']> {
    const { server } = this.#options;
    if (hasUndos(checked)) return { server, why: 'it was asked, and a run with undos stays where it was asked for' };
    if (!other) return { server, why: 'it was asked, and no other server would be clearly faster' };
    const [there, here] = [rounded(other.thereMs), rounded(other.hereMs)];
    return { server: other.server.name, why: `${there} ms coordinated there, the way to it included; ${here} ms from ${server}` };
  }

  /** What there is to say of the function of a step, by its position; found once for each different demand. */
  async #functionsOf(
    plans: readonly StepPlan<Place>[],
    { commands }: CheckedWorkflow,
    identity: string | undefined,
  ): Promise<(at: number) => FunctionPlan> {
    const { explainer } = this.#options;
    const queries = new Map<string, RouteQuery>();
    const keys = new Map<number, string>();
    for (const { at } of plans) {
      const command = commands[at]?.command;
      const query = command ? queryOf(command) : { function: '' };
      const key = queryKey(query);
      keys.set(at, key);
      queries.set(key, query);
    }
    const found = await Promise.all(
      [...queries].map(async ([key, query], nth) => {
        const plan = explainer.planOf(query);
        return [key, nth < functionsAskedMax ? await explainer.withPlaces(query.function, plan, identity) : plan] as const;
      }),
    );
    const known = new Map(found);
    return (at) => present(known.get(keys.get(at) ?? ''), 'a step of no demand');
  }
}

interface StepContext {
  readonly checked: CheckedWorkflow;
  readonly known: FunctionPlan;
  readonly groups: ReadonlyMap<number, number>;
  readonly offersMax: number;
}

function stepOf(plan: StepPlan<Place>, { checked, known, groups, offersMax }: StepContext): PlannedStep {
  const command = checked.commands[plan.at];
  const each = eachOf(command?.command.each);
  const { place, group, startMs, endMs, bytesIn, bytesOut, isKnown } = plan;
  return {
    name: command?.command.name ?? '',
    function: command?.command.function ?? '',
    needs: (command?.needs ?? []).map((need) => checked.commands[need]?.command.name ?? ''),
    ...(each ? { each } : {}),
    ...(place ? { server: place.offer.server.name, version: place.offer.record.version } : {}),
    ...(group === undefined ? {} : { group }),
    reasons: [...choiceOf(known), ...eachReasons(each), ...reasonsOf(plan, groups), ...notListed(known.verdicts.length, offersMax)],
    offers: known.offers.slice(0, offersMax),
    predicted: {
      startMs: rounded(startMs),
      endMs: rounded(endMs),
      bytesIn,
      ...(bytesOut === undefined ? {} : { bytesOut: Math.round(bytesOut) }),
      isKnown,
    },
  };
}

/** A run keeps to its plan, where a call would take the better of two. */
function choiceOf({ reasons, verdicts, taken }: FunctionPlan): readonly string[] {
  const [match = ''] = reasons;
  const isChosen = verdicts.filter(({ isCandidate }) => isCandidate).length > 1;
  const choice = isChosen ? [match, 'the one with the best score is taken; those within twice of it take turns'] : reasons;
  return taken ? [...choice, stepWaitsText(taken)] : choice;
}

function eachOf(each: Each | undefined): PlannedStep['each'] {
  const source = each?.list.holes[0]?.source;
  return each && { list: source ? sourceText(source) : 'a list of values', parallel: each.parallel ?? parallelDefault };
}

function eachReasons(each: PlannedStep['each']): readonly string[] {
  return each ? [`one call for each element of ${each.list}, ${each.parallel} at a time; how many is known when it runs`] : [];
}

function reasonsOf({ place, group }: StepPlan<Place>, groups: ReadonlyMap<number, number>): readonly string[] {
  if (!place) return [];
  if (place.isHere) return ['it is the coordinator itself: nothing travels'];
  if (group === undefined) return [];
  return [`${groups.get(group) ?? 0} steps go to ${place.offer.server.name} as one frame`];
}

function notListed(offers: number, listed: number): readonly string[] {
  return offers > listed ? [`${offers - listed} more offers are not listed`] : [];
}

function groupSizes(plans: readonly StepPlan<Place>[]): ReadonlyMap<number, number> {
  const sizes = new Map<number, number>();
  for (const { group } of plans) if (group !== undefined) sizes.set(group, (sizes.get(group) ?? 0) + 1);
  return sizes;
}

/** Finer than a hundredth of a millisecond nothing is known. */
function rounded(ms: number): number {
  return Math.round(ms * 100) / 100;
}
