/**
 * Pings on an HTTP/2 session, one after the other, for as long as it lives.
 */

import type { ClientHttp2Session } from 'node:http2';

import type { CancelTask, Clock } from '../base/clock.ts';
import type { Keepalive } from './grpc-options.ts';

export interface Pinging extends Keepalive {
  readonly clock: Clock;
  /** Called once, when an answer does not come in time. */
  readonly onSilent: () => void;
}

/** Pings until `session` closes. */
export function keepAlive(session: ClientHttp2Session, { timeMs, timeoutMs, clock, onSilent }: Pinging): void {
  let cancel: CancelTask;
  const wait = (): void => {
    cancel = clock.schedule(timeMs, ask);
  };
  const ask = (): void => {
    cancel = clock.schedule(timeoutMs, onSilent);
    // False once the session is closing, which it tells by itself.
    session.ping((error) => {
      cancel();
      if (!error) wait();
    });
  };
  session.once('close', () => cancel());
  wait();
}
