/**
 * The shape of files and functions: lengths, parameters, the header comment that opens a file.
 */
import ts from 'typescript';
import { at, type Source } from './sources.ts';

export const limits = { fileLines: 300, functionLines: 50, parameters: 3, nesting: 3, headerLinesMin: 3, headerLinesMax: 12 } as const;

type WithBody =
  | ts.FunctionDeclaration
  | ts.FunctionExpression
  | ts.ArrowFunction
  | ts.MethodDeclaration
  | ts.ConstructorDeclaration
  | ts.AccessorDeclaration;

/** Files and functions that are too long, functions that take too many positional parameters. */
export function sizeProblems(sources: readonly Source[]): readonly string[] {
  return sources.flatMap((from) => [...fileProblems(from), ...from.nodes.filter(hasBody).flatMap((node) => functionProblems(from, node))]);
}

/** Branches and loops inside one another, more than 3 deep in one function; a chain of `else if` is one. */
export function nestingProblems(sources: readonly Source[]): readonly string[] {
  return sources.flatMap((from) =>
    from.nodes.flatMap((node) => (depthOf(node) > limits.nesting ? [`${at(from, node)}: nested more than ${limits.nesting} deep`] : [])),
  );
}

/** How many branches and loops of its function a node is the innermost of; 0 for any other node. */
function depthOf(node: ts.Node): number {
  if (!isNesting(node)) return 0;
  let depth = 1;
  for (let outer = node.parent; outer && !ts.isFunctionLike(outer); outer = outer.parent) if (isNesting(outer)) depth += 1;
  return depth;
}

function isNesting(node: ts.Node): boolean {
  if (ts.isIfStatement(node)) return !(ts.isIfStatement(node.parent) && node.parent.elseStatement === node);
  return ts.isIterationStatement(node, false) || ts.isSwitchStatement(node) || ts.isTryStatement(node);
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

/** Things the house does without: default exports, `any`, `!`, enums, state of a module, words that say nothing. */
export function languageProblems(sources: readonly Source[]): readonly string[] {
  return sources.flatMap((from) =>
    from.nodes.flatMap((node) => {
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
  if (ts.isVariableStatement(node) && ts.isSourceFile(node.parent) && !(node.declarationList.flags & ts.NodeFlags.Const)) {
    return 'state of a module';
  }
  if (isNameOf(node) && /(?:Impl|Utils?|Helpers?|Manager)$/.test(node.text)) return `a name that says nothing: ${node.text}`;
  const modifiers = ts.canHaveModifiers(node) ? (ts.getModifiers(node) ?? []) : [];
  if (modifiers.some((modifier) => modifier.kind === ts.SyntaxKind.DefaultKeyword)) return 'a default export';
  if (modifiers.some((modifier) => modifier.kind === ts.SyntaxKind.PrivateKeyword)) return '`private`; write #name';
  return undefined;
}

/** A name where it is given, rather than used. */
function isNameOf(node: ts.Node): node is ts.Identifier {
  return ts.isIdentifier(node) && 'name' in node.parent && node.parent.name === node && !ts.isPropertyAccessExpression(node.parent);
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
