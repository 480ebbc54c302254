/**
 * What `explain` gives, as types. A function's plan has one step; explainer.ts makes it.
 */

/** Where something would run, and why. Of a function there is one step. */
export interface Plan {
  readonly steps: readonly PlannedStep[];
}

export interface PlannedStep {
  /** Name of the function. */
  readonly name: string;
  /** The server that comes first now; absent: none would take the call. */
  readonly server?: string;
  /** The version that it would run. */
  readonly version?: string;
  /** In words: how the choice is made, or why there is none. */
  readonly reasons: readonly string[];
  /** Candidates in the order in which they are preferred, then the offers that are not taken; at most 1,000. */
  readonly offers: readonly { readonly server: string; readonly version: string; readonly isCandidate: boolean; readonly why: string }[];
}
