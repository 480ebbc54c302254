/**
 * The runnable snippets of README.md and docs/: every ```ts run block, with the ```text block that follows it as the
 * output it promises.
 */

import { readdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';

export interface Snippet {
  /** `calls.md:12`: the page and the line that the code starts on. */
  readonly place: string;
  readonly file: string;
  readonly code: string;
  /** undefined: it promises no output. */
  readonly output: string | undefined;
}

const root = new URL('../../', import.meta.url);
const block = /^```ts run\n(?<code>.*?)^```\n(?:\n```text\n(?<output>.*?)^```\n)?/gms;

export async function readSnippets(): Promise<Snippet[]> {
  const docs = (await readdir(new URL('docs/', root))).filter((name) => name.endsWith('.md')).sort();
  const pages = await Promise.all(['README.md', ...docs.map((name) => `docs/${name}`)].map((page) => snippetsOf(page)));
  return pages.flat();
}

async function snippetsOf(page: string): Promise<Snippet[]> {
  const text = await readFile(new URL(page, root), 'utf8');
  return [...text.matchAll(block)].map((match) => {
    const line = text.slice(0, match.index).split('\n').length + 1;
    const file = `${basename(page, '.md').toLowerCase()}-${line}.ts`;
    return { place: `${page}:${line}`, file, code: match.groups?.['code'] ?? '', output: match.groups?.['output'] };
  });
}
