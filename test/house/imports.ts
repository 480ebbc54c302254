/**
 * Who may import whom: one row a room, type-only imports included.
 *
 * A room is a folder of src (core's folders are rooms of their own), or one of the files that stand alone.
 * What the table does not name is refused; a library has one room, or one file.
 */
import { posix } from 'node:path';
import ts from 'typescript';
import { at, type Source } from './sources.ts';

interface Rule {
  /** Rooms whose values and types it may import; its own is always among them. */
  readonly rooms: readonly string[];
  /** Rooms of which it may import types only. */
  readonly types?: readonly string[];
  /** Single files of other rooms. */
  readonly files?: readonly string[];
  /** Whether it may import `node:*` modules. */
  readonly isNodeAllowed?: boolean;
}

const coreFloor = ['base', 'errors', 'core/names', 'core/payload', 'core/function'];
const coreAll = [
  'core/names',
  'core/payload',
  'core/function',
  'core/gossip',
  'core/catalog',
  'core/routing',
  'core/outcome',
  'core/schema',
  'core/handoff',
  'core/workflow',
];

/** One row a room. */
export const importTable: Readonly<Record<string, Rule>> = {
  base: { rooms: [] },
  errors: { rooms: ['base'] },
  'core/payload': { rooms: ['base', 'errors'] },
  'core/names': { rooms: ['base', 'errors', 'core/payload'] },
  'core/function': { rooms: ['base', 'errors', 'core/names', 'core/payload'], types: ['core/catalog'] },
  'core/gossip': { rooms: coreFloor },
  'core/catalog': { rooms: coreFloor },
  'core/routing': { rooms: coreFloor, types: ['core/catalog'] },
  'core/outcome': { rooms: coreFloor },
  'core/schema': { rooms: ['base', 'core/payload'] },
  'core/handoff': { rooms: coreFloor },
  'core/workflow': { rooms: [...coreFloor, 'core/schema'], types: ['core/catalog'] },
  // Names and limits are what bytes are checked against where they become records.
  wire: { rooms: ['base', 'errors'], types: coreAll, files: ['src/core/names.ts', 'src/core/gossip/settings.ts'], isNodeAllowed: true },
  transport: { rooms: ['base', 'errors'], isNodeAllowed: true },
  storage: { rooms: ['base', 'errors'], isNodeAllowed: true },
  // Certificates and who may do what: bytes and rules, from `node:crypto` and nothing of the fabric.
  identity: { rooms: ['base', 'errors'], isNodeAllowed: true },
  observe: { rooms: ['base', 'errors'], types: coreAll },
  fabric: {
    rooms: ['base', 'errors', ...coreAll, 'wire', 'transport', 'storage', 'identity', 'observe'],
    files: ['src/dashboard/open.ts'],
    isNodeAllowed: true,
  },
  settings: { rooms: ['base', 'errors'], types: ['fabric'], isNodeAllowed: true },
  // `remote` and the builder are pure, so they live in core; the front door passes them on.
  index: { rooms: ['fabric', 'observe', 'errors', 'core/function', 'core/workflow'], types: coreAll },
  // `node:*` to put timers, dates and the tracking of asynchronous work in the name of a simulated process.
  testing: {
    rooms: ['base', 'errors', 'transport', 'storage', 'fabric', 'observe'],
    types: [...coreAll, 'identity'],
    files: ['src/core/names.ts'],
    isNodeAllowed: true,
  },
  // A door of a server, loaded when one is asked for; of the server it knows a port's types. Its page runs in a browser.
  dashboard: {
    rooms: ['base', 'errors', 'observe'],
    types: ['fabric', ...coreAll],
    files: ['src/wire/json-forms.ts', 'src/transport/http-server.ts'],
    isNodeAllowed: true,
  },
  'dashboard/page': { rooms: ['observe'], types: coreAll, files: ['src/dashboard/feed.ts'] },
  // Of wire only the JSON forms: what a person types and reads is what a foreign client sends. Of fabric what `--timing` needs.
  cli: {
    rooms: ['index', 'settings', 'observe', 'identity'],
    files: [
      'src/base/clock.ts',
      'src/base/objects.ts',
      'src/base/pem.ts',
      'src/base/text-order.ts',
      'src/base/thrown.ts',
      'src/wire/json-forms.ts',
      'src/fabric/client/run-inspection.ts',
      'src/fabric/client/join-request.ts',
      'src/fabric/client/timed-call.ts',
      'src/fabric/client/vitals-inspection.ts',
      'src/core/schema/json-schema.ts',
      'src/core/catalog/versions.ts',
      'src/transport/ports.ts',
    ],
    isNodeAllowed: true,
  },
};

/** The floors of the fabric, lowest first: values come from the own floor or from one below it, types from any. */
export const fabricFloors: readonly string[] = [
  'link',
  'api',
  'stream',
  'call',
  'hand-off',
  'serve',
  'mesh',
  'run',
  'explain',
  'client',
  'foreign',
  'server',
];

/** Where `node:*` is allowed beside the rooms that may: a file, and the modules. */
const nodeFiles: Readonly<Record<string, readonly string[]>> = {
  'src/base/clock.ts': ['node:perf_hooks'],
  'src/base/random.ts': ['node:crypto'],
  'src/base/pem.ts': ['node:fs'],
  // The one way to load a library at once, and only when somebody uses it.
  'src/observe/tracing.ts': ['node:module'],
};

