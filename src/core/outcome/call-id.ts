/**
 * What names a call wherever it goes: constant over attempts, hops and sessions.
 */

export interface CallId {
  /** Instance of the process that asked first. */
  readonly caller: string;
  /** Counts that process' calls. */
  readonly callNumber: number;
}

/** One text for one id: instances hold no `@`. */
export function keyOf({ caller, callNumber }: CallId): string {
  return `${callNumber}@${caller}`;
}
