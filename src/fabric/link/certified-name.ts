/**
 * A name that was said, against the certificate of whoever said it: nobody speaks for another.
 */

import { HeddleError } from '../../errors.ts';
import { wrongName } from '../../transport/peer-certificate.ts';
import type { Link } from '../../transport/transport.ts';

/** `by` is who compares: an address, or the name of a server. Throws `unauthenticated`; without a certificate any name will do. */
export function checkCertifiedName({ certificate }: Pick<Link, 'certificate'>, said: string, by: string): void {
  if (certificate === undefined || certificate.name === said) return;
  throw new HeddleError('unauthenticated', { server: by, ...wrongName(said, certificate.name) });
}
