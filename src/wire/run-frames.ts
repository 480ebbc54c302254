/**
 * The frames of runs: a workflow is submitted, or a run is followed from some event on, and its events come back under the same
 * `id`; the last of them settles the conversation.
 */

import type { Payload } from '../core/payload.ts';
import type { LooksBare, StepSeats, WireCommand, WireReturns, WireRunEvent } from '../core/workflow/record.ts';
import type { WireTrace } from './trace-fields.ts';

export interface SubmitFrame {
  readonly kind: 'submit';
  readonly id: number;
  /** Chosen by the caller; absent: by the coordinator. */
  readonly runId?: string | undefined;
  /** Of the workflow, for people: the coordinator's observers see it. */
  readonly name?: string | undefined;
  readonly commands: readonly WireCommand[];
  readonly returns: WireReturns;
  readonly input?: Payload | undefined;
  readonly timeoutMs?: number | undefined;
  readonly isDetached: boolean;
  /** String arguments that equal another command's name, found by the submitter (for the hint). */
  readonly looksBare: readonly LooksBare[];
  /** From the server that planned the run and hands it over. */
  readonly seats?: StepSeats | undefined;
  /** Where it stands in its trace. */
  readonly trace?: WireTrace | undefined;
  readonly identity?: string | undefined;
}

/** Follows a run from an event onwards; answered by run events, and by a reply only when there is no such run. */
export interface AttachFrame {
  readonly kind: 'attach';
  readonly id: number;
  readonly runId: string;
  readonly fromSequence: number;
  readonly identity?: string | undefined;
}

/** Answered by a reply (value undefined) once the run is on its way to its end. */
export interface CancelRunFrame {
  readonly kind: 'cancelRun';
  readonly id: number;
  readonly runId: string;
  readonly reason: string;
  readonly identity?: string | undefined;
}

/** One event of the run that `id` submitted or attached to. The last one settles the conversation. */
export interface RunEventFrame {
  readonly kind: 'runEvent';
  readonly id: number;
  readonly event: WireRunEvent;
}
