/**
 * What a client says of itself in its greeting, as far as that is taken.
 *
 * C1 its process is its own: what it says is bound to who it has proved to be, so that nobody is told, or waited for, what became of
 *    another's calls, and nobody can have them refused. Nobody in particular has nothing to bind it to: there the number is a secret.
 * C2 its name is for people: it has no control characters, and an end.
 */

import { HeddleError } from '../../errors.ts';
import { clientInstanceOf } from '../../identity/instance-proof.ts';
import type { SessionHello } from '../../wire/frame.ts';
import { protocolMax, protocolMin } from '../../wire/session-codec.ts';
import type { PeerIdentity } from '../link/conversation.ts';
import type { Proof } from '../link/proof.ts';

const instancePattern = /^[0-9a-f]{32}$/;
const nameCharsMax = 64;
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}]/gu;

/** Who has a session from now on. Throws `version_mismatch` and `protocol_error`. */
export function clientOf(hello: SessionHello, proof: Proof): PeerIdentity {
  if (hello.protocolMin > protocolMax || hello.protocolMax < protocolMin) {
    throw new HeddleError('version_mismatch', {
      ours: `${protocolMin}..${protocolMax}`,
      theirs: `${hello.protocolMin}..${hello.protocolMax}`,
    });
  }
  const { instance: said } = hello;
  if (!instancePattern.test(said)) {
    throw new HeddleError('protocol_error', { problem: 'a session names its process by 128 bits in hex' }, { executed: 'no' });
  }
  const { kind, text } = proof.identity;
  const instance = kind === 'anonymous' ? said : clientInstanceOf(text, said);
  return { name: hello.name.slice(0, nameCharsMax).replaceAll(unprintable, '?'), instance, said, proof };
}
