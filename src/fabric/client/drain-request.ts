/**
 * `client.drain`: a server of the fabric is asked to drain, through whichever server the session is open to.
 *
 * R1 what is wrong with the options is found before anything is sent.
 * R2 the wait ends with the drain, its own time, the signal or the session; the drain goes on in any case.
 */

import { checkName, describeFound } from '../../core/names.ts';
import { HeddleError } from '../../errors.ts';
import type { Drained, Draining, DrainOptions } from '../api/drain-port.ts';
import { checkOptions } from '../api/known-options.ts';
import { checkSignal, checkTimeout } from '../call/call-options.ts';
import { SessionQuestion, type SessionQuestionOptions } from './session-question.ts';

const drainTimeoutMsDefault = 300_000;

/** Rejects with a HeddleError. */
export async function requestDrain(
  session: Pick<SessionQuestionOptions, 'keeper' | 'clock'>,
  server: unknown,
  options: unknown = {},
): Promise<Drained> {
  const name = checkName('server', server, ['server']);
  const { timeoutMs, signal, onWaiting } = checkDrainOptions(options);
  const question = new SessionQuestion({
    ...session,
    send: (peer, id) => peer.send({ kind: 'drain', id, server: name }),
    timeoutMs: timeoutMs ?? drainTimeoutMsDefault,
    signal,
    // A server of this protocol sends no other shape.
    onProgress: (value) => onWaiting?.(value as Draining),
  });
  return (await question.ask()) as Drained; // likewise
}

function checkDrainOptions(options: unknown): DrainOptions {
  const known = checkOptions(options, ['timeoutMs', 'signal', 'onWaiting'], 'options');
  checkTimeout(known['timeoutMs'], 'options');
  checkSignal(known['signal'], 'options');
  const onWaiting = known['onWaiting'];
  if (onWaiting === undefined || typeof onWaiting === 'function') return known; // every field was checked
  throw new HeddleError('bad_argument', { path: ['options', 'onWaiting'], expected: 'a function', found: describeFound(onWaiting) });
}
