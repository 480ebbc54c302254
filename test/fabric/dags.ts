/**
 * Random workflows of up to 200 steps over a small fabric, held against the reference of
 * dag-plans.ts.
 *
 * R1 without faults every outcome, every value and what is returned are those of the reference, whatever policy each step has.
 * R2 no step, and no element of a list, is entered before all that it needs has returned.
 * R3 `not_run` never ran; `done` and `failed` ran; `once` ran once at most; a value that is told is the reference's.
 * R4 every step settles once, and a dependent of what has no value never runs.
 * R5 when the run ends early, the signal of every handler under way aborts, once; of one that returned it never does.
 * R6 at every moment each step is settled, on its way for a moment, runs, or waits for a reason that is true.
 */

import { HeddleError } from '../../src/errors.ts';
import type { Client, Functions, Run, RunEvent } from '../../src/fabric/api/api.ts';
import { defineFunction } from '../../src/fabric/api/define.ts';
import { describeRun, type StepView } from '../../src/fabric/client/run-inspection.ts';
import { type Dag, fallback, mix, planOf, type Reference, reference, type StepPlan, type Strike, type Value } from './dag-plans.ts';
import { FabricWorld } from './fabric-world.ts';

/** Results by step. */
type Told = Readonly<Record<string, Value>>;

interface Entry {
  readonly server: string;
  readonly entered: number;
  returned: number;
  aborts: number;
}

/** What is wrong; empty: nothing. */
export async function problemsOf(dag: Dag): Promise<readonly string[]> {
  const story = new Story(dag);
  try {
    return await story.run();
  } finally {
    await story.close();
  }
}

class Story {
  readonly #dag: Dag;
  readonly #steps: readonly StepPlan[];
  readonly #strikes: readonly Strike[];
  readonly #reference: Reference;
  readonly #world: FabricWorld;
  readonly #entries = new Map<number, Entry[]>();
  readonly #settled = new Map<string, string>();
  readonly #problems: string[] = [];
  readonly #killed = new Set<string>();
  /** Steps on their way to a server, by the time at which that was seen first. */
  readonly #sentMs = new Map<string, number>();
  #tick = 0;
  #beganMs = 0;
  #overMs = Number.POSITIVE_INFINITY;
  #isOver = false;

  constructor(dag: Dag) {
    this.#dag = dag;
    const { steps, strikes } = planOf(dag);
    this.#steps = steps;
    this.#strikes = strikes;
    this.#reference = reference(steps);
    this.#world = new FabricWorld(`dag ${dag.seed}`);
  }

