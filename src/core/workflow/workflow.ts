/**
 * A workflow: a checked, frozen DAG of commands, as the coordinator runs it.
 *
 * K1 what is wrong is reported all at once, by the commands' names, and nothing has run.
 * K2 commands come from peers: every name, edge and count is checked here, whoever checked it before.
 * Reading what a user wrote is parse.ts; whether the functions exist is check.ts.
 */

import { nearest } from '../../base/nearest.ts';
import type { WorkflowProblem } from '../../errors.ts';
import { HeddleError } from '../../errors.ts';
import { nameProblem } from '../names.ts';
import { eachFaults, isOfElement } from './each-record.ts';
import { short } from './fields.ts';
import { dependentsOf, orderCommands } from './order.ts';
import { attemptsMax } from './policies.ts';
import type { Hole, WireCommand, WireReturns } from './record.ts';

export const commandsMax = 10_000;
export const edgesMax = 100_000;
const pathMax = 64;
/** Problems that one error lists, and those of them for which nearest names are looked up. */
const problemsMax = 100;
const hintsMax = 10;

export interface CheckedCommand {
  readonly command: WireCommand;
  /** Positions of the commands that it needs, each once. */
  readonly needs: readonly number[];
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
  const context: Context = { record, positions, problems };
  const needs = record.commands.map((command) => needsOf(command, context));
  checkCounts(record.commands, needs, problems);
  checkReturns(context);
  const ordering = orderCommands(needs);
  if (ordering.kind === 'cycle') problems.report(cycleText(ordering.cycle.map((at) => record.commands[at]?.name ?? '')));
  if (problems.count > 0 || ordering.kind === 'cycle') throw problems.error();
  const neededBy = dependentsOf(needs);
  const commands = record.commands.map((command, at) => Object.freeze({ command, needs: needs[at] ?? [], neededBy: neededBy[at] ?? [] }));
  const leaves = [...commands.keys()].filter((at) => commands[at]?.neededBy.length === 0);
  return Object.freeze({ commands, order: ordering.order, positions, leaves, returns: record.returns });
}

/** Problems in the order in which they were found; beyond a limit only counted. */
export class Problems {
  readonly #listed: WorkflowProblem[];
  #count: number;

  constructor(known: readonly WorkflowProblem[] = []) {
    this.#listed = known.slice(0, problemsMax);
    this.#count = known.length;
  }

  get count(): number {
    return this.#count;
  }

  get listed(): readonly WorkflowProblem[] {
    return this.#listed;
  }

  report(message: string, command?: string): void {
    this.#count += 1;
    if (this.#listed.length < problemsMax) this.#listed.push(command === undefined ? { message } : { command: short(command), message });
  }

  error(): HeddleError {
    const more = this.#count - this.#listed.length;
    return new HeddleError('bad_workflow', { problems: more > 0 ? [...this.#listed, { message: `and ${more} more` }] : this.#listed });
  }
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

/** What every check looks at. */
interface Context {
  readonly record: WorkflowRecord;
  readonly positions: ReadonlyMap<string, number>;
  readonly problems: Problems;
}

function needsOf(command: WireCommand, context: Context): readonly number[] {
  const { record, positions, problems } = context;
  const report = (message: string): void => problems.report(message, command.name);
  const fault = nameProblem('function', command.function);
  if (fault) report(`"fun" takes ${fault.expected}, found ${fault.found}`);
  if (command.attemptsMax !== undefined && !(command.attemptsMax <= attemptsMax))
    report(`at most ${attemptsMax} attempts, found ${command.attemptsMax}`);
  for (const { timeoutMs } of [command, command.compensate ?? {}])
    if (timeoutMs !== undefined && !(timeoutMs > 0)) report(`timeoutMs must be above 0, found ${timeoutMs}`);
  if ([...command.args.holes, ...(command.compensate?.args.holes ?? [])].some((hole) => hole.at.length === 0))
    report('the argument list cannot be a reference as a whole: refer to one argument at a time');
  const undoHoles = command.compensate?.args.holes.filter(({ source }) => source.kind !== 'step' || source.step !== command.name) ?? [];
  const undoFault = command.compensate && nameProblem('function', command.compensate.function);
  if (undoFault) report(`compensate: "fun" takes ${undoFault.expected}, found ${undoFault.found}`);
  for (const problem of eachFaults(command)) report(problem);
  const steps = [
    ...stepsOf(command.args.holes, record, report),
    ...stepsOf(command.each?.list.holes ?? [], record, report),
    ...command.after.map((step) => ({ step, how: '"after"' })),
    // What its undo refers to must be there whenever it may have run.
    ...stepsOf(undoHoles, record, report),
  ];
  const needs = new Set<number>();
  for (const { step, how } of steps) {
    const at = positions.get(step);
    if (at === undefined) report(unknownStep(step, how, context));
    else if (step === command.name) report(`${how} refers to the command itself`);
    else needs.add(at);
  }
  return [...needs];
}

function* stepsOf(
  holes: readonly Hole[],
  record: WorkflowRecord,
  report: (message: string) => void,
): Generator<{ step: string; how: string }> {
  for (const { source, at } of holes) {
    if (source.path.length > pathMax || at.length > pathMax) report(`a reference goes deeper than ${pathMax}`);
    if (source.kind === 'step') yield { step: source.step, how: 'a reference' };
    else if (source.kind === 'input' && !record.hasInput) report('it refers to the input of the run, and none is given');
  }
}

function unknownStep(step: string, how: string, { positions, problems }: Context): string {
  const near = problems.count < hintsMax ? nearest(step, positions.keys()).map((name) => `"${name}"`) : [];
  return `${how} names "${short(step)}", which is no command${near.length === 0 ? '' : `; the nearest are ${near.join(', ')}`}`;
}

function checkCounts(commands: readonly WireCommand[], needs: readonly (readonly number[])[], problems: Problems): void {
  const edges = needs.reduce((sum, list) => sum + list.length, 0);
  const holes = commands.reduce((sum, { args, compensate }) => sum + args.holes.length + (compensate?.args.holes.length ?? 0), 0);
  if (Math.max(edges, holes) > edgesMax)
    problems.report(`there are ${Math.max(edges, holes)} references between commands, the limit is ${edgesMax}`);
}

function checkReturns(context: Context): void {
  const { record, positions, problems } = context;
  const report = (message: string): void => problems.report(`returns: ${message}`);
  const { returns } = record;
  if (returns.kind === 'leaves' || returns.kind === 'all') return;
  const holes = returns.kind === 'shape' ? returns.shape.holes : [];
  if (holes.some(isOfElement)) report('"$item" and "$index" stand only in a command with "each"');
  const steps = returns.kind === 'steps' ? returns.steps : [...stepsOf(holes, record, report)].map(({ step }) => step);
  if (steps.length > edgesMax) report(`${steps.length} references, the limit is ${edgesMax}`);
  else for (const step of steps) if (!positions.has(step)) report(unknownStep(step, 'it', context));
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
