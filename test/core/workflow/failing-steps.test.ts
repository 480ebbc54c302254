/** `onFailure`: what the failure of a step means for its run, step by step and against a naive evaluation. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeddleError } from '../../../src/errors.ts';
import type { Answers } from './run-world.ts';
import { thrown, World } from './run-world.ts';

const step = (name: string, refs: readonly string[] = [], fields: object = {}): object => ({
  name,
  fun: 'f',
  args: refs.map(($ref) => ({ $ref })),
  ...fields,
});
const failing =
  (...bad: readonly string[]): Answers =>
  (args, { step: name }) =>
    bad.includes(name) ? { error: thrown() } : { value: [name, ...args] };

describe('a step that may fail', () => {
  it('with `continue` spares what does not need it; what needs it does not run', () => {
    const commands = [
      step('bad', [], { onFailure: 'continue' }),
      step('child', ['bad']),
      step('grandchild', ['child']),
      step('other'),
      step('last', ['other']),
    ];
    const world = new World(commands, failing('bad'), { returns: ['last'] }).run();
    expect(world.result).toEqual({ last: ['last', ['other']] });
    expect(world.story.filter((line) => line.startsWith('step.settled'))).toEqual([
      'step.settled bad failed',
      'step.settled child not_run',
      'step.settled grandchild not_run',
      'step.settled other done',
      'step.settled last done',
    ]);
    const upstream = world.events.flatMap((event) => (event.kind === 'step.settled' && event.step === 'grandchild' ? [event.error] : []));
    expect(upstream).toMatchObject([{ code: 'upstream_failed', detail: { step: 'grandchild', upstream: 'bad' } }]);
  });

  it('with `continue`: a run that has not what it shall return fails in the end, with everything else in detail.partial', () => {
    const commands = [step('bad', [], { onFailure: 'continue' }), step('child', ['bad']), step('other')];
    expect(new World(commands, failing('bad')).run().error).toMatchObject({
      code: 'step_failed',
      executed: 'yes',
      detail: { step: 'bad', steps: { bad: 'failed', child: 'not_run', other: 'done' } },
      partial: { other: ['other'] },
      cause: { code: 'function_failed' },
    });
    expect(new World(commands, failing('bad'), { returns: { x: { $ref: 'other' } } }).run().result).toEqual({ x: ['other'] });
    expect(new World(commands, failing('bad'), { returns: 'all' }).run().error?.code).toBe('step_failed');
  });

  it('with a fallback goes on with that, and says so', () => {
    const commands = [step('bad', [], { onFailure: { fallback: 'instead' } }), step('child', ['bad'])];
    const world = new World(commands, failing('bad')).run();
    expect(world.result).toEqual({ child: ['child', 'instead'] });
    expect(world.events.find((event) => event.kind === 'step.settled')).toMatchObject({ ok: false, outcome: 'failed', usedFallback: true });
    const fine = new World(commands, failing()).run();
    expect(fine.result).toEqual({ child: ['child', ['bad']] });
    expect(fine.events.some((event) => event.kind === 'step.settled' && event.usedFallback)).toBe(false);
  });

  it('a fallback also stands in for a step that could not run; a falsy or absent one is one too', () => {
    for (const fallback of [null, 0, '']) {
      const commands = [
        step('bad', [], { onFailure: 'continue' }),
        step('middle', ['bad']),
        step('soft', ['middle'], { onFailure: { fallback } }),
        step('end', ['soft']),
      ];
      expect(new World(commands, failing('bad')).run().result).toEqual({ end: ['end', fallback] });
    }
  });

  it('settles once, although another of its needs comes later', () => {
    const slow: Answers = (args, { step: name }) =>
      name === 'bad' ? { error: thrown() } : { value: [name, ...args], afterMs: name === 'slow' ? 50 : 1 };
    const commands = [
      step('bad', [], { onFailure: 'continue' }),
      step('slow'),
      step('soft', ['bad', 'slow'], { onFailure: { fallback: 1 } }),
      step('end', ['soft']),
    ];
    const world = new World(commands, slow, { returns: 'leaves' }).run();
    expect(world.result).toEqual({ end: ['end', 1] });
    expect(world.story.indexOf('step.settled end done')).toBeLessThan(world.story.indexOf('step.settled slow done'));
    expect(world.story.filter((line) => line.startsWith('step.settled soft'))).toEqual(['step.settled soft not_run']);
  });

  it('does not spare a run whose deadline has passed, or that is cancelled', () => {
    const late = new HeddleError('deadline_exceeded', { timeoutMs: 500 });
    const answer: Answers = () => ({ error: late, afterMs: 500 });
    const commands = [step('a', [], { onFailure: { fallback: 1 } })];
    expect(new World(commands, answer, { settings: { timeoutMs: 500 } }).run().error?.code).toBe('deadline_exceeded');
    const world = new World(commands, () => undefined);
    world.feed({ kind: 'started' });
    world.feed({ kind: 'cancelled', reason: 'enough' });
    expect(world.continue().error).toMatchObject({ code: 'cancelled', partial: {} });
  });

  it('its own deadline is a failure like any other', () => {
    const late = new HeddleError('deadline_exceeded', { timeoutMs: 5 });
    const commands = [step('a', [], { timeoutMs: 5, onFailure: { fallback: 'late' } })];
    expect(new World(commands, () => ({ error: late, afterMs: 5 })).run().result).toEqual({ a: 'late' });
  });
});

type Policy = 'fail' | 'continue' | 'fallback';
interface Plan {
  readonly steps: readonly { readonly needs: readonly number[]; readonly policy: Policy; readonly fails: boolean; readonly ms: number }[];
  readonly returned: readonly number[];
}

const plans: fc.Arbitrary<Plan> = fc.integer({ min: 1, max: 30 }).chain((size) =>
  fc.record({
    steps: fc.tuple(
      ...Array.from({ length: size }, (_, at) =>
        fc.record({
          needs: at === 0 ? fc.constant([]) : fc.uniqueArray(fc.nat(at - 1), { maxLength: 3 }),
          policy: fc.constantFrom<Policy>('continue', 'continue', 'fallback', 'fallback', 'fail'),
          fails: fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
          ms: fc.nat(20),
        }),
      ),
    ),
    returned: fc.uniqueArray(fc.nat(size - 1), { maxLength: 4 }),
  }),
);

interface Judged {
  readonly outcome: 'done' | 'failed' | 'not_run';
  readonly value: unknown;
  /** Whether its failure ends the run. */
  readonly isFatal: boolean;
  readonly root: number | undefined;
}