  async run(): Promise<readonly string[]> {
    const world = this.#world;
    const coordinator = await world.start('c');
    for (const name of ['a', 'b']) await world.start(name, this.#functions());
    for (const name of ['a', 'b']) world.network.weather.setDelay('c', name, 5);
    const client = await world.connect(coordinator);
    const returned = this.#returned();
    this.#beganMs = world.clock.nowMs();
    const run = client.submit(this.#commands(), { returns: returned });
    const events = this.#watch(run.events);
    for (const strike of this.#strikes) world.clock.schedule(strike.atMs, () => this.#strike(strike, run));
    this.#look(client, run.runId);
    const end = await world.settle(
      run.result.then(
        (result) => ({ result }),
        (error: unknown) => ({ error }),
      ),
      600_000,
    );
    this.#isOver = true;
    this.#overMs = world.clock.nowMs();
    await world.settle(events);
    // What goes on unasked shows itself.
    await world.advance(3_000);
    if ('result' in end) this.#judgeResult(end.result, returned);
    else this.#judgeError(end.error);
    for (const at of this.#steps.keys()) this.#judgeStep(at);
    return this.#problems.map((problem) => `${JSON.stringify(this.#dag)}: ${problem}`);
  }

  close(): Promise<void> {
    return this.#world.close();
  }

  /** Every leaf, or, where some must fail, everything that will have a value. */
  #returned(): 'leaves' | readonly string[] {
    if (this.#dag.weather === 'storm') return this.#steps.map((_step, at) => `s${at}`);
    if (this.#dag.weather !== 'policies') return 'leaves';
    return this.#reference.values.flatMap((value, at) => (value === undefined ? [] : [`s${at}`]));
  }

  #functions(): Functions {
    const work = (effect: StepPlan['effect']) =>
      defineFunction({
        name: effect,
        effect,
        concurrency: 16,
        handler: async (ctx, at: number, inputs: readonly Value[]): Promise<number> => {
          const { workMs = 0, fails = false } = this.#steps[at] ?? {};
          const entry = this.#enter(at, ctx.server);
          ctx.signal.addEventListener('abort', () => {
            entry.aborts += 1;
          });
          if (workMs > 0) await ctx.sleep(workMs);
          this.#tick += 1;
          entry.returned = this.#tick;
          if (fails) throw new Error(`step ${at} fails`);
          return mix(at, inputs);
        },
      });
    return { pure: work('pure'), idempotent: work('idempotent'), once: work('once'), list: (...inputs: unknown[]) => inputs };
  }

  #enter(at: number, server: string): Entry {
    this.#tick += 1;
    const entry = { server, entered: this.#tick, returned: Number.POSITIVE_INFINITY, aborts: 0 };
    this.#entries.set(at, [...(this.#entries.get(at) ?? []), entry]);
    // What was on the wire when the run ended may still arrive, with its cancel right behind it.
    if (this.#world.clock.nowMs() > this.#overMs + 1_000) this.#problems.push(`R4: s${at} was entered a second after the run was over`);
    return entry;
  }

  #commands() {
    return this.#steps
      .map(({ needs, effect, policy, isEach, fuse }, at) => {
        const inputs = needs.map((need) => ({ $ref: `s${need}` }));
        const common = { name: `s${at}`, fun: effect, ...(fuse ? {} : { fuse }) };
        const onFailure = policy === 'fallback' ? { fallback } : policy;
        if (!isEach) return { ...common, onFailure, args: [at, inputs] };
        return { ...common, onFailure, each: { $ref: `l${at}` }, args: [at, [{ $item: true }]] };
      })
      .flatMap((command, at) => (this.#steps[at]?.isEach ? [this.#listOf(at), command] : [command]));
  }

  /** The list of an each: the inputs of its step, put together by a step of its own. */
  #listOf(at: number) {
    const inputs = (this.#steps[at]?.needs ?? []).map((need) => ({ $ref: `s${need}` }));
    return { name: `l${at}`, fun: 'list', args: inputs };
  }

  #strike({ kind, server }: Strike, run: Run<unknown>): void {
    if (kind === 'kill') {
      this.#killed.add(server);
      this.#world.kill(server);
    } else if (kind === 'links') this.#world.breakLinks(server);
    else if (kind === 'reset') this.#world.network.reset('c', server);
    else void run.cancel('the test cancels').catch(() => {});
  }

  async #watch(events: AsyncIterable<RunEvent>): Promise<void> {
    try {
      for await (const event of events) {
        if (event.kind !== 'step.settled') continue;
        if (this.#settled.has(event.step)) this.#problems.push(`R4: ${event.step} settled twice`);
        this.#settled.set(event.step, event.outcome);
      }
    } catch {
      // the result says it
    }
  }

  /** R6, every few milliseconds. */
  #look(client: Client, runId: string): void {
    const soonMs = this.#world.clock.nowMs() - this.#beganMs < 300 ? 7 : 500;
    this.#world.clock.schedule(soonMs, () => {
      if (this.#isOver) return;
      describeRun(client, runId)
        .then(({ steps }) => this.#judgeView(steps))
        .catch(() => {})
        .finally(() => this.#look(client, runId));
    });
  }

  #judgeView(steps: readonly StepView[]): void {
    const states = new Map(steps.map(({ step, now }) => [step, now.state]));
    const nowMs = this.#world.clock.nowMs();
    for (const { step, needs, now, elements } of steps) {
      if (now.state === 'waiting' && now.reason.kind === 'input' && states.get(now.reason.step) === 'settled')
        this.#problems.push(`R6: ${step} waits for ${now.reason.step}, which has settled`);
      if (now.state === 'waiting' && now.ends === '') this.#problems.push(`R6: nothing is said to end the wait of ${step}`);
      if (now.state === 'running' && needs.some((need) => states.get(need) !== 'settled'))
        this.#problems.push(`R6: ${step} runs before what it needs`);
      const isOnItsWay = now.state === 'running' && now.server === undefined && (elements?.running ?? 0) === 0;
      if (!isOnItsWay) this.#sentMs.delete(step);
      else if (nowMs - (this.#sentMs.get(step) ?? nowMs) > 2_000) this.#problems.push(`R6: ${step} is on its way for two seconds`);
      else this.#sentMs.set(step, this.#sentMs.get(step) ?? nowMs);
    }
  }

  #judgeResult(result: unknown, returned: 'leaves' | readonly string[]): void {
    if (this.#dag.weather === 'storm') return this.#judgeValues(result as Told);
    const needed = new Set(this.#steps.flatMap(({ needs }) => needs));
    const leaves = [...this.#steps.keys()].filter((at) => !needed.has(at)).map((at) => `s${at}`);
    const names = returned === 'leaves' ? leaves : returned;
    const wanted = Object.fromEntries(names.map((name) => [name, this.#reference.values[Number(name.slice(1))]]));
    // Of an each without needs the list is a leaf of nobody: it has its each.
    if (!same(result, wanted)) this.#problems.push(`R1: ${JSON.stringify(result)} is not ${JSON.stringify(wanted)}`);
    for (const [at, outcome] of this.#reference.outcomes.entries()) {
      const told = this.#settled.get(`s${at}`);
      if (told !== outcome) this.#problems.push(`R1: s${at} is ${told}, the reference says ${outcome}`);
    }
  }

  #judgeError(error: unknown): void {
    const { weather } = this.#dag;
    if (weather === 'calm' || weather === 'policies') return void this.#problems.push(`R1: the run failed: ${String(error)}`);
    if (!HeddleError.is(error, 'step_failed', 'cancelled')) {
      if (weather === 'failing') this.#problems.push(`R1: ${String(error)}`);
      return;
    }
    this.#judgeValues((error.detail.partial ?? {}) as Told);
    for (const [name, told] of Object.entries(error.detail.steps ?? {}))
      if (this.#settled.get(name) !== told)
        this.#problems.push(`R3: ${name} is ${told} in the error and ${this.#settled.get(name)} before`);
    if (weather === 'failing' && HeddleError.is(error, 'step_failed')) this.#judgeCulprit(error.detail.step);
  }

  /** R3: each value follows from those that were told of what it needs; a step that was lost may have its fallback. */
  #judgeValues(told: Told): void {
    for (const [at, { needs, policy, isEach }] of this.#steps.entries()) {
      const value = told[`s${at}`];
      if (value === undefined || (policy === 'fallback' && value === fallback)) continue;
      const known = needs.flatMap((need) => (told[`s${need}`] === undefined ? [] : [told[`s${need}`] as Value]));
      // Of steps that went together the report of one may be lost, and that of the next not.
      if (known.length < needs.length) continue;
      const wanted: Value = isEach ? known.map((input) => mix(at, [input])) : mix(at, known);
      const isRight = (one: number, place: number): boolean =>
        one === (typeof wanted === 'number' ? wanted : wanted[place]) || (policy === 'fallback' && one === fallback);
      const isSame = [value].flat().every(isRight) && [value].flat().length === [wanted].flat().length;
      if (!isSame) this.#problems.push(`R3: s${at} is told as ${JSON.stringify(value)}, not ${JSON.stringify(wanted)}`);
    }
  }

  #judgeCulprit(name: string): void {
    const plan = this.#steps[Number(name.slice(1))];
    const told = this.#reference.outcomes[Number(name.slice(1))];
    // A run that returns a leaf which has no value fails for the step that failed under `continue`.
    if (!plan?.fails || told !== 'failed') this.#problems.push(`R1: the run failed for ${name}, which does not fail`);
  }

  #judgeStep(at: number): void {
    const { needs, effect, isEach } = this.#steps[at] ?? { needs: [], effect: 'pure', isEach: false };
    const entries = this.#entries.get(at) ?? [];
    const outcome = this.#settled.get(`s${at}`);
    const say = (problem: string): void => void this.#problems.push(`${problem}: s${at} (${effect}), ${outcome}, ${entries.length} runs`);
    if (outcome === undefined) say('R4: it never settled');
    if (outcome === 'not_run' && entries.length > 0) say('R3: told not run, and it ran');
    const runsAtLeast = isEach ? (needs.length > 0 ? 1 : 0) : 1;
    if ((outcome === 'done' || outcome === 'failed') && entries.length < runsAtLeast) say('R3: told that it ran, and it did not');
    if (effect === 'once' && entries.length > (isEach ? needs.length : 1)) say('R3: ran more than once');
    for (const need of needs) {
      const value = this.#reference.values[need];
      if (this.#dag.weather !== 'storm' && value === undefined && entries.length > 0) say(`R4: it ran, and s${need} has no value`);
      const ended = Math.min(...(this.#entries.get(need) ?? []).map(({ returned }) => returned), Number.POSITIVE_INFINITY);
      // A step that was lost has its fallback at once.
      const isReplaced = this.#dag.weather === 'storm' && this.#steps[need]?.policy === 'fallback';
      const isCalled =
        !isReplaced && this.#reference.outcomes[need] === 'done' && !(this.#steps[need]?.isEach && this.#steps[need]?.needs.length === 0);
      if (isCalled && entries.some(({ entered }) => entered < ended)) say(`R2: began before s${need} had ended`);
    }
    for (const { server, returned, aborts } of entries) {
      if (this.#killed.has(server)) continue;
      if (aborts > 1) say(`R5: a signal aborted ${aborts} times`);
      if (returned === Number.POSITIVE_INFINITY && aborts !== 1) say('R5: it never returned, and its signal did not abort');
    }
  }
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
