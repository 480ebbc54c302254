/**
 * What every stream of a listener goes through before its handler: the deadline of its first message, and the
 * flow-control window of its connection.
 */

import { ServerInterceptingCall, type ServerInterceptor, status } from '@grpc/grpc-js';

import type { CancelTask, Clock } from '../base/clock.ts';
import { windowBytes } from './grpc-options.ts';
import { firstMessageMs } from './limits.ts';

/** `onStream` is told the peer of every stream that opens. */
export function guardStreams(clock: Clock, onStream: (peer: string) => void): ServerInterceptor {
  return (method, call) => {
    onStream(call.getPeer());
    widenWindow(call, windowBytes(method.path));
    let cancel: CancelTask | undefined;
    const disarm = (): void => {
      cancel?.();
      cancel = undefined;
    };
    return new ServerInterceptingCall(call, {
      start: (next) => {
        cancel = clock.schedule(firstMessageMs, () => {
          call.sendStatus({ code: status.DEADLINE_EXCEEDED, details: `no message within ${firstMessageMs} ms` });
        });
        next({
          onReceiveMessage: (message, deliver) => {
            if (cancel) disarm();
            deliver(message);
          },
          onReceiveHalfClose: (deliver) => {
            disarm();
            deliver();
          },
          onCancel: () => disarm(),
        });
      },
    });
  };
}

/**
 * Widens the connection under `call`. A grpc-js server ignores `grpc-node.flow_control_window`, which leaves 64 KiB for
 * each direction that a client sends in; the session behind the call can be told all the same. Where it cannot be
 * found (another version), values just come more slowly; a test says so.
 */
function widenWindow(call: unknown, bytes: number): void {
  const session = fieldOf(fieldOf(call, 'stream'), 'session');
  const local = fieldOf(fieldOf(session, 'state'), 'localWindowSize');
  if (typeof local !== 'number' || local >= bytes) return;
  invoke(session, 'settings', { initialWindowSize: bytes });
  invoke(session, 'setLocalWindowSize', bytes);
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function invoke(target: unknown, name: string, argument: unknown): void {
  const method = fieldOf(target, name);
  if (typeof method === 'function') Reflect.apply(method, target, [argument]);
}
