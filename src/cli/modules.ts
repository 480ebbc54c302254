/**
 * Modules of the user: imported, TypeScript included, and the functions that they export.
 *
 * M1 a definition goes by its own name, a plain function by its export name; an export `functions` (or the default
 *    export) that is a record counts as its members. What is neither is left alone: a module may export more.
 * M2 two different functions of one name are refused with both places. M3 where Node cannot strip types, tsx does.
 */

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isRecord } from '../base/objects.ts';
import type { Functions } from '../index.ts';
import { UsageError } from './exit-code.ts';

/** Everything a module exports. Throws UsageError for a file that is not there, or cannot be loaded. */
export async function importModule(path: string): Promise<Readonly<Record<string, unknown>>> {
  const file = resolve(path);
  if (!existsSync(file)) throw new UsageError(`there is no file ${path}`);
  if (/\.[cm]?tsx?$/.test(file) && !canStripTypes()) await teachTypeScript();
  try {
    const exported: Readonly<Record<string, unknown>> = await import(pathToFileURL(file).href);
    return exported;
  } catch (error) {
    throw new UsageError(`${path} cannot be loaded: ${loadProblem(error)}`);
  }
}

/** Why a module could not be loaded, on one line, with the place of what cannot be parsed. */
function loadProblem(error: unknown): string {
  if (!(error instanceof Error)) return `it threw ${String(error)}`;
  const place = /^(?:file:\/\/)?(\/\S+:\d+)$/m.exec((error.stack ?? '').split('\n', 1)[0] ?? '')?.[1];
  const text = error.message
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .slice(0, 2)
    .join(' ');
  return `${error.name}: ${text}${place === undefined ? '' : ` (${place})`}`;
}

/** The functions of all these modules as one record. Throws UsageError. */
export async function loadFunctions(paths: readonly string[]): Promise<Functions> {
  const found = new Map<string, { readonly value: unknown; readonly path: string }>();
  for (const path of paths) {
    const functions = functionsOf(await importModule(path));
    if (functions.size === 0) throw new UsageError(`${path} exports no function`);
    for (const [name, value] of functions) {
      const before = found.get(name);
      if (before && before.value !== value) throw new UsageError(`"${name}" is exported by ${before.path} and by ${path}`);
      found.set(name, { value, path });
    }
  }
  // functionsOf keeps nothing but definitions and plain functions.
  return Object.fromEntries([...found].map(([name, { value }]) => [name, value])) as Functions;
}

/** The functions among a module's exports, by their name on the wire. */
export function functionsOf(exported: Readonly<Record<string, unknown>>): ReadonlyMap<string, unknown> {
  const functions = new Map<string, unknown>();
  for (const [key, value] of Object.entries(exported)) {
    const name = nameOf(key, value);
    if (name !== undefined) functions.set(name, value);
    else if ((key === 'functions' || key === 'default') && isRecord(value)) {
      for (const [inner, member] of functionsOf(value)) functions.set(inner, member);
    }
  }
  return functions;
}

function nameOf(key: string, value: unknown): string | undefined {
  if (isRecord(value) && (value['kind'] === 'call' || value['kind'] === 'stream') && typeof value['version'] === 'string') {
    return typeof value['name'] === 'string' ? value['name'] : undefined;
  }
  if (typeof value !== 'function' || /^class\b/.test(Function.prototype.toString.call(value))) return undefined;
  return key === 'default' ? value.name || undefined : key;
}

/** Both loaders: without `"type": "module"` near it, a .ts file is CommonJS for Node. */
async function teachTypeScript(): Promise<void> {
  (await import('tsx/cjs/api')).register();
  (await import('tsx/esm/api')).register();
}

function canStripTypes(): boolean {
  const features: Readonly<Record<string, unknown>> = { ...process.features };
  return Boolean(features['typescript']);
}
