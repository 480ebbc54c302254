/**
 * One seed of the swarm: a fabric of random size and settings, a random mixture of faults, and what must hold in the end.
 *
 * The faults are those of `heddle/testing`, and so is what makes a failing plan smaller: a member is a server named by
 * its address.
 */

import { type Random, seededRandom } from '../../src/base/random.ts';
import type { MeshSettings } from '../../src/core/gossip/settings.ts';
import type { MeshRules } from '../../src/core/gossip/state.ts';
import { drawFaults } from '../../src/testing/fault-mix.ts';
import type { Fault, FaultKind, Stage } from '../../src/testing/faults.ts';
import { shrink } from '../../src/testing/shrink.ts';
import { endsAfterMs, strike } from '../../src/testing/strike.ts';
import { healMaxMs } from './patterns.ts';
import { World } from './world.ts';

export interface SwarmOptions {
  readonly seed: string;
  readonly rules?: Partial<MeshRules> | undefined;
  /** Default 50. */
  readonly sizeMax?: number | undefined;
  readonly isTraced?: boolean | undefined;
  /** Only these faults; default: all. */
  readonly kinds?: readonly FaultKind[] | undefined;
}

/** What one run does: everything else follows from the seed. */
export interface SwarmPlan {
  readonly seed: string;
  readonly servers: readonly string[];
  readonly faults: readonly Fault[];
}

export interface SwarmOutcome {
  readonly problems: readonly string[];
  /** How long the fabric took to be one again after the last fault. */
  readonly healedMs: number | undefined;
  readonly trace: string;
}

/** Quiet after which roots are compared (M4). */
const quietMs = 5_000;
const formMaxMs = 30_000;
const seedsMax = 3;
const shrinkRunsMax = 80;

/** What a seed stands for. */
export function swarmPlan({ seed, sizeMax = 50, kinds }: SwarmOptions): SwarmPlan {
  const random = seededRandom(`swarm ${seed}`);
  const size = 2 + Math.floor((sizeMax - 1) * random.next() ** 3);
  const servers = Array.from({ length: size }, (_, at) => `m${at}:1`);
  const everyMs = 300 + 4_000 * random.next() ** 2;
  return { seed, servers, faults: drawFaults({ everyMs, untilMs: 30_000, kinds }, { random, servers }) };
}

/** Runs a plan and says what was wrong. */
export function runSwarm(plan: SwarmPlan, options: Pick<SwarmOptions, 'rules' | 'isTraced'> = {}): SwarmOutcome {
  const random = seededRandom(`swarm world ${plan.seed}`);
  const settings = drawSettings(random);
  const hasDuplicates = random.next() < 0.5;
  const world = new World({ seed: plan.seed, settings, isMetered: true, hasDuplicates, ...options });
  const problems: string[] = [];
  let healedMs: number | undefined;
  try {
    healedMs = live(world, plan, { random, problems });
  } catch (error) {
    // What the machine asserts, and a storm.
    problems.push(error instanceof Error ? error.message : String(error));
  }
  problems.push(...world.checks.violations);
  return { problems, healedMs, trace: world.trace() };
}

/** The smallest plan that is found to fail in the same way: by the number of the same rule. */
export function shrinkSwarm(plan: SwarmPlan, rules?: Partial<MeshRules>): Promise<SwarmPlan> {
  const sign = signOf(runSwarm(plan, { rules }));
  return shrink(plan, { fails: (smaller) => signOf(runSwarm(smaller, { rules })) === sign, runsMax: shrinkRunsMax, serversMin: 2 });
}

function live(world: World, plan: SwarmPlan, { random, problems }: { random: Random; problems: string[] }): number | undefined {
  const loss = random.next() < 0.25 ? 0.05 * random.next() : 0;
  world.network.weather.setAll({ loss });
  for (const address of plan.servers) {
    world.clock.schedule(random.next() * 2_000, () => start(world, plan, address, 'lost'));
  }
  world.advance(2_000);
  if (world.until(() => world.isOneView(), formMaxMs) === undefined) problems.push(`no fabric to begin with: ${world.viewProblem()}`);
  const stage = stageOf(world, plan);
  for (const fault of plan.faults) {
    world.clock.schedule(fault.atMs, () => {
      const undo = strike(fault, stage);
      const forMs = endsAfterMs(fault);
      if (forMs !== undefined) world.clock.schedule(forMs, undo);
    });
  }
  publishNowAndThen(world, plan, random);
  world.advance(lastMs(plan.faults) + 1);
  world.heal();
  world.network.weather.setAll({ loss: 0 });
  const healedMs = world.until(() => world.isOneView(), healMaxMs);
  if (healedMs === undefined) problems.push(`M6 no one view after ${healMaxMs} ms: ${world.viewProblem()}`);
  world.advance(quietMs);
  const late = world.viewProblem();
  if (healedMs !== undefined && late !== undefined) problems.push(`M4 after ${quietMs} ms of quiet: ${late}`);
  return healedMs;
}

function start(world: World, plan: SwarmPlan, address: string, disk: 'kept' | 'lost'): void {
  if (world.processes.get(address)?.host.isAlive) return;
  const join = plan.servers.slice(0, seedsMax).filter((other) => other !== address);
  world.start({ name: address.replace(':1', ''), address, join, hasMemory: disk === 'kept' });
}

function stageOf(world: World, plan: SwarmPlan): Stage {
  const clockOf = (address: string) => world.processes.get(address)?.host.clock;
  const isUp = (address: string): boolean => world.processes.get(address)?.host.isAlive === true;
  return {
    weather: world.network.weather,
    names: () => plan.servers,
    kill: (address) => (isUp(address) ? world.kill(address) : undefined),
    start: (address, disk) => start(world, plan, address, disk),
    pause: (address) => (isUp(address) ? world.pause(address) : undefined),
    resume: (address) => (isUp(address) && clockOf(address)?.isPaused === true ? world.resume(address) : undefined),
    reset: (from, to) => world.reset(from, to),
    setRate: (address, rate) => clockOf(address)?.setRate(rate),
    step: (address, ms) => clockOf(address)?.step(ms),
  };
}

/** Members change what they offer while all this goes on. */
function publishNowAndThen(world: World, plan: SwarmPlan, random: Random): void {
  for (let at = 0; at < 10; at += 1) {
    const address = plan.servers[random.integer(plan.servers.length)] ?? '';
    const body = new TextEncoder().encode(`offer ${at}`.padEnd(200, '.'));
    const bodyHash = `${at}`.padStart(64, '0');
    world.clock.schedule(random.next() * 30_000, () => {
      const process = world.processes.get(address);
      if (process?.host.isAlive && !process.host.isPaused) process.pump.feed({ kind: 'publish', catalog: { bodyHash, body } });
    });
  }
}

/** Mostly the defaults: a faster or slower beat keeps its relation to the deadlines. */
function drawSettings(random: Random): Partial<MeshSettings> {
  if (random.next() < 0.6) return {};
  const beatIntervalMs = [200, 250, 400, 1_000][random.integer(4)] ?? 500;
  return { beatIntervalMs, silenceMinMs: Math.max(1_500, 3 * beatIntervalMs), batchMs: 1 + random.integer(20) };
}

function lastMs(faults: readonly Fault[]): number {
  return Math.max(1_000, ...faults.map((fault) => fault.atMs + (endsAfterMs(fault) ?? 0)));
}

function signOf({ problems }: SwarmOutcome): string {
  return problems[0]?.split(' ')[0] ?? '';
}
