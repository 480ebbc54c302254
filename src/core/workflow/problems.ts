/**
 * What is wrong with a workflow, gathered while it is read and checked, and the error that tells of all of it.
 */

import type { WorkflowProblem } from '../../errors.ts';
import { HeddleError } from '../../errors.ts';
import { short } from './fields.ts';

/** Problems that one error lists. */
const problemsMax = 100;

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
