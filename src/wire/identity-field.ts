/**
 * The text of an identity as a field of a message: who a server asks for. Which texts there are is the room identity's to say.
 */

import type { ProtoReader } from './proto-reader.ts';
import { protocolError } from './value-problem.ts';

/** `certificate:`, and 128 characters of up to four bytes. */
const identityBytesMax = 640;

/** Throws `protocol_error` for a text that is too long; an empty one is none. */
export function readIdentity(reader: ProtoReader): string | undefined {
  return checkIdentity(reader.string());
}

export function checkIdentity(text: string): string | undefined {
  if (text.length > identityBytesMax) throw protocolError(`the identity of an asker has over ${identityBytesMax} bytes`);
  return text === '' ? undefined : text;
}
