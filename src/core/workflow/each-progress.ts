/**
 * How far one step is that maps a list: its elements by their place, and what they add up to.
 *
 * G1 an element goes forward only: open, queued, called, settled; called and queued again when its server had no place for it,
 *    or it could not get an input. Once all have settled, some of them may be called once more for results that are lost.
 * G2 what the step says of itself is the strongest that its elements say: it ran if one did, it may have run if one may have; and an
 *    element says the strongest of what its calls came to.
 */

import { present } from '../../base/assert.ts';
import type { StepOutcome } from '../../errors.ts';
import { type Payload, sizeOf } from '../payload.ts';
import type { FailedStep } from './ending.ts';
import { type Came, PastCalls } from './past-calls.ts';
import type { OpaqueError, WaitReason } from './record.ts';
import type { LostParts } from './recovery.ts';

/** `reading`: its list is on its way. `making`: the list of its results is. */
type Phase = 'reading' | 'running' | 'making' | 'over';

/** Of all elements of a step: how they stand. */
export interface ElementCounts {
  readonly of: number;
  readonly done: number;
  /** Ended without a result of their own. */
  readonly failed: number;
  readonly running: number;
}

/** How the call of an element ended. */
export interface ElementEnd {
  readonly outcome: StepOutcome;
  /** Its result, or what stands for it. */
  readonly value: Payload | undefined;
}

export class EachProgress {
  /** Position of the step. */
  readonly at: number;
  readonly #tally = { done: 0, failed: 0, maybe: 0, not_run: 0 };
  /** Calls under way, since when. */
  readonly #called = new Map<number, number>();
  /** Of those, the ones that wait to be tried again. */
  readonly #waits = new Map<number, WaitReason>();
  /** What earlier calls came to. */
  readonly #past = new PastCalls();
  #phase: Phase = 'reading';
  #items: readonly Payload[] = [];
  #values: (Payload | undefined)[] = [];
  /** Of all results. */
  #bytes = 0;
  #inlineBytesMax = 0;
  #base = 0;
  #count = 0;
  #queued = 0;
  /** The list of results as it was, of which some are made again, and their places. */
  #again: { readonly list: Payload; readonly places: readonly number[] } | undefined;
  #isReadAgain = false;
  #held: WaitReason | undefined;
  #told: WaitReason['kind'] | undefined;
  #stopped: string | undefined;
  /** The first element that failed, and its error as it travels. */
  #failure: { readonly cause: FailedStep; readonly wire: OpaqueError } | undefined;

  constructor(at: number) {
    this.at = at;
  }

  get phase(): Phase {
    return this.#phase;
  }

  get failure(): { readonly cause: FailedStep; readonly wire: OpaqueError } | undefined {
    return this.#failure;
  }

