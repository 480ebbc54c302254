/**
 * The shape of files and functions: lengths, parameters, the header comment that opens a file.
 */
import ts from 'typescript';
import { at, nodesOf, type Source } from './sources.ts';

export const limits = { fileLines: 300, functionLines: 50, parameters: 3, headerLinesMin: 3, headerLinesMax: 12 } as const;

type WithBody =
  | ts.FunctionDeclaration
  | ts.FunctionExpression
  | ts.ArrowFunction
  | ts.MethodDeclaration
  | ts.ConstructorDeclaration
  | ts.AccessorDeclaration;

/** Files and functions that are too long, functions that take too many positional parameters. */
export function sizeProblems(sources: readonly Source[]): readonly string[] {
  return sources.flatMap((from) => [
    ...fileProblems(from),
    ...nodesOf(from)
      .filter(hasBody)
      .flatMap((node) => functionProblems(from, node)),
  ]);
}

/** Files that do not open with a comment of 3 to 12 lines, its first and last line counted. */
export function headerProblems(sources: readonly Source[]): readonly string[] {
  return sources.flatMap((from) => {
    const comment = /^(?:#!.*\n)?(\/\*\*[\s\S]*?\*\/)/.exec(from.text)?.[1];
    if (comment === undefined) return [`${from.path}: does not open with a comment that says what it is for`];
    const lines = comment.split('\n').length;
    const isFine = lines >= limits.headerLinesMin && lines <= limits.headerLinesMax;
    return isFine ? [] : [`${from.path}: its header has ${lines} lines, wanted ${limits.headerLinesMin} to ${limits.headerLinesMax}`];
  });
}

/** Things the house does without: default exports, `any`, `!`, suppressed errors, enums. */
export function languageProblems(sources: readonly Source[]): readonly string[] {
  return sources.flatMap((from) =>
    nodesOf(from).flatMap((node) => {
      const found = languageProblem(node);
      return found === undefined ? [] : [`${at(from, node)}: ${found}`];
    }),
  );
}

function languageProblem(node: ts.Node): string | undefined {
  if (node.kind === ts.SyntaxKind.AnyKeyword) return 'any';
  if (ts.isNonNullExpression(node)) return 'a non-null assertion';
  if (ts.isExportAssignment(node)) return 'a default export';
  if (ts.isEnumDeclaration(node)) return 'an enum';
  const modifiers = ts.canHaveModifiers(node) ? (ts.getModifiers(node) ?? []) : [];
  if (modifiers.some((modifier) => modifier.kind === ts.SyntaxKind.DefaultKeyword)) return 'a default export';
  if (modifiers.some((modifier) => modifier.kind === ts.SyntaxKind.PrivateKeyword)) return '`private`; write #name';
  return undefined;
}

function fileProblems(from: Source): readonly string[] {
  const lines = from.text.trimEnd().split('\n').length;
  return lines > limits.fileLines ? [`${from.path}: ${lines} lines, at most ${limits.fileLines}`] : [];
}

function functionProblems(from: Source, node: WithBody): readonly string[] {
  if (!node.body) return [];
  const problems: string[] = [];
  const line = (position: number): number => from.tree.getLineAndCharacterOfPosition(position).line;
  const lines = line(node.getEnd()) - line(node.getStart(from.tree)) + 1;
  if (lines > limits.functionLines) problems.push(`${at(from, node)}: a function of ${lines} lines, at most ${limits.functionLines}`);
  const taken = node.parameters.filter((parameter) => !parameter.dotDotDotToken && !isThis(parameter)).length;
  if (taken > limits.parameters) problems.push(`${at(from, node)}: ${taken} positional parameters, at most ${limits.parameters}`);
  return problems;
}

function hasBody(node: ts.Node): node is WithBody {
  return (
    ts.isFunctionDeclaration(node) ||
    ts.isFunctionExpression(node) ||
    ts.isArrowFunction(node) ||
    ts.isMethodDeclaration(node) ||
    ts.isConstructorDeclaration(node) ||
    ts.isAccessor(node)
  );
}

function isThis(parameter: ts.ParameterDeclaration): boolean {
  return ts.isIdentifier(parameter.name) && parameter.name.text === 'this';
}
