/** What compiles and is always a mistake: a reference as a condition. Lint finds it (types.test.ts). Compiled, never run. */

import { type Builder, defineFunction, workflow } from 'heddle';

const count = defineFunction({ name: 'count', handler: (_ctx, rows: string[]) => ({ n: rows.length, isEmpty: rows.length === 0 }) });

export const flow = workflow('truthiness', ({ step, input }: Builder<string[]>) => {
  const counted = step('count', count, [input]);
  if (counted.get('isEmpty')) return { first: counted };
  const n = counted.get('n') || counted;
  const other = counted ? n : input;
  while (!counted.get('n')) void other;
  return { n: counted.get('n') ?? input };
});
