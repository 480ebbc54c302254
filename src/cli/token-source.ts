/**
 * The token that the commands of a client show: HEDDLE_TOKEN, or what the file of HEDDLE_TOKEN_FILE holds whenever one is needed.
 */

import { readFileSync } from 'node:fs';
import { UsageError } from './exit-code.ts';

/** Undefined without either. Throws UsageError for both. */
export function clientToken(environment: Readonly<Record<string, string | undefined>>): string | (() => string) | undefined {
  const { HEDDLE_TOKEN: token, HEDDLE_TOKEN_FILE: file } = environment;
  if (token && file) throw new UsageError('HEDDLE_TOKEN and HEDDLE_TOKEN_FILE are one too many: give one of them');
  if (token) return token.trim();
  // Read anew each time: whoever issues tokens replaces the file before the last one ends.
  return file ? () => readFileSync(file, 'utf8').trim() : undefined;
}
