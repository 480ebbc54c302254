/**
 * `heddle run FILE`: what a file holds as something that can be submitted.
 *
 * F1 .json and .toml hold workflow data: an object with `commands`, or the list of commands. F2 a module exports one
 *    workflow, built or as data, under any name. F3 anything else is refused with what was wanted.
 */

import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { thrownText } from '../base/thrown.ts';
import type { Command, Workflow, WorkflowData } from '../index.ts';
import { parseToml } from '../settings/toml.ts';
import { parseWorkflowJson } from '../wire/json-forms.ts';
import { UsageError } from './exit-code.ts';
import { importModule } from './modules.ts';

/** What a file can hold; its content is checked by `submit`. */
export type WorkflowSource =
  | { readonly kind: 'built'; readonly flow: Workflow<unknown, unknown> }
  | { readonly kind: 'data'; readonly data: WorkflowData | readonly Command[] };

/** Reads a workflow file. Throws UsageError, or `bad_settings` with the line for what is no TOML. */
export async function readWorkflowFile(path: string): Promise<WorkflowSource> {
  switch (extname(path)) {
    case '.json':
      return asData(parsedJson(readText(path), path), path);
    case '.toml': {
      const { data } = parseToml(readText(path), path);
      return asData(data, path);
    }
    case '.ts':
    case '.mts':
    case '.js':
    case '.mjs':
    case '.cjs':
      return workflowOf(await importModule(path), path);
    default:
      throw new UsageError(`${path} is neither .json nor .toml nor a module (.ts, .js)`);
  }
}

function workflowOf(exported: Readonly<Record<string, unknown>>, path: string): WorkflowSource {
  const found = new Set(Object.values(exported).filter((value) => isBuilt(value) || isData(value)));
  const [only] = found;
  if (found.size !== 1)
    throw new UsageError(`${path} exports ${found.size === 0 ? 'no workflow' : `${found.size} workflows`}; one is wanted`);
  return isBuilt(only) ? { kind: 'built', flow: only } : asData(only, path);
}

function asData(value: unknown, path: string): WorkflowSource {
  if (isData(value)) return { kind: 'data', data: value };
  throw new UsageError(`${path} holds no workflow: wanted { "commands": [...] }, or the list of commands`);
}

function isData(value: unknown): value is WorkflowData | readonly Command[] {
  if (Array.isArray(value)) return true;
  return typeof value === 'object' && value !== null && 'commands' in value;
}

function isBuilt(value: unknown): value is Workflow<unknown, unknown> {
  return typeof value === 'object' && value !== null && 'toJSON' in value && typeof value.toJSON === 'function' && 'name' in value;
}

function parsedJson(text: string, path: string): unknown {
  try {
    return parseWorkflowJson(text);
  } catch (error) {
    throw new UsageError(`${path}: ${thrownText(error)}`);
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${thrownText(error)}`);
  }
}
