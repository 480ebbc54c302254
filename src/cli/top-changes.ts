/**
 * What has changed in a fabric between two answers, in words: the events of `heddle top`.
 */

import type { RunSummary } from '../fabric/client/run-inspection.ts';
import type { Member } from '../index.ts';
import type { BreakerVitals, Vitals } from '../observe/vitals.ts';

/** What was asked at one moment. */
export interface TopAnswer {
  readonly atMs: number;
  readonly members: readonly Member[];
  readonly vitals: readonly Vitals[];
  readonly runs: readonly RunSummary[];
}

export function changesBetween(before: TopAnswer, now: TopAnswer): readonly string[] {
  return [
    ...changed(before.members, now.members, {
      key: ({ name }) => name,
      state: ({ status, evidence }) => [status, ...evidence].join(' '),
      appeared: ({ name }) => `${name} has joined`,
      gone: ({ name, status }) => `${name} is gone${status === 'leaving' ? ': it has left' : ''}`,
      turned: ({ name }, state) => `${name} is ${state}`,
    }),
    ...changed(before.vitals, now.vitals, {
      key: ({ server, instance }) => `${server} ${instance}`,
      state: ({ isOverloaded }) => (isOverloaded ? 'overloaded: it refuses calls' : 'no longer overloaded'),
      turned: ({ server }, state) => `${server} is ${state}`,
    }),
    ...changed(breakersOf(before.vitals), breakersOf(now.vitals), {
      key: ({ by, server, function: name }) => `${by} ${server} ${name}`,
      state: ({ state }) => state,
      appeared: (breaker) => `${placeOf(breaker)}: ${breaker.state}`,
      gone: (breaker) => `${placeOf(breaker)}: closed`,
      turned: (breaker, state) => `${placeOf(breaker)}: ${state}`,
    }),
    ...changed(before.runs, now.runs, {
      key: ({ runId }) => runId,
      state: ({ state }) => state,
      appeared: (run) => `run ${nameOf(run)} has begun on ${run.coordinator}${run.state === 'running' ? '' : `, and is ${run.state}`}`,
      turned: (run, state) => `run ${nameOf(run)} is ${state}`,
    }),
  ];
}

interface Kind<T> {
  readonly key: (one: T) => string;
  readonly state: (one: T) => string;
  readonly appeared?: (one: T) => string;
  readonly gone?: (one: T) => string;
  readonly turned: (one: T, state: string) => string;
}

function changed<T>(before: readonly T[], now: readonly T[], { key, state, appeared, gone, turned }: Kind<T>): readonly string[] {
  const known = new Map(before.map((one) => [key(one), one]));
  const there = new Set(now.map(key));
  const news = now.flatMap((one) => {
    const last = known.get(key(one));
    if (last === undefined) return appeared ? [appeared(one)] : [];
    return state(last) === state(one) ? [] : [turned(one, state(one))];
  });
  return [...news, ...(gone ? before.filter((one) => !there.has(key(one))).map(gone) : [])];
}

interface Breaker extends BreakerVitals {
  readonly by: string;
}

function breakersOf(vitals: readonly Vitals[]): readonly Breaker[] {
  return vitals.flatMap(({ server: by, breakers }) => breakers.map((breaker) => ({ by, ...breaker })));
}

function placeOf({ by, server, function: name }: Breaker): string {
  return `breaker of ${by} to ${server}${name === undefined ? '' : ` for ${name}`}`;
}

function nameOf({ runId, name }: RunSummary): string {
  return name === undefined ? runId : `${name} (${runId})`;
}
