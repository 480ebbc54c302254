/**
 * Asking the server that keeps a value for a part of it: one question, one answer.
 *
 * Q1 it is answered once: with the part, with where that is kept, or with what went wrong.
 * Q2 given up, the other side is told.
 */

import { onAbort } from '../../base/aborts.ts';
import { deferred } from '../../base/deferred.ts';
import type { Payload } from '../../core/payload.ts';
import { HeddleError } from '../../errors.ts';
import { fromWireError } from '../../wire/error.ts';
import type { ReplyFrame } from '../../wire/frame.ts';
import type { PullPeer } from './pull.ts';
import type { WantedPart } from './value-parts.ts';

/** Rejects with the keeper's error, or with the reason of the signal. */
export async function askForPart(peer: PullPeer, { parked, path, listBytes }: WantedPart, signal: AbortSignal): Promise<Payload> {
  const answered = deferred<Payload>();
  const id = peer.reserve({
    onReply: ({ outcome }: ReplyFrame) => (outcome.ok ? answered.resolve(outcome.value) : answered.reject(fromWireError(outcome.error))),
    onLost: () => answered.reject(new Error('the connection to it was lost')),
  });
  peer.send({ kind: 'pull', id, parked, credit: 0, path, listBytes });
  const leaveSignal = onAbort(signal, (reason) => {
    const why = HeddleError.is(reason) ? reason.message : 'it is not wanted any more';
    peer.send({ kind: 'cancel', id, reason: why, hasLeft: false });
    peer.release(id);
    answered.reject(reason);
  });
  return answered.promise.finally(leaveSignal);
}
