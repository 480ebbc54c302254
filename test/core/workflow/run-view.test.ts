import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseWorkflow } from '../../../src/core/workflow/parse.ts';
import type { WaitReason } from '../../../src/core/workflow/record.ts';
import { type RunView, runViewOf } from '../../../src/core/workflow/run-view.ts';
import { endOfWait } from '../../../src/core/workflow/wait-text.ts';
import { HeddleError } from '../../../src/errors.ts';
import { encode } from './codec.ts';
import { type Answers, World } from './run-world.ts';

function viewOf(world: World, commands: unknown): RunView {
  const { checked } = parseWorkflow(commands, { hasInput: false, encode });
  const nowMs = world.clock.nowMs();
  return runViewOf({
    runId: 'r1',
    name: 'report',
    coordinator: 'here',
    workflow: checked,
    events: world.events,
    findWait: (step) => world.machine.findWait(step),
    countElements: (step) => world.machine.countElements(step),
    nowMs,
    wallMs: nowMs + 1_000,
  });
}

/** Steps whose call is out: started, and neither settled nor sent back for want of a place. */
function called(world: World): ReadonlySet<string> {
  const open = new Set<string>();
  for (const effect of world.effects) {
    if (effect.kind === 'startStep') open.add(effect.step);
    if (effect.kind === 'event' && effect.event.kind === 'step.settled') open.delete(effect.event.step);
  }
  return new Set([...open].filter((step) => world.machine.findWait(step) === undefined));
}

