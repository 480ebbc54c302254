/**
 * Writes the pages that are made of tables in the code (`npm run docs`); test/house/pages.test.ts holds them equal.
 */
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { generatedPages } from './pages.ts';

for (const [path, text] of Object.entries(generatedPages())) writeFileSync(join(resolve(import.meta.dirname, '..'), path), text);
