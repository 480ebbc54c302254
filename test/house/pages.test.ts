import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { expect, test } from 'vitest';
import { generatedPages } from '../../.config/pages.ts';
import { fabricFloors } from './imports.ts';
import { filesUnder, root } from './sources.ts';

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

test('the cases and faults that tests name are those that test/README.md explains', () => {
  const page = readFileSync(join(root, 'test/README.md'), 'utf8');
  const explained = (title: string): readonly string[] =>
    [...(page.split(`\n## ${title}`)[1]?.split('\n## ')[0] ?? '').matchAll(/^\| ([\w, ]+) \|/gm)].flatMap(([, cell = '']) =>
      cell.split(', ').filter((name) => /\d/.test(name)),
    );
  const texts = filesUnder('test')
    .filter((path) => path.endsWith('.ts') && !path.startsWith('test/house/'))
    .map((path) => readFileSync(join(root, path), 'utf8'));
  const named = (pattern: RegExp): ReadonlySet<string> =>
    new Set(texts.flatMap((text) => [...text.matchAll(pattern)].flatMap(([, numbers = '']) => numbers.match(/\d+/g) ?? [])));
  const sorted = (numbers: Iterable<string>): readonly string[] => [...numbers].sort((a, b) => Number(a) - Number(b));
  expect(sorted(named(/(?<!^ *)(?<!\w)cases? (\d+(?:(?:, | and )\d+)*)(?!\d)/gim))).toEqual(sorted(explained('Cases')));
  expect(sorted(named(/(?<!\w)(?:faults? (?:rows? )?|row: ')(\d+(?:(?:, | and )\d+)*)(?!\d)/gi))).toEqual(sorted(explained('Faults')));
});

test('src/README.md explains every room and every floor, and no other', () => {
  const page = readFileSync(join(root, 'src/README.md'), 'utf8');
  const named = new Set(
    [...page.matchAll(/^\| ((?:`[\w.-]+`(?:, )?)+) \|/gm)].flatMap(([, cell = '']) => cell.replaceAll('`', '').split(', ')),
  );
  const rooms = readdirSync(join(root, 'src')).filter((name) => !['README.md', 'error-details.ts'].includes(name));
  expect([...named].sort()).toEqual([...rooms, ...fabricFloors].sort());
  const decisions = readdirSync(join(root, 'src/core'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(decisions.filter(({ name }) => !page.includes(`\`${name}\``))).toEqual([]);
});

test('every link of the README files, the changelog and the docs leads to a file, and to a heading that is there', () => {
  const pages = [
    'README.md',
    'CHANGELOG.md',
    'src/README.md',
    'test/README.md',
    ...readdirSync(join(root, 'docs')).flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : [])),
  ];
  const links = pages.flatMap((page) =>
    [...readFileSync(join(root, page), 'utf8').matchAll(/\]\((?!https?:)([^)\s#]*)(?:#([^)\s]+))?\)/g)].map(
      ([whole, path = '', heading]) => ({
        whole: `${page}: ${whole}`,
        to: path === '' ? page : posix.join(posix.dirname(page), path),
        heading,
      }),
    ),
  );
  expect(links.length).toBeGreaterThan(100);
  const isDead = ({ to, heading }: (typeof links)[number]) =>
    !existsSync(join(root, to)) || (heading !== undefined && !headingsOf(readFileSync(join(root, to), 'utf8')).has(heading));
  expect(links.filter(isDead).map(({ whole }) => whole)).toEqual([]);
});

/** As they stand in links: in lower case, without signs, with dashes for spaces. */
function headingsOf(page: string): ReadonlySet<string> {
  const lines = page.replaceAll(/^```.*?^```/gms, '').matchAll(/^#+ (.+)$/gm);
  return new Set(
    [...lines].map(([, text = '']) =>
      text
        .toLowerCase()
        .replaceAll(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    ),
  );
}
