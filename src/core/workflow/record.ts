/**
 * A workflow and its run as records: what travels between submitter, coordinator and follower.
 *
 * Arguments are templates: an encoded value with null in its holes, and for each hole where its value comes from.
 * The coordinator reads templates and holes, never values.
 */

import type { StepOutcome } from '../../errors.ts';
import type { Need } from '../catalog/offer.ts';
import type { Filled, Path, Payload } from '../payload.ts';

/** Where a hole's value comes from; `path` leads to the part wanted. */
export type HoleSource =
  /** The result of a step. */
  | { readonly kind: 'step'; readonly step: string; readonly path: Path }
  /** The run's input. */
  | { readonly kind: 'input'; readonly path: Path }
  /** Of a command with `each`: the element that it is called for. */
  | { readonly kind: 'item'; readonly path: Path }
  /** Likewise: its place in the list, from 0. */
  | { readonly kind: 'index'; readonly path: Path };

export interface Hole {
  /** Place inside the template. */
  readonly at: Path;
  readonly source: HoleSource;
}

export interface Template {
  readonly value: Payload;
  readonly holes: readonly Hole[];
}

/** A string argument that equals a command's name and was taken literally, `references` not being given. */
export interface LooksBare {
  readonly step: string;
  readonly text: string;
}

/** What the failure of a step means for its run; absent: the run ends with it. */
export type OnFailure =
  /** What needs its result does not run; everything else does. */
  | { readonly kind: 'continue' }
  /** `value` stands for its result. */
  | { readonly kind: 'fallback'; readonly value: Payload };

/** What undoes a command once its run has failed. */
export interface Compensation {
  readonly function: string;
  /** May refer to the result of its own command, which is undefined where it is not known. */
  readonly args: Template;
  readonly version?: string | undefined;
  readonly need?: Need | undefined;
  readonly target?: string | undefined;
  /** Of one try; absent: 30 s. */
  readonly timeoutMs?: number | undefined;
  /** Tries in all; absent: 10. */
  readonly attemptsMax?: number | undefined;
}

/** The list whose elements a command is called for. */
export interface Each {
  /** One hole that is all of it, or a list without holes. */
  readonly list: Template;
  /** Elements that are under way at the same time; absent: `parallelDefault`. */
  readonly parallel?: number | undefined;
}

export interface WireCommand {
  readonly name: string;
  readonly function: string;
  /** An array: the argument list. */
  readonly args: Template;
  readonly need?: Need | undefined;
  readonly version?: string | undefined;
  readonly after: readonly string[];
  readonly target?: string | undefined;
  readonly timeoutMs?: number | undefined;
  /** Tries in all; absent: by the error table. */
  readonly attemptsMax?: number | undefined;
  readonly onFailure?: OnFailure | undefined;
  readonly compensate?: Compensation | undefined;
  readonly each?: Each | undefined;
  /** False: it never goes to its server together with others. */
  readonly fuse?: false | undefined;
}

/** The plan of a run as it travels: instances of servers, and by position of the command which of them it is to go to, from 1; 0: any. */
export interface StepSeats {
  readonly servers: readonly string[];
  readonly of: readonly number[];
}

/** What the submitter wants back. */
export type WireReturns =
  | { readonly kind: 'leaves' }
  | { readonly kind: 'all' }
  | { readonly kind: 'steps'; readonly steps: readonly string[] }
  | { readonly kind: 'shape'; readonly shape: Template };

/** Why a step is not running yet: a closed set. */
export type WaitReason =
  | { readonly kind: 'input'; readonly step: string }
  | { readonly kind: 'no_offer'; readonly function: string }
  | { readonly kind: 'breaker'; readonly untilMs: number }
  | { readonly kind: 'concurrency_full'; readonly function: string }
  | { readonly kind: 'run_limit'; readonly limit: number }
  | { readonly kind: 'retry'; readonly untilMs: number; readonly because: string }
  /** Of a compensation: its step may be running until then. */
  | { readonly kind: 'deadline'; readonly untilMs: number }
  /** Its server pulls the result of that step from the server of this name. */
  | { readonly kind: 'hand_off'; readonly step: string; readonly server: string }
  /** Its result was kept by the server of this name, and is gone: it runs once more. */
  | { readonly kind: 'lease'; readonly server: string };

