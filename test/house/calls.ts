/**
 * Calls that only one file may make: real time, timers and chance come in as a Clock and a Random.
 */
import ts from 'typescript';
import { at, type Source } from './sources.ts';

const timers = ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'clearTimeout', 'clearInterval', 'clearImmediate'];
const members: Readonly<Record<string, readonly string[]>> = {
  Date: ['now'],
  performance: ['now', 'timeOrigin'],
  Math: ['random'],
  process: ['nextTick', 'hrtime', 'uptime'],
  crypto: ['randomUUID', 'getRandomValues', 'randomBytes', 'randomInt'],
  AbortSignal: ['timeout'],
};
const imports = ['randomUUID', 'randomBytes', 'randomInt', 'randomFillSync', 'getRandomValues'];

/** Who may, what, and why. An entry that no file uses any more is a problem as well. */
export const allowances: readonly { readonly path: string; readonly calls: readonly string[]; readonly why: string }[] = [
  {
    path: 'src/base/clock.ts',
    calls: ['performance.now', 'Date.now', 'setTimeout', 'clearTimeout', 'queueMicrotask', 'process.nextTick', 'setImmediate'],
    why: 'it is the clock',
  },
  { path: 'src/base/random.ts', calls: ['randomBytes'], why: 'it is the source of chance' },
  {
    path: 'src/dashboard/page/browser.ts',
    calls: ['Date.now', 'setInterval', 'setTimeout', 'clearTimeout', 'performance.now'],
    why: "it is the page's clock",
  },
  {
    path: 'src/testing/globals.ts',
    calls: ['node:timers', 'node:timers/promises', 'process.hrtime'],
    why: 'it replaces them inside a simulation',
  },
];

/** Uses of real time, timers and chance outside the allowances, and allowances that are not used. */
export function callProblems(sources: readonly Source[], allowed = allowances): readonly string[] {
  const unused = new Set(allowed.flatMap(({ path, calls }) => calls.map((call) => `${path} ${call}`)));
  const problems = sources.flatMap((from) =>
    from.nodes.flatMap((node) => {
      const call = bannedCall(node);
      if (call === undefined) return [];
      if (allowed.some(({ path, calls }) => path === from.path && calls.includes(call))) {
        unused.delete(`${from.path} ${call}`);
        return [];
      }
      return [`${at(from, node)}: ${call}`];
    }),
  );
  return [...problems, ...[...unused].map((entry) => `unused allowance: ${entry}`)];
}

function bannedCall(node: ts.Node): string | undefined {
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
    return node.moduleSpecifier.text.startsWith('node:timers') ? node.moduleSpecifier.text : undefined;
  }
  if (ts.isNewExpression(node)) return nameOf(node.expression) === 'Date' && !node.arguments?.length ? 'new Date()' : undefined;
  if (ts.isImportSpecifier(node)) return undefined;
  if (ts.isPropertyAccessExpression(node)) {
    const owner = nameOf(node.expression);
    if (Object.hasOwn(members, owner) && members[owner]?.includes(node.name.text)) return `${owner}.${node.name.text}`;
    return owner === 'globalThis' && timers.includes(node.name.text) ? node.name.text : undefined;
  }
  if (!ts.isIdentifier(node) || isPlainName(node)) return undefined;
  return timers.includes(node.text) || imports.includes(node.text) ? node.text : undefined;
}

/** The last name of `a.b.c`; '' for what is no name. Not its text, which costs a walk at each dot. */
function nameOf(expression: ts.Expression): string {
  if (ts.isPropertyAccessExpression(expression)) return expression.name.text;
  return ts.isIdentifier(expression) ? expression.text : '';
}

/** A name of somebody's own: a member, a key, a declaration, the name inside an import. */
function isPlainName(node: ts.Identifier): boolean {
  const parent = node.parent;
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node;
  if (ts.isPropertyAssignment(parent)) return parent.name === node;
  return ts.isImportSpecifier(parent) || ts.isTypeElement(parent) || ts.isClassElement(parent);
}
