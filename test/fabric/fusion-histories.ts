/**
 * Random workflows over a small fabric, with random failures of steps, lost connections, killed servers and cancels; what the
 * run says of its steps is held against what the handlers wrote down themselves.
 *
 * Q1 a run that succeeds gives what a sequential evaluation gives. Q2 no step is entered before all that it needs has returned.
 * Q3 `not_run` never ran, `done` and `failed` ran; `once` ran once at most. Q4 `maybe` needs a fault, a cancel or a failure.
 * Q5 every step settles once, unless the coordinator is lost. The same is asked whether steps went together, one by one, or were
 *    coordinated by one of the servers on which they run.
 */

import fc from 'fast-check';
import { HeddleError } from '../../src/errors.ts';
import type { Functions, Run, RunEvent, Server } from '../../src/fabric/api/api.ts';
import { defineFunction } from '../../src/fabric/api/define.ts';
import { FabricWorld } from './fabric-world.ts';

export interface StepPlan {
  readonly needs: readonly number[];
  readonly effect: 'pure' | 'idempotent' | 'once';
  readonly workMs: number;
  readonly fails: boolean;
  readonly target: 'a' | 'b' | undefined;
  readonly fuse: boolean;
}

interface Fault {
  readonly kind: 'links' | 'kill' | 'reset' | 'cancel';
  readonly atMs: number;
  readonly server: 'a' | 'b';
}

export interface History {
  readonly steps: readonly StepPlan[];
  readonly delayMs: number;
  readonly places: number | undefined;
  readonly faults: readonly Fault[];
}

export interface Told {
  readonly result: unknown;
  readonly outcomes: Readonly<Record<string, string>>;
  readonly problems: readonly string[];
  readonly coordinator: string | undefined;
}

/** `placed`: it is known how far the servers are, so that a run may be handed to one of them. */
export type Mode = 'fused' | 'apart' | 'placed';

const workMs = fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(12) });
const stepsMax = 14;

const fault: fc.Arbitrary<Fault> = fc.record({
  kind: fc.constantFrom('links', 'kill', 'reset', 'reset', 'cancel'),
  atMs: fc.nat(90),
  server: fc.constantFrom('a', 'b'),
});

function step(at: number, failing: boolean): fc.Arbitrary<StepPlan> {
  const chained = fc.constant(at === 0 ? [] : [at - 1]);
  const any = fc.uniqueArray(fc.nat(Math.max(0, at - 1)), { maxLength: at === 0 ? 0 : 3 });
  return fc.record({
    needs: fc.oneof({ weight: 3, arbitrary: chained }, { weight: 2, arbitrary: any }),
    effect: fc.constantFrom('pure', 'idempotent', 'once'),
    workMs,
    fails: failing ? fc.nat(11).map((one) => one === 0) : fc.constant(false),
    target: fc.oneof(
      { weight: 3, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: fc.constantFrom('a' as const, 'b' as const) },
    ),
    fuse: fc.nat(9).map((one) => one > 0),
  });
}

/** `calm`: nothing fails. */
export function histories(kind: 'calm' | 'stormy'): fc.Arbitrary<History> {
  const isStormy = kind === 'stormy';
  return fc.integer({ min: 1, max: stepsMax }).chain((size) =>
    fc.record({
      steps: fc.tuple(...Array.from({ length: size }, (_unused, at) => step(at, isStormy))),
      delayMs: fc.integer({ min: 1, max: 20 }),
      places: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
      faults: isStormy ? fc.array(fault, { maxLength: 3 }) : fc.constant([]),
    }),
  );
}

/** A number that depends on every input and their order. */
function mix(at: number, inputs: readonly number[]): number {
  return inputs.reduce((sum, input, place) => (sum * 31 + input * (place + 1)) % 1_000_003, at + 1);
}

/** What every step gives. */
export function expected({ steps }: History): Readonly<Record<string, number>> {
  const values: number[] = [];
  for (const [at, { needs }] of steps.entries())
    values.push(
      mix(
        at,
        needs.map((need) => values[need] ?? 0),
      ),
    );
  return Object.fromEntries(values.map((value, at) => [`s${at}`, value]));
}

/** Runs the history with steps that may go together, or one by one. */
export async function play(history: History, mode: Mode): Promise<Told> {
  const story = new Story(history, mode);
  try {
    return await story.run();
  } finally {
    await story.close();
  }
}

interface Entry {
  readonly enteredMs: number;
  returnedMs: number;
}

class Story {
  readonly #history: History;
  readonly #mode: Mode;
  readonly #world = new FabricWorld();
  readonly #entries = new Map<number, Entry[]>();
  readonly #settled = new Map<string, string>();
  readonly #problems: string[] = [];
  #tick = 0;
  #coordinator: string | undefined;
  #isLost = false;

  constructor(history: History, mode: Mode) {
    this.#history = history;
    this.#mode = mode;
  }

