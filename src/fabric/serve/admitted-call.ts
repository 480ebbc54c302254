/**
 * Whose call a frame is, and whether they may make it: asked of every call that comes over a link or session.
 *
 * A1 a client speaks for itself alone: for another's call it neither asks nor waits.
 */

import { HeddleError } from '../../errors.ts';
import type { CallFrame, OutcomeFrame, SubmitFrame } from '../../wire/frame.ts';
import type { Asking, Gate } from '../link/gate.ts';

/** The asker's `Identity.text`, or why not. Costs two look-ups. */
export function askerOfCall(gate: Gate, frame: CallFrame, peer: Asking): string | HeddleError {
  if (speaksForAnother(frame, peer)) return anothersCall(gate, peer);
  const asker = gate.askerOf(peer, frame.identity, frame.function);
  // Without rules a server is believed to have looked at whom it lets in.
  if (typeof asker !== 'string' || (peer.kind === 'link' && !gate.hasRules)) return asker;
  const wish = { verb: frame.isStep === true ? 'submit' : 'call', name: frame.function, peer: peer.identity.name } as const;
  return gate.refusal(asker, wish) ?? asker;
}

/** The same of a run, and of every function that it would call. */
export function askerOfRun(gate: Gate, { commands, identity }: SubmitFrame, peer: Asking): string | HeddleError {
  const asker = gate.askerOf(peer, identity);
  if (typeof asker !== 'string' || (peer.kind === 'link' && !gate.hasRules)) return asker;
  for (const { function: name, compensate } of commands) {
    for (const one of compensate ? [name, compensate.function] : [name]) {
      const relayed = gate.askerOf(peer, identity, one);
      const refusal = typeof relayed === 'string' ? gate.refusal(asker, { verb: 'submit', name: one, peer: peer.identity.name }) : relayed;
      if (refusal) return refusal;
    }
  }
  return asker;
}

/** A1. */
export function speaksForAnother({ caller }: Pick<CallFrame | OutcomeFrame, 'caller'>, { kind, identity }: Asking): boolean {
  return kind === 'session' && caller !== undefined && caller !== identity.instance;
}

function anothersCall({ server }: Gate, { identity }: Asking): HeddleError {
  const why = `${identity.name} asks for a call of another client: a client speaks for itself alone`;
  return new HeddleError('unauthenticated', { server, reason: 'wrong_name', why });
}
