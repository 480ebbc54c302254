/**
 * Options of calls, runs, clients and servers: an unknown key is refused with the nearest known.
 */

import { didYouMean } from '../../base/nearest.ts';
import { isRecord } from '../../base/objects.ts';
import type { Path } from '../../core/payload.ts';
import { typeName } from '../../core/workflow/fields.ts';
import { HeddleError } from '../../errors.ts';

/** An object with no key outside `names`; `path` says where it was found. Throws `bad_argument`. */
export function checkOptions(options: unknown, names: readonly string[], ...path: Path): Readonly<Record<string, unknown>> {
  if (!isRecord(options)) {
    throw new HeddleError('bad_argument', { path, expected: 'an object', found: typeName(options) });
  }
  for (const key of Object.keys(options)) {
    if (names.includes(key)) continue;
    const hint = didYouMean(key, names);
    throw new HeddleError('bad_argument', {
      path,
      expected: `one of ${names.join(', ')}`,
      found: `unknown option "${key}"${hint === undefined ? '' : ` (${hint})`}`,
    });
  }
  return options;
}
