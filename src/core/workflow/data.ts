/**
 * A workflow as data: what any language, a JSON or TOML file, the command line and `Workflow.toJSON` submit.
 *
 * Fields are plain `?: T`: an absent field is left out, never null. Nothing here is checked; parse.ts does.
 */

import type { Need } from '../catalog/offer.ts';
import type { Path } from '../payload.ts';

/** Stands anywhere inside `args` (in arrays and plain objects) for a value that is not there yet, or passes one untouched. */
export type Reference =
  | { readonly $ref: string; readonly path?: Path }
  | { readonly $input: true; readonly path?: Path }
  /** In a command with `each`: the element that it is called for. */
  | { readonly $item: true; readonly path?: Path }
  /** In a command with `each`: its place in the list, from 0. */
  | { readonly $index: true }
  | { readonly $literal: unknown };

/** One step to be: call `fun` with `args`. */
export interface Command<Name extends string = string> {
  /** Unique in its workflow; other commands refer to it. */
  readonly name: string;
  /** The function that is called. */
  readonly fun: Name;
  /** The argument list; default none. */
  readonly args?: readonly unknown[];
  /** Resources that the offer must carry; a list means all of them. */
  readonly need?: Need;
  /** A semver range; default any, highest first. */
  readonly version?: string;
  /** Steps that must be done first, beside those that `args` refer to. */
  readonly after?: readonly string[];
  /** Name of the one server that may run it. */
  readonly target?: string;
  /** Milliseconds for the whole step, its attempts included; default: what is left of the run. */
  readonly timeoutMs?: number;
  /** Tries in all, 1 to 10. More are made only where another try is safe. Default: by the error table. */
  readonly retry?: { readonly attempts: number };
  /**
   * `fail` (the default): the run ends. `continue`: what needs its result does not run, everything else does. A fallback: it
   * stands for the result, whether the step failed or could not run because one before it failed.
   */
  readonly onFailure?: 'fail' | 'continue' | { readonly fallback: unknown };
  /** What undoes it when the run fails. */
  readonly compensate?: CompensationData<Name>;
  /**
   * The list (a reference to one, or `{ $literal: [...] }`) whose elements the command is called for, once each; its result is the
   * list of theirs. `retry`, `timeoutMs`, `onFailure` and `compensate` are then for each element.
   */
  readonly each?: Reference;
  /** With `each`: elements that are under way at the same time, 1 to 256; default 64. */
  readonly parallel?: number;
  /** False: it never goes to its server together with other steps (docs/planning.md); default true. */
  readonly fuse?: boolean;
}

/** What undoes a command: called, in reverse order, when the run has failed and the command succeeded or may have run. */
export interface CompensationData<Name extends string = string> {
  /** The function that is called. */
  readonly fun: Name;
  /** May refer to the command's own result, which is undefined where it is not known. */
  readonly args?: readonly unknown[];
  /** Resources that the offer must carry; a list means all of them. */
  readonly need?: Need;
  /** A semver range; default any, highest first. */
  readonly version?: string;
  /** Name of the one server that may run it. */
  readonly target?: string;
  /** Milliseconds for each try; default 30,000. */
  readonly timeoutMs?: number;
  /** Tries in all, 1 to 10; default 10. */
  readonly retry?: { readonly attempts: number };
}

/** References, or references inside arrays and plain objects. */
export type Shape = Reference | readonly Shape[] | { readonly [key: string]: Shape };

/** `leaves`: every step that no other refers to, by name (the default). `all`: every step. A list: these steps. Else a shape to fill. */
export type Returns = 'leaves' | 'all' | readonly string[] | Shape;

/** A whole workflow: what a file holds, and what `toJSON` of a built one gives. */
export interface WorkflowData {
  /** For people: it names the runs. */
  readonly name?: string;
  /** In any order: references say what comes first. */
  readonly commands: readonly Command[];
  /** What comes back; default `leaves`. */
  readonly returns?: Returns;
}
