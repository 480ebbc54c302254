/**
 * The elements of mapped lists that could not get one of their inputs because it is lost: they wait until that is made again.
 *
 * W1 such an element has not ended: it is called again when its input is there, and ends as it did when that will never be.
 *    One that had begun to read it is called as one that may have run.
 * W2 a list that was made again is read again before any of its elements is called again.
 * What is made again, and whether, is recovery.ts.
 */

import type { EachProgress } from './each-progress.ts';
import { readListOf } from './element-calls.ts';
import { cameOf } from './ending.ts';
import type { InlineRoom } from './inline-room.ts';
import type { Recovery } from './recovery.ts';
import type { ElementInput, RunEffect, RunSettings, StepEnd } from './run-io.ts';
import type { Schedule } from './schedule.ts';
import type { StepTable } from './step-table.ts';

export type ElementSettling = Extract<ElementInput, { kind: 'stepSettled' }>;

export interface LostInputsOptions {
  readonly steps: StepTable;
  readonly schedule: Schedule;
  readonly settings: RunSettings;
  readonly recovery: () => Pick<Recovery, 'awaited'>;
  readonly push: (effect: RunEffect) => void;
}

/** An element that waits: how its call ended, and the position of the step whose result it lacks. */
interface Waiting {
  readonly need: number;
  readonly input: ElementSettling;
}

/** Elements of one step that wait no more, with how they ended. */
export interface WaitedInVain {
  readonly progress: EachProgress;
  readonly ends: readonly ElementSettling[];
}

export class LostInputs {
  readonly #options: LostInputsOptions;
  readonly #room: InlineRoom;
  readonly #waiting = new Map<EachProgress, Waiting[]>();

  constructor(options: LostInputsOptions, room: InlineRoom) {
    this.#options = options;
    this.#room = room;
  }

  /** Whether an element whose call ended so waits now, still under way. */
  holds(progress: EachProgress, input: ElementSettling): boolean {
    const need = this.#options.recovery().awaited(progress.at, input.end, input.element);
    if (need === undefined) return false;
    progress.waits(input.element, { kind: 'input', step: this.#options.steps.nameOf(need) });
    this.#waiting.set(progress, [...(this.#waiting.get(progress) ?? []), { need, input }]);
    this.goOn(progress);
    return true;
  }

  /** A step has settled once more: its result is there again, or, without one, will never be. */
  back(at: number, mapped: Iterable<EachProgress>): readonly WaitedInVain[] {
    const { steps } = this.#options;
    const isThere = steps.hasValue(at);
    for (const progress of mapped)
      if (isThere && progress.phase === 'running' && this.#listStep(progress) === at) this.#readAgain(progress);
    const inVain: WaitedInVain[] = [];
    for (const [progress, waiting] of this.#waiting) {
      if (isThere) this.goOn(progress);
      else
        inVain.push({
          progress,
          ends: this.#take(
            progress,
            waiting.filter(({ need }) => need === at),
          ),
        });
    }
    return inVain;
  }

  /** The list was not to be had again: whether that is because it is lost once more. */
  isLostAgain(progress: EachProgress, end: StepEnd): boolean {
    return this.#options.recovery().awaited(progress.at, end) !== undefined;
  }

  /** Elements whose inputs are there are called again. */
  goOn(progress: EachProgress): void {
    if (progress.isReadAgain) return;
    const { steps, schedule } = this.#options;
    const ready = (this.#waiting.get(progress) ?? []).filter(({ need }) => steps.hasValue(need));
    for (const { element, end } of this.#take(progress, ready)) {
      progress.callAgain(element, cameOf(end));
      schedule.queue(progress.unitOf(element));
    }
  }

  /** None of a step's elements waits any longer; gives how those ended that did. */
  giveUp(progress: EachProgress): readonly ElementSettling[] {
    return this.#take(progress, this.#waiting.get(progress) ?? []);
  }

  #take(progress: EachProgress, taken: readonly Waiting[]): readonly ElementSettling[] {
    const left = (this.#waiting.get(progress) ?? []).filter((one) => !taken.includes(one));
    if (left.length === 0) this.#waiting.delete(progress);
    else this.#waiting.set(progress, left);
    return taken.map(({ input }) => input);
  }

  /** W2. */
  #readAgain(progress: EachProgress): void {
    progress.readAgain();
    this.#options.push(readListOf(progress.at, this.#room.ofList, this.#options));
  }

  #listStep({ at }: EachProgress): number | undefined {
    const { steps } = this.#options;
    const source = steps.checkedOf(at).command.each?.list.holes[0]?.source;
    return source?.kind === 'step' ? steps.positionOf(source.step) : undefined;
  }
}
