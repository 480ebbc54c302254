/**
 * What comments promise to whoever reads on: a file that one names is there, and a cast says why it is true.
 * Comments are found line by line: a text that looks like one is taken for one, which finds too much rather than too little.
 */
import ts from 'typescript';
import { at, type Source } from './sources.ts';

/** Files that comments name and that are not among `known` (paths from the top), by the end of their path. */
export function namedFileProblems(sources: readonly Pick<Source, 'path' | 'text'>[], known: readonly string[]): readonly string[] {
  const isKnown = (name: string): boolean => known.some((path) => path === name || path.endsWith(`/${name}`));
  return sources.flatMap(({ path, text }) =>
    text
      .split('\n')
      .flatMap((line, before) =>
        [...commentOf(line).matchAll(/(?<![\w./-])(?:[\w.-]+\/)*\w[\w.-]*\.(?:tsx?|proto|md)\b/g)]
          .filter(([name]) => !isKnown(name))
          .map(([name]) => `${path}:${before + 1}: names ${name}, which is not there`),
      ),
  );
}

/**
 * Casts without a comment on their own lines or on one of the two above. Not asked for: `as const`, `as unknown`, and the type
 * of a literal, of which the compiler sees that they are true.
 */
export function castProblems(sources: readonly Source[]): readonly string[] {
  return sources.flatMap((from) => {
    const lines = from.text.split('\n');
    const lineOf = (position: number): number => from.tree.getLineAndCharacterOfPosition(position).line;
    return from.nodes.flatMap((node) => {
      if (!ts.isAsExpression(node) || isPlainlyTrue(node)) return [];
      const around = lines.slice(Math.max(0, lineOf(node.getStart(from.tree)) - 2), lineOf(node.end) + 1);
      return around.some((line) => commentOf(line) !== '') ? [] : [`${at(from, node)}: a cast that does not say why it is true`];
    });
  });
}

function isPlainlyTrue({ expression, type }: ts.AsExpression): boolean {
  if (ts.isConstTypeReference(type) || type.kind === ts.SyntaxKind.UnknownKeyword) return true;
  return ts.isLiteralExpression(expression) || (ts.isIdentifier(expression) && expression.text === 'undefined');
}

/** The comment on this line; '' where there is none. */
function commentOf(line: string): string {
  return /(?:^|\s)(?:\/\/|\/\*)(.*)/.exec(line)?.[1] ?? /^\s*\* (.*)/.exec(line)?.[1] ?? '';
}
