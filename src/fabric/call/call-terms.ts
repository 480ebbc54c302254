/**
 * What a caller may ask of a call beyond where it runs and how long: checked here, carried in the frame over every
 * hop as it is, and given its effect by whoever each term concerns.
 */

import { describeFound } from '../../core/names.ts';
import type { Path } from '../../core/payload.ts';
import { attemptsMax as attemptsLimit } from '../../core/workflow/policies.ts';
import { HeddleError } from '../../errors.ts';
import { keyBytesMax } from '../../wire/call-terms.ts';
import type { CallTerms } from '../../wire/frame.ts';
import type { CallOptions } from '../api/api.ts';
import { checkOptions } from '../api/known-options.ts';
import { type Invocation, isStreamed, timeoutMsMax } from '../link/invocation.ts';

/** Names of the options that become terms. */
export const termNames = ['idempotencyKey', 'priority', 'retry', 'waitMs', 'key', 'hedge'] as const;

/** On the way it would become another character, and with it another key. */
const loneSurrogate = /\p{Surrogate}/u;
const priorities = ['batch', 'default', 'critical'] as const;

/** Throws `bad_argument`. */
export function checkTerms(options: Readonly<Record<string, unknown>>): void {
  checkKey(options['idempotencyKey'], 'idempotencyKey');
  checkKey(options['key'], 'key');
  checkPriority(options['priority']);
  checkRetry(options['retry']);
  checkWait(options['waitMs']);
  checkFlag(options['hedge'], 'hedge');
}

/** What travels with the call; undefined for most. A nested call has its parent's priority unless it says otherwise. */
export function termsOf(options: CallOptions, parentPriority?: CallTerms['priority']): CallTerms | undefined {
  const { key, idempotencyKey, retry, waitMs } = options;
  const wanted = options.priority ?? parentPriority;
  const priority = wanted === 'default' ? undefined : wanted;
  const attemptsMax = retry?.attempts;
  const hedge = options.hedge === true ? true : undefined;
  const isUsual = (priority ?? key ?? waitMs ?? idempotencyKey ?? attemptsMax ?? hedge) === undefined;
  return isUsual ? undefined : { priority, key, waitMs, idempotencyKey, attemptsMax, hedge };
}

/** Throws `bad_argument` where a call with `hedge` must not go to two servers, as far as is known. */
export function checkHedge(call: Pick<Invocation, 'effect' | 'kind' | 'hasStreamInput'>): void {
  const found = isStreamed(call)
    ? 'one with a stream, which cannot go two ways'
    : call.effect === 'once' && 'one with effect "once", which must not run twice';
  if (found) throw new HeddleError('bad_argument', { path: ['options', 'hedge'], expected: 'a pure or idempotent function', found });
}

function checkKey(key: unknown, name: string): void {
  if (key === undefined) return;
  const isKey = typeof key === 'string' && key !== '' && Buffer.byteLength(key) <= keyBytesMax && !loneSurrogate.test(key);
  if (!isKey) throw refused([name], `a text of 1 to ${keyBytesMax} bytes`, key);
}

function checkPriority(priority: unknown): void {
  if (priority === undefined || priorities.some((known) => known === priority)) return;
  throw refused(['priority'], `one of ${priorities.join(', ')}`, priority);
}

function checkRetry(retry: unknown): void {
  if (retry === undefined) return;
  const { attempts } = checkOptions(retry, ['attempts'], 'options', 'retry');
  const isCount = typeof attempts === 'number' && Number.isInteger(attempts) && attempts >= 1 && attempts <= attemptsLimit;
  if (!isCount) throw refused(['retry', 'attempts'], `a whole number from 1 to ${attemptsLimit}`, attempts);
}

function checkWait(waitMs: unknown): void {
  if (waitMs === undefined || (typeof waitMs === 'number' && waitMs >= 0 && waitMs <= timeoutMsMax)) return;
  throw refused(['waitMs'], `milliseconds, from 0 to ${timeoutMsMax}`, waitMs);
}

function checkFlag(flag: unknown, name: string): void {
  if (flag !== undefined && typeof flag !== 'boolean') throw refused([name], 'true or false', flag);
}

function refused(path: Path, expected: string, found: unknown): HeddleError {
  return new HeddleError('bad_argument', { path: ['options', ...path], expected, found: describeFound(found) });
}