/** One step after the other, as the page says it. */
function evaluate({ steps }: Plan): readonly Judged[] {
  const judged: Judged[] = [];
  for (const [at, { needs, policy, fails }] of steps.entries()) {
    const missing = needs.map((need) => judged[need]).find((need) => need?.value === undefined);
    const instead = policy === 'fallback' ? `instead of ${at}` : undefined;
    if (missing) judged.push({ outcome: 'not_run', value: instead, isFatal: false, root: missing.root });
    else if (fails) judged.push({ outcome: 'failed', value: instead, isFatal: policy === 'fail', root: at });
    else judged.push({ outcome: 'done', value: [at, ...needs.map((need) => judged[need]?.value)], isFatal: false, root: undefined });
  }
  return judged;
}

function runOf({ steps, returned }: Plan): World {
  const commands = steps.map(({ needs, policy }, at) => ({
    name: `s${at}`,
    fun: 'f',
    args: [at, ...needs.map((need) => ({ $ref: `s${need}` }))],
    onFailure: policy === 'fallback' ? { fallback: `instead of ${at}` } : policy,
  }));
  const answers: Answers = (args) => {
    const { fails = false, ms = 0 } = steps[Number(args[0])] ?? {};
    return fails ? { error: thrown(), afterMs: ms } : { value: args, afterMs: ms };
  };
  return new World(commands, answers, { returns: returned.map((at) => `s${at}`) }).run();
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

describe('failure policies over random DAGs', () => {
  it('X2, X3: give what a naive evaluation gives, to the last step', () => {
    let [whole, missing, fatal] = [0, 0, 0];
    fc.assert(
      fc.property(plans, (plan) => {
        const judged = evaluate(plan);
        const world = runOf(plan);
        const said = world.events.flatMap((event) => (event.kind === 'step.settled' ? [[event.step, event.outcome] as const] : []));
        const outcomes = new Map(said);
        if (said.length !== plan.steps.length || outcomes.size !== said.length) return false;
        const { error } = world;
        const values = error ? error.partial : (world.result as Record<string, unknown>);
        if (judged.some(({ isFatal }) => isFatal)) {
          fatal += 1;
          const root = Number(String(error?.detail['step']).slice(1));
          const isTrue = judged.every(({ outcome }, at) => ['not_run', 'maybe', outcome].includes(outcomes.get(`s${at}`) ?? ''));
          return (
            isTrue &&
            judged[root]?.isFatal === true &&
            Object.entries(values).every(([name, value]) => same(value, judged[Number(name.slice(1))]?.value))
          );
        }
        if (!judged.every(({ outcome }, at) => outcomes.get(`s${at}`) === outcome)) return false;
        const gone = plan.returned.find((at) => judged[at]?.value === undefined);
        if (gone === undefined) {
          whole += 1;
          return !error && same(values, Object.fromEntries(plan.returned.map((at) => [`s${at}`, judged[at]?.value])));
        }
        missing += 1;
        const there = Object.fromEntries(judged.flatMap(({ value }, at) => (value === undefined ? [] : [[`s${at}`, value]])));
        const isSame = Object.keys(there).every((name) => same(there[name], error?.partial[name]));
        const roots = [...judged.entries()].flatMap(([at, { root }]) => (at === gone ? [root, ...judged.map((one) => one.root)] : []));
        return error?.code === 'step_failed' && isSame && roots.includes(Number(String(error.detail['step']).slice(1)));
      }),
      { numRuns: 600 },
    );
    expect(Math.min(whole, missing, fatal)).toBeGreaterThan(60);
  });
});
