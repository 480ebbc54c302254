/** Undoing a run that failed: step by step, and over random DAGs with every way in which steps and undos can end. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { strayMs } from '../../../src/core/workflow/saga.ts';
import { HeddleError } from '../../../src/errors.ts';
import type { Answers, WorldOptions } from './run-world.ts';
import { thrown, World } from './run-world.ts';

const undo = (name: string, fields: object = {}): object => ({ compensate: { fun: 'undo', args: [name, { $ref: name }], ...fields } });
const step = (name: string, refs: readonly string[] = [], fields: object = undo(name)): object => ({
  name,
  fun: 'f',
  args: refs.map(($ref) => ({ $ref })),
  ...fields,
});
const lost = (): HeddleError => new HeddleError('connection_lost', { server: 's' });
const ends =
  (errors: Readonly<Record<string, HeddleError>>): Answers =>
  (_args, { step: name }) =>
    errors[name] ? { error: errors[name], afterMs: 5 } : { value: `did ${name}`, afterMs: 1 };

/** What was called to undo, in order, and with what. */
function undone(world: World): readonly unknown[] {
  return world.events.flatMap((event) =>
    event.kind === 'compensation.settled' ? [`${event.step} ${event.ok ? 'done' : 'failed'} ${event.attempts}`] : [],
  );
}
function recorded(options: WorldOptions = {}): { readonly options: WorldOptions; readonly seen: unknown[] } {
  const seen: unknown[] = [];
  const undos: NonNullable<WorldOptions['undos']> = (args, start, nowMs) => {
    seen.push(args);
    return options.undos?.(args, start, nowMs) ?? { value: null };
  };
  return { options: { ...options, undos }, seen };
}

