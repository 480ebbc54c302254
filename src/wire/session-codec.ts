/**
 * The greeting of a client's session: `heddle.v1.SessionHello` and `heddle.v1.SessionAck`. Encoded by proto-loader.
 */

import type { SessionAck, SessionHello } from './frame.ts';
import { protocolError } from './value-problem.ts';

/** The protocol versions that this build speaks. */
export const protocolMin = 1;
export const protocolMax = 1;

export function encodeSessionHello(hello: SessionHello): Uint8Array {
  throw protocolError(`not yet: ${hello.name}`);
}

/** Throws `protocol_error`. */
export function decodeSessionHello(bytes: Uint8Array): SessionHello {
  throw protocolError(`not yet: ${bytes.length}`);
}

export function encodeSessionAck(ack: SessionAck): Uint8Array {
  throw protocolError(`not yet: ${ack.server}`);
}

/** Throws `protocol_error`. */
export function decodeSessionAck(bytes: Uint8Array): SessionAck {
  throw protocolError(`not yet: ${bytes.length}`);
}
