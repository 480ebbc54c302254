/**
 * What goes into a run machine and what comes out: its inputs, effects and settings.
 */

import type { Random } from '../../base/random.ts';
import type { HeddleError } from '../../errors.ts';
import type { Filled, Payload } from '../payload.ts';
import type { LooksBare, OpaqueError, WaitReason, WireCommand, WireRunEvent } from './record.ts';
import type { CheckedWorkflow } from './workflow.ts';

/** How the call of a step ended. */
export type StepEnd =
  | { readonly ok: true; readonly value: Payload }
  /** `wire` is the same error as it travels. */
  | { readonly ok: false; readonly error: HeddleError; readonly wire: OpaqueError };

export type RunInput =
  /** Once, first. */
  | { readonly kind: 'started' }
  /** An attempt of a started step's call went out. */
  | { readonly kind: 'stepStarted'; readonly step: string; readonly server: string; readonly attempt: number }
  /** A started step's call waits before its next attempt. */
  | { readonly kind: 'stepWaiting'; readonly step: string; readonly reason: WaitReason }
  | { readonly kind: 'stepProgress'; readonly step: string; readonly value: Payload }
  /** Once for every `startStep`. `freeSlots` and `server` as in the reply. */
  | {
      readonly kind: 'stepSettled';
      readonly step: string;
      readonly end: StepEnd;
      readonly server?: string | undefined;
      readonly freeSlots?: number | undefined;
    }
  /** Somebody gave the run up. */
  | { readonly kind: 'cancelled'; readonly reason: string }
  /** This coordinator stops before the run is over. */
  | { readonly kind: 'abandoned' }
  | { readonly kind: 'wake' };

export type RunEffect =
  /** Call the function; answer with one `stepSettled`, also after a `cancelStep`. */
  | { readonly kind: 'startStep'; readonly step: string; readonly command: WireCommand; readonly args: Filled; readonly timeoutMs: number }
  /** Cancel its call: the answer should come at once. */
  | { readonly kind: 'cancelStep'; readonly step: string; readonly reason: string }
  /** For the log and every follower; `run.settled` is the last effect of all. */
  | { readonly kind: 'event'; readonly event: WireRunEvent };

/** What the machine needs of the room that knows bytes. */
export interface RunCodec {
  encodeValue(value: unknown): Payload;
  /** `partial` are the results that belong into the error's detail. */
  encodeError(error: HeddleError, partial?: Readonly<Record<string, Payload>>): OpaqueError;
}

export interface RunSettings {
  readonly runId: string;
  /** Name of this server. */
  readonly coordinator: string;
  readonly workflow: CheckedWorkflow;
  /** Present exactly when the workflow was checked with `hasInput`. */
  readonly input?: Payload | undefined;
  /** For the whole run, from `started`. */
  readonly timeoutMs: number;
  readonly looksBare?: readonly LooksBare[] | undefined;
  /** Wall clock minus monotonic clock, for the times of events. */
  readonly wallOffsetMs: number;
  readonly random: Random;
  readonly codec: RunCodec;
  /** Steps whose calls are under way at the same time; default 256. */
  readonly inFlightMax?: number | undefined;
}

export const inFlightMaxDefault = 256;
/** How long a run that ends early waits for the answers of the steps that it cancelled; then they count as `maybe`. */
export const endGraceMs = 2_000;
