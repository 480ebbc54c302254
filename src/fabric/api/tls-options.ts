/**
 * The option `tls` of servers and clients, checked, and the hosts that are open to nobody but this machine.
 *
 * P1 without TLS a server listens on this machine only, unless it is told that this is meant (`insecure`).
 */

import type { Clock } from '../../base/clock.ts';
import type { PemSource } from '../../base/pem.ts';
import { describeFound } from '../../core/names.ts';
import type { Path } from '../../core/payload.ts';
import { HeddleError } from '../../errors.ts';
import { Credentials, type TlsOptions } from '../../transport/credentials.ts';
import { isLoopback } from '../../transport/ports.ts';
import type { ServerOptions } from './api.ts';
import { checkOptions } from './known-options.ts';

const path = ['options', 'tls'] as const;

/** What protects a server that is open to the network: TLS, or that somebody wants it so. */
export interface Exposure {
  readonly hasTls: boolean;
  readonly isMeant: boolean;
}

/** Of a server: it must have a certificate of its own. Throws `bad_argument`, and `bad_settings` for what cannot be used. */
export function serverCredentials(given: unknown, clock: Clock): Credentials {
  return new Credentials(checkServerTls(given), { use: 'server', wallMs: () => clock.wallMs() });
}

/** Of a client. */
export function clientCredentials(given: unknown, clock: Clock): Credentials {
  const { ca, cert, key } = checkOptions(given, ['ca', 'cert', 'key'], ...path);
  return new Credentials(
    { ca: checkCa(ca), cert: checkOptionalPem(cert, 'cert'), key: checkOptionalPem(key, 'key') },
    { use: 'client', wallMs: () => clock.wallMs() },
  );
}

/** The shape alone. Throws `bad_argument`. */
export function checkServerTls(given: unknown): TlsOptions {
  const { ca, cert, key, clientCertificate } = checkOptions(given, ['cert', 'key', 'ca', 'clientCertificate'], ...path);
  if (clientCertificate !== undefined && clientCertificate !== 'required' && clientCertificate !== 'optional') {
    throw wrong([...path, 'clientCertificate'], "'required' or 'optional'", clientCertificate);
  }
  return { ca: checkCa(ca), cert: checkPem(cert, [...path, 'cert']), key: checkPem(key, [...path, 'key']), clientCertificate };
}

/** Throws `bad_settings` for a host that anybody can reach, without TLS, where that was not said to be meant. */
export function checkExposure(host: string, key: string, { hasTls, isMeant }: Exposure): void {
  if (hasTls || isMeant || isLoopback(host)) return;
  const message =
    `${host} can be reached from the network, and without TLS whoever reaches it may call, join and read along: ` +
    'give it certificates (tls; heddle ca makes some), or say that it is meant (insecure)';
  throw new HeddleError('bad_settings', { problems: [{ key, message }] });
}

/** Says on stderr, once a server, that everybody on the network may use it. */
export function warnIfOpen(name: string, { host, admin }: Pick<ServerOptions, 'host' | 'admin'>): void {
  const open = [host, admin?.host].filter((one) => typeof one === 'string' && !isLoopback(one));
  if (open.length === 0) return;
  const message = `server "${name}" is open to the network on ${open.join(' and ')} without TLS: whoever reaches it may call, join and read along`;
  process.emitWarning(message, { code: 'HEDDLE_INSECURE' });
}

function checkCa(ca: unknown): TlsOptions['ca'] {
  const where = [...path, 'ca'];
  return Array.isArray(ca) ? ca.map((one, at) => checkPem(one, [...where, at])) : checkPem(ca, where);
}

function checkOptionalPem(source: unknown, key: string): PemSource | undefined {
  return source === undefined ? undefined : checkPem(source, [...path, key]);
}

function checkPem(source: unknown, where: Path): PemSource {
  if ((typeof source === 'string' && source !== '') || source instanceof Uint8Array) return source;
  throw wrong(where, 'PEM as text or bytes, or the path of a PEM file', source);
}

function wrong(where: Path, expected: string, found: unknown): HeddleError {
  return new HeddleError('bad_argument', { path: where, expected, found: describeFound(found) });
}
