import { describe, expect, it } from 'vitest';
import { vanishedMs } from '../../src/core/catalog/function-index.ts';
import { parseWorkflow } from '../../src/core/workflow/parse.ts';
import { HeddleError } from '../../src/errors.ts';
import type { SubmitRequest } from '../../src/fabric/run/run-engine.ts';
import { WorkflowChecks } from '../../src/fabric/run/workflow-checks.ts';
import { encodeValue } from '../../src/wire/value.ts';
import { catalogOf } from '../core/catalog/fixtures.ts';

function request(isOwn: boolean): SubmitRequest {
  const commands = [{ name: 'a', fun: 'work' }];
  const parsed = parseWorkflow(commands, { hasInput: false, encode: (value) => encodeValue(value) });
  return { ...parsed, isDetached: false, checked: isOwn ? parsed.checked : undefined };
}

function refusal(check: () => unknown): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    return HeddleError.is(error) ? error.code : String(error);
  }
}

describe('the checks before a run', () => {
  it('W1: take what this process has checked, and check what a peer sends', () => {
    const checks = new WorkflowChecks(catalogOf('one'));
    const own = request(true);
    expect(checks.check(own, 0)).toBe(own.checked);
    const cyclic = { ...request(false), commands: request(false).commands.map((command) => ({ ...command, after: ['a'] })) };
    expect(refusal(() => checks.check(cyclic, 0))).toBe('bad_workflow');
  });

  it('W1: check the same commands of a peer once, and again where they are to give something else, or are given an input', () => {
    const checks = new WorkflowChecks(catalogOf('one'));
    const sent = request(false);
    const checked = checks.check(sent, 0);
    expect(checks.check({ ...sent }, 0)).toBe(checked);
    expect(checks.check({ ...sent, returns: { kind: 'all' } }, 0).returns).toEqual({ kind: 'all' });
    expect(refusal(() => checks.check({ ...sent, returns: { kind: 'steps', steps: ['b'] } }, 0))).toBe('bad_workflow');
    expect(checks.check({ ...sent, input: encodeValue(1) }, 0)).not.toBe(checked);
  });

  it('W2: look at the offers again when they have changed', () => {
    const catalog = catalogOf('one');
    const checks = new WorkflowChecks(catalog);
    const own = request(true);
    checks.check(own, 0);
    catalog.remove('i-one', 1);
    expect(refusal(() => checks.check(own, 2 + vanishedMs))).toBe('bad_workflow');
  });

  it('W2: a function that was just there passes for a moment only', () => {
    const catalog = catalogOf('one');
    const checks = new WorkflowChecks(catalog);
    const own = request(true);
    catalog.remove('i-one', 0);
    expect(refusal(() => checks.check(own, 1))).toBeUndefined();
    expect(refusal(() => checks.check(own, 1 + vanishedMs))).toBe('bad_workflow');
  });
});
