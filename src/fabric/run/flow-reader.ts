/**
 * Built workflows as they are submitted, each read and checked once, however often it runs.
 *
 * L1 only what cannot change is kept: the frozen data that `workflow` made, for as long as somebody holds it, and without bytes
 *    (wire/literals.ts). Values in it are as they were when it first ran.
 * Read anew, ten steps cost 40 us a run and a thousand 3.3 ms.
 */

import type { WorkflowData } from '../../core/workflow/data.ts';
import { type ParsedWorkflow, parseWorkflow } from '../../core/workflow/parse.ts';
import { bringsBytes } from '../../wire/literals.ts';
import { encodeValue } from '../../wire/value.ts';

export class FlowReader {
  readonly #withInput = new WeakMap<WorkflowData, ParsedWorkflow>();
  readonly #without = new WeakMap<WorkflowData, ParsedWorkflow>();

  /** Throws `bad_workflow`. */
  read(data: WorkflowData, hasInput: boolean): ParsedWorkflow {
    const known = hasInput ? this.#withInput : this.#without;
    const before = known.get(data);
    if (before) return before;
    const parsed = parseWorkflow(data, { references: 'explicit', hasInput, encode: (value) => encodeValue(value) });
    const isFixed = Object.isFrozen(data) && Object.isFrozen(data.commands);
    if (isFixed && !bringsBytes(parsed.commands, parsed.returns)) known.set(data, parsed);
    return parsed;
  }
}
