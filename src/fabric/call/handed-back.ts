/**
 * A call that a server which routes it on hands back, to be sent once more by whoever made it.
 *
 * H1 of the one failover that a call has after a lost connection, whoever made the call keeps account: every server on the way
 *    may be lost next. It is used at most once, over all sessions and hops.
 * H2 a `once` call goes to an offer that others may not have heard of only when its caller knows: were this server lost, the
 *    next one could not know whom to ask.
 */

import { viaMax } from '../../wire/call-messages.ts';
import type { Failure } from '../../wire/frame.ts';
import type { Invocation } from '../link/invocation.ts';
import type { OpenCall } from './routing-port.ts';

/** The call as it is sent once more, after `lost` connections; undefined: it has failed. */
export function handedBack(call: Invocation, { mayFailOver, runners }: Failure, lost: number): Invocation | undefined {
  if (runners) return knowing(call, runners);
  if (mayFailOver !== true || lost > 0) return undefined;
  return { ...call, isAgain: true };
}

/** Whom the caller is to be told of before its call goes to `route`: undefined when of nobody; empty when there is no room for it. */
export function untoldRunners<Route>(
  { routing, invocation }: Pick<OpenCall<Route>, 'routing' | 'invocation'>,
  route: Route,
  nowMs: number,
): readonly string[] | undefined {
  const news = routing.newsOf(route, nowMs);
  const { instance } = routing.serverOf(route);
  if (news.length === 0 || invocation.runners?.includes(instance)) return undefined;
  const runners = together(invocation.runners, [instance, ...news]);
  return runners.includes(instance) ? runners : [];
}

/** It was not sent on: what it was asked for before has been found out. */
function knowing(call: Invocation, told: readonly string[]): Invocation | undefined {
  const runners = together(call.runners, told);
  return runners.length === (call.runners?.length ?? 0) ? undefined : { ...call, runners, isAgain: false };
}

function together(known: readonly string[] | undefined, more: readonly string[]): readonly string[] {
  return [...new Set([...(known ?? []), ...more])].slice(0, viaMax);
}
