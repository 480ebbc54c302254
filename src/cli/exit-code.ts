/**
 * What a process ends with, by the code of the error that ended it.
 *
 * X1 every code has a row: 1 the function or workflow failed, 2 bad usage or input, 3 no route or unreachable,
 *    4 deadline, 130 interrupted. X2 what is no HeddleError is 2 when the usage was wrong, else 1.
 */

import { type ErrorCode, HeddleError } from '../index.ts';

export const exitCodes = { done: 0, failed: 1, usage: 2, noRoute: 3, deadline: 4, interrupted: 130 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** What was typed cannot be used; the message says what to do. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const { failed, usage, noRoute, deadline, interrupted } = exitCodes;

const exitCodeOf: Readonly<Record<ErrorCode, ExitCode>> = {
  bad_argument: usage,
  bad_workflow: usage,
  bad_settings: usage,
  too_large: usage,
  unknown_run: usage,
  no_such_function: noRoute,
  no_matching_offer: noRoute,
  no_route: noRoute,
  unreachable: noRoute,
  connection_lost: noRoute,
  overloaded: noRoute,
  draining: noRoute,
  not_offered_here: noRoute,
  lease_lost: noRoute,
  coordinator_lost: noRoute,
  version_mismatch: noRoute,
  cluster_mismatch: noRoute,
  name_taken: noRoute,
  unauthenticated: noRoute,
  forbidden: noRoute,
  deadline_exceeded: deadline,
  cancelled: interrupted,
  function_failed: failed,
  bad_result: failed,
  step_failed: failed,
  upstream_failed: failed,
  protocol_error: failed,
  closed: failed,
};

/** The exit code for anything thrown. */
export function exitCodeFor(error: unknown): ExitCode {
  if (HeddleError.is(error)) return exitCodeOf[error.code];
  return error instanceof UsageError ? usage : failed;
}

/** An error as lines for stderr: code and message, then the causes that a person can use. */
export function errorText(error: unknown): string {
  if (error instanceof UsageError) return error.message;
  if (!HeddleError.is(error)) return error instanceof Error ? (error.stack ?? error.message) : String(error);
  const ran = error.executed === 'no' ? '' : ` (it ${error.executed === 'yes' ? 'ran' : 'may have run'})`;
  const cause: unknown = error.cause;
  const because = HeddleError.is(cause) ? `\n  because ${errorText(cause).replaceAll('\n', '\n  ')}` : '';
  // The step's own line says it whole.
  const message = HeddleError.is(cause) && error.code === 'step_failed' ? error.message.slice(0, -cause.message.length - 2) : error.message;
  // Some messages begin with their code, as `cancelled: SIGINT` does.
  return `${message.startsWith(error.code) ? '' : `${error.code}: `}${message}${ran}${because}`;
}
