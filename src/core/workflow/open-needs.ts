/**
 * What the steps of one run still lack of what they need: how many results, and the first of them that is not there.
 *
 * Y2 all costs add up to steps plus edges: the first open need of a step is looked for from where it was found last.
 * How a step itself stands is step-table.ts.
 */

import { present } from '../../base/assert.ts';
import type { WaitReason } from './record.ts';
import type { CheckedCommand, CheckedWorkflow } from './workflow.ts';

export class OpenNeeds {
  readonly #workflow: CheckedWorkflow;
  readonly #isSettled: (at: number) => boolean;
  /** Needs that are not done yet. */
  readonly #missing: number[];
  /** Of each step, the place among its needs of the first that may still be open. */
  readonly #next: number[];

  constructor(workflow: CheckedWorkflow, isSettled: (at: number) => boolean) {
    this.#workflow = workflow;
    this.#isSettled = isSettled;
    this.#missing = workflow.commands.map((command) => command.needs.length);
    this.#next = workflow.commands.map(() => 0);
  }

  countOf(at: number): number {
    return present(this.#missing[at], 'no step of that number');
  }

  areMet(at: number): boolean {
    return this.#missing[at] === 0;
  }

  /** The step that it waits for, as the first of those that are open; itself when none is. */
  first(at: number): WaitReason {
    const need = this.#commandOf(at).needs[this.#next[at] ?? 0];
    return { kind: 'input', step: this.#commandOf(need ?? at).command.name };
  }

  /** Looks for the first open one again, from the first of all. */
  findFirst(at: number): WaitReason {
    this.#next[at] = 0;
    return this.#findNext(at);
  }

  /** Looks on, where the first open one was `done`; undefined: it was another one. */
  findNextAfter(at: number, done: number): WaitReason | undefined {
    return this.#commandOf(at).needs[this.#next[at] ?? 0] === done ? this.#findNext(at) : undefined;
  }

  /** One more is done; gives how many are left, below 0 when none was open: it ran with what that one gave the first time. */
  meetOne(at: number): number {
    const left = this.countOf(at) - 1;
    if (left >= 0) this.#missing[at] = left;
    return left;
  }

  /** One that was done is open again. */
  reopenOne(at: number): void {
    this.#missing[at] = this.countOf(at) + 1;
  }

  /** Counts them anew, as they stand. */
  recount(at: number): void {
    this.#missing[at] = this.#commandOf(at).needs.filter((need) => !this.#isSettled(need)).length;
  }

  #findNext(at: number): WaitReason {
    const { needs } = this.#commandOf(at);
    let next = this.#next[at] ?? 0;
    for (let need = needs[next]; need !== undefined && this.#isSettled(need); need = needs[next]) next += 1;
    this.#next[at] = next;
    return this.first(at);
  }

  #commandOf(at: number): CheckedCommand {
    return present(this.#workflow.commands[at], 'no step of that number');
  }
}
