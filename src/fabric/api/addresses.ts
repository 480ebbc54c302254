/**
 * Addresses of servers, `host:port`, as users write them and as servers tell them to others.
 */

import { describeFound } from '../../core/names.ts';
import { HeddleError } from '../../errors.ts';
import { authorityOf } from '../../transport/ports.ts';

/** The highest port there is. */
export const portMax = 65_535;

/** `host:port` as dialled; `heddle://host:port` is accepted too. Throws `bad_argument`. */
export function parseAddress(text: unknown, where: readonly (string | number)[]): string {
  const address =
    typeof text === 'string'
      ? text
          .trim()
          .replace(/^heddle:\/\//, '')
          .replace(/\/$/, '')
      : '';
  const port = Number(/^(?:\[[0-9a-fA-F:.]+\]|[^\s:/[\]]+):(\d{1,5})$/.exec(address)?.[1] ?? 0);
  if (port >= 1 && port <= portMax) return address;
  throw new HeddleError('bad_argument', { path: where, expected: 'an address such as 127.0.0.1:7420', found: describeFound(text) });
}

/** `host:port` under which others reach a server that listens at `host` and `port`. */
export function advertisedAddress(advertise: string | undefined, at: { readonly host: string; readonly port: number }): string {
  const host = advertise ?? at.host;
  if (/^(?:\[.*\]|[^:]+):\d+$/.test(host)) return host;
  return authorityOf(host, at.port);
}
