/**
 * Whose call a frame is, and whether they may make it: asked of every call that comes over a link or session.
 *
 * A1 a client speaks for itself alone: for another's call it neither asks nor waits.
 * A2 so does a server that may relay nothing.
 * A3 what only servers say to one another is not heard from clients.
 */

import { HeddleError } from '../../errors.ts';
import { anonymous } from '../../identity/identity.ts';
import type { CallFrame, OutcomeFrame, SubmitFrame } from '../../wire/frame.ts';
import type { Asking, Gate } from '../link/gate.ts';
import type { CallAnswer } from './call-answer.ts';

/** A call, by whom it came, and whose it is. */
export interface AskedCall {
  readonly frame: CallFrame;
  readonly peer: Asking;
  readonly asker: string;
}

/** The asker's `Identity.text`, or why not. Costs two look-ups. */
export function askerOfCall(gate: Gate, frame: CallFrame, peer: Asking): string | HeddleError {
  const isAnothers = speaksForAnother(frame, peer);
  if (isAnothers && peer.kind === 'session') return anothersCall(gate, peer);
  const asker = gate.askerOf(peer, frame.identity ?? (isAnothers ? anonymous.text : undefined), frame.function);
  // Without rules a server is believed to have looked at whom it lets in.
  if (typeof asker !== 'string' || (peer.kind === 'link' && !gate.hasRules)) return asker;
  const verb = frame.isStep === true && peer.kind === 'link' ? 'submit' : 'call';
  const onBehalfOf = gate.behalfOf(peer, frame.onBehalfOf);
  return gate.refusal(asker, { verb, name: frame.function, peer: peer.identity.name, onBehalfOf }) ?? asker;
}

/** Where anybody asks: the call is known as the asker's from here on, and for whom the asker's function runs. */
export function noteAsker(gate: Gate, call: Pick<CallAnswer, 'identity' | 'onBehalfOf'>, { frame, peer, asker }: AskedCall): void {
  if (!gate.tells) return;
  call.identity = asker;
  call.onBehalfOf = gate.behalfOf(peer, frame.onBehalfOf);
}

/** A call without what only servers say (A3). */
export function asAsked(frame: CallFrame, { kind }: Asking): CallFrame {
  const { caller, callerName, isStep, parkMs, parkOverBytes } = frame;
  const isPlain = (caller ?? callerName ?? isStep ?? parkMs ?? parkOverBytes) === undefined;
  if (kind === 'link' || isPlain) return frame;
  return { ...frame, caller: undefined, callerName: undefined, isStep: undefined, parkMs: undefined, parkOverBytes: undefined };
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

/** What became of a call is told to whoever made it, and to servers that may pass calls on. */
export function mayHear(gate: Gate, frame: OutcomeFrame, peer: Asking): boolean {
  return !speaksForAnother(frame, peer) || (peer.kind === 'link' && gate.relays(peer.identity.proof));
}

/** Whether the peer's own process did not make the call. */
function speaksForAnother({ caller }: Pick<CallFrame | OutcomeFrame, 'caller'>, { identity }: Asking): boolean {
  return caller !== undefined && caller !== (identity.said ?? identity.instance);
}

function anothersCall({ server }: Gate, { identity }: Asking): HeddleError {
  const why = `${identity.name} asks for a call of somebody else: a client speaks for itself alone`;
  return new HeddleError('unauthenticated', { server, reason: 'wrong_name', why });
}
