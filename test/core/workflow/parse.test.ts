import { describe, expect, it } from 'vitest';
import { workflow } from '../../../src/core/workflow/builder.ts';
import type { ParsedWorkflow, ParseOptions } from '../../../src/core/workflow/parse.ts';
import { parseWorkflow } from '../../../src/core/workflow/parse.ts';
import { HeddleError } from '../../../src/errors.ts';
import { decode, encode } from './codec.ts';

function parse(data: unknown, options: Partial<ParseOptions> = {}): ParsedWorkflow {
  return parseWorkflow(data, { hasInput: false, encode, ...options });
}

/** Every problem, as `command: message`. */
function problemsOf(data: unknown, options: Partial<ParseOptions> = {}): readonly string[] {
  try {
    parse(data, options);
  } catch (error) {
    if (!HeddleError.is(error, 'bad_workflow')) throw error;
    expect(error.executed).toBe('no');
    return error.detail.problems.map(({ command, message }) => `${command ?? '-'}: ${message}`);
  }
  return [];
}

describe('reading what a user wrote', () => {
  it('reads a list of commands', () => {
    const { commands, returns, name } = parse([
      { name: 'a', fun: 'f', args: [1] },
      { name: 'b', fun: 'g', args: [{ $ref: 'a', path: ['x'] }], need: ['db'], version: '^1', after: ['a'], target: 's', timeoutMs: 5 },
    ]);
    expect(name).toBeUndefined();
    expect(returns).toEqual({ kind: 'leaves' });
    expect(commands[0]).toEqual({ name: 'a', function: 'f', args: { value: encode([1]), holes: [] }, after: [] });
    expect(commands[1]).toMatchObject({ need: ['db'], version: '^1', after: ['a'], target: 's', timeoutMs: 5 });
    expect(decode(commands[1]?.args.value ?? encode(0))).toEqual([null]);
  });

  it('reads an object with commands, and options override what it says', () => {
    const data = { name: 'w', commands: [{ name: 'a', fun: 'f' }], returns: 'all' };
    expect(parse(data)).toMatchObject({ name: 'w', returns: { kind: 'all' } });
    expect(parse(data, { returns: ['a'] }).returns).toEqual({ kind: 'steps', steps: ['a'] });
  });

  it('reads shapes of references', () => {
    const { returns } = parse([{ name: 'a', fun: 'f' }], { returns: { total: { $ref: 'a', path: ['n'] }, list: [{ $ref: 'a' }] } });
    expect(returns.kind === 'shape' && returns.shape.holes.map((hole) => hole.at)).toEqual([['total'], ['list', 0]]);
    expect(parse([{ name: 'a', fun: 'f' }], { returns: { $ref: 'a' } }).returns).toMatchObject({ shape: { holes: [{ at: [] }] } });
  });

  it.each<[unknown, Partial<ParseOptions>, readonly string[]]>([
    ['x', {}, ['-: a workflow is a list of commands, or an object with "commands"; this is a string']],
    [{ command: [] }, {}, ['-: there is no workflow field "command"; did you mean "commands"?']],
    [{ commands: [], retruns: 'all' }, {}, ['-: there is no workflow field "retruns"; did you mean "returns"?']],
    [[7], {}, ['number 1: a command is an object']],
    [[{ fun: 'f' }], {}, ['number 1: expected a command name, found an empty text']],
    [[{ name: 'a' }], {}, ['a: "fun" takes a function name, found an empty text']],
    [[{ name: 5, fun: 'f' }], {}, ['number 1: "name" takes text, found a number']],
    [[{ name: 'a', fun: 'f', args: { x: 1 } }], {}, ['a: "args" takes the list of arguments, found an object']],
    [[{ name: 'a', fun: 'f', needs: ['gpu'] }], {}, ['a: there is no command field "needs"; did you mean "need"?']],
    [[{ name: 'a', fun: 'f', paralel: 2 }], {}, ['a: there is no command field "paralel"; did you mean "parallel"?']],
    [[{ name: 'a', fun: 'f', parallel: 2 }], {}, ['a: "parallel" says something only beside "each"']],
    [[{ name: 'a', fun: 'f', each: [1, 2] }], {}, ['a: "each" takes a reference to a list, or { "$literal": [...] }; found a list']],
    [[{ name: 'a', fun: 'f', each: 'rows' }], {}, ['a: "each" takes a reference to a list, or { "$literal": [...] }; found a string']],
    [[{ name: 'a', fun: 'f', each: { $literal: 5 } }], {}, ['a: "each" takes a list, found a number']],
    [[{ name: 'a', fun: 'f', each: { $ref: 'z' } }], {}, ['a: a reference names "z", which is no command']],
    [[{ name: 'a', fun: 'f', each: { $ref: 'a' } }], {}, ['a: a reference refers to the command itself']],
    [[{ name: 'a', fun: 'f', each: { $input: true } }], {}, ['a: it refers to the input of the run, and none is given']],
    [[{ name: 'a', fun: 'f', each: { $item: true } }], {}, ['a: "each" cannot refer to its own elements']],
    [[{ name: 'a', fun: 'f', each: { $literal: [] }, parallel: 257 }], {}, ['a: "parallel" takes a whole number from 1 to 256, found 257']],
    [[{ name: 'a', fun: 'f', args: [{ $item: true }] }], {}, ['a: "$item" and "$index" stand only in a command with "each"']],
    [
      [{ name: 'a', fun: 'f', compensate: { fun: 'g', args: [{ $index: true }] } }],
      {},
      ['a: "$item" and "$index" stand only in a command with "each"'],
    ],
    [[{ name: 'a', fun: 'f' }], { returns: { x: { $item: true } } }, ['-: returns: "$item" and "$index" stand only in a command']],
    [[{ name: 'a', fun: 'f', retry: 2 }], {}, ['a: "retry" takes { attempts }, found a number']],
    [[{ name: 'a', fun: 'f', retry: { attempts: 11 } }], {}, ['a: "retry.attempts" takes a whole number from 1 to 10, found 11']],
    [[{ name: 'a', fun: 'f', retry: { attempts: 1, times: 2 } }], {}, ['a: there is no field of "retry" "times"']],
    [[{ name: 'a', fun: 'f', compensate: 'g' }], {}, ['a: compensate: it is an object with "fun" and "args"; this is a string']],
    [[{ name: 'a', fun: 'f', compensate: { args: [] } }], {}, ['a: compensate: "fun" names the function that undoes the step']],
    [[{ name: 'a', fun: 'f', compensate: { fun: 'g', after: [] } }], {}, ['a: compensate: there is no field of "compensate" "after"']],
    [[{ name: 'a', fun: 'f', compensate: { fun: 'g', args: [{ $ref: 'z' }] } }], {}, ['a: a reference names "z", which is no command']],
    [[{ name: 'a', fun: 'f', compensate: { fun: 'g', timeoutMs: 0 } }], {}, ['a: timeoutMs must be above 0']],
    [[{ name: 'a', fun: 'f', onFailure: 'ignore' }], {}, [`a: "onFailure" takes 'fail', 'continue' or { fallback }, found "ignore"`]],
    [[{ name: 'a', fun: 'f', onFailure: {} }], {}, [`a: "onFailure" takes 'fail', 'continue' or { fallback }, found an object`]],
    [[{ name: 'a', fun: 'f', onFailure: { fallback: { $ref: 'b' } } }], {}, ['a: a fallback is a value, and cannot refer to a step']],
    [[{ name: 'a', fun: 'f', onFailure: { fallback: 1, x: 2 } }], {}, ['a: there is no field of "onFailure" "x"']],
    [[{ name: 'a', fun: 'f', need: { alls: ['x'] } }], {}, ['a: there is no word of a need "alls"; did you mean "all"?']],
    [[{ name: 'a', fun: 'f', need: 'gpu' }], {}, ['a: "need" takes a list of resources']],
    [[{ name: 'a', fun: 'f', timeoutMs: '5' }], {}, ['a: "timeoutMs" takes a number of milliseconds']],
    [[{ name: 'a', fun: 'f', timeoutMs: 0 }], {}, ['a: timeoutMs must be above 0']],
    [[{ name: 'a', fun: 'f', after: 'b' }], {}, ['a: "after" takes a list of texts']],
    [[{ name: 'a', fun: 'f', after: ['b', 5] }], {}, ['a: "after" takes a list of texts, found a number at [1]']],
    [[{ name: 'a', fun: 'f', args: [{ $input: true }] }], {}, ['a: it refers to the input of the run, and none is given']],
    [[{ name: 'a', fun: 'f', args: [{ x: [{ $each: 1 }] }] }], {}, ['a: [0].x[0]: there is no reference "$each"']],
    [[{ name: 'a', fun: 'f' }], { returns: 'last' }, ["-: returns: takes 'leaves', 'all', a list of steps, or references"]],
    [[{ name: 'a', fun: 'f' }], { returns: ['b'] }, ['-: returns: it names "b", which is no command']],
    [
      [{ name: 'a', fun: 'f' }],
      { returns: { total: 'a' } },
      ['-: returns: takes references, in lists and objects; found a string (for a step write { "$ref": "a" })'],
    ],
    [[{ name: 'a', fun: 'f' }], { returns: { total: { $ref: 'b' } } }, ['-: returns: it names "b"']],
  ])('Q2: %j %j is refused by name', (data, options, expected) => {
    const problems = problemsOf(data, options);
    for (const [at, text] of expected.entries()) expect(problems[at]).toContain(text);
  });

  it('says what to do with a built workflow', () => {
    expect(problemsOf(workflow('w', () => {}))[0]).toContain('run(flow, input)');
  });

  it('Q1: lists every problem at once', () => {
    const problems = problemsOf([
      { name: 'a', fun: 'f', ned: [] },
      { name: 'a', fun: 'f', args: [{ $ref: 'nope' }] },
      { name: 'c', fun: 'f', args: [{ $ref: 'c' }] },
    ]);
    expect(problems).toHaveLength(4);
    expect(problems.join('\n')).toMatch(/"ned".*[\s\S]*used twice[\s\S]*"nope"[\s\S]*the command itself/);
  });

  it('a value that cannot be encoded is a problem of its command, with its path', () => {
    const refuse = (): never => {
      throw Object.assign(new Error('expected a plain value, found a Socket'), { path: [0, 'conn'] });
    };
    expect(problemsOf([{ name: 'a', fun: 'f' }], { encode: refuse })).toEqual(['a: [0].conn: expected a plain value, found a Socket']);
  });

  it('case 9: notes literals that equal a command, unless references are chosen', () => {
    const data = [
      { name: 'a', fun: 'f' },
      { name: 'b', fun: 'f', args: ['a', 'b', ['a']] },
    ];
    expect(parse(data).looksBare).toEqual([
      { step: 'b', text: 'a' },
      { step: 'b', text: 'a' },
    ]);
    expect(parse(data, { references: 'explicit' }).looksBare).toEqual([]);
    expect(problemsOf(data, { references: 'bare' })).toEqual(['b: a reference refers to the command itself']);
  });

  it('case 9: bare strings become references', () => {
    const { commands, looksBare } = parse(
      [
        { name: 'a', fun: 'f' },
        { name: 'b', fun: 'f', args: [{ deep: 'a.rows.0' }] },
      ],
      { references: 'bare' },
    );
    expect(commands[1]?.args.holes).toEqual([{ at: [0, 'deep'], source: { kind: 'step', step: 'a', path: ['rows', 0] } }]);
    expect(looksBare).toEqual([]);
  });
});
