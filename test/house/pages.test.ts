import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { generatedPages } from '../../.config/pages.ts';
import { root } from './sources.ts';

test.each(Object.entries(generatedPages()))('%s is what `npm run docs` makes of the tables', (path, text) => {
  expect(readFileSync(join(root, path), 'utf8')).toBe(text);
});

test('what the threat table says is held, a test holds: each file that it names is there', () => {
  const page = readFileSync(join(root, 'docs/security.md'), 'utf8');
  const rows = page
    .slice(page.indexOf('## Threats'))
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2);
  expect(rows.length).toBeGreaterThan(12);
  for (const row of rows) {
    const [, , , stops = '', held = ''] = row.split(' | ').length > 3 ? ['', ...row.split(' | ')] : [];
    const named = [...held.matchAll(/`([a-z0-9./-]+)`/g)].map(([, name = '']) => name);
    // What nothing stops says so, or what to do; everything else names its test.
    if (named.length === 0) expect(stops).toMatch(/^nothing: |^only what |^short times; /);
    for (const name of named) {
      const files = [`test/${name}.test.ts`, `test/${name}.ts`];
      expect(
        files.some((file) => existsSync(join(root, file))),
        name,
      ).toBe(true);
    }
  }
});
