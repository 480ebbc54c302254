/**
 * Certificates as PEM holds them, and whether they lead from one to a CA that is trusted.
 *
 * C1 whoever issues is a CA by its own certificate: the holder of a server's cannot make servers of its own.
 */

import { X509Certificate } from 'node:crypto';

import { certificatesIn } from '../base/pem.ts';

/** All certificates of a PEM text; none where one of them cannot be read. */
export function chainOf(pem: string): readonly X509Certificate[] {
  try {
    return certificatesIn(pem).map((one) => new X509Certificate(one));
  } catch {
    return [];
  }
}

/** The issuers that lead from `own` to one that is trusted, that one included; undefined: none do. */
export function issuersOf(
  own: X509Certificate,
  between: readonly X509Certificate[],
  trusted: readonly X509Certificate[],
): readonly X509Certificate[] | undefined {
  const root = trusted.find((ca) => isIssuer(ca, own));
  if (root) return [root];
  const next = between.find((issuer) => isIssuer(issuer, own));
  if (!next) return undefined;
  const rest = between.filter((one) => one !== next);
  const further = issuersOf(next, rest, trusted);
  return further && [next, ...further];
}

/** One that is trusted itself, and signs itself, needs no other. */
function isIssuer(issuer: X509Certificate, of: X509Certificate): boolean {
  const isItself = issuer.fingerprint256 === of.fingerprint256;
  return (issuer.ca || isItself) && of.checkIssued(issuer) && of.verify(issuer.publicKey);
}
