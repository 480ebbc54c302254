/**
 * Modules of these tests, and the examples, as JavaScript: a process that has to load a compiler for them starts three times as
 * slowly (1.3 s of processor time instead of 0.45), and a server half as fast again. That servers and programs load TypeScript is
 * tested elsewhere (test/cli, command-line-processes.test.ts, the quickstart in examples.test.ts).
 */

import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** Inside the package, so that `heddle` means the same there. */
const folder = join(root, '.cache/e2e');

/** Path of the JavaScript of a module of this folder, which imports packages and its neighbours; made when a source has changed. */
export function builtModule(name: string): string {
  const text = readFileSync(new URL(name, import.meta.url), 'utf8');
  const source = text.replaceAll(/(?<= from ')\.\/[\w-]+\.ts(?=')/g, (neighbour) => `./${basename(builtModule(neighbour))}`);
  const path = join(folder, `${hash(source)}.mjs`);
  if (!existsSync(path)) whole(path, (own) => writeFileSync(own, scriptOf(source)));
  return path;
}

/** Folder with every example as JavaScript, by the same names; beside it what they read of the repository. */
export function builtExamples(): string {
  const from = join(root, 'examples');
  const files = readdirSync(from, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'));
  const sources = new Map(files.map((file) => [file, readFileSync(join(from, file), 'utf8')]));
  const readme = join(root, 'README.md');
  const path = join(folder, hash([...sources].flat().join('\0') + readFileSync(readme, 'utf8')));
  if (!existsSync(path)) {
    whole(path, (own) => {
      for (const [file, source] of sources) {
        const to = join(own, 'examples', file.replace(/ts$/, 'js'));
        mkdirSync(dirname(to), { recursive: true });
        // Modules, and the addresses of those that are started or loaded later.
        writeFileSync(to, scriptOf(source.replaceAll(/\.ts(?=['`])/g, '.js')));
      }
      cpSync(readme, join(own, 'README.md'));
    });
  }
  return join(path, 'examples');
}

/** The JavaScript of a module whose imports stay as they are. */
export function scriptOf(source: string): string {
  const ts = createRequire(import.meta.url)('typescript') as typeof import('typescript'); // its own types
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
  return ts.transpileModule(source, { compilerOptions }).outputText;
}

/** Two test files may want it at once: each makes its own, and the first name stays. */
function whole(path: string, make: (own: string) => void): void {
  const own = `${path}.${process.pid}`;
  mkdirSync(folder, { recursive: true });
  make(own);
  try {
    renameSync(own, path);
  } catch (error) {
    if (!existsSync(path)) throw error;
    rmSync(own, { recursive: true, force: true });
  }
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
