/**
 * Whom the other end of a TLS connection has proved to be, and the words for those who have not.
 *
 * N1 the name is the subject's common name; without one, the first DNS name. A certificate with several common names, or
 *    with no name at all, proves nothing.
 * N2 a server's certificate says so (serverAuth): one that was issued to a client never passes for a server's.
 * Which name somebody may say, and what they may do, is decided above.
 */

import type { PeerCertificate as NodeCertificate, TLSSocket } from 'node:tls';

import type { UnauthenticatedReason } from '../errors.ts';

/** What a verified certificate says. */
export interface PeerCertificate {
  readonly name: string;
  /** It is good for a server of the fabric; otherwise it is a client's. */
  readonly isServer: boolean;
}

/** Why somebody is not let in. */
export interface Doubt {
  readonly reason: UnauthenticatedReason;
  readonly why: string;
  /** It is of whoever dialled, about whoever answered. */
  readonly byUs?: boolean | undefined;
}

/** Who holds a socket: by certificate, nobody in particular, somebody to be refused; or it is not asked for. */
export type Standing =
  | { readonly kind: 'certified'; readonly certificate: PeerCertificate }
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'refused'; readonly doubt: Doubt }
  | { readonly kind: 'plain' };

const serverPurpose = '1.3.6.1.5.5.7.3.1';

/** The other end of a finished handshake; `needsCertificate`: one that shows none is refused. */
export function standingOf(socket: TLSSocket, needsCertificate: boolean): Standing {
  const shown = socket.getPeerCertificate();
  if (isEmpty(shown)) return needsCertificate ? refused(noCertificate) : { kind: 'anonymous' };
  if (!socket.authorized) return refused(doubtOf(String(socket.authorizationError), shown));
  const name = nameOf(shown);
  if (name === undefined) return refused(nameless);
  return { kind: 'certified', certificate: { name, isServer: isServers(shown) } };
}

/** What is wrong with a certificate, by OpenSSL's code; undefined for what is no matter of certificates. */
export function doubtOf(code: string, shown: Partial<NodeCertificate>): Doubt {
  const whose = quoted(nameOf(shown));
  if (code === 'CERT_HAS_EXPIRED') {
    return { reason: 'expired', why: `the certificate of ${whose} ended on ${shown.valid_to}: issue a new one (heddle ca issue)` };
  }
  if (code === 'CERT_NOT_YET_VALID') {
    return {
      reason: 'not_yet_valid',
      why: `the certificate of ${whose} begins on ${shown.valid_from}: compare the clocks of both machines`,
    };
  }
  if (code === 'INVALID_PURPOSE') return notAServer(nameOf(shown));
  return {
    reason: 'untrusted',
    why: `the certificate of ${whose} was not issued by a CA that is trusted here (${code}): have both sides use the same CA, or name theirs in tls.ca as well`,
  };
}

export function notAServer(name: string | undefined): Doubt {
  return {
    reason: 'not_a_server',
    why: `the certificate of ${quoted(name)} is not a server's (it lacks serverAuth): issue one with heddle ca issue, without --client`,
  };
}

/** Somebody says a name that is not their certificate's. */
export function wrongName(said: string, proved: string): Doubt {
  return {
    reason: 'wrong_name',
    why: `it says that it is ${quoted(said)}, and its certificate is of ${quoted(proved)}: a server is called as its certificate says`,
  };
}

/** A server says that it is a process that cannot be one of its name. */
export function wrongInstance(name: string): Doubt {
  return { reason: 'wrong_instance', why: `${quoted(name)} says that it is a process of which it shows no proof, or of another server` };
}

/** The name of N1. */
export function nameOf({ subject, subjectaltname }: Partial<NodeCertificate>): string | undefined {
  const common: unknown = subject?.CN;
  if (typeof common === 'string') return common;
  if (common !== undefined) return undefined;
  return /^DNS:([^,"\s]+)/.exec(subjectaltname ?? '')?.[1];
}

export function isServers({ ext_key_usage: purposes }: { readonly ext_key_usage?: readonly string[] | undefined }): boolean {
  return purposes?.includes(serverPurpose) ?? false;
}

export const speaksTls: Doubt = {
  reason: 'no_tls',
  why: 'it speaks TLS only: give tls.ca, the CA of the fabric, and tls.cert and tls.key, your own certificate (heddle: --cert NAME.pem)',
};

export const speaksNoTls: Doubt = {
  reason: 'no_tls',
  why: 'it does not speak TLS: leave tls out to speak in the clear, or give that server a certificate (tls)',
};

export const unproven: Doubt = {
  reason: 'no_certificate',
  why: 'who is asking is not known (any more): connect again',
};

const noCertificate: Doubt = {
  reason: 'no_certificate',
  why: 'it wants a certificate and was shown none: give tls.cert and tls.key (heddle ca issue NAME --client)',
};

const nameless: Doubt = {
  reason: 'no_certificate',
  why: 'the certificate names nobody, or several: its subject must have one common name',
};

function refused(doubt: Doubt): Standing {
  return { kind: 'refused', doubt };
}

function isEmpty(shown: NodeCertificate): boolean {
  return Object.keys(shown ?? {}).length === 0;
}

function quoted(name: string | undefined): string {
  return name === undefined ? 'somebody nameless' : JSON.stringify(name.slice(0, 64));
}