describe('a run that fails', () => {
  it('U1, U2: undoes what succeeded, the last first, with its results; what threw has undone its own', () => {
    const { options, seen } = recorded();
    const world = new World(
      [step('a'), step('b', ['a']), step('bad', ['b']), step('never', ['bad'])],
      ends({ bad: thrown() }),
      options,
    ).run();
    expect(seen).toEqual([
      ['b', 'did b'],
      ['a', 'did a'],
    ]);
    expect(world.story.slice(-6)).toEqual([
      'step.settled never not_run',
      'compensation.started b',
      'compensation.settled b',
      'compensation.started a',
      'compensation.settled a',
      'run.settled',
    ]);
    expect(world.error).toMatchObject({ code: 'step_failed', detail: { compensated: { a: 'done', b: 'done' } }, partial: { a: 'did a' } });
  });

  it('undoes nothing when it succeeds, and says nothing of it', () => {
    const { options, seen } = recorded();
    const world = new World([step('a'), step('b', ['a'])], ends({}), options).run();
    expect([seen, world.result]).toEqual([[], { b: 'did b' }]);
  });

  it('U3: a step that may have run is undone once it cannot run any more, and its result is undefined', () => {
    const { options, seen } = recorded();
    const world = new World([step('a'), step('bad', ['a'], { ...undo('bad'), timeoutMs: 1_000 })], ends({ bad: lost() }), options).run();
    expect(seen).toEqual([
      ['bad', undefined],
      ['a', 'did a'],
    ]);
    expect(world.events).toContainEqual(
      expect.objectContaining({ kind: 'compensation.waiting', step: 'bad', reason: { kind: 'deadline', untilMs: 1 + 1_000 + strayMs } }),
    );
    expect(world.clock.nowMs()).toBeGreaterThan(1_000 + strayMs);
  });

  it('U1: a step whose result could not be sent has run: it is undone', () => {
    const { options, seen } = recorded();
    const bad = new HeddleError('bad_result', { path: [], expected: 'x', found: 'y' });
    new World([step('a', [], { ...undo('a'), onFailure: 'continue' })], ends({ a: bad }), options).run();
    expect(seen).toEqual([['a', undefined]]);
  });

  it('lets a step under way end that has an undo, and cancels the others', () => {
    const { options, seen } = recorded();
    const answer: Answers = (_args, { step: name }) => (name === 'bad' ? { error: thrown(), afterMs: 5 } : { value: name, afterMs: 900 });
    const world = new World([step('bad'), step('slow'), step('other', [], {})], answer, options).run();
    expect(world.effects.flatMap((effect) => (effect.kind === 'cancelStep' ? [effect.step] : []))).toEqual(['other']);
    expect(seen).toEqual([['slow', 'slow']]);
    expect(world.error?.detail).toMatchObject({ steps: { slow: 'done', other: 'maybe' } });
  });

  it('U4: tries an undo again, always under the same key, and gives up after its attempts without keeping back the others', () => {
    const keys = new Set<string>();
    let tries = 0;
    const undos: NonNullable<WorldOptions['undos']> = ([name], { idempotencyKey, timeoutMs }) => {
      if (name !== 'b') return { value: null };
      keys.add(idempotencyKey);
      tries += 1;
      expect(timeoutMs).toBe(7);
      if (tries === 2) return { error: new HeddleError('overloaded', { function: 'undo', server: 's', retryAfterMs: 3 }) };
      return { error: tries % 2 === 0 ? lost() : thrown() };
    };
    const commands = [step('a'), step('b', ['a'], undo('b', { timeoutMs: 7, retry: { attempts: 3 } })), step('bad', ['b'], {})];
    const world = new World(commands, ends({ bad: thrown() }), { undos }).run();
    expect(undone(world)).toEqual(['b failed 3', 'a done 1']);
    expect([keys.size, tries]).toEqual([1, 4]);
    expect(world.error?.detail).toMatchObject({ compensated: { a: 'done', b: 'failed' } });
  });

  it('U4: does not try again what could not come out otherwise', () => {
    const final = Object.assign(new HeddleError('function_failed', { name: 'Error', message: 'never', retryable: false }));
    const world = new World([step('a'), step('bad', ['a'], {})], ends({ bad: thrown() }), { undos: () => ({ error: final }) }).run();
    expect(undone(world)).toEqual(['a failed 1']);
  });

  it('U5: cancelled or late it is undone as well, and a cancel does not end that', () => {
    const { options, seen } = recorded({ undos: () => ({ value: null, afterMs: 50 }) });
    const world = new World(
      [step('a'), step('b', ['a'], {})],
      (_args, { step: name }) => (name === 'a' ? { value: 'did a' } : undefined),
      options,
    );
    world.feed({ kind: 'started' });
    world.continue(10);
    world.feed({ kind: 'cancelled', reason: 'enough' });
    world.continue(20);
    world.feed({ kind: 'cancelled', reason: 'again' });
    expect(world.continue().error).toMatchObject({ code: 'cancelled', detail: { reason: 'enough', compensated: { a: 'done' } } });
    expect(seen).toEqual([['a', 'did a']]);
    const late = new World([step('a'), step('b', ['a'], {})], (_args, { step: name }) => (name === 'a' ? { value: 1 } : undefined), {
      settings: { timeoutMs: 100 },
    }).run();
    expect(late.error).toMatchObject({ code: 'deadline_exceeded', detail: { compensated: { a: 'done' } } });
  });

  it('U5: ends with its coordinator', () => {
    const world = new World([step('a'), step('bad', ['a'], {})], ends({ bad: thrown() }), {
      undos: () => ({ value: null, afterMs: 1_000 }),
    });
    world.feed({ kind: 'started' });
    world.continue(100);
    world.feed({ kind: 'abandoned' });
    expect(world.error).toMatchObject({ code: 'coordinator_lost', detail: { compensated: { a: 'failed' } } });
  });

  it('what an undo refers to is there whenever it is called: the step waits for it', () => {
    const answer: Answers = (_args, { step: name }) =>
      name === 'bad' ? { error: thrown(), afterMs: 60 } : { value: `did ${name}`, afterMs: name === 'order' ? 50 : 1 };
    const { options, seen } = recorded();
    const pay = { name: 'pay', fun: 'f', compensate: { fun: 'undo', args: [{ $ref: 'order' }, { $ref: 'pay' }] } };
    new World([pay, step('order', [], {}), step('bad', ['pay'], {})], answer, options).run();
    expect(seen).toEqual([['did order', 'did pay']]);
  });
});

type End = 'done' | 'threw' | 'lost' | 'refused';
interface Plan {
  readonly steps: readonly {
    readonly needs: readonly number[];
    readonly end: End;
    readonly ms: number;
    readonly isUndone: boolean;
    readonly timeoutMs: number;
    readonly misses: number;
  }[];
  readonly cancelMs: number | undefined;
}
const plans: fc.Arbitrary<Plan> = fc.integer({ min: 1, max: 25 }).chain((size) =>
  fc.record({
    steps: fc.tuple(
      ...Array.from({ length: size }, (_, at) =>
        fc.record({
          needs: at === 0 ? fc.constant([]) : fc.uniqueArray(fc.nat(at - 1), { maxLength: 3 }),
          end: fc.oneof(
            { weight: 7, arbitrary: fc.constant<End>('done') },
            { weight: 1, arbitrary: fc.constantFrom<End>('threw', 'lost', 'refused') },
          ),
          ms: fc.nat(30),
          isUndone: fc.boolean(),
          timeoutMs: fc.integer({ min: 40, max: 400 }),
          misses: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(4) }),
        }),
      ),
    ),
    cancelMs: fc.option(fc.nat(60), { nil: undefined }),
  }),
);
const errorOf: Readonly<Record<Exclude<End, 'done'>, () => HeddleError>> = {
  threw: () => thrown(),
  lost,
  refused: () => new HeddleError('no_route', { function: 'f', offers: [] }),
};
const attempts = 3;

