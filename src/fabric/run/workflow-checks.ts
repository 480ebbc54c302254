/**
 * The checks of a workflow before it runs (core/workflow/workflow.ts, check.ts), made again only where something has changed.
 *
 * W1 what a submitter in this process has checked itself is not checked twice. What a peer sends always is, and once: the same
 *    definition is the same object for as long as it is kept (wire/known-definitions.ts).
 * W2 offers are looked at again when they have changed, or when one that a command needs was only just there.
 */

import type { Catalog } from '../../core/catalog/catalog.ts';
import { checkOffers } from '../../core/workflow/check.ts';
import type { WireCommand } from '../../core/workflow/record.ts';
import { type CheckedWorkflow, checkWorkflow } from '../../core/workflow/workflow.ts';
import type { SubmitRequest } from './run-engine.ts';

interface Checked {
  readonly hasInput: boolean;
  readonly workflow: CheckedWorkflow;
}

export class WorkflowChecks {
  readonly #catalog: Catalog;
  /** By commands: what was made of them. */
  readonly #checked = new WeakMap<readonly WireCommand[], Checked>();
  /** The offers by which a workflow can run. */
  readonly #runnable = new WeakMap<CheckedWorkflow, number>();

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
  }

  /** Throws `bad_workflow`. */
  check(request: SubmitRequest, nowMs: number): CheckedWorkflow {
    const workflow = request.checked ?? this.#checkedOf(request);
    const { offersRevision } = this.#catalog;
    if (this.#runnable.get(workflow) === offersRevision) return workflow;
    checkOffers(workflow, this.#catalog, nowMs);
    // What waits for an offer that was just there passes for a moment only.
    if (workflow.commands.every(({ command }) => this.#isThere(command))) this.#runnable.set(workflow, offersRevision);
    return workflow;
  }

  #checkedOf({ commands, returns, input }: SubmitRequest): CheckedWorkflow {
    const hasInput = input !== undefined;
    const before = this.#checked.get(commands);
    if (before?.workflow.returns === returns && before.hasInput === hasInput) return before.workflow;
    const workflow = checkWorkflow({ commands, returns, hasInput });
    this.#checked.set(commands, { hasInput, workflow });
    return workflow;
  }

  #isThere({ function: name, compensate }: WireCommand): boolean {
    return this.#catalog.has(name) && (compensate === undefined || this.#catalog.has(compensate.function));
  }
}
