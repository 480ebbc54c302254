/**
 * What every stream of a listener goes through before its handler: who may open it, the deadline of its first message, the
 * flow-control window of its connection, and the count of what it holds, in both directions. Those of links and sessions are read and
 * written past grpc-js from here on (prefixed-messages.ts says why); status, cancellation and headers stay with it.
 */

import { constants } from 'node:http2';
import { Duplex } from 'node:stream';

import { type Metadata, ServerInterceptingCall, type ServerInterceptingCallInterface, type ServerInterceptor, status } from '@grpc/grpc-js';

import type { CancelTask, Clock } from '../base/clock.ts';
import { isObject } from '../base/objects.ts';
import type { EndStatus, Guard } from './grpc-guard.ts';
import type { Holdings } from './grpc-holdings.ts';
import { isOurs, windowBytes } from './grpc-options.ts';
import { closeGraceMs, firstMessageMs } from './limits.ts';
import type { KeptBytes } from './prefixed-messages.ts';
import type { UnfinishedStream } from './unfinished.ts';

/** The stream under a call of a link or session, paused, which nobody else reads or writes. */
export interface OwnStream {
  readonly stream: Duplex;
  /** To be told what is kept of it. */
  readonly kept: KeptBytes;
  /** To be called when more has been written. */
  readonly onWritten: () => void;
}

/** By the metadata that the handler is given with the call. */
export type OwnStreams = WeakMap<Metadata, OwnStream>;

export interface StreamGuarding {
  readonly clock: Clock;
  /** Told the peer of every stream that opens. */
  readonly guard: Guard;
  readonly holdings: Holdings;
  /** Filled here. */
  readonly own: OwnStreams;
}

export function guardStreams(guarding: StreamGuarding): ServerInterceptor {
  const { clock, guard } = guarding;
  const widened: Widened = new WeakMap();
  return (method, call) => {
    const refusal = guard(call.getPeer(), method.path);
    // The handler is never started: it hears nothing of the stream.
    if (refusal) return new ServerInterceptingCall(call, { start: () => refuse(call, refusal, clock) });
    widenWindow(call, windowBytes(method.path), widened);
    return guarded(call, method.path, guarding);
  };
}

function guarded(call: ServerInterceptingCallInterface, path: string, { clock, holdings, own }: StreamGuarding): ServerInterceptingCall {
  const stream = streamOf(call);
  const held = holdings.unfinished.open(call.getPeer());
  const onWritten = countedUnread(stream, holdings.unread.open(call.getPeer()));
  let cancel: CancelTask | undefined;
  const disarm = (): void => {
    cancel?.();
    cancel = undefined;
  };
  const given = (bytes: number): void => {
    if (cancel) disarm();
    held.given(bytes);
  };
  stream?.once('close', () => held.close());
  if (!isOurs(path)) count(stream, held);
  else stream?.removeAllListeners('data').once('end', disarm);
  const onLate = (): void => {
    held.close();
    refuse(call, { code: status.DEADLINE_EXCEEDED, details: `no message within ${firstMessageMs} ms` }, clock);
  };
  return new ServerInterceptingCall(call, {
    sendMessage: (message, next) => {
      next(message);
      onWritten();
    },
    start: (next) => {
      cancel = clock.schedule(firstMessageMs, onLate);
      next({
        onReceiveMetadata: (metadata, deliver) => {
          if (stream && isOurs(path)) own.set(metadata, { stream, kept: { came: (bytes) => held.came(bytes), given }, onWritten });
          deliver(metadata);
        },
        onReceiveMessage: (message, deliver) => {
          given(framed(message));
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
}

function refuse(call: ServerInterceptingCallInterface, end: EndStatus, clock: Clock): void {
  call.sendStatus(end);
  // Its half stays open for as long as the client likes: it is shut once the status can have arrived.
  clock.schedule(closeGraceMs, () => invoke(fieldOf(call, 'stream'), 'close', constants.NGHTTP2_NO_ERROR));
}

/** The HTTP/2 stream under a call, which grpc-js shows to nobody; its version is pinned, and tests fail without it. */
function streamOf(call: ServerInterceptingCallInterface): Duplex | undefined {
  const stream = fieldOf(call, 'stream');
  return stream instanceof Duplex ? stream : undefined;
}

/** Counts what comes in on a stream, before grpc-js' own listener does: the stream flows and pauses as that one says. */
function count(stream: Duplex | undefined, held: UnfinishedStream): void {
  stream?.prependListener('data', (data: Uint8Array) => held.came(data.length));
}

/** Counts what a stream holds for its client: call it when more has been written. */
function countedUnread(stream: Duplex | undefined, left: UnfinishedStream): () => void {
  const tell = (): void => left.holds(stream?.writableLength ?? 0);
  stream?.on('drain', tell);
  stream?.once('close', () => left.close());
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
  if (!isObject(session) || (widened.get(session) ?? 0) >= bytes) return;
  widened.set(session, bytes);
  // The streams of a connection that broke come up all the same, and what is thrown here ends the process.
  if (fieldOf(session, 'destroyed') === true || fieldOf(session, 'closed') === true) return;
  const local = fieldOf(fieldOf(session, 'state'), 'localWindowSize');
  if (typeof local !== 'number' || local >= bytes) return;
  invoke(session, 'settings', { initialWindowSize: bytes });
  invoke(session, 'setLocalWindowSize', bytes);
}

function fieldOf(value: unknown, name: string): unknown {
  return isObject(value) ? Reflect.get(value, name) : undefined;
}

function invoke(target: unknown, name: string, argument: unknown): void {
  const method = fieldOf(target, name);
  if (typeof method === 'function') Reflect.apply(method, target, [argument]);
}
