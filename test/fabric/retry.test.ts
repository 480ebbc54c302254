/** Which failed attempt may be followed by another: R1 to R3 of src/fabric/retry.ts over the whole error table. */
import { describe, expect, it } from 'vitest';
import { type Effect, stricter } from '../../src/core/catalog/offer.ts';
import { type ErrorCode, type Executed, errorTable } from '../../src/errors.ts';
import { decideRetry, paidRetriesMax } from '../../src/fabric/retry.ts';

const codes = Object.keys(errorTable) as ErrorCode[]; // the table's own keys
const effects: readonly Effect[] = ['pure', 'idempotent', 'once'];
const fresh = { lost: 0, paid: 0 };

function failed(code: ErrorCode, executed: Executed = errorTable[code].executed[0], isRetryable = false) {
  return { code, executed, isRetryable };
}

describe('a failed attempt', () => {
  it.each(codes)('of code %s that may have run is never repeated for a `once` function (R1)', (code) => {
    for (const executed of errorTable[code].executed) {
      if (executed === 'no') continue;
      expect(decideRetry(failed(code, executed), { effect: 'once', ...fresh })).toBe('final');
    }
  });

  it.each(effects)('whose handler says it is retryable is repeated after a backoff (%s)', (effect) => {
    expect(decideRetry(failed('function_failed', 'yes', true), { effect, ...fresh })).toBe('later');
    expect(decideRetry(failed('function_failed', 'yes', false), { effect, ...fresh })).toBe('final');
  });

  it('with a lost connection fails over once if it is safe, and only once (R2)', () => {
    for (const effect of ['pure', 'idempotent'] as const) {
      expect(decideRetry(failed('connection_lost'), { effect, ...fresh })).toBe('now');
      expect(decideRetry(failed('connection_lost'), { effect, lost: 1, paid: 0 })).toBe('final');
    }
  });

  it.each(['unreachable', 'draining', 'not_offered_here'] as const)('of code %s goes elsewhere at once, whatever the effect', (code) => {
    for (const effect of effects) expect(decideRetry(failed(code), { effect, ...fresh })).toBe('now');
  });

  it.each(['overloaded', 'no_route'] as const)('of code %s is paid for, at most three times (R3)', (code) => {
    expect(decideRetry(failed(code), { effect: 'once', lost: 0, paid: paidRetriesMax - 1 })).toBe('later');
    expect(decideRetry(failed(code), { effect: 'once', lost: 0, paid: paidRetriesMax })).toBe('final');
  });
});

it('the stricter of two effects is the one that allows less', () => {
  expect(stricter('pure', 'once')).toBe('once');
  expect(stricter('idempotent', 'pure')).toBe('idempotent');
  expect(stricter('pure', 'pure')).toBe('pure');
});
