import { describe, expect, it } from 'vitest';
import { endGraceMs } from '../../../src/core/workflow/run-io.ts';
import { HeddleError } from '../../../src/errors.ts';
import type { Answers } from './run-world.ts';
import { limitedServers, thrown, World } from './run-world.ts';

const add: Answers = (args) => ({ value: (args as number[]).reduce((sum, n) => sum + n, 0) });

/** `f` of a command that refers to others. */
const step = (name: string, refs: readonly string[] = [], fields: object = {}): object => ({
  name,
  fun: 'f',
  args: [1, ...refs.map(($ref) => ({ $ref }))],
  ...fields,
});

describe('a run', () => {
  it('tells its story in order, numbered from 1, and returns its leaves', () => {
    const world = new World([step('a'), step('b', ['a']), step('x')], add).run();
    expect(world.story).toEqual([
      'run.accepted',
      'step.started a',
      'step.started x',
      'step.settled a done',
      'step.settled x done',
      'step.started b',
      'step.settled b done',
      'run.settled',
    ]);
    expect(world.events.map((event) => event.seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(world.events[0]).toMatchObject({ atMs: 1_000, runId: 'r1', coordinator: 'here', steps: ['a', 'b', 'x'] });
    expect(world.result).toEqual({ b: 2, x: 1 });
    expect(world.machine.isSettled).toBe(true);
    expect(world.machine.nextWakeMs()).toBe(Number.POSITIVE_INFINITY);
  });

  it('case 6: returns every leaf, all, a list, or a shape', () => {
    const commands = [step('x'), step('a'), step('b', ['a'])];
    expect(new World(commands, add).run().result).toEqual({ x: 1, b: 2 });
    expect(new World(commands, add, { returns: 'all' }).run().result).toEqual({ x: 1, a: 1, b: 2 });
    expect(new World(commands, add, { returns: ['a'] }).run().result).toEqual({ a: 1 });
    expect(new World(commands, add, { returns: { deep: [{ $ref: 'b' }, { $literal: 'k' }] } }).run().result).toEqual({ deep: [2, 'k'] });
    expect(new World(commands, add, { returns: { $ref: 'b' } }).run().result).toBe(2);
  });

  it('case 2: passes the part that a path leads to, unread', () => {
    const stats: Answers = (args, { command }) => ({ value: command.function === 'stats' ? { average: 20.5 } : args });
    const world = new World(
      [
        { name: 'edge', fun: 'stats' },
        { name: 'alert', fun: 'check', args: [20.8, { at: [{ $ref: 'edge', path: ['average'] }] }] },
      ],
      stats,
    ).run();
    expect(world.result).toEqual({ alert: [20.8, { at: [20.5] }] });
  });

  it('gives its input to the steps that refer to it', () => {
    const world = new World([{ name: 'a', fun: 'f', args: [{ $input: true, path: ['n'] }, 1] }], add, { input: { n: 5 } }).run();
    expect(world.result).toEqual({ a: 6 });
  });

  it('settles at once when it has no commands', () => {
    expect(new World([], add).run().result).toEqual({});
  });

  it('X1: starts a step the moment its needs are done, whatever else runs', () => {
    const slow: Answers = (_args, { step: name }) => ({ value: 1, afterMs: name === 'slow' ? 1_000 : 1 });
    const world = new World([step('slow'), step('a'), step('b', ['a']), step('c', ['b'])], slow).run();
    const place = (text: string): number => world.story.indexOf(text);
    expect(place('step.settled c done')).toBeLessThan(place('step.settled slow done'));
  });

  it('X1: `after` orders without passing a value', () => {
    const world = new World([step('b', [], { after: ['a'] }), step('a')], add).run();
    expect(world.story.indexOf('step.started b')).toBeGreaterThan(world.story.indexOf('step.settled a done'));
  });

  it('names what a step waits for', () => {
    const world = new World([step('a'), step('b'), step('c', ['a', 'b'])], (_args, { step: name }) => ({
      value: 1,
      afterMs: name === 'a' ? 1 : 50,
    }));
    world.feed({ kind: 'started' });
    expect(world.machine.findWait('c')).toEqual({ kind: 'input', step: 'a' });
    world.continue(10);
    expect(world.machine.findWait('c')).toEqual({ kind: 'input', step: 'b' });
    expect(world.machine.findWait('a')).toBeUndefined();
  });

  it('shows progress and the waits of calls while a step runs, and neither before nor after', () => {
    const world = new World([step('a'), step('b', ['a'])], () => ({ value: 1, afterMs: 10 }));
    const progress = (name: string) =>
      world.feed({ kind: 'stepProgress', step: name, value: { encoding: 'json', bytes: new Uint8Array([49]) } });
    world.feed({ kind: 'started' });
    progress('a');
    world.feed({ kind: 'stepWaiting', step: 'a', reason: { kind: 'breaker', untilMs: 5 } });
    progress('b');
    progress('nobody');
    world.continue();
    progress('a');
    expect(world.story.filter((line) => /progress|waiting/.test(line))).toEqual(['step.progress a', 'step.waiting a breaker']);
  });

  it('case 9: passes the hint about strings that look like references', () => {
    const world = new World([step('a'), { name: 'b', fun: 'f', args: ['a'] }], add).run();
    expect(world.story[1]).toBe('reference.looksBare b');
    expect(world.result).toMatchObject({ b: '0a' });
  });
});

describe('a run that fails', () => {
  const failAt =
    (bad: string, error: HeddleError = thrown()): Answers =>
    (_args, { step: name }) =>
      name === bad ? { error, afterMs: 5 } : { value: name, afterMs: name === 'slow' ? 100 : 1 };

  it('case 11, X3: dependents do not run, and what is there is in detail.partial', () => {
    const world = new World(
      [step('bad'), step('child', ['bad']), step('grandchild', ['child']), step('free'), step('slow'), step('later', ['slow'])],
      failAt('bad'),
    ).run();
    expect(world.error).toMatchObject({
      code: 'step_failed',
      executed: 'yes',
      detail: {
        step: 'bad',
        steps: { bad: 'failed', child: 'not_run', grandchild: 'not_run', free: 'done', slow: 'maybe', later: 'not_run' },
      },
      partial: { free: 'free' },
      cause: { code: 'function_failed' },
    });
    const errors = Object.fromEntries(
      world.events.flatMap((event) =>
        event.kind === 'step.settled' && event.error ? [[event.step, (event.error as { code: string }).code]] : [],
      ),
    );
    expect(errors).toEqual({
      bad: 'function_failed',
      child: 'upstream_failed',
      grandchild: 'upstream_failed',
      later: 'cancelled',
      slow: 'cancelled',
    });
    expect(world.effects).toContainEqual({ kind: 'cancelStep', step: 'slow', reason: 'step "bad" failed' });
  });

  it('X4: is executed no only if every step is not_run', () => {
    const refused = new HeddleError('no_route', { function: 'f', offers: [] });
    expect(new World([step('bad'), step('b', ['bad'])], failAt('bad', refused)).run().error).toMatchObject({
      executed: 'no',
      detail: { steps: { bad: 'not_run', b: 'not_run' } },
    });
    expect(new World([step('a'), step('bad', ['a'])], failAt('bad', refused)).run().error?.executed).toBe('yes');
    const lost = new HeddleError('connection_lost', { server: 's' });
    expect(new World([step('bad')], failAt('bad', lost)).run().error).toMatchObject({
      executed: 'maybe',
      detail: { steps: { bad: 'maybe' } },
    });
  });

  it('fault 22: a missing path fails its step before the handler starts', () => {
    const bad = new HeddleError('bad_argument', { path: [0], expected: '"a.rowz"', found: 'no field' });
    expect(new World([step('a'), step('bad', ['a'])], failAt('bad', bad)).run().error?.detail).toMatchObject({
      steps: { a: 'done', bad: 'not_run' },
    });
  });

  it('keeps what a cancelled step returns all the same', () => {
    const world = new World([step('bad'), step('slow')], failAt('bad'), { cancelAnswers: false }).run();
    expect(world.error).toMatchObject({ detail: { steps: { slow: 'done' } }, partial: { slow: 'slow' } });
  });

  it('X2: does not wait for ever for cancelled steps: after the grace they may have run', () => {
    const world = new World(
      [step('bad'), step('deaf')],
      (_args, { step: name }) => (name === 'bad' ? { error: thrown(), afterMs: 5 } : undefined),
      { cancelAnswers: false },
    ).run();
    expect(world.clock.nowMs()).toBe(5 + endGraceMs);
    expect(world.error?.detail).toMatchObject({ steps: { deaf: 'maybe' } });
    expect(world.story.at(-2)).toBe('step.settled deaf maybe');
  });

  it('ends at its deadline, cancelling what runs', () => {
    const world = new World([step('a'), step('b', ['a'])], (_args, { step: name }) => (name === 'a' ? { value: 1 } : undefined), {
      settings: { timeoutMs: 500 },
    }).run();
    expect(world.clock.nowMs()).toBe(501);
    expect(world.error).toMatchObject({
      code: 'deadline_exceeded',
      executed: 'yes',
      detail: { timeoutMs: 500, steps: { a: 'done', b: 'maybe' } },
      partial: { a: 1 },
    });
  });

  it("takes a step that gave up with the run for the run's own deadline", () => {
    const late = new HeddleError('deadline_exceeded', { timeoutMs: 495 });
    const answer: Answers = () => ({ error: late, afterMs: 495 });
    expect(new World([step('a')], answer, { settings: { timeoutMs: 500 } }).run().error?.code).toBe('deadline_exceeded');
    expect(new World([step('a', [], { timeoutMs: 495 })], answer, { settings: { timeoutMs: 500 } }).run().error?.code).toBe('step_failed');
  });

  it('gives each step its own timeout, within what is left of the run', () => {
    const world = new World(
      [step('a', [], { timeoutMs: 10 }), step('b', ['a'], { timeoutMs: 1_000 })],
      () => ({ value: 1, afterMs: 100 }),
      { settings: { timeoutMs: 500 } },
    ).run();
    expect(world.effects.flatMap((effect) => (effect.kind === 'startStep' ? [effect.timeoutMs] : []))).toEqual([10, 400]);
  });

  it('is cancelled once, and settles with what is there', () => {
    const world = new World([step('a'), step('b', ['a'])], (_args, { step: name }) => (name === 'a' ? { value: 1 } : undefined));
    world.feed({ kind: 'started' });
    world.continue(100);
    world.feed({ kind: 'cancelled', reason: 'enough' });
    world.feed({ kind: 'cancelled', reason: 'twice' });
    world.continue();
    expect(world.error).toMatchObject({
      code: 'cancelled',
      executed: 'yes',
      detail: { reason: 'enough', steps: { a: 'done', b: 'maybe' } },
      partial: { a: 1 },
    });
    expect(world.story.filter((line) => line === 'run.settled')).toHaveLength(1);
  });

  it('abandoned by its coordinator, it ends as coordinator_lost', () => {
    const world = new World([step('a')], () => undefined);
    world.feed({ kind: 'started' });
    world.feed({ kind: 'abandoned' });
    expect(world.continue().error).toMatchObject({
      code: 'coordinator_lost',
      executed: 'maybe',
      detail: { runId: 'r1', steps: { a: 'maybe' } },
    });
  });

  it('is deaf to everything after it has settled', () => {
    const world = new World([step('a')], add).run();
    const count = world.effects.length;
    world.feed({ kind: 'cancelled', reason: 'late' });
    world.feed({ kind: 'wake' });
    world.feed({ kind: 'stepProgress', step: 'a', value: { encoding: 'undefined', bytes: new Uint8Array() } });
    expect(world.effects).toHaveLength(count);
  });
});

describe('a run with more steps than places', () => {
  const many = (count: number, fun = 'f'): object[] => Array.from({ length: count }, (_, at) => ({ name: `${fun}${at}`, fun, args: [at] }));

  it('case 29: 1,000 steps on concurrency 4 x 2 servers are all done, none failed, waits shown as concurrency full', () => {
    const world: World = new World(many(1_000), (args, start, nowMs) => servers(args, start, nowMs));
    const servers = limitedServers(() => world.clock, 2, 4, 20);
    world.run();
    expect(world.error).toBeUndefined();
    expect(Object.keys(world.result as object)).toHaveLength(1_000);
    expect(world.story.filter((line) => line.endsWith('concurrency_full')).length).toBeGreaterThan(700);
    // 1,000 steps of 20 ms in 8 places take 2.5 s at best.
    expect(world.clock.nowMs()).toBeLessThan(2_700);
    const starts = world.effects.filter((effect) => effect.kind === 'startStep').length;
    // 256 are tried at first, when nothing is known; then hardly any is refused.
    expect(starts).toBeLessThan(1_300);
  });

  it('holds at most 256 steps in flight, and says that its own limit holds back the rest', () => {
    const world = new World(many(300), () => undefined);
    world.feed({ kind: 'started' });
    expect(world.effects.filter((effect) => effect.kind === 'startStep')).toHaveLength(256);
    expect(world.story.filter((line) => line.endsWith('run_limit'))).toHaveLength(44);
  });

  it('lets the steps of one function start while those of another are held back', () => {
    const world: World = new World([...many(300, 'full'), ...many(10, 'free')], (args, start, nowMs) =>
      start.command.function === 'free' ? { value: 0, afterMs: 1 } : servers(args, start, nowMs),
    );
    const servers = limitedServers(() => world.clock, 1, 1, 50);
    world.feed({ kind: 'started' });
    world.continue(200);
    expect(world.story.filter((line) => line.startsWith('step.settled free'))).toHaveLength(10);
  });

  it('overloaded for good, it waits until its deadline and has not run', () => {
    const overloaded = new HeddleError('overloaded', { function: 'f', server: 's', retryAfterMs: 10 });
    const world = new World(many(3), () => ({ error: overloaded }), { settings: { timeoutMs: 60_000 } }).run();
    expect(world.error).toMatchObject({ code: 'deadline_exceeded', executed: 'no' });
    const starts = world.effects.filter((effect) => effect.kind === 'startStep').length;
    // Backed off: about one try a second, not one a millisecond.
    expect(starts).toBeLessThan(300);
  });

  it('fault 21: a chain of 10,000 and a fan-out of 10,000 run', () => {
    const chain = Array.from({ length: 10_000 }, (_, at) => step(`s${at}`, at === 0 ? [] : [`s${at - 1}`])).reverse();
    expect(new World(chain, add).run().result).toEqual({ s9999: 10_000 });
    const fan = [
      step('root'),
      ...Array.from({ length: 9_998 }, (_, at) => step(`s${at}`, ['root'])),
      { name: 'last', fun: 'f', args: [1, { $ref: 's9997' }], after: ['s1'] },
    ];
    expect(Object.keys(new World(fan, add).run().result as object)).toHaveLength(9_997);
  });
});
