/**
 * What a server says of a call that gave no result: the errors of admission, deadline and handler.
 *
 * J1 whatever was thrown, there is a HeddleError for it; nothing here throws.
 */

import { untraced } from '../../base/untraced.ts';
import { typeName } from '../../core/workflow/fields.ts';
import { type ErrorDetails, messageOf } from '../../error-details.ts';
import { type Executed, fromThrown, HeddleError } from '../../errors.ts';
import type { CallFrame } from '../../wire/frame.ts';
import { encodeValue } from '../../wire/value.ts';
import type { WireError } from '../../wire/wire-error.ts';
import type { Settlement } from './invocation.ts';
import { failure } from './responses.ts';

/** The end of a call of which nobody can say any more whether it ran. */
export function lostWith(server = 'the server'): Settlement {
  return { outcome: failure(new HeddleError('connection_lost', { server })), server };
}

export function notOfferedHere({ function: name, version = '*' }: Pick<CallFrame, 'function' | 'version'>, server: string): HeddleError {
  return new HeddleError('not_offered_here', { function: name, version, server });
}

export function lateVerdict(timeoutMs: number, executed: Executed): HeddleError {
  return untraced(() => new HeddleError('deadline_exceeded', { timeoutMs }, { executed }));
}

/** A verdict of a deadline this close to our own deadline is about ours, in milliseconds. */
const verdictMarginMs = 50;

/** A call's own time is over as well: later hops, which had a little less, spoke first. */
export function isOverdue(deadlineMs: number, nowMs: number): boolean {
  return deadlineMs - nowMs <= verdictMarginMs;
}

/** Calls are given up by the thousand at once: no error is made for one before its caller is told. */
export function cancelledError(reason: string, executed: Executed): WireError {
  const detail: ErrorDetails['cancelled'] = { reason };
  return { code: 'cancelled', executed, message: messageOf('cancelled', detail), detail: encodeValue(detail) };
}

export function cancelledVerdict(reason: string, executed: Executed): HeddleError {
  return untraced(() => new HeddleError('cancelled', { reason }, { executed }));
}

/** Refusals come by the thousand when there is least time for them: no error is made for one, and no stack. */
export function fullError(detail: ErrorDetails['overloaded'], isJsonOnly: boolean): WireError {
  return {
    code: 'overloaded',
    executed: 'no',
    message: messageOf('overloaded', detail),
    detail: encodeValue(detail, { isJsonOnly }),
  };
}

/**
 * A server that stops is to its callers a link that breaks, only sooner: what has not run, or is safe to run again, is
 * tried elsewhere.
 */
export function stoppingVerdict(server: string, executed: Executed): HeddleError {
  return executed === 'no' ? new HeddleError('draining', { server }) : new HeddleError('connection_lost', { server });
}

/** Arguments that could not be made ready for a reason of our own. */
export function unreadyVerdict(problem: unknown): HeddleError {
  if (HeddleError.is(problem)) return problem;
  return new HeddleError(
    'protocol_error',
    { problem: `the arguments cannot be read: ${nameOf(problem)}` },
    { executed: 'no', cause: problem },
  );
}

/** Arguments of which a failure tells the types. */
const argumentTypesMax = 16;

/** What the handler threw, be it an error, a string, undefined, or something that throws when it is looked at. */
export function thrownVerdict(thrown: unknown, args: readonly unknown[]): HeddleError {
  const argumentTypes = args.slice(0, argumentTypesMax).map(typeName);
  try {
    const { detail, cause } = fromThrown(thrown);
    return new HeddleError('function_failed', { ...detail, argumentTypes }, { cause });
  } catch {
    const message = 'the handler threw something that cannot be read';
    return new HeddleError('function_failed', { name: 'Error', message, argumentTypes });
  }
}

/** A result that could not be written; when that is our own fault, it still is an answer. */
export function unwrittenVerdict(problem: unknown): HeddleError {
  if (HeddleError.is(problem)) return problem;
  return new HeddleError(
    'bad_result',
    { path: [], expected: 'a value that can be encoded', found: `one that raised ${nameOf(problem)}` },
    { cause: problem },
  );
}

function nameOf(problem: unknown): string {
  return problem instanceof Error ? problem.name : typeof problem;
}
