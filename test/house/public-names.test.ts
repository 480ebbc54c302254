import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { at, isGenerated, root, type Source, source, sourcesUnder } from './sources.ts';

/** Adding a name is easy, taking one away breaks somebody: the list is here so that both are on purpose. */
const front = [
  'Builder',
  'CallOptions',
  'Caller',
  'Client',
  'Command',
  'ConnectOptions',
  'Context',
  'Effect',
  'ErrorCode',
  'Executed',
  'FabricEvent',
  'Functions',
  'HeddleError',
  'HeddleErrorOf',
  'HeddleFunction',
  'HeddleStream',
  'Listening',
  'Member',
  'Need',
  'Offer',
  'Plan',
  'Ref',
  'Reference',
  'Remote',
  'Run',
  'RunEvent',
  'RunOptions',
  'Schema',
  'Server',
  'ServerOptions',
  'StepOptions',
  'SubmitOptions',
  'WaitReason',
  'Workflow',
  'WorkflowData',
  'connect',
  'defineFunction',
  'remote',
  'startServer',
  'workflow',
];
const namesMax = 40;

test('the front door has the names of the list, at most 40', () => {
  expect(namesOf(read('src/index.ts'))).toEqual([...front].sort());
  expect(front.length).toBeLessThanOrEqual(namesMax);
});

const second = [
  'Fault',
  'FaultKind',
  'FaultMix',
  'SimulateOptions',
  'SimulatedConnectOptions',
  'SimulatedNetwork',
  'SimulatedServer',
  'SimulatedWorld',
  'SimulationReport',
  'invoke',
  'simulate',
];

test('the second door has invoke and simulate, and their types', () => {
  expect(namesOf(read('src/testing.ts'))).toEqual(second);
});

test('the doors hold re-exports and nothing else', () => {
  for (const path of ['src/index.ts', 'src/testing.ts']) expect(read(path).tree.statements.every(ts.isExportDeclaration)).toBe(true);
});

test('a name that was added is seen', () => {
  expect(namesOf(source('src/a.ts', "export { a as b } from './a.ts'; export type { C } from './c.ts'; export const d = 1;"))).toEqual([
    'C',
    'b',
    'd',
  ]);
  expect(() => namesOf(source('src/a.ts', "export * from './a.ts';"))).toThrow('names');
});

/** Files of the shapes that the doors pass on. */
const shapes = /^src\/(?:fabric\/api\/(?:[\w-]+-api|plan)|core\/workflow\/(?:builder-api|data))\.ts$/;

test('every name of the doors, and every member of the shapes behind them, says what it is', () => {
  const names = new Set([...front, ...second]);
  const files = sourcesUnder('src').filter(({ path }) => !isGenerated(path));
  const nodes = files.flatMap((file) =>
    file.tree.statements.flatMap((node) => {
      const isNamed = !ts.isExportDeclaration(node) && exportedNames(node).some((name) => names.has(name));
      const members = shapes.test(file.path) && isExportedInterface(node) ? node.members : [];
      return [...(isNamed ? [node] : []), ...members].map((one) => ({ file, node: one }));
    }),
  );
  expect(nodes.length).toBeGreaterThan(150);
  expect(undocumented(nodes)).toEqual([]);
});

test('a name or member without a word about it is found', () => {
  const file = source('src/a.ts', '/** A. */\nexport interface A {\n  /** B. */\n  b: 1;\n  c: 2;\n}\nexport const d = 1;');
  const [a, d] = file.tree.statements.filter((node) => ts.isInterfaceDeclaration(node) || ts.isVariableStatement(node));
  const members = a && isExportedInterface(a) ? [...a.members] : [];
  expect(undocumented([a, ...members, d].flatMap((node) => (node ? [{ file, node }] : [])))).toEqual(['src/a.ts:5', 'src/a.ts:7']);
});

function undocumented(nodes: readonly { readonly file: Source; readonly node: ts.Node }[]): readonly string[] {
  return nodes.filter(({ node }) => ts.getJSDocCommentsAndTags(node).length === 0).map(({ file, node }) => at(file, node));
}

function isExportedInterface(node: ts.Node): node is ts.InterfaceDeclaration {
  return ts.isInterfaceDeclaration(node) && ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true;
}

function read(path: string): Source {
  return source(path, readFileSync(join(root, path), 'utf8'));
}

function namesOf({ tree }: Source): readonly string[] {
  return tree.statements.flatMap(exportedNames).sort();
}

function exportedNames(statement: ts.Statement): readonly string[] {
  if (ts.isExportDeclaration(statement)) {
    if (!statement.exportClause || !ts.isNamedExports(statement.exportClause)) throw new Error('a door names what it exports');
    return statement.exportClause.elements.map((element) => element.name.text);
  }
  if (!ts.canHaveModifiers(statement) || !ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) return [];
  if (ts.isVariableStatement(statement)) return statement.declarationList.declarations.map(({ name }) => name.getText());
  return 'name' in statement ? [(statement as ts.DeclarationStatement).name?.getText() ?? 'default'] : [];
}
