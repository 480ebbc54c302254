import fc from 'fast-check';
import { describe, it } from 'vitest';
import { endGraceMs } from '../../../src/core/workflow/run-io.ts';
import { HeddleError } from '../../../src/errors.ts';
import type { Answer, Answers } from './run-world.ts';
import { World } from './run-world.ts';

interface Plan {
  readonly needs: readonly (readonly number[])[];
  readonly listing: readonly number[];
  /** By step: milliseconds of its call, refusals for want of a place before it, and whether it fails at last. */
  readonly calls: readonly {
    readonly ms: number;
    readonly refusals: number;
    readonly fails: boolean;
    readonly freeSlots: number | undefined;
  }[];
}

const calls = fc.record({
  ms: fc.nat(30),
  refusals: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(3) }),
  fails: fc.boolean(),
  freeSlots: fc.option(fc.nat(3), { nil: undefined }),
});

function plans(failing: boolean): fc.Arbitrary<Plan> {
  return fc.integer({ min: 1, max: 25 }).chain((size) =>
    fc.record({
      needs: fc.tuple(
        ...Array.from({ length: size }, (_, at) => (at === 0 ? fc.constant([]) : fc.uniqueArray(fc.nat(at - 1), { maxLength: 4 }))),
      ),
      listing: fc.shuffledSubarray([...Array(size).keys()], { minLength: size, maxLength: size }),
      calls: fc.array(failing ? calls : calls.map((call) => ({ ...call, fails: false })), { minLength: size, maxLength: size }),
    }),
  );
}

/** A number that depends on every input and their order. */
const mix = (at: number, inputs: readonly number[]): number =>
  inputs.reduce((sum, input, place) => (sum * 31 + input * (place + 1)) % 1_000_003, at + 1);

function expected(plan: Plan): readonly number[] {
  const values: number[] = [];
  for (const [at, needs] of plan.needs.entries())
    values.push(
      mix(
        at,
        needs.map((need) => values[need] ?? 0),
      ),
    );
  return values;
}

function worldOf(plan: Plan, inFlightMax: number): World {
  const left = plan.calls.map((call) => call.refusals);
  const commands = plan.listing.map((at) => ({
    name: `s${at}`,
    fun: `f${at % 3}`,
    args: [at, (plan.needs[at] ?? []).map((need) => ({ $ref: `s${need}` }))],
  }));
  const answer: Answers = ([at, inputs]): Answer => {
    const call = plan.calls[Number(at)];
    const refusals = left[Number(at)] ?? 0;
    left[Number(at)] = refusals - 1;
    if (refusals > 0)
      return { error: new HeddleError('overloaded', { function: 'f', server: 's', retryAfterMs: 5 }), afterMs: call?.ms ?? 0 };
    const end = call?.fails
      ? { error: new HeddleError('function_failed', { name: 'Error', message: '' }) }
      : { value: mix(Number(at), inputs as number[]) };
    return { ...end, afterMs: call?.ms ?? 0, ...(call?.freeSlots === undefined ? {} : { freeSlots: call.freeSlots }) };
  };
  return new World(commands, answer, { returns: 'all', settings: { inFlightMax } });
}

/** X1, X2 over the effects: starts after needs, once but for refusals, one settling each, then the run's. */
function keepsItsPromises(plan: Plan, world: World, inFlightMax: number): boolean {
  const done = new Set<string>();
  const settled = new Set<string>();
  const started = new Map<string, number>();
  let last = '';
  for (const effect of world.effects) {
    if (effect.kind === 'startStep') {
      started.set(effect.step, (started.get(effect.step) ?? 0) + 1);
      const at = Number(effect.step.slice(1));
      if (settled.has(effect.step) || !(plan.needs[at] ?? []).every((need) => done.has(`s${need}`))) return false;
      if ((started.get(effect.step) ?? 0) > 1 + (plan.calls[at]?.refusals ?? 0)) return false;
    }
    if (effect.kind !== 'event') continue;
    last = effect.event.kind;
    if (effect.event.kind !== 'step.settled') continue;
    if (settled.has(effect.event.step)) return false;
    settled.add(effect.event.step);
    if (effect.event.ok) done.add(effect.event.step);
  }
  return last === 'run.settled' && settled.size === plan.needs.length && inFlightMax > 0;
}

