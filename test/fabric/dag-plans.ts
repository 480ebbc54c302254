/**
 * Random workflows, and a reference executor so simple that it cannot be wrong: it walks the steps in order, one after the other.
 * A workflow is made of a seed and a size, so that a failure is told in one line.
 */

import fc from 'fast-check';
import { seededRandom } from '../../src/base/random.ts';

type Policy = 'fail' | 'continue' | 'fallback';

export interface StepPlan {
  readonly needs: readonly number[];
  readonly effect: 'pure' | 'idempotent' | 'once';
  readonly workMs: number;
  readonly fails: boolean;
  readonly policy: Policy;
  /** It is called for each of its inputs, instead of once with all of them. */
  readonly isEach: boolean;
  readonly fuse: boolean;
}

export interface Strike {
  readonly kind: 'kill' | 'links' | 'reset' | 'cancel';
  readonly atMs: number;
  readonly server: 'a' | 'b';
}

/** `calm`: nothing fails. `policies`: steps fail that may. `failing`: steps fail that end the run. `storm`: servers and links too. */
export type Weather = 'calm' | 'policies' | 'failing' | 'storm';

export interface Dag {
  readonly seed: number;
  readonly size: number;
  readonly weather: Weather;
}

export function dags(weather: Weather, sizeMax = 200): fc.Arbitrary<Dag> {
  return fc.record({ seed: fc.nat(), size: fc.integer({ min: 1, max: sizeMax }), weather: fc.constant(weather) });
}

/** What stands for the result of a step, or of an element, that has none. */
export const fallback = 7;
/** Work that is still under way well after its run has ended. */
const longMs = 8_000;

/** What its numbers stand for. */
export function planOf({ seed, size, weather }: Dag): { readonly steps: readonly StepPlan[]; readonly strikes: readonly Strike[] } {
  const random = seededRandom(`dag ${seed} ${size} ${weather}`);
  const nat = (max: number): number => Math.floor(random.next() * (max + 1));
  const failOneIn = weather === 'calm' ? 0 : weather === 'policies' ? 6 : 40;
  const canEnd = weather === 'failing' || weather === 'storm';
  const steps = Array.from({ length: size }, (_unused, at): StepPlan => {
    const needs = new Set<number>();
    // Near ones mostly, so that there are chains as well as fans.
    for (let edge = at === 0 ? 0 : nat(3); edge > 0; edge -= 1) needs.add(nat(2) > 0 ? Math.max(0, at - 1 - nat(4)) : nat(at - 1));
    const policies: readonly Policy[] =
      weather === 'policies' ? ['continue', 'fallback'] : ['fail', 'fail', 'fail', 'continue', 'fallback'];
    return {
      needs: [...needs],
      effect: (['pure', 'idempotent', 'once'] as const)[nat(2)] ?? 'pure',
      workMs: canEnd && nat(24) === 0 ? longMs : nat(2) === 0 ? nat(12) : 0,
      fails: failOneIn > 0 && nat(failOneIn - 1) === 0,
      policy: policies[nat(policies.length - 1)] ?? 'fail',
      isEach: nat(5) === 0,
      fuse: nat(9) > 0,
    };
  });
  const kinds = ['kill', 'links', 'reset', 'reset', 'cancel'] as const;
  const strikes = Array.from({ length: weather === 'storm' ? 1 + nat(2) : 0 }, () => ({
    kind: kinds[nat(kinds.length - 1)] ?? 'reset',
    atMs: nat(150),
    server: nat(1) === 0 ? ('a' as const) : ('b' as const),
  }));
  return { steps, strikes };
}

/** What a step gives: an each gives a list. */
export type Value = number | readonly number[];

/** A number that depends on every input and their order. */
export function mix(at: number, inputs: readonly Value[]): number {
  const flat = inputs.flat();
  return flat.reduce((sum, input, place) => (sum * 31 + input * (place + 1)) % 1_000_003, at + 1);
}

export interface Reference {
  readonly outcomes: readonly ('done' | 'failed' | 'not_run')[];
  readonly values: readonly (Value | undefined)[];
}

/** What becomes of every step when nothing ends the run. */
export function reference(steps: readonly StepPlan[]): Reference {
  const outcomes: Reference['outcomes'][number][] = [];
  const values: (Value | undefined)[] = [];
  for (const [at, { needs, fails, policy, isEach }] of steps.entries()) {
    const inputs = needs.map((need) => values[need]);
    const isThere = inputs.every((input) => input !== undefined);
    const known = inputs.filter((input) => input !== undefined);
    if (!isThere) {
      outcomes.push('not_run');
      values.push(policy === 'fallback' && !isEach ? fallback : undefined);
    } else if (isEach) {
      // A list without elements calls nobody, so that nothing can fail.
      const isFailed = fails && known.length > 0;
      outcomes.push(isFailed ? 'failed' : 'done');
      if (!isFailed) values.push(known.map((input) => mix(at, [input])));
      else values.push(policy === 'fallback' ? known.map(() => fallback) : undefined);
    } else {
      outcomes.push(fails ? 'failed' : 'done');
      values.push(!fails ? mix(at, known) : policy === 'fallback' ? fallback : undefined);
    }
  }
  return { outcomes, values };
}