/** Each outside library lives in one room; one file where that is enough. */
export const libraryHomes: Readonly<Record<string, string>> = {
  '@grpc/grpc-js': 'src/transport/',
  'get-port': 'src/transport/',
  'grpc-health-check': 'src/transport/standard-services.ts',
  '@grpc/reflection': 'src/transport/standard-services.ts',
  '@grpc/proto-loader': 'src/wire/',
  protobufjs: 'src/wire/',
  cockatiel: 'src/fabric/call/breaker',
  toposort: 'src/core/workflow/order.ts',
  semver: 'src/core/catalog/',
  'prom-client': 'src/observe/prometheus.ts',
  '@opentelemetry/api': 'src/observe/tracing.ts',
  pino: 'src/observe/log.ts',
  'smol-toml': 'src/settings/',
  valibot: 'src/settings/',
  jose: 'src/identity/',
  commander: 'src/cli/',
  tsx: 'src/cli/',
  hono: 'src/dashboard/routes.ts',
  '@hono/node-server': 'src/dashboard/open.ts',
  preact: 'src/dashboard/page/',
  '@preact/signals': 'src/dashboard/page/',
  uplot: 'src/dashboard/page/views/chart.tsx',
  '@dagrejs/dagre': 'src/dashboard/page/graph-layout.ts',
  'd3-force': 'src/dashboard/page/layout.ts',
};

interface Import {
  readonly from: Source;
  readonly to: string;
  readonly isTypeOnly: boolean;
  readonly place: string;
}

/** The room of a source file. */
export function roomOf(path: string): string {
  const inner = path.replace(/^src\//, '').replace(/\.tsx?$/, '');
  const [first = '', second = ''] = inner.split('/');
  if (first === 'core') return `core/${second}`;
  if (inner.startsWith('dashboard/page/')) return 'dashboard/page';
  if (first === 'error-details') return 'errors';
  return first;
}

/** Imports that the table forbids. */
export function importProblems(sources: readonly Source[]): readonly string[] {
  return sources.flatMap(importsOf).flatMap((found) => {
    const problem = problemOf(found);
    return problem === undefined ? [] : [`${found.place}: ${problem}`];
  });
}

/** Files that import one another in a ring, types included; one problem a ring. */
export function cycleProblems(sources: readonly Source[]): readonly string[] {
  const edges = new Map(sources.map((from) => [from.path, importsOf(from).map((found) => found.to)]));
  const done = new Set<string>();
  const problems: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) problems.push(`ring: ${[...trail.slice(trail.indexOf(path)), path].join(' -> ')}`);
    if (trail.includes(path) || done.has(path)) return;
    for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of edges.keys()) visit(path, []);
  return problems;
}

function problemOf({ from, to, isTypeOnly }: Import): string | undefined {
  const room = roomOf(from.path);
  const rule = importTable[room];
  if (!rule) return `the room "${room}" is not in the import table`;
  if (to.startsWith('node:')) {
    return rule.isNodeAllowed || nodeFiles[from.path]?.includes(to) ? undefined : `${room} may not import ${to}`;
  }
  if (!to.startsWith('src/')) return libraryProblem(from.path, to);
  const target = roomOf(to);
  if (room === 'fabric' && target === 'fabric' && !isTypeOnly) return floorProblem(from.path, to);
  if (target === room || rule.rooms.includes(target) || rule.files?.includes(to)) return undefined;
  if (!rule.types?.includes(target)) return `${room} may not import ${target} (${to})`;
  return isTypeOnly ? undefined : `${room} may import only types of ${target} (${to})`;
}

function floorProblem(from: string, to: string): string | undefined {
  const [here = '', there = ''] = [from, to].map((path) => path.split('/')[2] ?? '');
  const [own, other] = [fabricFloors.indexOf(here), fabricFloors.indexOf(there)];
  if (own < 0) return `"${here}" is not among the floors of the fabric`;
  return other >= 0 && other <= own ? undefined : `fabric/${here} may import only types of fabric/${there} (${to})`;
}

function libraryProblem(path: string, specifier: string): string | undefined {
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  const home = libraryHomes[name];
  if (home === undefined) return `the library ${name} has no home in the import table`;
  return path.startsWith(home) ? undefined : `the library ${name} lives in ${home}`;
}

function importsOf(from: Source): readonly Import[] {
  const found: Import[] = [];
  const add = (specifier: ts.Expression, isTypeOnly: boolean): void => {
    if (!ts.isStringLiteral(specifier)) return;
    const to = specifier.text.startsWith('.') ? posix.join(posix.dirname(from.path), specifier.text) : specifier.text;
    found.push({ from, to, isTypeOnly, place: at(from, specifier) });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, isTypeImport(node));
    else if (ts.isExportDeclaration(node) && node.moduleSpecifier) add(node.moduleSpecifier, isTypeExport(node));
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      if (ts.isStringLiteral(node.argument.literal)) add(node.argument.literal, true);
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [specifier] = node.arguments;
      if (specifier) add(specifier, false);
    }
    ts.forEachChild(node, visit);
  };
  visit(from.tree);
  return found;
}

function isTypeImport(node: ts.ImportDeclaration): boolean {
  const clause = node.importClause;
  if (!clause) return false;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const names = clause.namedBindings;
  return !clause.name && names !== undefined && ts.isNamedImports(names) && names.elements.every((name) => name.isTypeOnly);
}

function isTypeExport(node: ts.ExportDeclaration): boolean {
  if (node.isTypeOnly) return true;
  return (
    node.exportClause !== undefined && ts.isNamedExports(node.exportClause) && node.exportClause.elements.every((name) => name.isTypeOnly)
  );
}
