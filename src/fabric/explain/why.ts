/**
 * `why`: what holds a run, one of its steps, or a call of a function back just now, and what would end that.
 *
 * Y1 the reasons are those of the closed set (`WaitReason`); nothing that waits has none, and what waits for nothing gives none.
 * Y2 a run is asked of its coordinator, through any server (run-inquiry.ts); a function of the server that is asked, and whether its
 *    places are taken of those that offer it (places.ts).
 */

import type { Clock } from '../../base/clock.ts';
import type { Catalog } from '../../core/catalog/catalog.ts';
import { describeFound } from '../../core/names.ts';
import type { Router } from '../../core/routing/router.ts';
import type { WaitReason } from '../../core/workflow/record.ts';
import type { RunView } from '../../core/workflow/run-view.ts';
import { endOfWait } from '../../core/workflow/wait-text.ts';
import { HeddleError } from '../../errors.ts';
import { checkOptions } from '../api/known-options.ts';
import type { Wait } from '../api/run-api.ts';
import { checkRunId } from '../run/run-caller.ts';
import type { PlacesNow } from '../serve/admission.ts';
import { allTakenText, type PlacesInquiry, placesAskedMax } from './places.ts';

/** What `why` is asked about. */
export type WhyQuery = { readonly run: string; readonly step: string | undefined } | { readonly function: string };

/** Steps that an error names. */
const stepsNamed = 8;

/** Throws `bad_argument`. */
export function whyQuery(what: unknown): WhyQuery {
  const { run, step, function: name } = checkOptions(what, ['run', 'step', 'function'], 'what');
  if ((run === undefined) === (name === undefined)) throw refused([], '{ run } or { function }', run === undefined ? 'neither' : 'both');
  if (name !== undefined) {
    if (step !== undefined) throw refused(['step'], 'a step only beside a run', describeFound(step));
    if (typeof name !== 'string' || name === '') throw refused(['function'], 'the name of a function', describeFound(name));
    return { function: name };
  }
  checkRunId(run, 'what', 'run');
  if (step !== undefined && typeof step !== 'string') throw refused(['step'], 'the name of a step', describeFound(step));
  return { run: String(run), step }; // a text: checkRunId has made sure
}

/** The waits of a run, or of one of its steps. Throws `bad_argument` for a step that it does not have. */
export function waitsOf({ run, steps }: RunView, step: string | undefined): readonly Wait[] {
  const chosen = step === undefined ? steps : steps.filter((view) => view.step === step);
  if (step !== undefined && chosen.length === 0) {
    const names = steps.slice(0, stepsNamed).map((view) => view.step);
    const more = steps.length > stepsNamed ? ` and ${steps.length - stepsNamed} more` : '';
    throw refused(['step'], `a step of ${run.runId} (${names.join(', ')}${more})`, describeFound(step));
  }
  return chosen.flatMap(({ step: of, now, undo }): Wait[] => [
    ...(now.state === 'waiting' ? [{ ...now.reason, of, ends: now.ends }] : []),
    ...(undo?.state === 'waiting' ? [{ ...undo.reason, of, ends: undo.ends, isUndo: true as const }] : []),
  ]);
}

/** What is known of functions where somebody asks. */
export interface KnownFunctions {
  readonly catalog: Catalog;
  readonly router: Router;
  readonly clock: Clock;
  readonly places?: PlacesInquiry | undefined;
}

/** What a call of the function would wait for now, wherever it may run. `identity`: who asks, for other servers. */
export async function waitsOfFunction(name: string, known: KnownFunctions, identity?: string): Promise<readonly Wait[]> {
  const reason = reasonOf(name, known);
  if (reason !== undefined) return [{ ...reason, of: name, ends: endOfWait(reason, known.clock.nowMs()) }];
  const full = await takenPlaces(name, known, identity);
  if (!full) return [];
  const taken: WaitReason = { kind: 'concurrency_full', function: name };
  return [{ ...taken, of: name, ends: `${endOfWait(taken, known.clock.nowMs())}; ${allTakenText(full)}` }];
}

/** Of all its offers; undefined where one of them has a free place, or may have. */
async function takenPlaces(name: string, known: KnownFunctions, identity?: string): Promise<readonly PlacesNow[] | undefined> {
  if (!known.places) return undefined;
  const offers = known.catalog.offersOf(name).filter(({ server }) => server.tier !== 0);
  const taken: PlacesNow[] = [];
  // Some at a time: one free place is enough, and ends it.
  for (let at = 0; at < offers.length; at += placesAskedMax) {
    for (const one of await known.places.of(name, offers.slice(at, at + placesAskedMax), identity)) {
      if (one === undefined || one.next === 'runs') return undefined;
      taken.push(one);
    }
  }
  return taken;
}

function reasonOf(name: string, { catalog, router }: KnownFunctions): WaitReason | undefined {
  const offers = catalog.offersOf(name);
  if (offers.every(({ server }) => server.tier === 0)) return { kind: 'no_offer', function: name };
  const untilMs = router.breakersOpenUntilMs({ function: name });
  return untilMs === undefined ? undefined : { kind: 'breaker', untilMs };
}

function refused(path: readonly string[], expected: string, found: string): HeddleError {
  return new HeddleError('bad_argument', { path: ['what', ...path], expected, found });
}
