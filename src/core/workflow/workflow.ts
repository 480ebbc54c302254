/**
 * A workflow: a checked, frozen DAG of commands, as the coordinator runs it.
 *
 * K1 what is wrong is reported all at once, by the commands' names, and nothing has run.
 * K2 commands come from peers: every name, edge and count is checked here, whoever checked it before.
 * Reading what a user wrote is parse.ts; whether the functions exist is check.ts.
 */

import type { WorkflowProblem } from '../../errors.ts';
import { nameProblem } from '../names.ts';
import { isOfElement } from './each-record.ts';
import { type CommandNeeds, NeedsReader } from './needs.ts';
import { dependentsOf, orderCommands } from './order.ts';
import { Problems } from './problems.ts';
import type { WireCommand, WireReturns } from './record.ts';

export const commandsMax = 10_000;
export const edgesMax = 100_000;

export interface CheckedCommand extends CommandNeeds {
  readonly command: WireCommand;
  /** Positions of the commands that need it. */
  readonly neededBy: readonly number[];
}

export interface CheckedWorkflow {
  readonly commands: readonly CheckedCommand[];
  /** Positions in an order in which every command comes after all that it needs. */
  readonly order: readonly number[];
  readonly positions: ReadonlyMap<string, number>;
  /** Positions of the commands that no other needs. */
  readonly leaves: readonly number[];
  readonly returns: WireReturns;
}

/** A workflow as it arrives, or as parse.ts has read it. */
export interface WorkflowRecord {
  readonly commands: readonly WireCommand[];
  readonly returns: WireReturns;
  /** Whether the run is given an input. */
  readonly hasInput: boolean;
}

/**
 * Checks names, references, limits and order. `known` are problems found before, reported with the rest.
 * Throws `bad_workflow`. Cost: linear in commands and edges.
 */
export function checkWorkflow(record: WorkflowRecord, known: readonly WorkflowProblem[] = []): CheckedWorkflow {
  const problems = new Problems(known);
  if (record.commands.length > commandsMax) {
    problems.report(`there are ${record.commands.length} commands, the limit is ${commandsMax}`);
    throw problems.error();
  }
  const positions = positionsOf(record.commands, problems);
  const reader = new NeedsReader({ hasInput: record.hasInput, positions, problems });
  const found = record.commands.map((command, at) => reader.read(command, at));
  const needs = found.map((one) => one.needs);
  checkCounts(record.commands, needs, problems);
  checkReturns(record.returns, reader, problems);
  const ordering = orderCommands(needs);
  if (ordering.kind === 'cycle') problems.report(cycleText(ordering.cycle.map((at) => record.commands[at]?.name ?? '')));
  if (problems.count > 0 || ordering.kind === 'cycle') throw problems.error();
  const neededBy = dependentsOf(needs);
  const commands = record.commands.map((command, at) =>
    Object.freeze({
      command,
      needs: needs[at] ?? [],
      givers: found[at]?.givers ?? [],
      neededBy: neededBy[at] ?? [],
    }),
  );
  const leaves = [...commands.keys()].filter((at) => commands[at]?.neededBy.length === 0);
  return Object.freeze({ commands, order: ordering.order, positions, leaves, returns: record.returns });
}

function positionsOf(commands: readonly WireCommand[], problems: Problems): ReadonlyMap<string, number> {
  const positions = new Map<string, number>();
  for (const [at, { name }] of commands.entries()) {
    const fault = nameProblem('command', name);
    if (fault) problems.report(`expected ${fault.expected}, found ${fault.found}`, name || `number ${at + 1}`);
    else if (positions.has(name))
      problems.report(`the name is used twice (commands ${(positions.get(name) ?? 0) + 1} and ${at + 1})`, name);
    else positions.set(name, at);
  }
  return positions;
}

function checkCounts(commands: readonly WireCommand[], needs: readonly (readonly number[])[], problems: Problems): void {
  const edges = needs.reduce((sum, list) => sum + list.length, 0);
  const holes = commands.reduce((sum, { args, compensate }) => sum + args.holes.length + (compensate?.args.holes.length ?? 0), 0);
  if (Math.max(edges, holes) > edgesMax)
    problems.report(`there are ${Math.max(edges, holes)} references between commands, the limit is ${edgesMax}`);
}

function checkReturns(returns: WireReturns, reader: NeedsReader, problems: Problems): void {
  if (returns.kind === 'leaves' || returns.kind === 'all') return;
  const report = (message: string): void => problems.report(`returns: ${message}`);
  const holes = returns.kind === 'shape' ? returns.shape.holes : [];
  if (holes.some(isOfElement)) report('"$item" and "$index" stand only in a command with "each"');
  const count = returns.kind === 'steps' ? returns.steps.length : holes.length;
  if (count > edgesMax) return report(`${count} references, the limit is ${edgesMax}`);
  if (returns.kind === 'steps') for (const step of returns.steps) reader.find(step, 'it', report);
  else for (const hole of holes) reader.giverOf(hole, 'it', report);
}

/** Names shown of a cycle at each of its ends. */
const cycleEnds = 25;

function cycleText(names: readonly string[]): string {
  const quoted = names.map((name) => `"${name}"`);
  const shown =
    quoted.length <= 2 * cycleEnds
      ? quoted
      : [...quoted.slice(0, cycleEnds), `... ${quoted.length - 2 * cycleEnds} more ...`, ...quoted.slice(-cycleEnds)];
  return `the commands wait for one another in a circle: ${[...shown, quoted[0]].join(' needs ')}`;
}

/** The names of all commands. */
export function allNames({ commands }: CheckedWorkflow): readonly string[] {
  return commands.map(({ command }) => command.name);
}

/** The names of those that no other needs. */
export function leafNames({ leaves, commands }: CheckedWorkflow): readonly string[] {
  return leaves.flatMap((at) => commands[at]?.command.name ?? []);
}

/** The positions of the commands that need this one, directly or not. */
export function stepsBehind({ positions, commands }: CheckedWorkflow, step: string): ReadonlySet<number> {
  const found = new Set<number>();
  const left = [positions.get(step)];
  for (let at = left.pop(); at !== undefined; at = left.pop()) {
    for (const dependent of commands[at]?.neededBy ?? []) {
      if (found.has(dependent)) continue;
      found.add(dependent);
      left.push(dependent);
    }
  }
  return found;
}
