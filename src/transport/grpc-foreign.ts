/**
 * Clients in any language: one unary call, one streamed run, nothing of the fabric's own protocol.
 */

import { once } from 'node:events';

import type { ServerUnaryCall, ServerWritableStream, sendUnaryData } from '@grpc/grpc-js';

import type { Clock } from '../base/clock.ts';
import { statusOf } from './grpc-status.ts';
import type { Acceptor, ForeignRequest } from './transport.ts';

type UnaryCall = ServerUnaryCall<Buffer, Buffer>;
type StreamCall = ServerWritableStream<Buffer, Buffer>;

/** Answers `Fabric.Call`. */
export async function answerCall(
  acceptor: Acceptor,
  clock: Clock,
  exchange: { call: UnaryCall; send: sendUnaryData<Buffer> },
): Promise<void> {
  const { call, send } = exchange;
  try {
    const reply = await acceptor.call(requestOf(call, clock));
    send(null, Buffer.from(reply.buffer, reply.byteOffset, reply.byteLength));
  } catch (error) {
    send(statusOf(error, acceptor.encodeError?.bind(acceptor)));
  }
}

/** Answers `Fabric.Submit`: one message per item, as fast as the client reads. */
export async function answerSubmit(acceptor: Acceptor, clock: Clock, call: StreamCall): Promise<void> {
  const request = requestOf(call, clock);
  try {
    for await (const message of acceptor.submit(request)) {
      if (request.signal.aborted) return;
      const isTaken = call.write(Buffer.from(message.buffer, message.byteOffset, message.byteLength));
      if (!isTaken) await once(call, 'drain', { signal: request.signal });
    }
    call.end();
  } catch (error) {
    if (request.signal.aborted) return;
    call.emit('error', statusOf(error, acceptor.encodeError?.bind(acceptor)));
  }
}

function requestOf(call: UnaryCall | StreamCall, clock: Clock): ForeignRequest {
  const controller = new AbortController();
  call.on('cancelled', () => controller.abort(new Error('the client ended its call')));
  const deadline = call.getDeadline();
  const deadlineMs = deadline instanceof Date ? deadline.getTime() : deadline;
  return {
    message: call.request,
    timeoutMs: Number.isFinite(deadlineMs) ? Math.max(0, deadlineMs - clock.wallMs()) : undefined,
    signal: controller.signal,
    remoteAddress: call.getPeer(),
  };
}
