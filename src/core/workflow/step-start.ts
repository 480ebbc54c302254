/**
 * The calls of steps as the run hands them out: arguments with the values that are there, and the time that a step has.
 */

import type { Filled, Payload } from '../payload.ts';
import { valuesFor } from './hole-values.ts';
import type { Hole } from './record.ts';
import type { FusionState, RunEffect, RunSettings, ShippedStep } from './run-io.ts';
import type { Schedule } from './schedule.ts';
import type { StepTable } from './step-table.ts';

export interface StarterOptions {
  readonly steps: StepTable;
  readonly schedule: Schedule;
  readonly settings: RunSettings;
  readonly push: (effect: RunEffect) => void;
}

/** Starts the steps whose turn it is, alone or together with those that may go with them. */
export class StepStarter {
  readonly #options: StarterOptions;
  readonly #state: FusionState;

  constructor(options: StarterOptions) {
    this.#options = options;
    this.#state = new OpenSteps(options);
  }

  /** `leftMs`: of the run. */
  start(at: number, leftMs: number, nowMs: number): void {
    const { steps, schedule, settings, push } = this.#options;
    const context: StartContext = { steps, settings, leftMs };
    steps.call(at, nowMs);
    const group = settings.fusion?.groupOf(at, this.#state);
    if (!group || group.members.length === 0) return push(startOf(at, context, group?.place));
    for (const member of group.members) {
      schedule.shipped();
      steps.call(member, nowMs, true);
    }
    const together = new Set([at, ...group.members]);
    const shipped = [...together].map((one) => shippedOf(one, together, context));
    push({ kind: 'startGroup', place: group.place, steps: shipped, leftMs });
  }

  /** All that a shipped step awaited is done. */
  begin(at: number, leftMs: number): void {
    const { steps, schedule, settings, push } = this.#options;
    schedule.began(at);
    push({ kind: 'beginStep', step: steps.nameOf(at), timeoutMs: timeoutMsOf(at, { steps, settings, leftMs }) });
  }
}

/** What a step's call is made from. */
interface StartContext {
  readonly steps: StepTable;
  readonly settings: RunSettings;
  /** Of the run. */
  readonly leftMs: number;
}

/** The call of a step whose inputs are all there. */
function startOf(at: number, context: StartContext, place: object | undefined): Extract<RunEffect, { kind: 'startStep' }> {
  const { command } = context.steps.checkedOf(at);
  const args = argsOf(at, command.args.holes, context);
  return {
    kind: 'startStep',
    place,
    step: command.name,
    command,
    args,
    timeoutMs: timeoutMsOf(at, context),
    mayHaveRun: context.steps.mayHaveRun(at),
  };
}

/** The call of a step that goes together with others: what they give is filled in where they run. */
function shippedOf(at: number, together: ReadonlySet<number>, context: StartContext): ShippedStep {
  const { command } = context.steps.checkedOf(at);
  const isInside = (step: string): boolean => together.has(context.steps.positionOf(step));
  const awaits: ShippedStep['awaits'][number][] = [];
  const known: Hole[] = [];
  for (const hole of command.args.holes) {
    const { source } = hole;
    if (source.kind === 'step' && isInside(source.step)) awaits.push({ at: hole.at, path: source.path, step: source.step });
    else known.push(hole);
  }
  const timeoutMs = timeoutMsOf(at, context);
  const after = command.after.filter(isInside);
  const mayHaveRun = context.steps.mayHaveRun(at);
  return { step: command.name, command, args: argsOf(at, known, context), timeoutMs, mayHaveRun, awaits, after };
}

/** What a step may take from its beginning on. */
function timeoutMsOf(at: number, { steps, leftMs }: StartContext): number {
  return Math.min(steps.checkedOf(at).command.timeoutMs ?? leftMs, leftMs);
}

/** What fusion may ask of the run, at any time. */
class OpenSteps implements FusionState {
  readonly #options: StarterOptions;

  constructor(options: StarterOptions) {
    this.#options = options;
  }

  get room(): number {
    return this.#options.schedule.room;
  }

  missingOf(at: number): number | undefined {
    return this.#options.steps.missingOf(at);
  }

  bytesOf(at: number): number {
    const { value, holes } = this.#options.steps.checkedOf(at).command.args;
    let bytes = value.bytes.length;
    for (const { source } of holes) bytes += this.#valueOf(source)?.bytes.length ?? 0;
    return bytes;
  }

  #valueOf(source: Hole['source']): Payload | undefined {
    return source.kind === 'step' ? this.#options.steps.findValue(source.step) : this.#options.settings.input;
  }
}

function argsOf(at: number, holes: readonly Hole[], { steps, settings }: StartContext): Filled {
  return { template: steps.checkedOf(at).command.args.value, inputs: valuesFor(holes, { steps, input: settings.input }) };
}