  async run(): Promise<Told> {
    const { delayMs, faults } = this.#history;
    const world = this.#world;
    const coordinator = await world.start('c');
    for (const name of ['a', 'b']) await world.start(name, this.#functions());
    for (const name of ['a', 'b']) world.network.weather.setDelay('c', name, delayMs);
    if (this.#mode === 'placed') await this.#learnTheWays(coordinator);
    const run = coordinator.submit(this.#commands(), { returns: 'all' });
    const events = this.#watch(run.events);
    for (const fault of faults) world.clock.schedule(fault.atMs, () => this.#strike(fault, run));
    const result = await world.settle(run.result.catch((error: unknown) => this.#noteLoss(error)));
    await world.settle(events);
    // What goes on unasked shows itself.
    await world.advance(3_000);
    this.#judge(result);
    return { result, outcomes: Object.fromEntries(this.#settled), problems: this.#problems, coordinator: this.#coordinator };
  }

  async #learnTheWays(from: Server): Promise<void> {
    for (const target of ['a', 'b']) await this.#world.settle(from.call('near', [], { target }));
  }

  #noteLoss(error: unknown): undefined {
    this.#isLost = HeddleError.is(error, 'coordinator_lost');
  }

  close(): Promise<void> {
    return this.#world.close();
  }

  #functions(): Functions {
    const { places } = this.#history;
    const work = (effect: StepPlan['effect']) =>
      defineFunction({
        name: effect,
        effect,
        concurrency: places,
        handler: async (ctx, at: number, inputs: readonly number[]): Promise<number> => {
          const { workMs: ms = 0, fails = false } = this.#history.steps[at] ?? {};
          const entry = this.#enter(at);
          if (ms > 0) await ctx.sleep(ms);
          this.#tick += 1;
          entry.returnedMs = this.#tick;
          if (fails) throw new Error(`step ${at} fails`);
          return mix(at, inputs);
        },
      });
    return { pure: work('pure'), idempotent: work('idempotent'), once: work('once'), near: () => true };
  }

  /** Order is what counts: ticks, not times. */
  #enter(at: number): Entry {
    this.#tick += 1;
    const entry = { enteredMs: this.#tick, returnedMs: Number.POSITIVE_INFINITY };
    this.#entries.set(at, [...(this.#entries.get(at) ?? []), entry]);
    return entry;
  }

  #commands() {
    return this.#history.steps.map(({ needs, effect, target, fuse }, at) => ({
      name: `s${at}`,
      fun: effect,
      args: [at, needs.map((need) => ({ $ref: `s${need}` }))],
      ...(target === undefined ? {} : { target }),
      fuse: this.#mode !== 'apart' && fuse,
    }));
  }

  #strike({ kind, server }: Fault, run: Run<unknown>): void {
    if (kind === 'kill') this.#world.kill(server);
    else if (kind === 'links') this.#world.breakLinks(server);
    else if (kind === 'reset') this.#world.network.reset('c', server);
    else void run.cancel('the test cancels').catch(() => {});
  }

  async #watch(events: AsyncIterable<RunEvent>): Promise<void> {
    try {
      for await (const event of events) {
        if (event.kind === 'run.accepted') this.#coordinator = event.coordinator;
        if (event.kind !== 'step.settled') continue;
        if (this.#settled.has(event.step)) this.#problems.push(`Q5: ${event.step} settled twice`);
        this.#settled.set(event.step, event.outcome);
      }
    } catch {
      // the result says it
    }
  }

  #judge(result: unknown): void {
    const { steps, faults } = this.#history;
    if (result !== undefined && JSON.stringify(result) !== JSON.stringify(expected(this.#history)))
      this.#problems.push(`Q1: ${JSON.stringify(result)} is not ${JSON.stringify(expected(this.#history))}`);
    const isCalm = faults.length === 0 && steps.every(({ fails }) => !fails);
    if (isCalm && result === undefined) this.#problems.push('Q1: nothing was wrong, and there is no result');
    for (const [at, plan] of steps.entries()) this.#judgeStep(at, plan, isCalm);
  }

  #judgeStep(at: number, { needs, effect }: StepPlan, isCalm: boolean): void {
    const entries = this.#entries.get(at) ?? [];
    const outcome = this.#settled.get(`s${at}`);
    const say = (problem: string): void => void this.#problems.push(`${problem}: s${at} (${effect}), ${outcome}, ${entries.length} runs`);
    if (outcome === undefined && !this.#isLost) say('Q5: it never settled');
    if (outcome === 'not_run' && entries.length > 0) say('Q3: told not run, and it ran');
    if ((outcome === 'done' || outcome === 'failed') && entries.length === 0) say('Q3: told that it ran, and it did not');
    if (effect === 'once' && entries.length > 1) say('Q3: ran more than once');
    if (outcome === 'maybe' && isCalm) say('Q4: told maybe, and nothing was wrong');
    for (const { enteredMs } of entries)
      for (const need of needs) {
        const isThere = (this.#entries.get(need) ?? []).some(({ returnedMs }) => returnedMs < enteredMs);
        if (!isThere) say(`Q2: began before s${need} had ended`);
      }
  }
}
