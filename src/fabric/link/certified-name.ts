/**
 * What somebody says of themselves, against the certificate that they have shown: nobody speaks for another.
 */

import type { Greeter } from '../../core/gossip/message.ts';
import { HeddleError } from '../../errors.ts';
import { isInstanceOf } from '../../identity/instance-proof.ts';
import { wrongInstance, wrongName } from '../../transport/peer-certificate.ts';
import type { Link } from '../../transport/transport.ts';

/** `by` is who compares: an address, or the name of a server. Throws `unauthenticated`; without a certificate any name will do. */
export function checkCertifiedName({ certificate }: Pick<Link, 'certificate'>, said: string, by: string): void {
  if (certificate === undefined || certificate.name === said) return;
  throw new HeddleError('unauthenticated', { server: by, ...wrongName(said, certificate.name) });
}

/** The same of another server, whose process has to be one of that name as well. */
export function checkGreeter(link: Pick<Link, 'certificate'>, greeter: Greeter, by: string): void {
  checkCertifiedName(link, greeter.name, by);
  const { name, instance, instanceProof: proof } = greeter;
  if (link.certificate === undefined || isInstanceOf(name, { instance, proof })) return;
  throw new HeddleError('unauthenticated', { server: by, ...wrongInstance(name) });
}
