import { expect, test } from 'vitest';
import { castProblems, namedFileProblems } from './comments.ts';
import { source } from './sources.ts';

test.each([
  '/** Driving one is fabric/pump.ts. */ const a = 1;',
  '/**\n * Text.\n * The rest is in gone.test.ts.\n */\n',
  'const a = 1; // as (old/pump.ts) says',
  'f(\n  a, // see pump.proto\n);',
  '// docs/pump.md says when',
])('a comment that names a file which is not there is found: %s', (text) => {
  expect(namedFileProblems([source('src/a.ts', text)], ['src/fabric/link/pump.ts'])).toHaveLength(1);
});

test('a file goes by the end of its path, and code is not a comment', () => {
  const text = "// link/pump.ts and pump.ts\nimport './gone.ts'; const url = 'http://gone.ts';";
  expect(namedFileProblems([source('src/a.ts', text)], ['src/fabric/link/pump.ts'])).toEqual([]);
});

test.each(['const a = b as C;', '// why\n\n\nconst a = b as C;', 'const a = b as unknown as C;'])(
  'a cast without a reason is found: %s',
  (text) => {
    expect(castProblems([source('src/a.ts', text)])).toEqual([expect.stringContaining('does not say why it is true')]);
  },
);

test.each([
  'const a = b as C; // it was checked',
  '// it was checked,\n// twice\nconst a = b as C;',
  'const a = [1] as const;',
  'const a = JSON.parse(b) as unknown;',
  "const a = { b: 'no' as Executed, c: undefined as string | undefined };",
])('a cast with its reason, or one that the compiler sees to be true, is fine: %s', (text) => {
  expect(castProblems([source('src/a.ts', text)])).toEqual([]);
});
