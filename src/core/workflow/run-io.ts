/**
 * What goes into a run machine and what comes out: its inputs, effects and settings.
 */

import type { Random } from '../../base/random.ts';
import type { HeddleError } from '../../errors.ts';
import type { Filled, Path, Payload } from '../payload.ts';
import type { Compensation, LooksBare, OpaqueError, WaitReason, WireCommand, WireRunEvent } from './record.ts';
import type { CheckedWorkflow } from './workflow.ts';

/** How the call of a step ended. */
export type StepEnd =
  | { readonly ok: true; readonly value: Payload }
  /** `wire` is the same error as it travels. */
  | { readonly ok: false; readonly error: HeddleError; readonly wire: OpaqueError };

/** Whose call is meant. */
export interface Called {
  readonly step: string;
  /** Of a step that maps a list: the place of the element in it. */
  readonly element?: number | undefined;
}

export type RunInput =
  /** Once, first. */
  | { readonly kind: 'started' }
  /** An attempt of a started step's call went out. */
  | ({ readonly kind: 'stepStarted'; readonly server: string; readonly attempt: number } & Called)
  /** A started step's call waits before its next attempt. */
  | ({ readonly kind: 'stepWaiting'; readonly reason: WaitReason } & Called)
  | ({ readonly kind: 'stepProgress'; readonly value: Payload } & Called)
  /** The server of a started step pulls the result of `of` from another; without a server: not any more. */
  | { readonly kind: 'stepPulling'; readonly step: string; readonly of: string; readonly server?: string | undefined }
  /** Once for every `startStep`. `freeSlots` and `server` as in the reply. */
  | ({
      readonly kind: 'stepSettled';
      readonly end: StepEnd;
      readonly server?: string | undefined;
      readonly freeSlots?: number | undefined;
    } & Called)
  /** Once for every `readList`: its elements, or why there are none. */
  | {
      readonly kind: 'listRead';
      readonly step: string;
      readonly list: { readonly ok: true; readonly items: readonly Payload[] } | Extract<StepEnd, { ok: false }>;
    }
  /** Once for every `makeList`. */
  | { readonly kind: 'listMade'; readonly step: string; readonly end: StepEnd }
  /**
   * Once for a shipped step instead of `stepSettled`: what became of it there is no end of the step, which is called again when
   * its inputs are there. `error` says what may have run.
   */
  | {
      readonly kind: 'stepBack';
      readonly step: string;
      readonly error: HeddleError;
      readonly wire: OpaqueError;
      readonly server?: string | undefined;
      readonly freeSlots?: number | undefined;
    }
  /** A try of an undo went out. */
  | ({ readonly kind: 'undoStarted'; readonly server: string } & Called)
  /** Once for every `startUndo`. */
  | ({ readonly kind: 'undoSettled'; readonly end: StepEnd; readonly server?: string | undefined } & Called)
  /** Somebody gave the run up. */
  | { readonly kind: 'cancelled'; readonly reason: string }
  /** This coordinator stops before the run is over. */
  | { readonly kind: 'abandoned' }
  | { readonly kind: 'wake' };

/** What a run is told of the elements of a list. */
export type ElementInput =
  | Extract<RunInput, { kind: 'listRead' | 'listMade' }>
  | (Extract<RunInput, { kind: 'stepStarted' | 'stepWaiting' | 'stepProgress' | 'stepSettled' }> & { readonly element: number });

export function isOfElement(input: RunInput): input is ElementInput {
  switch (input.kind) {
    case 'listRead':
    case 'listMade':
      return true;
    case 'stepStarted':
    case 'stepWaiting':
    case 'stepProgress':
    case 'stepSettled':
      return input.element !== undefined;
    default:
      return false;
  }
}

export type RunEffect =
  /** Call the function, at `place` if that is possible; answer with one `stepSettled`, also after a `cancelStep`. */
  | ({ readonly kind: 'startStep'; readonly place?: object | undefined } & StepStart)
  /** Ship these to one server, the first of them to begin at once; `leftMs` is what the run has left. Answer for each with one `stepSettled` or `stepBack`. */
  | { readonly kind: 'startGroup'; readonly place: object; readonly steps: readonly ShippedStep[]; readonly leftMs: number }
  /** All that a shipped step awaited is done: from now on its own time runs. */
  | { readonly kind: 'beginStep'; readonly step: string; readonly timeoutMs: number }
  /** Cancel its call: the answer should come at once. */
  | ({ readonly kind: 'cancelStep'; readonly reason: string } & Called)
  /** Read the list that a step maps; answer with one `listRead`. Of one that was kept, so many bytes may come. */
  | { readonly kind: 'readList'; readonly step: string; readonly list: Filled; readonly listBytes: number }
  /** Make one list of the results of its elements; answer with one `listMade`. */
  | { readonly kind: 'makeList'; readonly step: string; readonly values: readonly Payload[] }
  /** Call what undoes the step; answer with one `undoSettled`. */
  | UndoStart
  | LeaseEffect
  /** For the log and every follower; `run.settled` is the last effect of all. */
  | { readonly kind: 'event'; readonly event: WireRunEvent };

/** Tell the server that keeps these results which of them stay, for `forMs` from now on, and which are not needed any more. */
export interface LeaseEffect {
  readonly kind: 'lease';
  /** Name and instance. */
  readonly server: string;
  readonly instance: string;
  readonly renewed: readonly number[];
  readonly released: readonly number[];
  readonly forMs: number;
}

/** One try of an undo. */
export interface UndoStart extends Called {
  readonly kind: 'startUndo';
  readonly compensation: Compensation;
  readonly args: Filled;
  readonly timeoutMs: number;
  /** The same for every try. */
  readonly idempotencyKey: string;
}

/** The call of a step. */
export interface StepStart extends Called {
  readonly command: WireCommand;
  /** With the values that are known here. */
  readonly args: Filled;
  readonly timeoutMs: number;
  /** It may have run in an earlier call: it does not go where it must not run twice. */
  readonly mayHaveRun: boolean;
  /** Results over so many bytes stay where they were made, where that is less than what is usual there. */
  readonly parkOverBytes?: number | undefined;
}

/** The call of a step that may have to wait for others of its group, where they run. */
export interface ShippedStep extends StepStart {
  /** Holes that results of the group fill. */
  readonly awaits: readonly { readonly at: Path; readonly path: Path; readonly step: string }[];
  /** Steps of the group that must be done first, beside those. */
  readonly after: readonly string[];
}

/** Which steps go together to one server. What it knows of the fabric is of the moment of asking. */
export interface Fusion {
  /** The steps to ship with `head`, in an order in which they can run, and where to; undefined: it goes alone, wherever it may. */
  groupOf(head: number, state: FusionState): { readonly place: object; readonly members: readonly number[] } | undefined;
}

/** What fusion may ask of the run. */
export interface FusionState {
  /** Further steps that the run may have under way. */
  readonly room: number;
  /** Needs of a waiting step that are not done; undefined: it does not wait. */
  missingOf(at: number): number | undefined;
  /** Its arguments as far as they are known, encoded. */
  bytesOf(at: number): number;
}

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
  /** Absent: every step goes alone. */
  readonly fusion?: Fusion | undefined;
  /** How long results stay with their producers without a word from here; absent: none does. */
  readonly leaseMs?: number | undefined;
  /** Steps whose calls are under way at the same time; default 256. */
  readonly inFlightMax?: number | undefined;
}

export const inFlightMaxDefault = 256;
/** How long a run that ends early waits for the answers of the steps that it cancelled; then they count as `maybe`. */
export const endGraceMs = 2_000;
