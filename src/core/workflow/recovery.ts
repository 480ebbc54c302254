/**
 * What a run does about a result that was kept by its producer and is lost: it makes it once more, if it may.
 *
 * R1 a step that could not get one of its inputs has not run: it waits until that is there again.
 * R2 only what a pure or idempotent function gave is made again, at most `remakesMax` times for one step; and so is what that
 *    function itself needs and nobody keeps any more. It is made by no other version that is `once` (step-calls.ts).
 * R3 where that cannot be, the step fails with the reason.
 *    Of a list that its elements gave, those are called again of which the results are lost.
 * R4 one that had begun to read its input as a stream has run: it is run again as others are, if its function is pure or
 *    idempotent and nothing is to undo it.
 */

import { HeddleError, type HeddleErrorOf } from '../../errors.ts';
import { keptOf, type Parked, type Payload, valueName } from '../payload.ts';
import { cameOf } from './ending.ts';
import type { Leases } from './leases.ts';
import type { OpaqueError, RunEventBody } from './record.ts';
import type { RunSettings, StepEnd } from './run-io.ts';
import type { StepTable } from './step-table.ts';

/** How often one step is run again for its result. */
export const remakesMax = 3;

/** How often the call of one step, or of one element, waits for an input. */
export const waitsMax = 16;

/** What is lost of a list, at which places; what is said of elements that ran and do not run again. */
export interface LostParts {
  readonly list: Payload;
  readonly places: ReadonlySet<number>;
  readonly error: OpaqueError;
}

/** The elements of mapped lists. */
export interface LostElements {
  /** Results of a step's list are lost: it will be opened for them once more. */
  reopen(at: number, lost: LostParts): void;
}

export interface RecoveryOptions {
  readonly steps: StepTable;
  readonly elements: LostElements;
  /** A step has all that it needs. */
  readonly onReady: (at: number) => void;
  readonly leases: Leases;
  readonly settings: RunSettings;
  readonly emit: (event: RunEventBody<Payload, OpaqueError>) => void;
}

/** By position of a step that runs again: what is lost of its result. */
type Remade = Map<number, readonly Parked[]>;

export class Recovery {
  readonly #options: RecoveryOptions;
  readonly #remakes = new Map<number, number>();
  readonly #waits = new Map<string, number>();

  constructor(options: RecoveryOptions) {
    this.#options = options;
  }

  /** Whether the step, whose call has just ended so, waits for an input that is made again. */
  mends(at: number, end: StepEnd): boolean {
    if (this.awaited(at, end) === undefined) return false;
    const { steps, onReady } = this.#options;
    if (steps.waitAgain(at, cameOf(end))) onReady(at);
    return true;
  }

