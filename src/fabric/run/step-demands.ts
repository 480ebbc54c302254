/**
 * What the steps of a workflow demand of a server, each demand once, and who fulfils it at one moment.
 */

import type { Clock } from '../../base/clock.ts';
import type { Offer } from '../../core/catalog/server-state.ts';
import type { RouteQuery, Router } from '../../core/routing/router.ts';
import { shapeOf } from '../../core/routing/shape.ts';
import type { Fit } from '../../core/workflow/fusion.ts';
import type { CheckedWorkflow } from '../../core/workflow/workflow.ts';
import { fitAt, queryOf, wayMsOf } from '../call/placement.ts';

export interface Demands {
  readonly queries: readonly RouteQuery[];
  /** By position of the step: which of them is its own. */
  readonly of: readonly number[];
}

/** Linear in the commands. */
export function demandsOf(workflow: CheckedWorkflow): Demands {
  const numbers = new Map<string, number>();
  const queries: RouteQuery[] = [];
  const of = workflow.commands.map(({ command }) => {
    const query = queryOf(command);
    const key = `${query.function}\n${shapeOf(query)}`;
    const known = numbers.get(key);
    if (known !== undefined) return known;
    numbers.set(key, queries.length);
    return queries.push(query) - 1;
  });
  return { queries, of };
}

/** Who may run the steps of one workflow at one moment. */
export class Surroundings {
  readonly workflow: CheckedWorkflow;
  readonly #router: Router;
  readonly #nowMs: number;
  readonly #demands: Demands;
  /** By demand. */
  readonly #offers: readonly (readonly Offer[])[];
  readonly #fits: Map<string, Fit | undefined>[];

  constructor({ router, clock }: { readonly router: Router; readonly clock: Clock }, workflow: CheckedWorkflow, demands: Demands) {
    this.workflow = workflow;
    this.#router = router;
    this.#nowMs = clock.nowMs();
    this.#demands = demands;
    this.#offers = demands.queries.map((query) => router.candidates(query, this.#nowMs));
    this.#fits = demands.queries.map(() => new Map());
  }

  /** Whether some step could go to one of several servers. */
  get hasChoice(): boolean {
    return this.#offers.some((offers) => offers.length > 1);
  }

  /** All ways there and back, one after the other: no run can save more. */
  wayMsMost(): number {
    const ways = this.#offers.map((offers) => offers.reduce((most, offer) => Math.max(most, wayMsOf(offer)), 0));
    return this.#demands.of.reduce((sum, demand) => sum + (ways[demand] ?? 0), 0);
  }

  offersOf(at: number): readonly Offer[] {
    return this.#offers[this.#demands.of[at] ?? -1] ?? [];
  }

  /** Looked up once for each demand and server: a thousand steps of one function ask the same. */
  fitOf(at: number, instance: string): Fit | undefined {
    const demand = this.#demands.of[at] ?? -1;
    const fits = this.#fits[demand];
    const query = this.#demands.queries[demand];
    if (!fits || !query) return undefined;
    if (!fits.has(instance)) fits.set(instance, fitAt(this.#router, query, { instance, nowMs: this.#nowMs }));
    return fits.get(instance);
  }
}
