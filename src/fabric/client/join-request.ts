/**
 * Asks a server that shares for a certificate, as `heddle join` does.
 *
 * E1 nothing secret is said before the CA that the token names has certified whoever answers: the CA is asked for on one
 *    connection, compared, and then a second one is made that trusts nothing else. E2 addresses are tried in order; what the first that
 *    answers says, counts. E3 the private key is no part of it.
 */

import { X509Certificate } from 'node:crypto';
import { systemClock } from '../../base/clock.ts';
import { HeddleError } from '../../errors.ts';
import { fingerprintOf } from '../../identity/certificates.ts';
import { askToJoin } from '../../transport/grpc-ask.ts';
import { fromWireError } from '../../wire/error.ts';
import { decodeJoinResponse, encodeJoinRequest, type JoinRequest, type JoinResponse } from '../../wire/join-messages.ts';

const askTimeoutMs = 10_000;

export interface JoinTerms {
  /** `host:port`, in order. */
  readonly addresses: readonly string[];
  /** SHA-256 of the CA's certificate, in lower-case hex. */
  readonly fingerprint: string;
  /** Made once it is known by which address this machine reaches the server. */
  readonly request: (localAddress: string) => JoinRequest;
}

export interface Joined {
  /** PEM, as is `ca`: all that the fabric trusts. */
  readonly certificate: string;
  readonly ca: string;
  /** Name of the server that let us in, and where. */
  readonly server: string;
  readonly address: string;
  /** By which this machine reached it. */
  readonly localAddress: string;
}

/** Throws `unreachable` when none answers, `unauthenticated` (`untrusted` for another CA), and what the server refuses with. */
export async function requestToJoin(terms: JoinTerms): Promise<Joined> {
  let last: unknown;
  for (const address of terms.addresses) {
    try {
      return await askAt(address, terms);
    } catch (error) {
      if (!HeddleError.is(error, 'unreachable')) throw error;
      last = error;
    }
  }
  throw last;
}

async function askAt(address: string, { fingerprint, request }: JoinTerms): Promise<Joined> {
  const ask = async (message: JoinRequest, ca: string | undefined) => {
    const told = await askToJoin({ clock: systemClock, address, message: encodeJoinRequest(message), ca, timeoutMs: askTimeoutMs });
    return { ...told, response: decodeJoinResponse(told.message) };
  };
  const { localAddress, response: open } = await ask(nothing, undefined);
  const pinned = pinnedCa(open, fingerprint, address);
  const { response } = await ask(request(localAddress), pinned);
  if (response.refusal) throw fromWireError(response.refusal);
  const { certificate, ca, server } = response;
  return { certificate, ca, server, address, localAddress };
}

const nothing: JoinRequest = {
  cluster: '',
  secret: new Uint8Array(0),
  name: '',
  publicKey: new Uint8Array(0),
  signature: new Uint8Array(0),
  hosts: [],
};

/** The one certificate that the token names, and nothing that came with it, as PEM. Throws `unauthenticated`. */
function pinnedCa({ ca }: JoinResponse, fingerprint: string, address: string): string {
  const shown = certificateOf(ca);
  const found = shown && fingerprintOf(shown.toString());
  if (shown && found === fingerprint) return shown.toString();
  const why = `its CA is ${found ?? 'none'}, and the token names ${fingerprint}: either somebody else answers there, or its CA was made anew; nothing was said to it`;
  throw new HeddleError('unauthenticated', { server: address, reason: 'untrusted', why });
}

function certificateOf(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}