  /**
   * The step whose result a call that has just ended so did not get, and which is made again now, or was meanwhile: the call can be
   * made again when it is there. Undefined where it has another end, or nothing can be made again. `element`: of a mapped list.
   */
  awaited(at: number, end: StepEnd, element?: number): number | undefined {
    if (end.ok || !HeddleError.is(end.error, 'lease_lost') || !this.#mayBegin(at, end.error)) return undefined;
    const lost = this.#lostBy(at, end.error);
    if (lost === undefined || !this.#mayWait(`${at}.${element ?? ''}`)) return undefined;
    const [first] = this.#lostOf(lost, end.error);
    if (first) {
      const again: Remade = new Map();
      if (this.#obstacle(lost, again, first.instance) !== undefined) return undefined;
      this.#reopen(again);
    }
    return lost;
  }

  /** Whether the step has run again for its result. */
  hasRemade(at: number): boolean {
    return this.#remakes.has(at);
  }

  /** The end of a step that could not be mended, with the reason why not (R3). */
  explained(at: number, end: StepEnd): StepEnd {
    if (end.ok || !HeddleError.is(end.error, 'lease_lost')) return end;
    const lost = this.#lostBy(at, end.error);
    const isOver = !this.#mayBegin(at, end.error) && `step "${this.#options.steps.nameOf(at)}" had begun and is not run again`;
    const obstacle = isOver || (lost === undefined ? undefined : this.#obstacle(lost, new Map()));
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

  /** Whoever says again and again that something is lost is not believed for ever. */
  #mayWait(call: string): boolean {
    const waits = this.#waits.get(call) ?? 0;
    this.#waits.set(call, waits + 1);
    return waits < waitsMax;
  }

  /** The step whose result it is, or a part of it, if this one needs it. */
  #lostBy(at: number, error: HeddleErrorOf<'lease_lost'>): number | undefined {
    const { steps } = this.#options;
    const isMeant = (need: number): boolean => `${error.detail.step}.`.startsWith(`${steps.nameOf(need)}.`);
    const named = steps.checkedOf(at).needs.filter(isMeant);
    const byLength = named.toSorted((one, other) => steps.nameOf(other).length - steps.nameOf(one).length);
    return named.find((need) => this.#lostOf(need, error).length > 0) ?? byLength[0];
  }

  /** The value that was lost, if it is one that the run still counts on. */
  #lostOf(at: number, { detail }: HeddleErrorOf<'lease_lost'>): readonly Parked[] {
    return this.#keptBy(at).filter((parked) => valueName(parked) === detail.value);
  }

  #keptBy(at: number): readonly Parked[] {
    const value = this.#options.steps.findValueAt(at);
    return value ? keptOf(value) : [];
  }

  /**
   * Why a result cannot be made again; `again` gets the steps that it takes. What one server kept of it is lost together: of a
   * list that may be many elements, of which one was asked for first.
   */
  #obstacle(at: number, again: Remade, instance?: string): string | undefined {
    if (again.has(at)) return undefined;
    const { steps, leases } = this.#options;
    const { command, needs } = steps.checkedOf(at);
    const lost = this.#keptBy(at).filter((parked) => instance === undefined || parked.instance === instance);
    if (lost.length === 0) return undefined;
    if (!lost.every(({ isRepeatable }) => isRepeatable)) return `${command.function} is once and is not run again`;
    if (command.compensate) return `step "${command.name}" has an undo and is not run again`;
    if ((this.#remakes.get(at) ?? 0) >= remakesMax) return `step "${command.name}" was run again ${remakesMax} times`;
    again.set(at, lost);
    for (const need of needs) {
      const obstacle = leases.isReleased(need) ? this.#obstacle(need, again) : undefined;
      if (obstacle !== undefined) return `step "${command.name}" needs the result of "${steps.nameOf(need)}" again, and ${obstacle}`;
    }
    return undefined;
  }

  #reopen(again: Remade): void {
    const { steps, onReady, leases, emit } = this.#options;
    leases.reopened(again);
    const errors = new Map([...again].map(([at, [first]]): [number, OpaqueError] => [at, this.#lostError(at, first)]));
    for (const [at, error] of errors) this.#reopenElements(at, again.get(at) ?? [], error);
    for (const at of steps.reopen(errors)) onReady(at);
    for (const [at, [first]] of again) {
      this.#remakes.set(at, (this.#remakes.get(at) ?? 0) + 1);
      const reason = { kind: 'lease', server: first?.server ?? '' } as const;
      steps.explain(at, reason);
      emit({ kind: 'step.waiting', step: steps.nameOf(at), reason });
    }
  }

  /** Of a step that has run, when its run ends before there is a result again. */
  #lostError(at: number, first: Parked | undefined): OpaqueError {
    const { steps, settings } = this.#options;
    const why = 'it was to be made again, and was not before the run ended';
    const detail = { step: steps.nameOf(at), server: first?.server ?? '', why, value: first ? valueName(first) : '' };
    return settings.codec.encodeError(new HeddleError('lease_lost', detail, { executed: 'yes' }));
  }

  #reopenElements(at: number, lost: readonly Parked[], error: OpaqueError): void {
    const { steps, elements } = this.#options;
    const list = steps.findValueAt(at);
    const places = list?.parts?.flatMap((part) => (part.value.parked && lost.includes(part.value.parked) ? [part.at] : []));
    if (list && places) elements.reopen(at, { list, places: new Set(places), error });
  }
}