function play({ steps, cancelMs }: Plan): {
  readonly world: World;
  readonly calls: readonly { readonly at: number; readonly result: unknown; readonly nowMs: number }[];
} {
  const calls: { at: number; result: unknown; nowMs: number }[] = [];
  const left = steps.map(({ misses }) => misses);
  const commands = steps.map(({ needs, isUndone, timeoutMs }, at) => ({
    name: `s${at}`,
    fun: 'f',
    args: [at, ...needs.map((need) => ({ $ref: `s${need}` }))],
    timeoutMs,
    ...(isUndone ? { compensate: { fun: 'undo', args: [at, { $ref: `s${at}` }], retry: { attempts } } } : {}),
  }));
  const answers: Answers = ([at]) => {
    const { end = 'done', ms = 0 } = steps[Number(at)] ?? {};
    return end === 'done' ? { value: `did ${at}`, afterMs: ms } : { error: errorOf[end](), afterMs: ms };
  };
  const undos: NonNullable<WorldOptions['undos']> = ([at, result], _start, nowMs) => {
    calls.push({ at: Number(at), result, nowMs });
    const misses = left[Number(at)] ?? 0;
    left[Number(at)] = misses - 1;
    return misses > 0 ? { error: thrown(), afterMs: 2 } : { value: null, afterMs: 3 };
  };
  const world = new World(commands, answers, { undos, returns: [] });
  world.feed({ kind: 'started' });
  if (cancelMs !== undefined) {
    world.continue(cancelMs);
    world.feed({ kind: 'cancelled', reason: 'x' });
  }
  return { world: world.continue(), calls };
}

describe('undoing over random DAGs', () => {
  it('U1-U5: everything that has or may have run, once, in reverse, never while it may run; and the run says so', () => {
    let [failed, undos] = [0, 0];
    fc.assert(
      fc.property(plans, (plan) => {
        const { world, calls } = play(plan);
        const outcomes = new Map(
          world.events.flatMap((event) =>
            event.kind === 'step.settled'
              ? [[event.step, { outcome: event.outcome, atMs: event.atMs - 1_000 - event.elapsedMs }] as const]
              : [],
          ),
        );
        if (outcomes.size !== plan.steps.length || world.events.at(-1)?.kind !== 'run.settled') return false;
        const lastMs = Math.max(...world.events.flatMap((event) => (event.kind === 'step.settled' ? [event.atMs - 1_000] : [])));
        const of = (at: number) => outcomes.get(`s${at}`) ?? { outcome: 'not_run', atMs: 0 };
        const wanted = plan.steps.flatMap(({ isUndone }, at) =>
          isUndone && world.error && ['done', 'maybe'].includes(of(at).outcome) ? [at] : [],
        );
        failed += world.error ? 1 : 0;
        undos += wanted.length;
        const tries = (at: number): number => calls.filter((call) => call.at === at).length;
        const isCounted = plan.steps.every(({ misses }, at) => tries(at) === (wanted.includes(at) ? Math.min(attempts, misses + 1) : 0));
        const isRight = calls.every(({ at, result, nowMs }) => {
          const { outcome, atMs } = of(at);
          const isQuiet = outcome === 'done' || nowMs >= atMs + (plan.steps[at]?.timeoutMs ?? 0) + strayMs;
          return nowMs >= lastMs && isQuiet && result === (outcome === 'done' ? `did ${at}` : undefined);
        });
        const isReverse = wanted.every((at) => {
          const before = new Set<number>();
          const open = [at];
          for (const one of open)
            for (const need of plan.steps[one]?.needs ?? []) {
              if (!before.has(need)) open.push(need);
              before.add(need);
            }
          const last = calls.findLastIndex((call) => call.at === at);
          return [...before].every((earlier) => tries(earlier) === 0 || calls.findIndex((call) => call.at === earlier) > last);
        });
        const compensated = (world.error?.detail['compensated'] ?? {}) as Record<string, string>;
        const isSaid = JSON.stringify(Object.keys(compensated).sort()) === JSON.stringify(wanted.map((at) => `s${at}`).sort());
        const isTrue = wanted.every((at) => compensated[`s${at}`] === ((plan.steps[at]?.misses ?? 0) >= attempts ? 'failed' : 'done'));
        return isCounted && isRight && isReverse && isSaid && isTrue;
      }),
      { numRuns: 500 },
    );
    expect(failed).toBeGreaterThan(200);
    expect(undos).toBeGreaterThan(500);
  });
});