const limits = fc.constantFrom(1, 3, 256);

describe('a run over random DAGs', () => {
  it('X1, X2: starts every step after its inputs, once, and computes what a sequential evaluation does', () => {
    fc.assert(
      fc.property(plans(false), limits, (plan, inFlightMax) => {
        const world = worldOf(plan, inFlightMax).run();
        const values = Object.fromEntries(expected(plan).map((value, at) => [`s${at}`, value]));
        const result = world.result as Record<string, number> | undefined;
        const isRight = result !== undefined && Object.entries(values).every(([name, value]) => result[name] === value);
        return isRight && keepsItsPromises(plan, world, inFlightMax);
      }),
      { numRuns: 300 },
    );
  });

  it('X2, X3: with failures, cancels and deadlines at any time it settles in time, and tells the truth about every step', () => {
    fc.assert(
      fc.property(
        plans(true),
        limits,
        fc.nat(120),
        fc.constantFrom('cancelled', 'late', 'none', 'abandoned'),
        fc.boolean(),
        (plan, inFlightMax, atMs, end, hears) => {
          const timeoutMs = end === 'late' ? atMs + 1 : 300_000;
          const base = worldOf(plan, inFlightMax);
          const world = end === 'late' || !hears ? rebuilt(plan, inFlightMax, timeoutMs, hears) : base;
          world.feed({ kind: 'started' });
          world.continue(atMs);
          if (end === 'cancelled') world.feed({ kind: 'cancelled', reason: 'x' });
          if (end === 'abandoned') world.feed({ kind: 'abandoned' });
          const askedMs = world.clock.nowMs();
          world.continue();
          if (!keepsItsPromises(plan, world, inFlightMax)) return false;
          if (end === 'cancelled' || end === 'abandoned') if (world.clock.nowMs() > askedMs + endGraceMs + 40) return false;
          return tellsTheTruth(world);
        },
      ),
      { numRuns: 300 },
    );
  });
});

function rebuilt(plan: Plan, inFlightMax: number, timeoutMs: number, hears: boolean): World {
  const left = plan.calls.map((call) => call.refusals);
  const commands = plan.listing.map((at) => ({
    name: `s${at}`,
    fun: `f${at % 3}`,
    args: [at, (plan.needs[at] ?? []).map((need) => ({ $ref: `s${need}` }))],
  }));
  const answer: Answers = ([at]) => {
    const call = plan.calls[Number(at)];
    const refusals = left[Number(at)] ?? 0;
    left[Number(at)] = refusals - 1;
    if (refusals > 0)
      return { error: new HeddleError('overloaded', { function: 'f', server: 's', retryAfterMs: 5 }), afterMs: call?.ms ?? 0 };
    return call?.fails
      ? { error: new HeddleError('function_failed', { name: 'Error', message: '' }), afterMs: call.ms }
      : { value: at, afterMs: call?.ms ?? 0 };
  };
  return new World(commands, answer, { returns: 'all', cancelAnswers: hears, settings: { inFlightMax, timeoutMs } });
}

/** The error's steps are what the events said, `no` only if nothing ran, and partial holds exactly the done ones. */
function tellsTheTruth(world: World): boolean {
  const { error } = world;
  if (!error) return true;
  const steps = error.detail['steps'] as Record<string, string>;
  const said = Object.fromEntries(world.events.flatMap((event) => (event.kind === 'step.settled' ? [[event.step, event.outcome]] : [])));
  const outcomes = Object.values(steps);
  const isSame = Object.keys(said).length === outcomes.length && Object.entries(said).every(([name, outcome]) => steps[name] === outcome);
  const isNo = outcomes.every((outcome) => outcome === 'not_run');
  const done = Object.keys(steps)
    .filter((name) => steps[name] === 'done')
    .sort();
  return isSame && (error.executed === 'no') === isNo && JSON.stringify(done) === JSON.stringify(Object.keys(error.partial).sort());
}