export interface EventHead {
  /** Counts from 1 within the run. */
  readonly seq: number;
  /** Milliseconds since the Unix epoch, by the coordinator's clock. */
  readonly atMs: number;
}

/** The error of a step or run in its wire form; opaque in core. */
export type OpaqueError = object;

/**
 * What happens in a run, but its end. A step that only waits for its inputs says nothing (the commands say it);
 * `step.waiting` comes when something else holds it back. Every step settles exactly once, also one that never ran.
 * `element`: of a step that maps a list, the place in it of the element that is meant; absent: the step as a whole.
 */
export type RunEventBody<Value, Failure> =
  | CompensationEvent<Failure>
  | { readonly kind: 'run.accepted'; readonly runId: string; readonly coordinator: string; readonly steps: readonly string[] }
  | ({ readonly kind: 'reference.looksBare' } & LooksBare)
  | { readonly kind: 'step.waiting'; readonly step: string; readonly element?: number | undefined; readonly reason: WaitReason }
  | {
      readonly kind: 'step.started';
      readonly step: string;
      readonly element?: number | undefined;
      readonly server: string;
      readonly attempt: number;
    }
  | { readonly kind: 'step.progress'; readonly step: string; readonly element?: number | undefined; readonly value: Value }
  /** The list of a step that maps one is there. */
  | { readonly kind: 'step.opened'; readonly step: string; readonly elements: number }
  | ElementSettled<Failure>
  | {
      readonly kind: 'step.settled';
      readonly step: string;
      readonly ok: boolean;
      readonly outcome: StepOutcome;
      readonly server?: string | undefined;
      readonly elapsedMs: number;
      /** Of its result, encoded; absent without one. */
      readonly bytes?: number | undefined;
      readonly error?: Failure | undefined;
      /** Its fallback stands for its result. */
      readonly usedFallback?: boolean | undefined;
    };

/** An element that was called has ended; one that never was says nothing. */
export interface ElementSettled<Failure> {
  readonly kind: 'element.settled';
  readonly step: string;
  readonly element: number;
  readonly ok: boolean;
  readonly outcome: StepOutcome;
  readonly server?: string | undefined;
  readonly elapsedMs: number;
  /** Of its result, encoded; absent without one. */
  readonly bytes?: number | undefined;
  readonly error?: Failure | undefined;
  /** The fallback stands for its result. */
  readonly usedFallback?: boolean | undefined;
}

/** What happens once a run has failed: steps are undone, in reverse. */
export type CompensationEvent<Failure> =
  | { readonly kind: 'compensation.waiting'; readonly step: string; readonly element?: number | undefined; readonly reason: WaitReason }
  | {
      readonly kind: 'compensation.started';
      readonly step: string;
      readonly element?: number | undefined;
      readonly server: string;
      readonly attempt: number;
    }
  | {
      readonly kind: 'compensation.settled';
      readonly step: string;
      readonly element?: number | undefined;
      readonly ok: boolean;
      readonly server?: string | undefined;
      /** Tries that were made. */
      readonly attempts: number;
      /** Of the last try. */
      readonly elapsedMs: number;
      readonly error?: Failure | undefined;
    };

/** The last event. `result`: what was asked for, or, of a run that failed, the results that are there, by step. */
export type RunSettled<Result, Failure> = {
  readonly kind: 'run.settled';
  readonly ok: boolean;
  readonly elapsedMs: number;
  readonly result?: Result | undefined;
  readonly error?: Failure | undefined;
};

/** On the wire and in the coordinator's log: values encoded, the result as a shape with its values beside it. */
export type WireRunEvent = EventHead & (RunEventBody<Payload, OpaqueError> | RunSettled<Filled, OpaqueError>);
