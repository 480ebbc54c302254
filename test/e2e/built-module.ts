/**
 * A module of these tests as JavaScript: a server process that has to load a compiler for it starts half as fast again. That
 * servers load TypeScript is tested elsewhere (test/cli, command-line-processes.test.ts, the examples).
 */

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** Inside the package, so that `heddle` means the same there. */
const folder = fileURLToPath(new URL('../../.cache/e2e/', import.meta.url));

/** Path of the JavaScript of a module of this folder that imports packages only; it is made when its source has changed. */
export function builtModule(name: string): string {
  const source = readFileSync(new URL(name, import.meta.url), 'utf8');
  const path = `${folder}${createHash('sha256').update(source).digest('hex').slice(0, 16)}.mjs`;
  if (existsSync(path)) return path;
  const ts = createRequire(import.meta.url)('typescript') as typeof import('typescript'); // its own types
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  });
  mkdirSync(folder, { recursive: true });
  // Two test files may want it at once: each makes its own, and the last name wins.
  writeFileSync(`${path}.${process.pid}`, outputText);
  renameSync(`${path}.${process.pid}`, path);
  return path;
}
