import { describe, expect, test } from 'vitest';

import type { MeshRules } from '../../src/core/gossip/state.ts';
import { narrowPatternsOf, type Pattern, pairPatternsOf, patternsOf } from './patterns.ts';
import { replayLine, runPattern } from './run.ts';

const anySeed = '1';

/** One line for every pattern that fails, each of which runs it again. */
function failuresOf(patterns: Iterable<Pattern>, rules?: Partial<MeshRules>, seed = anySeed): readonly string[] {
  const failures: string[] = [];
  for (const pattern of patterns) {
    const { problems } = runPattern(pattern, seed, { rules });
    if (problems.length > 0) failures.push(`${replayLine(pattern, seed)}   # ${problems[0]}`);
  }
  return failures;
}

function named(size: number, text: string): readonly Pattern[] {
  return [...patternsOf(size)].filter(({ name }) => name.includes(text));
}

describe('a few members whose views diverge', () => {
  test.each([2, 3, 4])('are one fabric again after every single disturbance, and one twin stays (N = %i)', (size) => {
    expect(failuresOf(patternsOf(size))).toEqual([]);
  });

  test('are one fabric again after every cut, and after all that befalls the first and the last member (N = 5)', () => {
    const middle = / (pause|restart|kill) [bcd]/;
    expect(failuresOf([...patternsOf(5)].filter(({ name }) => !name.includes('join') && !middle.test(name)))).toEqual([]);
  });

  test('are one fabric again after every pair of disturbances (N = 2)', () => {
    expect(failuresOf(pairPatternsOf(2))).toEqual([]);
  });

  test('leave the same trace under the same seed, and another under another (M10)', () => {
    for (const pattern of [...named(3, 'split'), ...named(3, 'twins'), ...named(4, 'restart d 1000')]) {
      const first = runPattern(pattern, '7', { isTraced: true }).trace;
      expect(runPattern(pattern, '7', { isTraced: true }).trace, pattern.name).toBe(first);
      expect(runPattern(pattern, '8', { isTraced: true }).trace, pattern.name).not.toBe(first);
    }
  });
});

describe('the suite catches a member', () => {
  test('that does not refute', () => {
    expect(failuresOf(narrowPatternsOf(9))).toEqual([]);
    expect(failuresOf(narrowPatternsOf(9), { canRefute: false })).not.toEqual([]);
  });

  test('that convicts without a quorum', () => {
    expect(failuresOf(named(2, 'cut a-b'), { needsQuorum: false })).not.toEqual([]);
  });

  test('for whom final is not final', () => {
    // A refutation must be in flight when the obituary comes: a matter of luck, so of several seeds.
    const failures = ['1', '2', '3', '4', '5'].flatMap((seed) => failuresOf(named(2, 'twins at 01'), { isFinalFinal: false }, seed));
    expect(failures).not.toEqual([]);
  });

  test('that does not heal', () => {
    expect(failuresOf(named(3, 'split'), { heals: false })).not.toEqual([]);
  });

  test('that blames others for a stall of its own', () => {
    expect(failuresOf(named(3, 'pause a 5000'), { shiftsDeadlines: false })).not.toEqual([]);
  });
});
