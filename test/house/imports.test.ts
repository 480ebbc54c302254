import { expect, test } from 'vitest';
import { cycleProblems, importProblems } from './imports.ts';
import { isGenerated, source, sourcesUnder } from './sources.ts';

const sources = sourcesUnder('src', ['.ts', '.tsx']).filter((file) => !isGenerated(file.path));

test('every import is one that the table of rooms allows', () => {
  expect(importProblems(sources)).toEqual([]);
});

test('no files import one another in a ring, types included', () => {
  expect(cycleProblems(sources)).toEqual([]);
});

test.each([
  ['src/core/routing/pick.ts', "import { Server } from '../../fabric/server.ts';", 'core/routing may not import fabric'],
  ['src/core/routing/pick.ts', "import type { Server } from '../../fabric/server.ts';", 'core/routing may not import fabric'],
  ['src/core/gossip/members.ts', "import { readFileSync } from 'node:fs';", 'core/gossip may not import node:fs'],
  ['src/base/clock.ts', "import { hostname } from 'node:os';", 'base may not import node:os'],
  ['src/core/routing/pick.ts', "import { Catalog } from '../catalog/catalog.ts';", 'may import only types of core/catalog'],
  ['src/transport/grpc.ts', "import type { Frame } from '../wire/frame.ts';", 'transport may not import wire'],
  ['src/fabric/server/server.ts', "import { Server } from '@grpc/grpc-js';", 'lives in src/transport/'],
  ['src/core/catalog/order.ts', "import toposort from 'toposort';", 'lives in src/core/workflow/order.ts'],
  ['src/wire/value.ts', "import left from 'left-pad';", 'has no home'],
  ['src/index.ts', "export { Catalog } from './core/catalog/catalog.ts';", 'may import only types of core/catalog'],
  ['src/cli/main.ts', "const serve = await import('../fabric/server.ts');", 'cli may not import fabric'],
  ['src/observe/log.ts', "export type Frame = import('../wire/frame.ts').Frame;", 'observe may not import wire'],
  ['src/fabric/link/peer.ts', "import { Server } from '../server/server.ts';", 'fabric/link may import only types of fabric/server'],
  ['src/fabric/peer.ts', "import { Server } from './server/server.ts';", 'is not among the floors'],
  ['src/attic/old.ts', "import { assert } from '../base/assert.ts';", 'is not in the import table'],
])('an import against the table is found: %s %s', (path, text, problem) => {
  expect(importProblems([source(path, text)])).toEqual([expect.stringContaining(problem)]);
});

test('types of the catalog are what routing may read', () => {
  expect(importProblems([source('src/core/routing/pick.ts', "import type { Offer } from '../catalog/offer.ts';")])).toEqual([]);
});

test('types come from every floor of the fabric', () => {
  expect(importProblems([source('src/fabric/link/peer.ts', "import type { Server } from '../server/server.ts';")])).toEqual([]);
});

test('a ring over three files is named whole', () => {
  const ring = [
    source('src/base/a.ts', "import { b } from './b.ts';"),
    source('src/base/b.ts', "import type { C } from './c.ts';"),
    source('src/base/c.ts', "export * from './a.ts';"),
  ];
  expect(cycleProblems(ring)).toEqual(['ring: src/base/a.ts -> src/base/b.ts -> src/base/c.ts -> src/base/a.ts']);
});
