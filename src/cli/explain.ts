/**
 * `heddle explain FUN` and `heddle explain FILE`: where a call, or each step of a workflow, would go now, and why; with
 * `--json` in the shape of the API.
 */

import { existsSync } from 'node:fs';
import type { Client, Plan } from '../index.ts';
import { type ConnectFlags, withClient } from './connection.ts';
import { UsageError } from './exit-code.ts';
import { parseArgument } from './json-arguments.ts';
import { workflowText } from './plan-text.ts';
import { type Terminal, table } from './terminal.ts';
import { readWorkflowFile, type WorkflowSource } from './workflow-file.ts';

export interface ExplainFlags extends ConnectFlags {
  readonly need?: readonly string[] | undefined;
  readonly target?: string | undefined;
  readonly json?: boolean | undefined;
  /** Of a workflow file, as for `run`. */
  readonly bare?: boolean | undefined;
  readonly input?: string | undefined;
}

export async function explain(terminal: Terminal, name: string, flags: ExplainFlags): Promise<void> {
  const { need, target } = flags;
  // A dotted name of a function may look like a file; one that is there is meant.
  if (/\.(json|toml|[cm]?[jt]s)$/.test(name) && existsSync(name)) return explainFile(terminal, name, flags);
  if (flags.bare || flags.input !== undefined) throw new UsageError('--bare and --input are for workflow files');
  const plan = await withClient(flags, (client) => client.explain(name, { need, target }));
  terminal.out(flags.json ? JSON.stringify(plan) : planText(plan));
}

/** The plan of the workflow that a file holds. */
export async function explainFile(terminal: Terminal, path: string, flags: ExplainFlags): Promise<void> {
  if (flags.need !== undefined || flags.target !== undefined)
    throw new UsageError('--need and --target are for functions; the steps of a workflow have their own');
  const source = await readWorkflowFile(path);
  const plan = await withClient(flags, (client) => planOf(client, source, flags));
  terminal.out(flags.json ? JSON.stringify(plan) : workflowText(plan));
}

/** The same, from a client that is there. */
export function planOf(client: Client, source: WorkflowSource, { bare, input }: Pick<ExplainFlags, 'bare' | 'input'>): Promise<Plan> {
  if (source.kind === 'built' && bare) throw new UsageError('--bare is for workflows as data; a built one has explicit references');
  const given = input === undefined ? {} : { input: parseArgument(input, '--input') };
  if (source.kind === 'built') return client.explain(source.flow, given);
  return client.explain(source.data, { ...given, ...(bare ? { references: 'bare' } : {}) });
}

function planText({ steps }: Plan): string {
  return steps.map(stepText).join('\n');
}

function stepText({ name, server, version, reasons, offers }: Plan['steps'][number]): string {
  const place = server === undefined ? `${name}: no server would take it` : `${name}: ${server}, version ${version}`;
  const rows = offers.map((offer) => [offer.isCandidate ? '*' : '', offer.server, offer.version, offer.why]);
  return [place, ...reasons.map((reason) => `  ${reason}`), table([['', 'SERVER', 'VERSION', 'WHY'], ...rows])].join('\n');
}
