/** Which failed attempt may be followed by another: R1 to R3 of src/fabric/call/retry.ts over the whole error table. */
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';
import { type Effect, stricter } from '../../src/core/catalog/offer.ts';
import { attemptsMax } from '../../src/core/workflow/policies.ts';
import { type ErrorCode, type Executed, errorTable, HeddleError } from '../../src/errors.ts';
import { decideRetry, paidRetriesMax, pauseMs, retryBackoff } from '../../src/fabric/call/retry.ts';

const codes = Object.keys(errorTable) as ErrorCode[]; // the table's own keys
const effects: readonly Effect[] = ['pure', 'idempotent', 'once'];
const fresh = { lost: 0, paid: 0, attemptsMax: undefined };

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
      expect(decideRetry(failed('connection_lost'), { effect, ...fresh, lost: 1 })).toBe('final');
    }
  });

  it.each(['unreachable', 'draining', 'not_offered_here'] as const)('of code %s goes elsewhere at once, whatever the effect', (code) => {
    for (const effect of effects) expect(decideRetry(failed(code), { effect, ...fresh })).toBe('now');
  });

  it.each(['overloaded', 'no_route'] as const)('of code %s is paid for, at most three times (R3)', (code) => {
    expect(decideRetry(failed(code), { effect: 'once', ...fresh, paid: paidRetriesMax - 1 })).toBe('later');
    expect(decideRetry(failed(code), { effect: 'once', ...fresh, paid: paidRetriesMax })).toBe('final');
  });

  it('is followed by as many tries as the caller allows, retries and failovers alike (R4)', () => {
    const shed = failed('overloaded');
    const lost = failed('connection_lost');
    const state = { effect: 'pure', ...fresh } as const;
    expect(decideRetry(shed, { ...state, attemptsMax: 1 })).toBe('final');
    expect(decideRetry(lost, { ...state, attemptsMax: 1 })).toBe('final');
    expect(decideRetry(lost, { ...state, attemptsMax: 2 })).toBe('now');
    expect(decideRetry(shed, { ...state, attemptsMax: 2, lost: 1 })).toBe('final');
    expect(decideRetry(shed, { ...state, attemptsMax: 6, paid: 4 })).toBe('later');
    expect(decideRetry(shed, { ...state, attemptsMax: 6, paid: 5 })).toBe('final');
    expect(decideRetry(failed('draining'), { ...state, attemptsMax: 1 })).toBe('now');
    // A frame may say anything.
    expect(decideRetry(shed, { ...state, attemptsMax: 1_000_000, paid: attemptsMax })).toBe('final');
  });
});

it('who was refused as overloaded stays away for as long as the server says, and comes back spread over as long again (R5)', () => {
  const random = seededRandom('pauses');
  const shed = (retryAfterMs: number) => new HeddleError('overloaded', { function: 'f', server: 's', retryAfterMs });
  const pauses = Array.from({ length: 200 }, () => pauseMs(shed(400), 0, random));
  expect(Math.min(...pauses)).toBeGreaterThanOrEqual(400);
  expect(Math.max(...pauses)).toBeLessThanOrEqual(800);
  expect(Math.max(...pauses) - Math.min(...pauses)).toBeGreaterThan(300);
  // A peer may say anything.
  expect(pauseMs(shed(1e9), 0, random)).toBeLessThanOrEqual(2 * retryBackoff.maxMs);
  const others = Array.from({ length: 200 }, () => pauseMs(new HeddleError('no_route', { function: 'f', offers: [] }), 0, random));
  expect(Math.max(...others)).toBeLessThanOrEqual(retryBackoff.baseMs);
});

it('the stricter of two effects is the one that allows less', () => {
  expect(stricter('pure', 'once')).toBe('once');
  expect(stricter('idempotent', 'pure')).toBe('idempotent');
  expect(stricter('pure', 'pure')).toBe('pure');
});
