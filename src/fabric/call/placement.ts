/**
 * Where steps may go, asked of the router as a call would: for those that go together now (fuser.ts), and for a plan
 * (workflow-explainer.ts).
 */

import type { Offer } from '../../core/catalog/server-state.ts';
import type { RouteQuery, Router } from '../../core/routing/router.ts';
import type { Fit } from '../../core/workflow/fusion.ts';
import { askedKindOf } from '../../core/workflow/offer-source.ts';
import type { WireCommand } from '../../core/workflow/record.ts';

/** A step that is known to take no longer may share its server with its siblings. */
const quickMs = 1;

/** A step as the router sees it. */
export function queryOf(command: WireCommand): RouteQuery {
  const { function: name, version, need, target } = command;
  return { function: name, kind: askedKindOf(command), version, need, target };
}

/** What a step would find at a server; undefined: it would not go there now. */
export function fitAt(
  router: Router,
  query: RouteQuery,
  at: { readonly instance: string; readonly nowMs: number },
): (Fit & { readonly offer: Offer }) | undefined {
  const found = router.candidateAt(query, at.instance, at.nowMs);
  return found && { offer: found.offer, isOnly: found.isOnly, isQuick: isQuick(found.offer) };
}

/** Whether no breaker stands before it. */
export function isOpen({ gate, server }: Offer): boolean {
  return gate.state === 'closed' && server.gate.state === 'closed';
}

/** There and back. */
export function wayMsOf({ server }: Offer): number {
  return Math.max(server.roundTripMs, server.way.shortestMs);
}

/** The work of one call without the way to it, as far as calls from here have shown. */
export function runMsOf(offer: Offer): number | undefined {
  const { latency } = offer;
  return latency.samples === 0 ? undefined : Math.max(0, latency.averageMs - wayMsOf(offer));
}

function isQuick(offer: Offer): boolean {
  const runMs = runMsOf(offer);
  return runMs !== undefined && runMs < quickMs;
}
