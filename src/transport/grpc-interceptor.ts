/**
 * What every stream of a listener goes through before its handler: who may open it, the deadline of its first message, the
 * flow-control window of its connection, and the count of what it holds, in both directions.
 */

import { EventEmitter } from 'node:events';
import { constants } from 'node:http2';

import { ServerInterceptingCall, type ServerInterceptingCallInterface, type ServerInterceptor, status } from '@grpc/grpc-js';

import type { CancelTask, Clock } from '../base/clock.ts';
import type { EndStatus, Guard } from './grpc-guard.ts';
import type { Holdings } from './grpc-holdings.ts';
import { windowBytes } from './grpc-options.ts';
import { closeGraceMs, firstMessageMs } from './limits.ts';
import type { Unfinished, UnfinishedStream } from './unfinished.ts';

/** `guard` is told the peer of every stream that opens. */
export function guardStreams(clock: Clock, guard: Guard, { unfinished, unread }: Holdings): ServerInterceptor {
  const widened: Widened = new WeakMap();
  return (method, call) => {
    const refusal = guard(call.getPeer(), method.path);
    // The handler is never started: it hears nothing of the stream.
    if (refusal) return new ServerInterceptingCall(call, { start: () => refuse(call, refusal, clock) });
    widenWindow(call, windowBytes(method.path), widened);
    const held = counted(call, unfinished);
    const tellUnread = countedUnread(call, unread);
    let cancel: CancelTask | undefined;
    const disarm = (): void => {
      cancel?.();
      cancel = undefined;
    };
    return new ServerInterceptingCall(call, {
      sendMessage: (message, next) => {
        next(message);
        tellUnread();
      },
      start: (next) => {
        cancel = clock.schedule(firstMessageMs, () => {
          held.close();
          refuse(call, { code: status.DEADLINE_EXCEEDED, details: `no message within ${firstMessageMs} ms` }, clock);
        });
        next({
          onReceiveMessage: (message, deliver) => {
            if (cancel) disarm();
            held.given(framed(message));
            deliver(message);
          },
          onReceiveHalfClose: (deliver) => {
            disarm();
            deliver();
          },
          onCancel: () => {
            disarm();
            held.close();
          },
        });
      },
    });
  };
}

function refuse(call: ServerInterceptingCallInterface, end: EndStatus, clock: Clock): void {
  call.sendStatus(end);
  // Its half stays open for as long as the client likes: it is shut once the status can have arrived.
  clock.schedule(closeGraceMs, () => invoke(fieldOf(call, 'stream'), 'close', constants.NGHTTP2_NO_ERROR));
}

/** Counts what comes in on a stream, before grpc-js' own listener does: the stream flows and pauses as that one says. */
function counted(call: ServerInterceptingCallInterface, unfinished: Unfinished): UnfinishedStream {
  const held = unfinished.open(call.getPeer());
  const stream = fieldOf(call, 'stream');
  if (!(stream instanceof EventEmitter)) return held;
  stream.prependListener('data', (data: Uint8Array) => held.came(data.length));
  stream.once('close', () => held.close());
  return held;
}

/** Counts what a stream holds for its client: call it when more has been written. */
function countedUnread(call: ServerInterceptingCallInterface, unread: Unfinished): () => void {
  const stream = fieldOf(call, 'stream');
  if (!(stream instanceof EventEmitter)) return () => {};
  const left = unread.open(call.getPeer());
  const tell = (): void => left.holds(Number(fieldOf(stream, 'writableLength') ?? 0));
  stream.on('drain', tell);
  stream.once('close', () => left.close());
  return tell;
}

/** What a message took, with gRPC's five bytes before it. */
function framed(message: unknown): number {
  return 5 + (message instanceof Uint8Array ? message.length : 0);
}

/** What each connection was widened to. */
type Widened = WeakMap<object, number>;

/**
 * Widens the connection under `call`, once: a connection on which that is said more than ten times before the other side has
 * answered is destroyed. A grpc-js server ignores `grpc-node.flow_control_window`, which leaves 64 KiB for
 * each direction that a client sends in; the session behind the call can be told all the same. Where it cannot be
 * found (another version), values just come more slowly; a test says so.
 */
function widenWindow(call: unknown, bytes: number, widened: Widened): void {
  const session = fieldOf(fieldOf(call, 'stream'), 'session');
  if (typeof session !== 'object' || session === null || (widened.get(session) ?? 0) >= bytes) return;
  widened.set(session, bytes);
  // The streams of a connection that broke come up all the same, and what is thrown here ends the process.
  if (fieldOf(session, 'destroyed') === true || fieldOf(session, 'closed') === true) return;
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
