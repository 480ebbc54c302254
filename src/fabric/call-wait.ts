/**
 * Why a call waits before its next attempt, in words for whoever watches it.
 */

import type { ErrorCode } from '../errors.ts';
import type { CallWait, Invocation } from './invocation.ts';
import type { Routing } from './routing-port.ts';

/** What a failure makes a call wait for, until `untilMs` at the latest. */
export function reasonToWait<Route>(
  { invocation, routing }: { readonly invocation: Invocation; readonly routing: Routing<Route> },
  untilMs: number,
  because: ErrorCode,
): CallWait {
  if (because === 'no_such_function' || because === 'no_matching_offer') return { kind: 'no_offer', function: invocation.function };
  const breakerMs = because === 'no_route' ? routing.breakersOpenUntilMs(invocation) : undefined;
  return breakerMs === undefined ? { kind: 'retry', untilMs, because } : { kind: 'breaker', untilMs: breakerMs };
}
