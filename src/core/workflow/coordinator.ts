/**
 * Which server should coordinate a run: the one that was asked, or the one from which its steps take the least time.
 *
 * C1 a run is handed over only where that is clearly worth it: by a fifth of its predicted time, and by `worthMs` at least. Within one
 *    site it stays where it was asked for.
 * C2 a run of which a step has no server yet stays too: what stands in its way, a breaker that is open, say, is known here.
 * C3 what servers are apart from one another nobody here knows: each is taken to be as far from any other as from here, which
 *    promises too little rather than too much.
 * C4 a run of which a step has an undo stays where it was asked for: undos die with their coordinator, and the server that runs
 *    the steps is the likeliest to die while there is something to undo.
 * Linear in steps and edges, for each of at most `consideredMax` servers.
 */

import { bytesPerMs, type PlaceFacts, type StepPlan } from './planner.ts';
import type { CheckedWorkflow } from './workflow.ts';

/**
 * Milliseconds below which handing a run over is not worth the risk of another server that may fail, and of being wrong: the first
 * calls between two fresh processes side by side look up to 10 ms apart.
 */
export const worthMs = 10;
/** Share of the predicted time that may be left. */
const worthShare = 0.8;
/** Servers that are looked at: those with most of the steps. */
const consideredMax = 4;

export interface CoordinatorChoice<Place> {
  readonly place: Place;
  /** What the run would take, coordinated from here and from there, the way there included. */
  readonly hereMs: number;
  readonly thereMs: number;
}

/** Undefined: the server that was asked. `plans` are made for that one. */
export function chooseCoordinator<Place extends PlaceFacts>(
  workflow: CheckedWorkflow,
  plans: readonly StepPlan<Place>[],
  inputBytes: number,
): CoordinatorChoice<Place> | undefined {
  if (plans.some(({ place }) => place === undefined) || hasUndos(workflow)) return undefined;
  const hereMs = spanFrom(undefined, workflow, plans);
  // C1: no other server could be that much faster.
  if (hereMs < worthMs) return undefined;
  let best: CoordinatorChoice<Place> | undefined;
  for (const place of busiest(plans)) {
    const thereMs = place.roundTripMs + inputBytes / bytesPerMs + spanFrom(place, workflow, plans);
    if (thereMs < (best?.thereMs ?? Number.POSITIVE_INFINITY)) best = { place, hereMs, thereMs };
  }
  return best && best.thereMs <= hereMs * worthShare && hereMs - best.thereMs >= worthMs ? best : undefined;
}

/** C4. */
export function hasUndos({ commands }: CheckedWorkflow): boolean {
  return commands.some(({ command }) => command.compensate !== undefined);
}

/** Other servers than this one, those with most of the steps first. */
function busiest<Place extends PlaceFacts>(plans: readonly StepPlan<Place>[]): readonly Place[] {
  const counts = new Map<string, { readonly place: Place; steps: number }>();
  for (const { place } of plans) {
    if (!place || place.isHere) continue;
    const count = counts.get(place.instance) ?? { place, steps: 0 };
    count.steps += 1;
    counts.set(place.instance, count);
  }
  const ranked = [...counts.values()].sort((a, b) => b.steps - a.steps);
  return ranked.slice(0, consideredMax).map(({ place }) => place);
}

/** When the last step would end, in milliseconds; `from` undefined: coordinated from here. */
function spanFrom(from: PlaceFacts | undefined, workflow: CheckedWorkflow, plans: readonly StepPlan<PlaceFacts>[]): number {
  const ends = new Float64Array(workflow.commands.length);
  // Groups count from 1.
  const groups = new Uint32Array(workflow.commands.length);
  let span = 0;
  for (const { at, place, group = 0, workMs, bytesIn } of plans) {
    groups[at] = group;
    const needs = workflow.commands[at]?.needs ?? [];
    let readyMs = 0;
    for (const need of needs) readyMs = Math.max(readyMs, ends[need] ?? 0);
    const isInside = group > 0 && needs.some((need) => groups[need] === group);
    const end = readyMs + workMs + (isInside ? 0 : wayMs(from, place) + (isAt(from, place) ? 0 : bytesIn / bytesPerMs));
    ends[at] = end;
    span = Math.max(span, end);
  }
  return span;
}

function isAt(from: PlaceFacts | undefined, place: PlaceFacts | undefined): boolean {
  return place === undefined || (from === undefined ? place.isHere : place.instance === from.instance);
}

/** C3. */
function wayMs(from: PlaceFacts | undefined, place: PlaceFacts | undefined): number {
  if (place === undefined || isAt(from, place)) return 0;
  return place.isHere ? (from?.roundTripMs ?? 0) : place.roundTripMs;
}
