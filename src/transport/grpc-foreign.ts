/**
 * Clients in any language: gRPC's own unary and server-streaming calls, nothing of the fabric's own protocol.
 *
 * A client that does not read holds one message here and what HTTP/2 has taken from it: the next is not asked for.
 */

import type { Metadata, ServerUnaryCall, ServerWritableStream, sendUnaryData } from '@grpc/grpc-js';

import { bufferOf } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import { statusOf } from './grpc-status.ts';
import type { PeerCertificate } from './peer-certificate.ts';
import type { Acceptor, ForeignQuestion, ForeignRequest, ForeignStream } from './transport.ts';

type UnaryCall = ServerUnaryCall<Buffer, Buffer>;
type StreamCall = ServerWritableStream<Buffer, Buffer>;

export interface ForeignHouse {
  readonly acceptor: Acceptor;
  readonly clock: Clock;
  /** Of a peer, as `call.getPeer()` names it. */
  readonly certificateOf: (peer: string) => PeerCertificate | undefined;
}

/** Answers a unary method. */
export async function answerOne(
  house: ForeignHouse,
  question: ForeignQuestion,
  exchange: { readonly call: UnaryCall; readonly send: sendUnaryData<Buffer> },
): Promise<void> {
  const { call, send } = exchange;
  const { acceptor } = house;
  try {
    const reply = await acceptor.ask(question, requestOf(call, house));
    send(null, bufferOf(reply));
  } catch (error) {
    send(statusOf(error, acceptor.encodeError?.bind(acceptor)));
  }
}

/** Answers a server-streaming method: one message per item, the next one asked for when the client has room for it. */
export async function answerMany(house: ForeignHouse, stream: ForeignStream, call: StreamCall): Promise<void> {
  const { acceptor } = house;
  const request = requestOf(call, house);
  try {
    for await (const message of acceptor.follow(stream, request)) {
      if (request.signal.aborted) return;
      await written(call, bufferOf(message), request.signal);
    }
    call.end();
  } catch (error) {
    if (request.signal.aborted) return;
    call.emit('error', statusOf(error, acceptor.encodeError?.bind(acceptor)));
  }
}

/** Resolves when the message has left for the client, within its window, or the client has left. */
function written(call: StreamCall, message: Buffer, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      signal.removeEventListener('abort', done);
      resolve();
    };
    signal.addEventListener('abort', done, { once: true });
    call.write(message, done);
  });
}

function requestOf(call: UnaryCall | StreamCall, { clock, certificateOf }: ForeignHouse): ForeignRequest {
  const controller = new AbortController();
  call.on('cancelled', () => controller.abort(new Error('the client ended its call')));
  const deadline = call.getDeadline();
  const deadlineMs = deadline instanceof Date ? deadline.getTime() : deadline;
  return {
    message: call.request,
    timeoutMs: Number.isFinite(deadlineMs) ? Math.max(0, deadlineMs - clock.wallMs()) : undefined,
    signal: controller.signal,
    remoteAddress: call.getPeer(),
    certificate: certificateOf(call.getPeer()),
    authorization: textOf(call.metadata, 'authorization'),
    trace: traceOf(call.metadata),
  };
}

function textOf(metadata: Metadata, key: string): string | undefined {
  const [text] = metadata.get(key);
  return typeof text === 'string' ? text : undefined;
}

function traceOf(metadata: Metadata): ForeignRequest['trace'] {
  const traceparent = textOf(metadata, 'traceparent');
  if (traceparent === undefined) return undefined;
  const tracestate = metadata.get('tracestate').join(',');
  return tracestate === '' ? { traceparent } : { traceparent, tracestate };
}
