import { describe, expect, it } from 'vitest';
import type { HoleSource, WireCommand } from '../../../src/core/workflow/record.ts';
import type { CheckedWorkflow, WorkflowRecord } from '../../../src/core/workflow/workflow.ts';
import { checkWorkflow, commandsMax, edgesMax } from '../../../src/core/workflow/workflow.ts';
import { HeddleError } from '../../../src/errors.ts';
import { encode } from './codec.ts';

function command(name: string, refs: readonly string[] = [], fields: Partial<WireCommand> = {}): WireCommand {
  const holes = refs.map((step, at) => ({ at: [at], source: { kind: 'step', step, path: [] } satisfies HoleSource }));
  return { name, function: 'f', args: { value: encode(refs.map(() => null)), holes }, after: [], ...fields };
}

function check(commands: readonly WireCommand[], record: Partial<WorkflowRecord> = {}): CheckedWorkflow {
  return checkWorkflow({ commands, returns: { kind: 'leaves' }, hasInput: false, ...record });
}

function problemsOf(commands: readonly WireCommand[], record: Partial<WorkflowRecord> = {}): readonly string[] {
  try {
    check(commands, record);
  } catch (error) {
    if (!HeddleError.is(error, 'bad_workflow')) throw error;
    return error.detail.problems.map((problem) => `${problem.command ?? '-'}: ${problem.message}`);
  }
  return [];
}

describe('a checked workflow', () => {
  it('knows what each command needs, once, and what needs it', () => {
    const { commands, order, leaves } = check([command('b', ['a', 'a'], { after: ['a'] }), command('a'), command('c')]);
    expect(commands.map(({ needs, neededBy }) => ({ needs, neededBy }))).toEqual([
      { needs: [1], neededBy: [] },
      { needs: [], neededBy: [0] },
      { needs: [], neededBy: [] },
    ]);
    expect(order.indexOf(1)).toBeLessThan(order.indexOf(0));
    expect(leaves).toEqual([0, 2]);
  });

  it('may be empty, and may use any honest name', () => {
    expect(check([]).leaves).toEqual([]);
    expect(check(['constructor', 'toString', 'a.b', '名', '$x'].map((name) => command(name))).positions.size).toBe(5);
  });

  it.each([
    ['an empty one', ''],
    ['__proto__', '__proto__'],
    ['129 bytes', 'x'.repeat(129)],
    ['1 MB', 'x'.repeat(1_000_000)],
    ['a line break', 'a\nb'],
    ['half a character', '\ud800'],
  ])('K2, fault 24: refuses a name: %s', (_what, name) => {
    const [problem] = problemsOf([command(name)]);
    expect(problem).toContain('expected a command name');
    expect(problem?.length).toBeLessThan(300);
  });

  it('case 10, fault 22: names duplicates and unknown steps with the nearest that exist', () => {
    expect(problemsOf([command('load'), command('load'), command('b', ['lod']), command('c', [], { after: ['laod'] })])).toEqual([
      'load: the name is used twice (commands 1 and 2)',
      'b: a reference names "lod", which is no command; the nearest are "load"',
      'c: "after" names "laod", which is no command; the nearest are "load"',
    ]);
  });

  it('case 10, fault 20: shows a cycle whole, and a self reference', () => {
    expect(problemsOf([command('a', ['b']), command('b', ['c']), command('c', ['a']), command('d', ['a'])])).toEqual([
      '-: the commands wait for one another in a circle: "a" needs "b" needs "c" needs "a"',
    ]);
    expect(problemsOf([command('a', ['a'])])).toEqual(['a: a reference refers to the command itself']);
  });

  it('elides the middle of a very long cycle', () => {
    const ring = Array.from({ length: 10_000 }, (_, at) => command(`s${at}`, [`s${(at + 1) % 10_000}`]));
    const [problem] = problemsOf(ring);
    expect(problem).toContain('... 9950 more ...');
  });

  it('K2: refuses an input that is not there, holes that replace all arguments, and endless paths', () => {
    const input = { at: [0], source: { kind: 'input', path: [] } } as const;
    const args = (hole: WireCommand['args']['holes'][number]) => ({ args: { value: encode([null]), holes: [hole] } });
    expect(problemsOf([command('a', [], args(input))])).toEqual(['a: it refers to the input of the run, and none is given']);
    expect(problemsOf([command('a', [], args(input))], { hasInput: true })).toEqual([]);
    expect(problemsOf([command('a', [], args({ ...input, at: [] }))], { hasInput: true })[0]).toContain('refer to one argument at a time');
    expect(problemsOf([command('a', [], args({ ...input, at: Array(65).fill(0) }))], { hasInput: true })[0]).toContain('deeper than 64');
  });

  it('limits: 10,000 commands and 100,000 edges pass, one more is refused', () => {
    const many = Array.from({ length: commandsMax }, (_, at) => command(`s${at}`));
    expect(check(many).order).toHaveLength(commandsMax);
    expect(problemsOf([...many, command('last')])[0]).toContain('the limit is 10000');
    const sources = Array.from({ length: edgesMax / 100 }, (_, at) => command(`s${at}`));
    const names = sources.map(({ name }) => name);
    const dense = [...sources, ...Array.from({ length: 100 }, (_, at) => command(`t${at}`, names))];
    expect(check(dense).order).toHaveLength(dense.length);
    expect(problemsOf([...dense, command('last', ['s0'])])[0]).toContain('the limit is 100000');
  });

  it('K1: lists at most 100 problems and counts the rest, quickly however many there are', () => {
    const problems = problemsOf(Array.from({ length: commandsMax }, (_, at) => command(`s${at}`, [`nope${at}`])));
    expect(problems).toHaveLength(101);
    expect(problems.at(-1)).toBe('-: and 9900 more');
  });

  it('checks what is to be returned', () => {
    expect(problemsOf([command('a')], { returns: { kind: 'steps', steps: ['b'] } })).toEqual([
      '-: returns: it names "b", which is no command',
    ]);
  });
});
