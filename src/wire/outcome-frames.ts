/**
 * The frames that ask what became of a call, and say it.
 */

/** What became of a call? Fences it if it has not begun. Answered by a standing. */
export interface OutcomeFrame {
  readonly kind: 'outcome';
  readonly id: number;
  /** Instance of the process that asked first: with `callNumber` the callId. */
  readonly caller: string;
  readonly callNumber: number;
  /** The highest round in which the call was sent there. */
  readonly round: number;
  /** Milliseconds left when the frame was written. */
  readonly timeoutMs: number;
}

/** The answer to an outcome. A reply follows where it is done or running; the other two end the conversation. */
export interface StandingFrame {
  readonly kind: 'standing';
  readonly id: number;
  readonly state: 'done' | 'running' | 'never' | 'forgotten';
}
