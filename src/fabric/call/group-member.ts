/**
 * One call of a group, before it is sent and after it has come back without an end.
 */

import type { HeddleError } from '../../errors.ts';
import type { WireError } from '../../wire/error.ts';
import type { CallAwait } from '../../wire/frame.ts';
import type { CallSink, Invocation } from '../link/invocation.ts';
import { CallHistory, historyOf } from './call-history.ts';

/** A step that goes on elsewhere, with what is known of its call so far; nothing when it was not tried. */
export interface StepBack {
  readonly error: WireError;
  readonly server: string;
  readonly freeSlots?: number | undefined;
  readonly tried?: { readonly invocation: Invocation; readonly history: CallHistory } | undefined;
}

export interface FusedSink extends CallSink {
  back(back: StepBack): void;
}

/** One call of a group, to be sent. */
export interface GroupMember<Route> {
  readonly route: Route;
  readonly invocation: Invocation;
  readonly step: string;
  /** Empty: it begins at once. */
  readonly awaits: readonly CallAwait[];
  /** What it may take from its beginning on, in milliseconds. */
  readonly ownTimeoutMs: number;
  /** There and back, as calls have shown it. */
  readonly wayMs: number;
  readonly sink: FusedSink;
}

/** An attempt that failed and may be followed by another, elsewhere. */
export interface FailedTry {
  readonly known: HeddleError;
  readonly wire: WireError;
  readonly decision: 'now' | 'later';
  /** Where it was. */
  readonly instance: string;
}

/** The same call, to be tried again: its id stays, and what went wrong is kept. */
export function triedAgain(invocation: Invocation, { known, wire, decision, instance }: FailedTry): StepBack['tried'] {
  const isLost = known.code === 'connection_lost';
  // What was fenced may go anywhere, there included.
  const isFenced = isLost && known.executed === 'no';
  const history = historyOf(invocation) ?? new CallHistory(invocation.lost);
  history.add(wire, known.code);
  if (decision === 'now' && !isFenced) history.avoid(instance, known.code);
  const next: Invocation = {
    ...invocation,
    attempt: invocation.attempt + 1,
    paid: invocation.paid + (decision === 'later' ? 1 : 0),
    lost: invocation.lost + (isLost ? 1 : 0),
    round: invocation.round + (isFenced ? 1 : 0),
    isAgain: invocation.isAgain || (isLost && !isFenced),
  };
  return { invocation: next, history };
}
