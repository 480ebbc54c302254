/**
 * Where a run that was asked for here is coordinated: here, or at the server that is placed best (core/workflow/coordinator.ts).
 *
 * P1 a run is planned where it was asked for; whoever coordinates it keeps to that plan.
 * P2 it is handed over only once, and only over a link that is open and has room.
 */

import type { Clock } from '../../base/clock.ts';
import type { CheckedWorkflow } from '../../core/workflow/workflow.ts';
import type { Peer } from '../link/peer.ts';
import type { SubmitRequest } from './run-engine.ts';
import { type RunPlanner, seatsOf } from './run-planner.ts';
import type { WorkflowChecks } from './workflow-checks.ts';

export interface RunPlacingOptions {
  readonly checks: WorkflowChecks;
  readonly planner: RunPlanner;
  readonly clock: Clock;
  /** The open link to a server. */
  readonly linkTo: (instance: string) => Peer | undefined;
}

export interface PlacedRun {
  readonly request: SubmitRequest & { readonly checked: CheckedWorkflow };
  /** The server that is to coordinate it; undefined: this one. */
  readonly peer?: Peer | undefined;
}

export class RunPlacing {
  readonly #options: RunPlacingOptions;

  constructor(options: RunPlacingOptions) {
    this.#options = options;
  }

  /** Throws `bad_workflow`. */
  place(request: SubmitRequest): PlacedRun {
    const { checks, planner, clock, linkTo } = this.#options;
    const checked = checks.check(request, clock.nowMs());
    const plan = planner.planRun(checked, request.input?.bytes.length ?? 0);
    if (!plan) return { request: { ...request, checked } };
    const peer = plan.coordinator && linkTo(plan.coordinator.server.instance);
    return { request: { ...request, checked, seats: seatsOf(checked, plan) }, peer };
  }
}
