/**
 * The `log` option of a server, checked, with every default filled in.
 */

import { describeFound } from '../../core/names.ts';
import { HeddleError } from '../../errors.ts';
import type { LogChoice } from '../../observe/log.ts';
import { logLevels } from '../../observe/log-table.ts';
import { checkOptions } from '../api/known-options.ts';

const linesMax = 1_000_000;
const formats = ['auto', 'json', 'text'] as const;

/** Undefined: no log. Throws `bad_argument`. */
export function checkLog(given: unknown): LogChoice | undefined {
  if (given === undefined) return undefined;
  const options =
    typeof given === 'string'
      ? { level: given }
      : checkOptions(given, ['level', 'destination', 'format', 'linesPerSecondMax'], 'options', 'log');
  const { level = 'info', destination = 'stderr', format = 'auto', linesPerSecondMax = 100 } = options;
  if (!isOf(logLevels, level)) throw wrong('log.level', `one of ${logLevels.join(', ')}`, level);
  if (!isOf(formats, format)) throw wrong('log.format', `one of ${formats.join(', ')}`, format);
  if (!isDestination(destination)) throw wrong('log.destination', 'stderr, stdout, the path of a file, or a function', destination);
  if (
    typeof linesPerSecondMax !== 'number' ||
    !Number.isInteger(linesPerSecondMax) ||
    linesPerSecondMax < 1 ||
    linesPerSecondMax > linesMax
  )
    throw wrong('log.linesPerSecondMax', `a whole number from 1 to ${linesMax}`, linesPerSecondMax);
  return { level, destination, format, linesPerSecondMax };
}

function isOf<T extends string>(known: readonly T[], found: unknown): found is T {
  return known.some((one) => one === found);
}

function isDestination(found: unknown): found is LogChoice['destination'] {
  return typeof found === 'function' || (typeof found === 'string' && found !== '');
}

function wrong(key: string, expected: string, found: unknown): HeddleError {
  const shown = typeof found === 'string' || typeof found === 'number' ? JSON.stringify(found) : describeFound(found);
  return new HeddleError('bad_argument', { path: ['options', key], expected, found: shown });
}
