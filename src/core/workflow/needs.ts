/**
 * What the commands of a workflow need of one another, by position, from the references in their records.
 *
 * N1 whatever is wrong with a command alone, or with what it refers to, is reported; nothing is thrown.
 * N2 linear in the references; a name is looked up once, and positions are used from then on.
 */

import { nearest } from '../../base/nearest.ts';
import { nameProblem } from '../names.ts';
import { eachFaults } from './each-record.ts';
import { type Report, short } from './fields.ts';
import { attemptsMax } from './policies.ts';
import type { Problems } from './problems.ts';
import type { Hole, WireCommand } from './record.ts';

/** Keys of a path. */
const pathMax = 64;
/** Problems for which nearest names are looked up. */
const hintsMax = 10;

export interface CommandNeeds {
  /** Positions of the commands that it needs, each once. */
  readonly needs: readonly number[];
  /** For each hole of its arguments the position of the command whose result belongs there; -1: that of none. */
  readonly givers: readonly number[];
}

const nothing: CommandNeeds = { needs: [], givers: [] };
/** How one command refers to another, in messages. */
const aReference = 'a reference';
const anAfter = '"after"';

export interface NeedsContext {
  /** Whether the run is given an input. */
  readonly hasInput: boolean;
  /** By name. */
  readonly positions: ReadonlyMap<string, number>;
  readonly problems: Problems;
}

export class NeedsReader {
  readonly #context: NeedsContext;
  /** By position: which command was last found to need it, so that none is listed twice. */
  readonly #neededBy: number[];
  /** The last function whose name was found good: many commands in a row call the same. */
  #goodFunction: string | undefined;

  constructor(context: NeedsContext) {
    this.#context = context;
    this.#neededBy = Array.from({ length: context.positions.size }, () => -1);
  }

  /** Of the command at this position. */
  read(command: WireCommand, at: number): CommandNeeds {
    const { args, each, after, compensate } = command;
    const report = (message: string): void => this.#context.problems.report(message, command.name);
    this.#checkAlone(command, report);
    if (args.holes.length === 0 && after.length === 0 && !each && !compensate) return nothing;
    const needs: number[] = [];
    const add = (giver: number, how: string): number => {
      if (giver === at) report(`${how} refers to the command itself`);
      else if (giver >= 0 && this.#neededBy[giver] !== at) {
        this.#neededBy[giver] = at;
        needs.push(giver);
      }
      return giver;
    };
    const refer = (hole: Hole): number => add(this.giverOf(hole, aReference, report), aReference);
    const givers = args.holes.map(refer);
    for (const hole of each?.list.holes ?? []) refer(hole);
    for (const step of after) add(this.find(step, anAfter, report), anAfter);
    // What its undo refers to must be there whenever it may have run.
    for (const hole of compensate?.args.holes ?? []) if (!isOwn(hole, command)) refer(hole);
    return { needs, givers };
  }

  /** Position of the command whose result belongs into a hole; -1: that of none, or of one that is not there, which is reported. */
  giverOf({ source, at }: Hole, how: string, report: Report): number {
    if (source.path.length > pathMax || at.length > pathMax) report(`a reference goes deeper than ${pathMax}`);
    if (source.kind === 'step') return this.find(source.step, how, report);
    if (source.kind === 'input' && !this.#context.hasInput) report('it refers to the input of the run, and none is given');
    return -1;
  }

  /** Position of the command of this name; -1 after a report. */
  find(step: string, how: string, report: Report): number {
    const { positions, problems } = this.#context;
    const found = positions.get(step);
    if (found !== undefined) return found;
    const near = problems.count < hintsMax ? nearest(step, positions.keys()).map((name) => `"${name}"`) : [];
    report(`${how} names "${short(step)}", which is no command${near.length === 0 ? '' : `; the nearest are ${near.join(', ')}`}`);
    return -1;
  }

  /** What is wrong with it, whatever others there are. */
  #checkAlone(command: WireCommand, report: Report): void {
    const { compensate } = command;
    this.#checkFunction(command.function, report);
    if (command.attemptsMax !== undefined && !(command.attemptsMax <= attemptsMax))
      report(`at most ${attemptsMax} attempts, found ${command.attemptsMax}`);
    for (const timeoutMs of [command.timeoutMs, compensate?.timeoutMs])
      if (timeoutMs !== undefined && !(timeoutMs > 0)) report(`timeoutMs must be above 0, found ${timeoutMs}`);
    if (command.args.holes.some(isWhole) || compensate?.args.holes.some(isWhole))
      report('the argument list cannot be a reference as a whole: refer to one argument at a time');
    if (compensate) this.#checkFunction(compensate.function, (message) => report(`compensate: ${message}`));
    for (const problem of eachFaults(command)) report(problem);
  }

  #checkFunction(name: string, report: Report): void {
    if (name === this.#goodFunction) return;
    const fault = nameProblem('function', name);
    if (fault) report(`"fun" takes ${fault.expected}, found ${fault.found}`);
    else this.#goodFunction = name;
  }
}

/** Whether it is the whole argument list. */
function isWhole({ at }: Hole): boolean {
  return at.length === 0;
}

/** Whether what undoes the command refers to the result of it. */
function isOwn({ source }: Hole, command: WireCommand): boolean {
  return source.kind === 'step' && source.step === command.name;
}
