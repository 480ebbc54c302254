/**
 * Options of calls, and what runs share with them, checked once.
 */

import { isObject } from '../../base/objects.ts';
import { checkNeed } from '../../core/catalog/needs.ts';
import { checkRange } from '../../core/catalog/versions.ts';
import { checkName, describeFound } from '../../core/names.ts';
import { HeddleError } from '../../errors.ts';
import type { CallOptions } from '../api/api.ts';
import { checkOptions } from '../api/known-options.ts';
import { timeoutMsMax } from '../link/invocation.ts';
import { checkTerms, termNames } from './call-terms.ts';

const callOptionNames = ['need', 'version', 'target', 'timeoutMs', 'signal', 'meta', ...termNames] as const;
/** `meta` in all, in UTF-8 bytes of its keys and values. */
export const metaBytesMax = 4096;

/** The options as they are, found good. Throws `bad_argument` or `too_large`. */
export function checkCallOptions(options: unknown): CallOptions {
  try {
    return checked(options);
  } catch (error) {
    if (HeddleError.is(error)) throw error;
    const found = 'a getter or trap that throws';
    throw new HeddleError('bad_argument', { path: ['options'], expected: 'options that can be read', found }, { cause: error });
  }
}

function checked(options: unknown): CallOptions {
  const known = checkOptions(options, callOptionNames, 'options');
  if (known['version'] !== undefined) checkRange(known['version'], ['options', 'version']);
  if (known['target'] !== undefined) checkName('server', known['target'], ['options', 'target']);
  checkTimeout(known['timeoutMs'], 'options');
  checkSignal(known['signal'], 'options');
  if (known['need'] !== undefined) checkNeed(known['need'], ['options', 'need']);
  checkMeta(known['meta']);
  checkTerms(known);
  // Every field was checked above.
  return known;
}

export function checkTimeout(timeoutMs: unknown, where: string): void {
  if (timeoutMs === undefined) return;
  if (typeof timeoutMs === 'number' && timeoutMs > 0 && timeoutMs <= timeoutMsMax) return;
  throw new HeddleError('bad_argument', {
    path: [where, 'timeoutMs'],
    expected: `milliseconds, over 0 and at most ${timeoutMsMax}`,
    found: describeFound(timeoutMs),
  });
}

export function checkSignal(signal: unknown, where: string): void {
  if (signal === undefined || signal instanceof AbortSignal) return;
  throw new HeddleError('bad_argument', { path: [where, 'signal'], expected: 'an AbortSignal', found: describeFound(signal) });
}

/** Throws `bad_argument` or `too_large` (4 KiB in all). */
export function checkMeta(meta: unknown): void {
  if (meta === undefined) return;
  if (!isObject(meta)) {
    throw new HeddleError('bad_argument', { path: ['options', 'meta'], expected: 'an object of texts', found: describeFound(meta) });
  }
  let bytes = 0;
  for (const [key, value] of Object.entries(meta)) {
    if (typeof value !== 'string' || key === '__proto__') {
      throw new HeddleError('bad_argument', { path: ['options', 'meta', key], expected: 'a text', found: describeFound(value) });
    }
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  if (bytes > metaBytesMax) throw new HeddleError('too_large', { what: 'options.meta', limit: metaBytesMax, found: bytes });
}
