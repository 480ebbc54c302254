/**
 * `simulate`: a whole fabric in one process on virtual time, with faults, for the tests of those who use Heddle.
 *
 * U1 the same seed gives the same run: the trace of two is equal byte for byte, in any process.
 * U2 a run that fails says in one line how to run it again, after it was made as small as it still fails.
 * U3 a run that does not fail again says so: then something that it uses is not simulated.
 * U4 real input or output of a handler ends the run.
 */

import { thrownText } from '../base/thrown.ts';
import { HeddleError } from '../errors.ts';
import type { Client, ConnectOptions, Server } from '../fabric/api/api.ts';
import { checkClientName } from '../fabric/api/identity-options.ts';
import { checkOptions } from '../fabric/api/known-options.ts';
import { checkFaults, type Fault } from './faults.ts';
import { useVirtualGlobals } from './globals.ts';
import { watchRealIo } from './real-io.ts';
import { replayed, replayLine, replayVariable } from './replay.ts';
import { shrink } from './shrink.ts';
import { type CheckedOptions, checkSimulateOptions, type Plan, type SimulateOptions } from './simulate-options.ts';
import { Simulation } from './simulation.ts';

/** What `connect` of a simulation takes. */
export interface SimulatedConnectOptions extends ConnectOptions {
  /** Servers whose addresses it has, in this order; default: all. */
  readonly to?: readonly string[] | undefined;
  /**
   * Who it is where servers have `permissions`: the name in the certificate that it shows. Default: nobody in particular
   * (`anonymous`). Without rules nobody asks.
   */
  readonly as?: string | undefined;
}

type Untimed<F> = F extends unknown ? Omit<F, 'atMs'> : never;

/** What the body of a simulation has in its hands. */
export interface SimulatedWorld<State = undefined> {
  /** What `options.state` made for this run. */
  readonly state: State;
  /** Milliseconds of virtual time since the body began. */
  nowMs(): number;
  /** Virtual time, which passes for everybody. */
  sleep(ms: number): Promise<void>;
  /** Waits until it holds, looking every 10 ms; throws after `maxMs` (default 60,000), naming what was awaited. */
  until(what: string, isSo: () => boolean | Promise<boolean>, maxMs?: number): Promise<void>;
  /** A client in a process of its own. */
  connect<F = Readonly<Record<string, (...args: readonly unknown[]) => unknown>>>(options?: SimulatedConnectOptions): Promise<Client<F>>;
  /** The server of this name as it runs now. Throws while it is down. */
  server(name: string): Server;
  /** Lets a fault happen now, beside those of `options.faults`. Throws `bad_argument`. */
  strike(fault: Untimed<Fault>): void;
  /** Ends every fault that lasts; those of `options.faults` that are still to come do come. */
  heal(): void;
  /** Writes a line into the story. */
  log(text: string): void;
}

/** What a run that ended well gives. */
export interface SimulationReport<Result> {
  /** What the body gave. */
  readonly result: Result;
  readonly seed: string;
  /** Those of the options, or those that the seed drew. */
  readonly faults: readonly Fault[];
  /** A digest of every packet with its time: equal for equal seeds. */
  readonly trace: string;
  /** What happened, a line each: time in milliseconds, then words. */
  readonly story: readonly string[];
}

/** Plans tried to make a failing one smaller. */
const shrinkRunsMax = 60;
const pollMs = 10;
const storyLines = 20;

/**
 * Starts the servers in memory, lets the faults come, and runs `body` to its end on virtual time: hours take seconds.
 * Throws `bad_argument` for options; an Error with the cause, the line that replays it and the story when the body fails,
 * when a handler does real input or output, or when the body does not end.
 */
export async function simulate<State = undefined, Result = void>(
  options: SimulateOptions<State>,
  body: (world: SimulatedWorld<State>) => Result | Promise<Result>,
): Promise<SimulationReport<Result>> {
  const checked = checkSimulateOptions(options);
  if (typeof body !== 'function') throw new HeddleError('bad_argument', { path: ['body'], expected: 'a function', found: typeof body });
  const asked = replayed(checked.plan, process.env[replayVariable]);
  const plan = asked ?? checked.plan;
  const first = await attempt(checked, plan, body);
  if (first.error === undefined) return { result: first.result as Result, seed: plan.seed, faults: plan.faults, ...first.seen }; // it ended well
  throw await explain(first, { checked, plan, body, isReplay: asked !== undefined });
}

