/**
 * The answers that a peer gives by itself: in place of a frame that is too large to be sent (the limit on one value
 * holds for a frame as a whole too), and to requests beyond its bound. The other side gets an answer, never silence.
 *
 * R1 whoever refuses a call at the door has not looked for it: of one that was begun over a session that was lost, that it
 *    cannot be taken up here says nothing of whether it runs, or ran.
 */

import type { OpaqueError } from '../../core/workflow/record.ts';
import { HeddleError, type HeddleErrorOf } from '../../errors.ts';
import { toWireError, type WireError } from '../../wire/error.ts';
import type { CallFrame, Frame, ReplyFrame } from '../../wire/frame.ts';
import type { RequestFrame } from './conversation.ts';
import { type Asker, failure, respond } from './responses.ts';
import { lostWith } from './verdicts.ts';

/** The frame to send instead; undefined where nobody waits for one. */
export function inPlaceOf(frame: Frame, problem: HeddleErrorOf<'too_large'>): Frame | undefined {
  switch (frame.kind) {
    case 'reply':
      return { ...frame, outcome: { ok: false, error: tooLargeResult(problem) } };
    case 'runEvent':
      if (frame.event.kind !== 'run.settled') return undefined;
      return { ...frame, event: { ...frame.event, ok: false, result: undefined, error: runErrorOf(frame.event.error, problem) } };
    default:
      return undefined;
  }
}

/** The end of a conversation whose first frame could not be sent: nothing ran. */
export function refusalOf(id: number, problem: HeddleErrorOf<'too_large'>): ReplyFrame {
  return { kind: 'reply', id, outcome: failure(problem) };
}

/** A failed run without the partial results that made it too large; a result that is too large is the error itself. */
function runErrorOf(error: OpaqueError | undefined, problem: HeddleErrorOf<'too_large'>): WireError {
  // Core carries the wire form opaquely; runner and codec put nothing else there.
  const known = error as WireError | undefined;
  return known?.partial === undefined ? tooLargeResult(problem) : { ...known, partial: undefined };
}

function tooLargeResult({ detail }: HeddleErrorOf<'too_large'>): WireError {
  const found = detail.found === undefined ? 'more' : `${detail.found}`;
  return toWireError(new HeddleError('bad_result', { path: [], expected: `at most ${detail.limit} in all (${detail.what})`, found }));
}

/** Something is asked about that this build does not know: a later version may. Nothing has run. */
export function unknownSubject(frame: 'query' | 'watch', about: number): HeddleError {
  return new HeddleError(
    'protocol_error',
    { problem: `a ${frame} has the subject ${about}, which this server does not know: a later version may` },
    { executed: 'no' },
  );
}

/** The answer to a request beyond the bound: it was not looked at. */
export function overloadedReply(frame: RequestFrame): ReplyFrame {
  const what = frame.kind === 'call' ? frame.function : frame.kind;
  const error = new HeddleError('overloaded', { function: what, server: 'the server', retryAfterMs: 1_000 });
  return { kind: 'reply', id: frame.id, outcome: frame.kind === 'call' ? refusalOfCall(frame, error) : failure(error) };
}

/** Answers a call that is not taken up (R1). */
export function refuseCall(asker: Asker, frame: CallFrame, error: HeddleError): void {
  respond(asker, frame.id, refusalOfCall(frame, error));
}

/**
 * An attempt is refused as any other, and so is what was begun without a session that was lost (`via`): whoever makes it knows what became
 * of those before.
 */
function refusalOfCall({ isAgain, isDirect, via }: CallFrame, error: HeddleError): ReplyFrame['outcome'] {
  return isAgain && !isDirect && via !== undefined ? lostWith().outcome : failure(error);
}
