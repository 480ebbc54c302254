/**
 * What the house rules look at: every source file, parsed once, and how its lines are named in a problem.
 * A checker is a pure function from sources to problems, so that a planted violation is a string in a test.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';

export interface Source {
  /** From the top of the repository, with `/`. */
  readonly path: string;
  readonly text: string;
  readonly tree: ts.SourceFile;
  /** Every node of the tree, parents first; tokens that it does not keep, such as brackets, are not among them. */
  readonly nodes: readonly ts.Node[];
}

export const root = resolve(import.meta.dirname, '../..');

/** A source from its text: what the tests plant. */
export function source(path: string, text: string): Source {
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true);
  return { path, text, tree, nodes: nodesOf(tree) };
}

/** Every file below `folder` whose name ends in one of `endings`, parsed; node_modules and hidden folders aside. */
export function sourcesUnder(folder: string, endings: readonly string[] = ['.ts']): readonly Source[] {
  return filesUnder(folder)
    .filter((path) => endings.some((ending) => path.endsWith(ending)))
    .map((path) => source(path, readFileSync(join(root, path), 'utf8')));
}

export function filesUnder(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(root.length + 1)
        .replaceAll('\\', '/'),
    )
    .filter((path) => !path.includes('node_modules/'))
    .sort();
}

export function isGenerated(path: string): boolean {
  return path.includes('.generated.') || path.includes('/generated/');
}

/** `file:line` of a node. */
export function at(from: Source, node: ts.Node): string {
  return `${from.path}:${from.tree.getLineAndCharacterOfPosition(node.getStart(from.tree)).line + 1}`;
}

function nodesOf(tree: ts.SourceFile): readonly ts.Node[] {
  const nodes: ts.Node[] = [];
  const visit = (node: ts.Node): void => {
    nodes.push(node);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return nodes;
}
