/**
 * What `explain` gives, as types. A function's plan has one step, a workflow's one for each command; explainer.ts and
 * workflow-explainer.ts make them.
 */

/** Where something would run, and why. Of a function there is one step; of a workflow one a command, in an order in which they could run. */
export interface Plan {
  /** In an order in which they could run. */
  readonly steps: readonly PlannedStep[];
  /** Of a workflow: the server that would coordinate the run, and why. */
  readonly coordinator?: { readonly server: string; readonly why: string };
  /** Of a workflow: what the run would take, as far as that is known. */
  readonly predicted?: PredictedRun;
}

/** Where one of them would go. */
export interface PlannedStep {
  /** Name of the function; of a workflow, of the command. */
  readonly name: string;
  /** Of a workflow: the function. */
  readonly function?: string;
  /** Of a workflow: the commands that must be done first. */
  readonly needs?: readonly string[];
  /** Of a workflow: the list whose elements the function is called for, one call each, and how many at a time. */
  readonly each?: { readonly list: string; readonly parallel: number };
  /** The server that comes first now; absent: none would take the call. */
  readonly server?: string;
  /** The version that it would run. */
  readonly version?: string;
  /** Of a workflow: steps with the same number go to their server as one frame. */
  readonly group?: number;
  /** In words: how the choice is made, or why there is none. */
  readonly reasons: readonly string[];
  /** Candidates in the order in which they are preferred, then the offers that are not taken; at most 1,000, in a workflow 20 a step. */
  readonly offers: readonly { readonly server: string; readonly version: string; readonly isCandidate: boolean; readonly why: string }[];
  /** Of a workflow: when it would begin and end, and what would travel for it. */
  readonly predicted?: PredictedStep;
}

/** Times in milliseconds from the beginning of the run. */
export interface PredictedStep {
  /** When all that it needs would be there. */
  readonly startMs: number;
  /** When its result would be there. */
  readonly endMs: number;
  /** Of its inputs, as far as they travel from the coordinator to the step. */
  readonly bytesIn: number;
  /** Of its result; absent: this server has not seen one yet. */
  readonly bytesOut?: number;
  /** False: nobody knows yet how long the function takes; it counts as nothing. */
  readonly isKnown: boolean;
}

/** What a run would take. */
export interface PredictedRun {
  /** From its beginning to the end of its last step. */
  readonly ms: number;
  /** Frames with calls that leave the coordinator. */
  readonly trips: number;
  /** Arguments that leave the coordinator. */
  readonly bytes: number;
  /** Steps of which nobody knows yet how long they take. */
  readonly unknown: number;
}
