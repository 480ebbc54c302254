/**
 * The leases of one run: which results have stayed with their producers, and for how long they are needed.
 *
 * L1 a result is kept from the end of its step until every step that needs it has settled; one that the run returns, or that
 *    an undo may need, until the run has.
 *    What the elements of a list gave is kept from the end of each on, as the result of their step will be.
 *    What the steps needed that a failing run ends with stays until it has settled: it is among what is there then.
 * L2 while it is kept its lease is renewed three times as often as it would end, for all values of one server together.
 * L3 what the run gives, be that its result or what is there of one that failed, stays for `collectMs` more.
 * Keeping and freeing the bytes is handoff/parking.ts, at the producer.
 */

import { keptOf, type Parked, type Payload } from '../payload.ts';
import { returnedSteps } from './ending.ts';
import type { LeaseEffect, RunSettings } from './run-io.ts';
import type { StepTable } from './step-table.ts';

/** How long what a run gives can be collected. */
export const collectMs = 60_000;
/** How long it stays for others who follow the run, once somebody has collected it. */
export const collectedMs = 5_000;
/** Renewals in the time of one lease. */
const renewalsPerLease = 3;

interface Held {
  readonly parked: readonly Parked[];
  /** Steps that need it and have not settled. */
  left: number;
  /** Until the run has settled, whoever needs it. */
  readonly isForRun: boolean;
}

export interface LeasesOptions {
  readonly steps: StepTable;
  readonly settings: RunSettings;
  readonly push: (effect: LeaseEffect) => void;
}

export class Leases {
  readonly #options: LeasesOptions;
  readonly #held = new Map<number, Held>();
  /** Steps whose results were kept and are not any more. */
  readonly #released = new Set<number>();
  #returned: ReadonlySet<number> | undefined;
  #renewAtMs = Number.POSITIVE_INFINITY;

  constructor(options: LeasesOptions) {
    this.#options = options;
  }

  /** Whether a result was there and has been let go of. */
  isReleased(at: number): boolean {
    return this.#released.has(at);
  }

  /** A step has settled. `isEnd`: without a result, and the run ends with it or has ended before. */
  settled(at: number, { value, isEnd }: { readonly value: Payload | undefined; readonly isEnd: boolean }, nowMs: number): void {
    if (!isEnd) for (const need of this.#options.steps.checkedOf(at).needs) this.#leave(need);
    if (value?.parked || value?.parts) return this.#keep(at, keptOf(value), nowMs);
    const gathered = this.#held.get(at);
    if (gathered && !gathered.isForRun) this.#release(at, gathered);
  }

  /** An element has settled of a step that has not. */
  gathers(at: number, value: Payload, nowMs: number): void {
    const parked = keptOf(value);
    if (parked.length === 0) return;
    const before = this.#held.get(at)?.parked ?? [];
    this.#hold(at, { parked: [...before, ...parked], left: Number.POSITIVE_INFINITY, isForRun: this.#isForRun(at) }, nowMs);
  }

  /** These steps run again, for their results are lost: should one be there all the same, nobody needs it. */
  reopened(steps: ReadonlyMap<number, readonly Parked[]>): void {
    for (const [at, lost] of steps) this.#reopen(at, lost);
    for (const at of steps.keys()) {
      for (const need of this.#options.steps.checkedOf(at).needs) {
        const held = this.#held.get(need);
        if (held) held.left += 1;
      }
    }
  }

  #reopen(at: number, lost: readonly Parked[]): void {
    this.#released.delete(at);
    const held = this.#held.get(at);
    if (!held) return;
    this.#tell([{ ...held, parked: lost }], 'released');
    const parked = held.parked.filter((one) => !lost.includes(one));
    if (parked.length === 0) this.#held.delete(at);
    else this.#held.set(at, { ...held, parked, left: Number.POSITIVE_INFINITY });
  }

  wake(nowMs: number): void {
    if (nowMs < this.#renewAtMs) return;
    this.#renewAtMs = this.#held.size === 0 ? Number.POSITIVE_INFINITY : nowMs + this.#renewMs;
    this.#tell([...this.#held.values()], 'renewed', this.#leaseMs);
  }

  nextWakeMs(): number {
    return this.#renewAtMs;
  }

  /** The run has settled (L3); `isDone`: with what it returns. */
  end(isDone: boolean): void {
    const all = [...this.#held];
    const isGiven = ([at]: readonly [number, Held]): boolean => !isDone || this.#isReturned(at);
    this.#tell(
      all.filter(isGiven).map(([, held]) => held),
      'renewed',
      collectMs,
    );
    this.#tell(
      all.filter((one) => !isGiven(one)).map(([, held]) => held),
      'released',
    );
    this.#held.clear();
    this.#renewAtMs = Number.POSITIVE_INFINITY;
  }

  get #leaseMs(): number {
    return this.#options.settings.leaseMs ?? 0;
  }

  get #renewMs(): number {
    return this.#leaseMs / renewalsPerLease;
  }

  #keep(at: number, parked: readonly Parked[], nowMs: number): void {
    const { steps } = this.#options;
    const left = steps.checkedOf(at).neededBy.filter((dependent) => !steps.isSettled(dependent)).length;
    const held = { parked, left, isForRun: this.#isForRun(at) };
    if (left === 0 && !held.isForRun) this.#release(at, held);
    else this.#hold(at, held, nowMs);
  }

  #hold(at: number, held: Held, nowMs: number): void {
    this.#held.set(at, held);
    this.#renewAtMs = Math.min(this.#renewAtMs, nowMs + this.#renewMs);
  }

  #leave(at: number): void {
    const held = this.#held.get(at);
    if (!held) return;
    held.left -= 1;
    if (held.left <= 0 && !held.isForRun) this.#release(at, held);
  }

  #release(at: number, held: Held): void {
    this.#held.delete(at);
    this.#released.add(at);
    this.#tell([held], 'released');
  }

  #isForRun(at: number): boolean {
    return this.#isReturned(at) || this.#options.steps.checkedOf(at).command.compensate !== undefined;
  }

  #isReturned(at: number): boolean {
    const { steps, settings } = this.#options;
    this.#returned ??= new Set(returnedSteps(settings).map((step) => steps.positionOf(step)));
    return this.#returned.has(at);
  }

  /** One effect for each server. */
  #tell(values: readonly Held[], what: 'renewed' | 'released', forMs = 0): void {
    const byServer = new Map<string, { readonly server: string; readonly ids: number[] }>();
    for (const { server, instance, id } of values.flatMap(({ parked }) => parked)) {
      const told = byServer.get(instance) ?? { server, ids: [] };
      byServer.set(instance, told);
      told.ids.push(id);
    }
    for (const [instance, { server, ids }] of byServer)
      this.#options.push({ kind: 'lease', server, instance, renewed: [], released: [], [what]: ids, forMs });
  }
}
