import { describe, expect, it } from 'vitest';
import { Catalog } from '../../../src/core/catalog/catalog.ts';
import { vanishedMs } from '../../../src/core/catalog/function-index.ts';
import type { FunctionRecord } from '../../../src/core/catalog/offer.ts';
import { checkOffers } from '../../../src/core/workflow/check.ts';
import { parseWorkflow } from '../../../src/core/workflow/parse.ts';
import { HeddleError } from '../../../src/errors.ts';
import { encode } from './codec.ts';

function offered(name: string, version = '1.0.0', fields: Partial<FunctionRecord> = {}): FunctionRecord {
  return { name, version, effect: 'once', kind: 'call', resources: [], ...fields };
}

function catalog(): Catalog {
  const made = new Catalog();
  made.setOffers(
    { name: 'one', instance: 'i1', resources: ['cpu'] },
    { functions: [offered('clean'), offered('clean', '1.2.0'), offered('rows', '1.0.0', { kind: 'stream' })] },
    0,
  );
  made.setOffers({ name: 'two', instance: 'i2', resources: ['gpu'] }, { functions: [offered('train')] }, 0);
  return made;
}

function problemsOf(...commands: readonly object[]): readonly string[] {
  return problemsIn(catalog(), 0, commands);
}

function problemsIn(offers: Catalog, nowMs: number, commands: readonly object[]): readonly string[] {
  const { checked } = parseWorkflow(commands, { hasInput: false, encode });
  try {
    checkOffers(checked, offers, nowMs);
  } catch (error) {
    if (!HeddleError.is(error, 'bad_workflow')) throw error;
    return error.detail.problems.map((problem) => `${problem.command}: ${problem.message}`);
  }
  return [];
}

describe('a workflow against the catalog', () => {
  it('passes when every command has an offer', () => {
    expect(problemsOf({ name: 'a', fun: 'clean', version: '>=1.1' }, { name: 'b', fun: 'train', need: ['gpu'], target: 'two' })).toEqual(
      [],
    );
  });

  it('M3: passes with a function that has just lost its last offer, and not any later', () => {
    const offers = catalog();
    offers.remove('i2', 1_000);
    const train = [{ name: 'a', fun: 'train', need: ['gpu'] }];
    expect(problemsIn(offers, 1_000 + vanishedMs, train)).toEqual([]);
    expect(problemsIn(offers, 1_001 + vanishedMs, train)).toEqual(['a: no server offers "train"']);
  });

  it('M1, case 10: an unknown function in the last command is named with its nearest', () => {
    expect(problemsOf({ name: 'a', fun: 'clean' }, { name: 'z', fun: 'claen' })).toEqual([
      'z: no server offers "claen"; the nearest names are "clean"',
    ]);
  });

  it('M1, cases 10 and 13: a version that nobody offers is refused with those that exist', () => {
    const [problem] = problemsOf({ name: 'a', fun: 'clean', version: '^2' });
    expect(problem).toContain('version ^2');
    expect(problem).toContain('1.0.0');
    expect(problem).toContain('1.2.0');
  });

  it('M1, case 8: a need that no offer meets says what is missing, for every command', () => {
    const problems = problemsOf({ name: 'a', fun: 'train', need: ['tpu'] }, { name: 'b', fun: 'train', need: ['tpu'] });
    expect(problems).toHaveLength(2);
    expect(problems[0]).toContain('two: lacks tpu');
  });

  it('refuses a step on a stream and an unknown target', () => {
    const problems = problemsOf({ name: 'a', fun: 'rows' }, { name: 'b', fun: 'train', target: 'nobody' });
    expect(problems[0]).toContain('yields a stream');
    expect(problems[1]).toContain('nobody');
  });
});
