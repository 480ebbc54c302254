/** `heddle types`, from the command line. What it writes is compiled against the typed client in test/types. */

import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { declarationsOf } from '../../src/cli/declarations.ts';
import { type Offer, startServer } from '../../src/index.ts';
import { functions } from '../types/declared.ts';
import { heddleSays } from './terminal.ts';

describe('heddle types', () => {
  test('writes a file from a live catalog, and leaves it alone while nothing changes (T1)', async () => {
    await using server = await startServer({ name: 'one', cluster: randomUUID(), functions });
    const folder = mkdtempSync(join(tmpdir(), 'heddle-types-'));
    const out = join(folder, 'fabric.d.ts');
    expect(await heddleSays('types', '--url', server.url, '--out', out)).toEqual({ code: 0, out: '', notes: `${out}: 5 functions` });
    expect(readdirSync(folder)).toEqual(['fabric.d.ts']);

    utimesSync(out, 1, 1);
    expect((await heddleSays('types', '--url', server.url, '--out', out)).notes).toBe(`${out} is up to date: 5 functions`);
    expect(statSync(out).mtimeMs).toBe(1_000);
    await server.withdraw('plain');
    expect((await heddleSays('types', '--url', server.url, '--out', out)).notes).toBe(`${out}: 4 functions`);
    expect(readFileSync(out, 'utf8')).not.toContain('plain');
  });

  test('prints the same on stdout, and the catalog with its schemas as JSON', async () => {
    await using server = await startServer({
      name: 'one',
      cluster: randomUUID(),
      functions: { plain: functions.plain, scan: functions.scan },
    });
    expect((await heddleSays('types', '--url', server.url)).out.split('\n')).toEqual([
      '// Written by `heddle types`: write it again rather than change it.',
      '',
      'export interface Fabric {',
      '  /** 1.0.0, once */',
      '  plain(...args: readonly unknown[]): Promise<unknown>;',
      '  /** 1.0.0, once, a stream */',
      '  "rows.scan"(arg1: string): AsyncIterable<[(string), (number)]>;',
      '}',
    ]);
    const { out } = await heddleSays('types', '--url', server.url, '--json');
    expect(JSON.parse(out)).toMatchObject([
      { function: 'plain' },
      { function: 'rows.scan', inputSchema: expect.stringContaining('string') },
    ]);
    expect(await server.catalog()).toMatchObject([{ function: 'plain' }, expect.not.objectContaining({ inputSchema: expect.anything() })]);
    await expect(server.catalog({ schema: true } as object)).rejects.toMatchObject({ code: 'bad_argument' });
  });

  test('refuses, with exit code 2 and before it asks anybody, what it must not or cannot write', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'heddle-types-'));
    const own = join(folder, 'own.d.ts');
    writeFileSync(own, 'export type Mine = 1;\n');
    const nobody = ['--url', '127.0.0.1:9'];
    for (const [out, message] of [
      [own, 'was not written by `heddle types` and stays as it is'],
      [join(folder, 'fabric.json'), '--out takes the path of a declaration file'],
      [join(folder, 'none', 'fabric.d.ts'), 'there is no folder'],
    ] as const) {
      const { code, notes } = await heddleSays('types', ...nobody, '--out', out);
      expect([code, notes]).toEqual([2, expect.stringContaining(message)]);
    }
    expect((await heddleSays('types', ...nobody, '--out', join(folder, 'a.d.ts'), '--json')).code).toBe(2);
    expect((await heddleSays('types', ...nobody, '--output', 'x')).code).toBe(2);
    expect(readFileSync(own, 'utf8')).toBe('export type Mine = 1;\n');
  });

  test('of a fabric that cannot be reached ends with 3 and writes nothing', async () => {
    const out = join(mkdtempSync(join(tmpdir(), 'heddle-types-')), 'fabric.d.ts');
    expect((await heddleSays('types', '--url', '127.0.0.1:9', '--out', out)).code).toBe(3);
    expect(existsSync(out)).toBe(false);
  });
});

describe('declarations', () => {
  const offer = (fields: Partial<Offer>): Offer => ({
    function: 'f',
    version: '1.0.0',
    server: 's',
    resources: [],
    effect: 'once',
    kind: 'call',
    ...fields,
  });

  test('D3: nothing in a name, a key or a value breaks out of its quotes', () => {
    const hostile = '"; } declare const x: 1; interface Y { "*/';
    const schema = { type: 'object', properties: { [hostile]: { const: hostile } }, required: [hostile] };
    const text = declarationsOf([
      offer({ function: hostile, version: '1.0.0*/', inputSchema: JSON.stringify([{ ...schema, title: hostile }]) }),
    ]);
    const file = ts.createSourceFile('x.d.ts', text, ts.ScriptTarget.ES2023);
    expect(file.statements.map((statement) => ts.SyntaxKind[statement.kind])).toEqual(['InterfaceDeclaration']);
  });

  test('D1, D3: what has no end or is no schema is unknown', () => {
    const texts = [
      JSON.stringify({ $ref: '#/nowhere' }),
      JSON.stringify({ $ref: '#' }),
      '{',
      '5',
      JSON.stringify({ type: ['string', 'null', 'what'] }),
    ];
    for (const outputSchema of texts) expect(declarationsOf([offer({ outputSchema })])).toContain(': Promise<unknown>;');
    const loop = declarationsOf([offer({ outputSchema: JSON.stringify({ type: 'array', items: { $ref: '#' } }) })]);
    expect(loop).toContain('type FResult = (FResult)[];');
  });
});
