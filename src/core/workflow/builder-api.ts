/**
 * What `build` of a workflow is given, as types: steps, and what is said of them. draft.ts keeps what is promised here.
 */

import type { Need } from '../catalog/offer.ts';
import type { HeddleFunction, HeddleStream, Is } from '../function.ts';
import type { Ref, StepArgs } from './ref.ts';

/** Policies of a step, and where it may run. */
export interface StepOptions<Fallback = never> {
  /** Resources that the offer must carry; a list means all of them. */
  readonly need?: Need | undefined;
  /** A semver range; default `^` the definition's version. */
  readonly version?: string | undefined;
  /** Name of the one server that may run it. */
  readonly target?: string | undefined;
  /** Steps that must be done first, beside those that the arguments refer to. */
  readonly after?: readonly Ref<unknown>[] | undefined;
  /** Milliseconds for the whole step, its attempts included; default: what is left of the run. */
  readonly timeoutMs?: number | undefined;
  /** Tries in all, 1 to 10. More are made only where another try is safe. Default: by the error table. */
  readonly retry?: { readonly attempts: number } | undefined;
  /**
   * `fail` (the default): the run ends. `continue`: what needs its result does not run, everything else does. A fallback: it
   * stands for the result, whether the step failed or could not run because one before it failed.
   */
  readonly onFailure?: 'fail' | 'continue' | { readonly fallback: Fallback } | undefined;
  /** False: it never goes to its server together with other steps; default true. */
  readonly fuse?: boolean | undefined;
}

/** What the callback of `workflow` is given. */
export interface Builder<out Input = void> {
  /** What the run is given. */
  readonly input: Ref<Input>;
  /**
   * Adds a step; gives the reference to its result. A fallback joins its type. Of a stream of bytes the result is a stream of bytes:
   * what refers to it reads it as one, and what the run returns of it is a Uint8Array.
   */
  step<A extends readonly unknown[], R = AsyncIterable<Uint8Array<ArrayBuffer>>, F = never>(
    name: string,
    fn: HeddleFunction<A, R> | HeddleStream<A, Uint8Array>,
    args: StepArgs<A>,
    options?: StepOptions<F>,
  ): Ref<R | Is<F>>;
  /**
   * Adds a step that calls the function once for each element of a list; gives the reference to the list of results, in the
   * list's order. `args` is called once, at once, with what stands for the element and its index. Policies are for each
   * element; a fallback joins the type of the elements.
   */
  each<T, A extends readonly unknown[], R, F = never, U extends readonly unknown[] = readonly never[]>(
    name: string,
    fn: HeddleFunction<A, R>,
    list: Ref<readonly T[]>,
    args: (item: Ref<T>, index: Ref<number>) => StepArgs<A>,
    options?: EachOptions<F, T, R, U>,
  ): Ref<(R | Is<F>)[]>;
  /**
   * Says what undoes a step when the run fails: called, in reverse order, for what succeeded and for what may have run. Then the
   * result is not known, and the reference to it gives undefined, and so does every `.get` on it.
   */
  compensate<R, A extends readonly unknown[]>(
    step: Ref<R>,
    fn: HeddleFunction<A, unknown>,
    args: (result: Ref<R | undefined>) => StepArgs<A>,
    options?: CompensateOptions,
  ): void;
}

/** As of a step; for each element by itself. */
export interface EachOptions<F, T, R, U extends readonly unknown[]> extends StepOptions<F> {
  /** Elements that are under way at the same time, 1 to 256; default 64. */
  readonly parallel?: number | undefined;
  /** What undoes an element, when the run fails: called for each that succeeded or may have run. */
  readonly compensate?: ElementUndo<T, R, U> | undefined;
}

/** What undoes one element. */
export interface ElementUndo<T, R, U extends readonly unknown[]> extends CompensateOptions {
  /** What is called for it. */
  readonly fn: HeddleFunction<U, unknown>;
  /** `result` gives undefined where it is not known. */
  readonly args: (result: Ref<Is<R> | undefined>, item: Ref<Is<T>>, index: Ref<number>) => StepArgs<U>;
}

export type CompensateOptions = Pick<StepOptions, 'need' | 'version' | 'target' | 'timeoutMs' | 'retry'>;
