/**
 * The greeting of a client's session: `heddle.v1.SessionHello` and `heddle.v1.SessionAck`. Encoded by proto-loader.
 */

import type { SessionAck, SessionHello } from './frame.ts';
import type { SessionAck as AckIn, SessionAck__Output } from './generated/heddle/v1/SessionAck.ts';
import type { SessionHello as HelloIn, SessionHello__Output } from './generated/heddle/v1/SessionHello.ts';
import { errorMessage, wireErrorOf } from './loaded-values.ts';
import { messageCodec } from './proto-files.ts';

/** The protocol versions that this build speaks. */
export const protocolMin = 1;
export const protocolMax = 1;

const helloCodec = messageCodec<HelloIn, SessionHello__Output>('fabric.proto', 'SessionHello');
const ackCodec = messageCodec<AckIn, SessionAck__Output>('fabric.proto', 'SessionAck');

export function encodeSessionHello(hello: SessionHello): Uint8Array {
  return helloCodec.encode({ ...hello, token: hello.token ?? '' });
}

/** Throws `protocol_error`. */
export function decodeSessionHello(bytes: Uint8Array): SessionHello {
  const { instance = '', name = '', protocolMin: min = 0, protocolMax: max = 0, token = '' } = helloCodec.decode(bytes);
  return { instance, name, protocolMin: min, protocolMax: max, ...(token === '' ? {} : { token }) };
}

export function encodeSessionAck(ack: SessionAck): Uint8Array {
  const { refusal, addresses, proofMs = 0, ...rest } = ack;
  return ackCodec.encode({
    ...rest,
    proofMs: Math.ceil(proofMs),
    addresses: [...addresses],
    ...(refusal ? { refusal: errorMessage(refusal) } : {}),
  });
}

/** Throws `protocol_error`. */
export function decodeSessionAck(bytes: Uint8Array): SessionAck {
  const { refusal, server = '', instance = '', cluster = '', addresses = [], protocol = 0, proofMs = 0 } = ackCodec.decode(bytes);
  return {
    ...(refusal ? { refusal: wireErrorOf(refusal) } : {}),
    server,
    instance,
    cluster,
    addresses,
    protocol,
    ...(proofMs === 0 ? {} : { proofMs }),
  };
}