interface Attempt<Result> {
  readonly result?: Result;
  readonly error?: unknown;
  readonly seen: { readonly trace: string; readonly story: readonly string[] };
}

async function attempt<State, Result>(
  options: CheckedOptions<State>,
  plan: Plan,
  body: (world: SimulatedWorld<State>) => Result | Promise<Result>,
): Promise<Attempt<Result>> {
  const ends = [useVirtualGlobals(), watchRealIo()];
  const simulation = new Simulation(options, plan);
  const seen = () => ({ trace: simulation.trace.digest(), story: simulation.trace.story });
  try {
    const result = await simulation.run(() => body(worldOf(simulation, plan)));
    return { result, seen: seen() };
  } catch (error) {
    return { error: error ?? new Error('the body threw nothing'), seen: seen() };
  } finally {
    for (const end of ends) end();
  }
}

function worldOf<State>(simulation: Simulation<State>, plan: Plan): SimulatedWorld<State> {
  return {
    state: simulation.state,
    nowMs: () => simulation.nowMs(),
    sleep: (ms) => simulation.sleep(ms),
    until: async (what, isSo, maxMs = 60_000) => {
      const untilMs = simulation.nowMs() + maxMs;
      while (!(await isSo())) {
        if (simulation.nowMs() >= untilMs) throw new Error(`${what}: not within ${maxMs} ms of virtual time`);
        await simulation.sleep(pollMs);
      }
    },
    connect: (options = {}) => {
      const { to, routing, as } = checkOptions(options, ['to', 'routing', 'as'], 'options') as SimulatedConnectOptions; // fields are checked by connect and here
      for (const name of to ?? []) if (!plan.servers.includes(name)) simulation.server(name);
      return simulation.connect(to, { routing, as: checkClientName(as) });
    },
    server: (name) => simulation.server(name),
    strike: (fault) => {
      const timed = { ...fault, atMs: 0 };
      for (const checked of checkFaults([timed], plan.servers)) simulation.strike(checked);
    },
    heal: () => simulation.heal(),
    log: (text) => simulation.trace.tell(text),
  };
}

interface Failure<State, Result> {
  readonly checked: CheckedOptions<State>;
  readonly plan: Plan;
  readonly body: (world: SimulatedWorld<State>) => Result | Promise<Result>;
  readonly isReplay: boolean;
}

/** The error with all that helps to find its reason. */
async function explain<State, Result>(first: Attempt<Result>, failure: Failure<State, Result>): Promise<Error> {
  const { checked, plan, body, isReplay } = failure;
  const again = isReplay || !checked.shrink ? first : await attempt(checked, plan, body);
  const isSame = again.seen.trace === first.seen.trace && signOf(again.error) === signOf(first.error);
  let smallest = { plan, attempt: first };
  if (isSame && !isReplay && checked.shrink) {
    const fails = async (smaller: Plan): Promise<boolean> => {
      const tried = await attempt(checked, smaller, body);
      const isFailure = signOf(tried.error) === signOf(first.error);
      if (isFailure) smallest = { plan: smaller, attempt: tried };
      return isFailure;
    };
    await shrink(plan, { fails, runsMax: shrinkRunsMax });
  }
  return failed(smallest, isSame ? undefined : (again.error ?? 'it did not fail'));
}

function failed({ plan, attempt: { error, seen } }: { plan: Plan; attempt: Attempt<unknown> }, other: unknown): Error {
  const lines = [
    thrownText(error),
    `replay: ${replayLine(plan)}`,
    ...(other === undefined
      ? []
      : [
          `a second run of the same seed went another way (${String(other)}): something it uses is not simulated, such as state outside of options.state`,
        ]),
    ...seen.story.slice(-storyLines).map((line) => `  ${line}`),
  ];
  return Object.assign(new Error(lines.join('\n'), { cause: error }), { name: 'SimulationFailed' });
}

/** Two failures with the same sign are the same one. */
function signOf(error: unknown): string {
  if (error === undefined) return '';
  if (HeddleError.is(error)) return `${error.name} ${error.code}`;
  return error instanceof Error ? `${error.name} ${error.message.replaceAll(/\d+(\.\d+)?/g, '#').split('\n')[0]}` : String(error);
}
