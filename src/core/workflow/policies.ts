/**
 * What a command says about failing: how often it is tried, and what its failure means for the run. Read from data here.
 *
 * O1 a fallback is a value, taken as it is: it stands for a result, so it cannot refer to one.
 */

import type { Payload } from '../payload.ts';
import { checkKeys, isPlain, type Report, typeName } from './fields.ts';
import type { OnFailure } from './record.ts';
import { parseTemplate } from './references.ts';

/** Largest `retry.attempts`. */
export const attemptsMax = 10;

const retryKeys = { what: 'field of "retry"', names: ['attempts'] };
const failureKeys = { what: 'field of "onFailure"', names: ['fallback'] };

/** `{ attempts: 3 }`; undefined when absent, or after a report. */
export function readRetry(retry: unknown, report: Report): number | undefined {
  if (retry === undefined) return undefined;
  if (!isPlain(retry)) return void report(`"retry" takes { attempts }, found ${typeName(retry)}`);
  checkKeys(retry, retryKeys, report);
  const { attempts } = retry;
  if (typeof attempts === 'number' && Number.isInteger(attempts) && attempts >= 1 && attempts <= attemptsMax) return attempts;
  return void report(`"retry.attempts" takes a whole number from 1 to ${attemptsMax}, found ${numberText(attempts)}`);
}

/** 'fail' is the same as nothing said. Undefined after a report, too. */
export function readOnFailure(
  policy: unknown,
  { report, encode }: { readonly report: Report; readonly encode: (value: unknown) => Payload | undefined },
): OnFailure | undefined {
  if (policy === undefined || policy === 'fail') return undefined;
  if (policy === 'continue') return { kind: 'continue' };
  if (!isPlain(policy) || !Object.hasOwn(policy, 'fallback')) {
    const found = typeof policy === 'string' ? `"${policy.slice(0, 40)}"` : typeName(policy);
    return void report(`"onFailure" takes 'fail', 'continue' or { fallback }, found ${found}`);
  }
  checkKeys(policy, failureKeys, report);
  const template = parseTemplate(policy['fallback'], {
    names: new Set(),
    isBare: false,
    report: (message) => report(`fallback: ${message}`),
  });
  if (template.holes.length > 0) return void report('a fallback is a value, and cannot refer to a step or the input');
  const value = encode(template.value);
  return value && { kind: 'fallback', value };
}

/** What stands for the result of a step that has none. */
export function fallbackOf(policy: OnFailure | undefined): Payload | undefined {
  return policy?.kind === 'fallback' ? policy.value : undefined;
}

function numberText(value: unknown): string {
  return typeof value === 'number' ? String(value) : typeName(value);
}