describe('a view of a run', () => {
  const commands = [
    { name: 'c', fun: 'sum', args: [{ $ref: 'a' }, { $ref: 'b' }] },
    { name: 'a', fun: 'same', args: [1] },
    { name: 'b', fun: 'same', args: [2] },
  ];

  it('says of every step how it stands, each after all that it needs', () => {
    const answers: Answers = (_, { step }) => ({ value: 1, afterMs: step === 'a' ? 5 : 20, server: `server-${step}` });
    const world = new World(commands, answers);
    world.feed({ kind: 'started' });
    expect(viewOf(world, commands).steps).toMatchObject([
      { step: 'a', function: 'same', needs: [], now: { state: 'running' } },
      { step: 'b', now: { state: 'running' } },
      { step: 'c', needs: ['a', 'b'], now: { state: 'waiting', reason: { kind: 'input', step: 'a' }, ends: 'the end of step "a"' } },
    ]);
    world.continue(10);
    expect(viewOf(world, commands)).toMatchObject({
      run: { runId: 'r1', name: 'report', coordinator: 'here', state: 'running', steps: 3, settled: 1, startedAtMs: 1_000 },
      steps: [
        { step: 'a', now: { state: 'settled', outcome: 'done', server: 'server-a', elapsedMs: 5 } },
        { step: 'b', now: { state: 'running', server: 'server-b', attempt: 1 } },
        { step: 'c', now: { state: 'waiting', reason: { kind: 'input', step: 'b' } } },
      ],
    });
    world.continue();
    expect(viewOf(world, commands).run).toMatchObject({ state: 'done', settled: 3 });
  });

  it('says what a call under way waits for, and that it goes on', () => {
    const world = new World([{ name: 'a', fun: 'f' }], () => undefined);
    const now = (): unknown => viewOf(world, [{ name: 'a', fun: 'f' }]).steps[0]?.now;
    world.feed({ kind: 'started' });
    world.clock.advance(5);
    world.feed({ kind: 'stepWaiting', step: 'a', reason: { kind: 'retry', untilMs: 305, because: 'overloaded' } });
    expect(now()).toMatchObject({ state: 'waiting', reason: { kind: 'retry' }, ends: 'the next try, in 300 ms at the latest' });
    world.feed({ kind: 'stepStarted', step: 'a', server: 't', attempt: 2 });
    expect(now()).toEqual({ state: 'running', server: 't', attempt: 2 });
  });

  it('says of a step that was sent together with what it needs that it waits for that', () => {
    const chain = [
      { name: 'a', fun: 'f' },
      { name: 'b', fun: 'f', after: ['a'] },
    ];
    const { checked } = parseWorkflow(chain, { hasInput: false, encode });
    const asked = { findWait: () => undefined, countElements: () => undefined };
    const sent = { runId: 'r1', name: undefined, coordinator: 'here', workflow: checked, ...asked, nowMs: 5, wallMs: 5 };
    const started = { seq: 1, atMs: 0, kind: 'step.started', server: 's', attempt: 1 } as const;
    const ended = { seq: 2, atMs: 0, kind: 'step.settled', step: 'a', ok: true, outcome: 'done', elapsedMs: 1 } as const;
    const states = (events: readonly object[]): readonly unknown[] =>
      runViewOf({ ...sent, events: events as never }).steps.map(({ now }) => now.state);
    expect(
      states([
        { ...started, step: 'a' },
        { ...started, step: 'b' },
      ]),
    ).toEqual(['running', 'waiting']);
    expect(states([{ ...started, step: 'a' }, { ...started, step: 'b' }, ended])).toEqual(['settled', 'running']);
  });

  it('holds no step that waits without a reason, whatever happens (V1, V2)', () => {
    const step = fc.record({ ms: fc.nat(20), refusals: fc.nat(2), fails: fc.boolean() });
    const plan = fc.record({
      needs: fc.array(fc.array(fc.nat(20), { maxLength: 4 }), { minLength: 1, maxLength: 12 }),
      steps: fc.array(step, { minLength: 12, maxLength: 12 }),
      inFlightMax: fc.integer({ min: 1, max: 4 }),
    });
    fc.assert(
      fc.property(plan, ({ needs, steps, inFlightMax }) => {
        const graph = needs.map((some, at) => ({
          name: `s${at}`,
          fun: `f${at % 2}`,
          after: [...new Set(some.filter((need) => need < at).map((need) => `s${need}`))],
        }));
        const refused = new Map<string, number>();
        const answers: Answers = (_, start) => {
          const { ms = 1, refusals = 0, fails = false } = steps[Number(start.step.slice(1))] ?? {};
          const times = refused.get(start.step) ?? 0;
          refused.set(start.step, times + 1);
          if (times < refusals)
            return { afterMs: ms, error: new HeddleError('overloaded', { function: 'f', server: 's', retryAfterMs: 5 }) };
          if (fails) return { afterMs: ms, error: new HeddleError('function_failed', { name: 'Error', message: '' }) };
          return { afterMs: ms, value: 1, freeSlots: 1 };
        };
        const world = new World(graph, answers, { settings: { inFlightMax } });
        world.feed({ kind: 'started' });
        for (let ms = 0; ms < 600 && !world.machine.isSettled; ms += 3) {
          world.continue(ms);
          const view = viewOf(world, graph);
          const settled = new Set(view.steps.filter(({ now }) => now.state === 'settled').map((one) => one.step));
          const out = called(world);
          for (const one of view.steps) {
            if (one.now.state === 'running') expect(out).toContain(one.step);
            if (one.now.state !== 'waiting') continue;
            expect(out).not.toContain(one.step);
            expect(endOfWait(one.now.reason, ms)).toBe(one.now.ends);
            if (one.now.reason.kind !== 'input') continue;
            expect(one.needs).toContain(one.now.reason.step);
            expect(settled).not.toContain(one.now.reason.step);
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});

it.each<[WaitReason, string]>([
  [{ kind: 'input', step: 'a' }, 'the end of step "a"'],
  [{ kind: 'no_offer', function: 'f' }, 'a server that offers f'],
  [{ kind: 'breaker', untilMs: 150 }, 'the first breaker that lets a call through, in 50 ms at the latest'],
  [{ kind: 'concurrency_full', function: 'f' }, 'the end of any call of f at its servers'],
  [{ kind: 'run_limit', limit: 256 }, 'the end of any of the 256 steps of the run that are under way'],
  [{ kind: 'retry', untilMs: 90, because: 'overloaded' }, 'the next try, due now'],
])('every reason has an end: %j', (reason, end) => {
  expect(endOfWait(reason, 100)).toBe(end);
});
