/**
 * Options of calls, runs, clients and servers: an unknown key is refused with the nearest known.
 */

import { didYouMean } from '../base/nearest.ts';
import { HeddleError } from '../errors.ts';

/** An object with no key outside `names`. Throws `bad_argument`. */
export function checkOptions(options: unknown, names: readonly string[], where: string): Readonly<Record<string, unknown>> {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new HeddleError('bad_argument', { path: [where], expected: 'an object', found: options === null ? 'null' : typeof options });
  }
  for (const key of Object.keys(options)) {
    if (names.includes(key)) continue;
    const hint = didYouMean(key, names);
    throw new HeddleError('bad_argument', {
      path: [where],
      expected: `one of ${names.join(', ')}`,
      found: `unknown option "${key}"${hint === undefined ? '' : ` (${hint})`}`,
    });
  }
  return options as Readonly<Record<string, unknown>>; // an object, as checked
}
