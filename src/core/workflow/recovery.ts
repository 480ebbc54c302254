/**
 * What a run does about a result that was kept by its producer and is lost: it makes it once more, if it may.
 *
 * R1 a step that could not get one of its inputs has not run: it waits until that is there again.
 * R2 only what a pure or idempotent function gave is made again, at most `remakesMax` times for one step; and so is what that
 *    function itself needs and nobody keeps any more.
 * R3 where that cannot be, the step fails with the reason.
 * R4 one that had begun to read its input as a stream has run: it is run again as others are, if its function is pure or
 *    idempotent and nothing is to undo it.
 */

import { HeddleError, type HeddleErrorOf } from '../../errors.ts';
import { type Payload, valueName } from '../payload.ts';
import type { Leases } from './leases.ts';
import type { OpaqueError, RunEventBody } from './record.ts';
import type { RunSettings, StepEnd } from './run-io.ts';
import type { StepTable } from './step-table.ts';

/** How often one step is run again for its result. */
export const remakesMax = 3;

export interface RecoveryOptions {
  readonly steps: StepTable;
  /** A step has all that it needs. */
  readonly onReady: (at: number) => void;
  readonly leases: Leases;
  readonly settings: RunSettings;
  readonly emit: (event: RunEventBody<Payload, OpaqueError>) => void;
}

export class Recovery {
  readonly #options: RecoveryOptions;
  readonly #remakes = new Map<number, number>();

  constructor(options: RecoveryOptions) {
    this.#options = options;
  }

  /** Whether the step, whose call has just ended so, waits for an input that is made again. */
  mends(at: number, end: StepEnd): boolean {
    if (end.ok || !HeddleError.is(end.error, 'lease_lost') || !this.#mayBegin(at, end.error)) return false;
    const lost = this.#lostBy(at, end.error);
    if (lost === undefined) return false;
    if (this.#isThere(lost, end.error)) {
      const again = new Set<number>();
      if (this.#obstacle(lost, again) !== undefined) return false;
      this.#reopen(again);
    }
    const { steps, onReady } = this.#options;
    if (steps.waitAgain(at)) onReady(at);
    return true;
  }

  /** The end of a step that could not be mended, with the reason why not (R3). */
  explained(at: number, end: StepEnd): StepEnd {
    if (end.ok || !HeddleError.is(end.error, 'lease_lost')) return end;
    const lost = this.#lostBy(at, end.error);
    const isOver = !this.#mayBegin(at, end.error) && `step "${this.#options.steps.nameOf(at)}" had begun and is not run again`;
    const obstacle = isOver || (lost === undefined ? undefined : this.#obstacle(lost, new Set()));
    if (obstacle === undefined) return end;
    const { detail, executed } = end.error;
    const error = new HeddleError('lease_lost', { ...detail, why: `${detail.why}; ${obstacle}` }, { executed });
    return { ok: false, error, wire: this.#options.settings.codec.encodeError(error) };
  }

  /** R1, R4. */
  #mayBegin(at: number, { executed, detail }: HeddleErrorOf<'lease_lost'>): boolean {
    if (executed === 'no') return true;
    return detail.mayRunAgain === true && this.#options.steps.checkedOf(at).command.compensate === undefined;
  }

  /** The step whose result it is, if this one needs it. */
  #lostBy(at: number, { detail }: HeddleErrorOf<'lease_lost'>): number | undefined {
    const { steps } = this.#options;
    return steps.checkedOf(at).needs.find((need) => steps.nameOf(need) === detail.step);
  }

  /** Whether the value that was lost is the one that the run still counts on. */
  #isThere(lost: number, { detail }: HeddleErrorOf<'lease_lost'>): boolean {
    const parked = this.#options.steps.findValueAt(lost)?.parked;
    return parked !== undefined && valueName(parked) === detail.value;
  }

  /** Why a result cannot be made again; `again` gets the steps that it takes. */
  #obstacle(at: number, again: Set<number>): string | undefined {
    if (again.has(at)) return undefined;
    const { steps, leases } = this.#options;
    const { command, needs } = steps.checkedOf(at);
    const parked = steps.findValueAt(at)?.parked;
    if (!parked) return undefined;
    if (!parked.isRepeatable) return `${command.function} is once and is not run again`;
    if (command.compensate) return `step "${command.name}" has an undo and is not run again`;
    if ((this.#remakes.get(at) ?? 0) >= remakesMax) return `step "${command.name}" was run again ${remakesMax} times`;
    again.add(at);
    for (const need of needs) {
      const obstacle = leases.isReleased(need) ? this.#obstacle(need, again) : undefined;
      if (obstacle !== undefined) return `step "${command.name}" needs the result of "${steps.nameOf(need)}" again, and ${obstacle}`;
    }
    return undefined;
  }

  #reopen(again: ReadonlySet<number>): void {
    const { steps, onReady, leases, emit } = this.#options;
    const servers = new Map([...again].map((at) => [at, steps.findValueAt(at)?.parked?.server ?? '']));
    leases.reopened(again);
    for (const at of steps.reopen(again)) onReady(at);
    for (const [at, server] of servers) {
      this.#remakes.set(at, (this.#remakes.get(at) ?? 0) + 1);
      const reason = { kind: 'lease', server } as const;
      steps.explain(at, reason);
      emit({ kind: 'step.waiting', step: steps.nameOf(at), reason });
    }
  }
}
