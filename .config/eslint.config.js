// Only what needs types; biome does the rest.
import { resolve } from 'node:path';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  {
  files: ['**/*.ts', '**/*.tsx'],
  ignores: ['**/*.generated.ts', '**/generated/**'],
  linterOptions: { reportUnusedDisableDirectives: 'error' },
  plugins: { '@typescript-eslint': tseslint.plugin },
  languageOptions: {
    parser: tseslint.parser,
    parserOptions: {
      project: [resolve(import.meta.dirname, 'tsconfig.check.json'), resolve(import.meta.dirname, '../src/dashboard/page/tsconfig.json')],
      tsconfigRootDir: resolve(import.meta.dirname, '..'),
    },
  },
  rules: {
    '@typescript-eslint/no-floating-promises': 'error',
    '@typescript-eslint/no-misused-promises': 'error',
    '@typescript-eslint/await-thenable': 'error',
    '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
    '@typescript-eslint/no-unnecessary-type-assertion': 'error',
    '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    '@typescript-eslint/only-throw-error': ['error', { allowThrowingUnknown: true, allowRethrowing: true }],
    '@typescript-eslint/prefer-promise-reject-errors': ['error', { allowThrowingUnknown: true }],
  },
},
  {
    // Tests throw what no program should.
    files: ['**/test/**/*.ts'],
    rules: { '@typescript-eslint/only-throw-error': 'off', '@typescript-eslint/prefer-promise-reject-errors': 'off' },
  },
  {
    // A listener of an example may be async: its failure ends the process, which is what is wanted.
    files: ['**/examples/**/*.ts'],
    rules: { '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }] },
  },
);
