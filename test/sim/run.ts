/**
 * Runs one pattern under one seed and says what was wrong.
 */

import type { MeshRules } from '../../src/core/gossip/state.ts';
import { healMaxMs, type Pattern } from './patterns.ts';
import { World } from './world.ts';

export interface Outcome {
  readonly problems: readonly string[];
  readonly trace: string;
  /** How long the fabric took to be one again after the last repair. */
  readonly healedMs: number | undefined;
}

export interface RunOptions {
  readonly rules?: Partial<MeshRules> | undefined;
  /** Gives a trace worth comparing. */
  readonly isTraced?: boolean | undefined;
}

/** Quiet after which roots are compared (M4). */
const quietMs = 5_000;

export function runPattern(pattern: Pattern, seed: string, { rules, isTraced }: RunOptions = {}): Outcome {
  const world = new World({ seed, rules, isTraced });
  const problems = [...pattern.run(world)];
  const healedMs = world.until(() => world.isOneView(), healMaxMs);
  if (healedMs === undefined) problems.push(`M6 no one view after ${healMaxMs} ms: ${world.viewProblem()}`);
  world.advance(quietMs);
  const late = world.viewProblem();
  if (healedMs !== undefined && late !== undefined) problems.push(`M4 after ${quietMs} ms of quiet: ${late}`);
  problems.push(...world.checks.violations);
  const accused = world.accusations.find(({ by }) => by === pattern.innocent);
  if (accused) problems.push(`F1 ${accused.by} accuses ${accused.of} at ${accused.atMs} after a stall of its own`);
  if (!pattern.mayBury && world.convictions.length > 0) problems.push(`buried while alive: ${world.convictions[0]}`);
  return { problems, trace: world.trace(), healedMs };
}

/** One line that runs a failing pattern again. */
export function replayLine(pattern: Pattern, seed: string): string {
  return `npm run sim -- --seed ${seed} --pattern '${pattern.name}'`;
}
