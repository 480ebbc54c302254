import { describe, expect, it } from 'vitest';
import { remote } from '../../../src/core/function.ts';
import { inputSchemaOf, workflow } from '../../../src/core/workflow/builder.ts';
import type { Builder } from '../../../src/core/workflow/builder-api.ts';
import { parseWorkflow } from '../../../src/core/workflow/parse.ts';
import type { Ref } from '../../../src/core/workflow/ref.ts';
import { HeddleError } from '../../../src/errors.ts';
import { encode } from './codec.ts';

interface Row {
  id: string;
  v: number;
}
interface Fabric {
  'rows.clean'(rows: Row[]): { rows: Row[]; dropped: number };
  sum(...numbers: number[]): number;
  take(value: unknown): string;
}
const fn = remote<Fabric>();

function problemsOf(task: () => unknown): readonly string[] {
  try {
    task();
  } catch (error) {
    if (!HeddleError.is(error, 'bad_workflow')) throw error;
    return error.detail.problems.map(({ command, message }) => `${command ?? '-'}: ${message}`);
  }
  return [];
}

describe('a built workflow', () => {
  it('is data: references spelled out, options carried, versions from the handles', () => {
    const flow = workflow('report', ({ step, input }: Builder<Row[]>) => {
      const clean = step('clean', fn('rows.clean', { version: '1.2.0' }), [input], { need: ['db'], target: 's', timeoutMs: 5 });
      const total = step('total', fn('sum'), [1, clean.get('rows').get(0).get('v')], { after: [clean], version: '>=2' });
      return { total, deep: [clean.get('dropped')] };
    });
    expect(flow.name).toBe('report');
    expect(flow.toJSON()).toEqual({
      name: 'report',
      commands: [
        { name: 'clean', fun: 'rows.clean', args: [{ $input: true }], need: ['db'], target: 's', timeoutMs: 5, version: '^1.2.0' },
        { name: 'total', fun: 'sum', args: [1, { $ref: 'clean', path: ['rows', 0, 'v'] }], after: ['clean'], version: '>=2' },
      ],
      returns: { total: { $ref: 'total' }, deep: [{ $ref: 'clean', path: ['dropped'] }] },
    });
    expect(JSON.parse(JSON.stringify(flow))).toEqual(flow.toJSON());
  });

  it('carries the list of an each, its element and index, and what undoes an element', () => {
    const flow = workflow('w', ({ step, each, input }: Builder<Row[]>) => {
      const clean = step('clean', fn('rows.clean'), [input]);
      const scores = each('scores', fn('sum'), clean.get('rows'), (row, index) => [row.get('v'), index, clean.get('dropped')], {
        parallel: 8,
        onFailure: { fallback: null },
        compensate: { fn: fn('take'), args: (score, row, index) => [{ score, id: row.get('id'), index }], retry: { attempts: 2 } },
      });
      return { scores, first: scores.get(0) };
    });
    expect(flow.toJSON().commands[1]).toEqual({
      name: 'scores',
      fun: 'sum',
      each: { $ref: 'clean', path: ['rows'] },
      args: [{ $item: true, path: ['v'] }, { $index: true }, { $ref: 'clean', path: ['dropped'] }],
      parallel: 8,
      onFailure: { fallback: null },
      compensate: {
        fun: 'take',
        args: [{ score: { $ref: 'scores' }, id: { $item: true, path: ['id'] }, index: { $index: true } }],
        retry: { attempts: 2 },
      },
    });
    expect(() => parseWorkflow(flow.toJSON(), { hasInput: true, encode })).not.toThrow();
  });

  it('carries what undoes its steps', () => {
    const flow = workflow('w', ({ step, compensate }) => {
      const first = step('first', fn('sum'), [1]);
      const paid = step('paid', fn('sum'), [first]);
      compensate(paid, fn('take', { version: '1.2.0' }), (sum) => [{ sum, order: first }], {
        timeoutMs: 5,
        retry: { attempts: 2 },
        need: ['db'],
      });
    });
    const args = [{ sum: { $ref: 'paid' }, order: { $ref: 'first' } }];
    expect(flow.toJSON().commands[1]?.compensate).toEqual({
      fun: 'take',
      args,
      need: ['db'],
      version: '^1.2.0',
      timeoutMs: 5,
      retry: { attempts: 2 },
    });
    const { commands } = parseWorkflow(flow.toJSON(), { hasInput: false, encode });
    expect(commands[1]?.compensate).toMatchObject({
      function: 'take',
      version: '^1.2.0',
      need: ['db'],
      timeoutMs: 5,
      attemptsMax: 2,
      args: { holes: [{}, {}] },
    });
  });

  it('carries its failure policies, with fallbacks as literals', () => {
    const flow = workflow('w', ({ step }) => {
      step('a', fn('sum'), [1], { retry: { attempts: 3 }, onFailure: 'continue' });
      step('b', fn('sum'), [1], { onFailure: { fallback: { $ref: 'a' } } });
    });
    expect(flow.toJSON().commands).toMatchObject([
      { name: 'a', retry: { attempts: 3 }, onFailure: 'continue' },
      { name: 'b', onFailure: { fallback: { $literal: { $ref: 'a' } } } },
    ]);
    const { commands } = parseWorkflow(flow.toJSON(), { hasInput: false, encode });
    expect(commands).toMatchObject([
      { attemptsMax: 3, onFailure: { kind: 'continue' } },
      { onFailure: { kind: 'fallback', value: encode({ $ref: 'a' }) } },
    ]);
  });

  it('is accepted as data, and passes what the builder meant', () => {
    const flow = workflow('w', ({ step }) => step('t', fn('take'), [{ at: new Date(0), list: [step('s', fn('sum'), [1])] }]));
    const { commands, returns } = parseWorkflow(flow.toJSON(), { hasInput: false, encode });
    expect(commands.map((command) => command.name)).toEqual(['s', 't']);
    expect(commands[1]?.args.holes).toEqual([{ at: [0, 'list', 0], source: { kind: 'step', step: 's', path: [] } }]);
    expect(returns.kind).toBe('shape');
  });

  it('B1: plain values that look like references arrive unchanged', () => {
    for (const value of [{ $ref: 'a' }, { $ref: 'a', path: [] }, { $literal: 1 }, { $date: 'x' }, [{ $where: { $ref: 'a' } }], 'a']) {
      const flow = workflow('w', ({ step }) => step('a', fn('take'), [value]));
      const seen: unknown[] = [];
      const spy = (args: unknown): ReturnType<typeof encode> => {
        seen.push(args);
        return encode(null);
      };
      parseWorkflow(flow.toJSON(), { hasInput: false, references: 'explicit', encode: spy });
      expect(seen[0]).toEqual([value]);
    }
  });

  it('returns nothing: the leaves; an empty list: an empty list', () => {
    expect(workflow('w', () => {}).toJSON()).toEqual({ name: 'w', commands: [] });
    expect(workflow('w', () => []).toJSON().returns).toEqual({ $literal: [] });
  });

  it.each<[string, (flow: never) => unknown, string]>([
    [
      'an unknown step option',
      ({ step }: Builder) => step('a', fn('sum'), [1], { need: [], waitMs: 5 } as object),
      'a: there is no step option "waitMs"',
    ],
    ['a name used twice', ({ step }: Builder) => [step('a', fn('sum'), [1]), step('a', fn('sum'), [2])], 'a: the name is used twice'],
    ['a plain function', ({ step }: Builder) => step('a', ((x: number) => x) as never, [1] as never), 'a: a step takes a definition'],
    ['arguments that are no list', ({ step }: Builder) => step('a', fn('sum'), 5 as never), 'a: the arguments are given as a list'],
    ['after by name', ({ step }: Builder) => step('a', fn('sum'), [1], { after: ['b'] as never }), 'a: "after" takes references'],
    [
      'after the input',
      ({ step, input }: Builder) => step('a', fn('sum'), [1], { after: [input] }),
      'a: "after" takes references to steps',
    ],
    ['an async builder', async ({ step }: Builder) => step('a', fn('sum'), [1]), 'the builder must not be async'],
    ['a returned value', ({ step }: Builder) => ({ a: step('a', fn('sum'), [1]), b: 3 }), 'a builder returns references'],
    [
      'a reference in an object that is kept for references',
      ({ step }: Builder) => step('b', fn('take'), [{ $ref: step('a', fn('sum'), [1]) }]),
      'b: an object with the key "$ref" cannot hold references',
    ],
    [
      'a fallback that refers to a step',
      ({ step }: Builder) => step('b', fn('sum'), [1], { onFailure: { fallback: [step('a', fn('sum'), [1])] } }),
      'b: a fallback is a value, and cannot refer to a step or the input',
    ],
    [
      'each over a value',
      ({ each }: Builder) => each('a', fn('take'), [1, 2] as never, (item) => [item]),
      'a: each takes a reference to a list of this workflow; this is a list',
    ],
    [
      'each with arguments that are no function',
      ({ each, input }: Builder<number[]>) => each('a', fn('take'), input, [1] as never),
      'a: the arguments of each are given as (item, index) => [...]; this is a list',
    ],
    [
      'an unknown option of each',
      ({ each, input }: Builder<number[]>) => each('a', fn('take'), input, (item) => [item], { paralell: 2 } as object),
      'a: there is no option of each "paralell"; did you mean "parallel"?',
    ],
    [
      'an element outside its each',
      ({ each, step, input }: Builder<number[]>) => {
        let leaked: Ref<number> | undefined;
        each('a', fn('take'), input, (item) => {
          leaked = item;
          return [item];
        });
        step('b', fn('take'), [leaked]);
      },
      'b: the element of an each stands in the arguments of that each alone; elsewhere take its result',
    ],
    [
      'an undo of an each as if it were one step',
      ({ each, compensate, input }: Builder<number[]>) =>
        compensate(
          each('a', fn('take'), input, (item) => [item]),
          fn('take'),
          (all) => [all],
        ),
      'a: compensate: the elements of an each are undone one by one: give it as its option compensate: { fn, args }',
    ],
    [
      'an undo of what is no step',
      ({ input, compensate }: Builder) => compensate(input, fn('take'), () => [1]),
      '-: compensate takes what step(...) gave; this is another reference',
    ],
    [
      'two undos of one step',
      ({ step, compensate }: Builder) => {
        const a = step('a', fn('sum'), [1]);
        compensate(a, fn('take'), (sum) => [sum]);
        compensate(a, fn('take'), (sum) => [sum]);
      },
      'a: compensate: the step has an undo already',
    ],
    [
      'an unknown option of an undo',
      ({ step, compensate }: Builder) => compensate(step('a', fn('sum'), [1]), fn('take'), (sum) => [sum], { after: [] } as object),
      'a: compensate: there is no option of compensate "after"',
    ],
  ])('B3: refuses %s', (_what, build, message) => {
    expect(problemsOf(() => workflow('w', build as never)).join('\n')).toContain(message);
  });

  it('B3: refuses a reference of another workflow, and unknown workflow options', () => {
    let stolen: Ref<number> | undefined;
    workflow('one', ({ step }) => (stolen = step('a', fn('sum'), [1])));
    expect(problemsOf(() => workflow('two', ({ step }) => step('b', fn('take'), [stolen])))).toEqual([
      'b: the reference to "a" belongs to another workflow',
    ]);
    expect(problemsOf(() => workflow('w', () => {}, { inputs: 1 } as object))[0]).toContain('did you mean "input"?');
  });

  it('B3: lists everything that is wrong at once', () => {
    const problems = problemsOf(() =>
      workflow('w', ({ step }) => {
        step('a', fn('sum'), [1], { x: 1 } as object);
        step('a', fn('sum'), [1]);
        return 7 as never;
      }),
    );
    expect(problems).toHaveLength(3);
  });
});

