import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { generatedPages } from '../../.config/pages.ts';
import { root } from './sources.ts';

test.each(Object.entries(generatedPages()))('%s is what `npm run docs` makes of the tables', (path, text) => {
  expect(readFileSync(join(root, path), 'utf8')).toBe(text);
});