  get counts(): ElementCounts {
    const { done, failed, maybe, not_run: notRun } = this.#tally;
    return { of: this.#count, done, failed: failed + maybe + notRun, running: this.#called.size };
  }

  /** Why it was stopped. */
  get stopped(): string | undefined {
    return this.#stopped;
  }

  get isIdle(): boolean {
    return this.#called.size === 0;
  }

  get isComplete(): boolean {
    const { done, failed, maybe, not_run: notRun } = this.#tally;
    return done + failed + maybe + notRun === this.#count;
  }

  /** Places of the elements under way, in the order in which they were called. */
  get called(): readonly number[] {
    return [...this.#called.keys()];
  }

  /** It was open before, and some of its results are made again. */
  get isAgain(): boolean {
    return this.#again !== undefined;
  }

  /** The list is read again, for it was lost: no element that waits for that is called before. */
  get isReadAgain(): boolean {
    return this.#isReadAgain;
  }

  /** The list of results with those that were made again; undefined when it is made for the first time. */
  get mended(): Payload | undefined {
    if (!this.#again) return undefined;
    const { list } = this.#again;
    return { ...list, parts: list.parts?.map((part) => ({ ...part, value: this.#values[part.at] ?? part.value })) };
  }

  /** The results in the order of the list; every element must have one. */
  get values(): readonly Payload[] {
    return this.#values.map((value, element) => present(value, `element ${element} has no result`));
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Results over this size stay where they were made. */
  get inlineBytesMax(): number {
    return this.#inlineBytesMax;
  }

  get hasAllValues(): boolean {
    const isThere = (element: number): boolean => this.#values[element] !== undefined;
    return this.isComplete && (this.#again ? this.#again.places.every(isThere) : this.#values.every((_value, element) => isThere(element)));
  }

  /** The list is there. `base`: what the first element is called in the schedule. */
  open(items: readonly Payload[], { base, inlineBytesMax }: { readonly base: number; readonly inlineBytesMax: number }): void {
    this.#phase = 'running';
    this.#items = items;
    this.#count = items.length;
    this.#values = items.map(() => undefined);
    this.#base = base;
    this.#inlineBytesMax = inlineBytesMax;
  }

  /** All have settled, and results are lost: those elements are called again, which have run (G2). */
  reopen({ list, places, error }: LostParts): void {
    this.#phase = 'reading';
    this.#again = { list, places: [...places] };
    this.#queued = 0;
    this.#tally.done -= places.size;
    for (const element of places) this.#past.keep(element, { outcome: 'failed', error });
    for (const part of list.parts ?? []) if (places.has(part.at)) this.#bytes -= sizeOf(part.value);
  }

  /** The list that it maps is there again; false: it was not before, or is not as long as it was. */
  openAgain(items: readonly Payload[]): boolean {
    if ((!this.#again && !this.#isReadAgain) || items.length !== this.#count) return false;
    if (this.#phase === 'reading') this.#values = items.map(() => undefined);
    this.#phase = 'running';
    this.#isReadAgain = false;
    this.#items = items;
    return true;
  }

  readAgain(): void {
    this.#isReadAgain = true;
  }

  /** What the next element is called in the schedule, which it enters now; undefined: all have. */
  queueNext(): number | undefined {
    const { length } = this.#again?.places ?? this.#items;
    if (this.#stopped !== undefined || this.#queued >= length) return undefined;
    this.#queued += 1;
    return this.#base + (this.#again?.places[this.#queued - 1] ?? this.#queued - 1);
  }

  unitOf(element: number): number {
    return this.#base + element;
  }

  elementOf(unit: number): number {
    return unit - this.#base;
  }

  itemOf(element: number): Payload {
    return present(this.#items[element], `no element ${element}`);
  }

  /** Elements are held back. */
  hold(reason: WaitReason): void {
    this.#held = reason;
  }

  /** Whether that is for another reason than was told last. */
  tell(reason: WaitReason): boolean {
    const isNews = this.#told !== reason.kind;
    this.#told = reason.kind;
    return isNews;
  }

  /** No further element starts. */
  stop(reason: string): void {
    this.#stopped ??= reason;
  }

  call(element: number, nowMs: number): void {
    this.#called.set(element, nowMs);
  }

  isCalled(element: number): boolean {
    return this.#called.has(element);
  }

  started(element: number): void {
    this.#waits.delete(element);
  }

  waits(element: number, reason: WaitReason): void {
    this.#waits.set(element, reason);
  }

  /** Its call is over and came to this; another is made. */
  callAgain(element: number, came: Came): void {
    this.uncall(element, 0);
    this.#past.keep(element, came);
  }

  /** Whether it may have run in an earlier call. */
  mayHaveRun(element: number): boolean {
    return this.#past.has(element);
  }

  /** What an element came to over all its calls, of which this was the last (G2). */
  sum<Last extends Came>(element: number, last: Last): Last {
    return this.#past.sum(element, last);
  }

  /** Those that wait for another call and may have run before, with what they came to. */
  get begun(): readonly (Came & { readonly element: number })[] {
    return [...this.#past.all].flatMap(([element, came]) => (this.#called.has(element) ? [] : [{ element, ...came }]));
  }

  /** Its call is over, be it that it is made again; gives the milliseconds since it began. */
  uncall(element: number, nowMs: number): number {
    const sinceMs = present(this.#called.get(element), `element ${element} was not called`);
    this.#called.delete(element);
    this.#waits.delete(element);
    return nowMs - sinceMs;
  }

  settle(element: number, { outcome, value }: ElementEnd): void {
    this.#past.forget(element);
    this.#tally[outcome] += 1;
    this.#values[element] = value;
    if (value) this.#bytes += sizeOf(value);
  }

  /** Keeps the first. */
  fail(cause: FailedStep, wire: OpaqueError): void {
    this.#failure ??= { cause, wire };
  }

  make(): void {
    this.#phase = 'making';
  }

  /** What it says of itself (G2); from now on nothing happens to it. */
  close(): StepOutcome {
    const { done, failed, maybe } = this.#tally;
    const isDone = done === this.#count && this.#phase === 'making' && this.#stopped === undefined;
    this.#phase = 'over';
    this.#items = [];
    this.#values = [];
    if (isDone) return 'done';
    if (done + failed > 0) return 'failed';
    return maybe > 0 ? 'maybe' : 'not_run';
  }

  /** What keeps it from going on: nothing that is under way runs, and the rest is held. */
  findWait(): WaitReason | undefined {
    if (this.#phase !== 'running' || this.isComplete) return undefined;
    if (this.#called.size === 0) return this.#held;
    if (this.#waits.size < this.#called.size) return undefined;
    const [first] = this.#waits.values();
    return first;
  }
}