describe('a reference', () => {
  const refs: Ref<{ x: number }>[] = [];
  workflow('w', ({ step }) => void refs.push(step('clean', fn('take'), [1]).as<{ x: number }>()));
  const ref = refs[0] as Ref<{ x: number }>;

  it.each<[string, () => unknown]>([
    ['a template string', () => `${ref as never}`],
    ['String()', () => String(ref)],
    ['arithmetic', () => Number(ref)],
    ['JSON.stringify', () => JSON.stringify({ ref })],
    ['concatenation', () => ['x', ref.get('x')].join('')],
  ])('R1: %s throws and says what to do', (_what, use) => {
    expect(problemsOf(use)[0]).toMatch(/the reference to "clean.*it holds no value yet/);
  });

  it('R1: awaiting it gives itself, and it is frozen', async () => {
    expect(await Promise.resolve(ref)).toBe(ref);
    expect(Object.isFrozen(ref)).toBe(true);
  });
});

describe('a workflow in plain JavaScript', () => {
  it.each([
    ['a name that is no text', () => workflow(7 as never, () => {}), 'takes a text as its name; this is a number'],
    ['no function', () => workflow('w', [] as never), 'takes a function that describes the steps; this is a list'],
    ['options that are a list', () => workflow('w', ({ step }) => void step('a', fn('sum'), [1], [] as never)), 'this is a list'],
    ['options that are null', () => workflow('w', ({ step }) => void step('a', fn('sum'), [1], null as never)), 'this is null'],
  ])('refuses %s with what was wanted', (_what, describes, message) => {
    expect(describes).toThrow(expect.objectContaining({ code: 'bad_workflow', executed: 'no', message: expect.stringContaining(message) }));
  });
});

it('a workflow says what its input is validated by', () => {
  const schema = { '~standard': { version: 1 as const, vendor: 'test', validate: (value: unknown) => ({ value }) } };
  expect(inputSchemaOf(workflow('w', () => {}, { input: schema }))).toBe(schema);
  expect(inputSchemaOf(workflow('w', () => {}))).toBeUndefined();
});
