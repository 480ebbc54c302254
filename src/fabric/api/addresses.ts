/**
 * Addresses of servers, `host:port`, as users write them.
 */

import { describeFound } from '../../core/names.ts';
import { HeddleError } from '../../errors.ts';

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
