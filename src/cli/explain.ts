/**
 * `heddle explain FUN`: where a call would go now, and why; with `--json` in the shape of the API.
 */

import { existsSync } from 'node:fs';
import type { Plan } from '../index.ts';
import { type ConnectFlags, withClient } from './connection.ts';
import { UsageError } from './exit-code.ts';
import { type Terminal, table } from './terminal.ts';

export interface ExplainFlags extends ConnectFlags {
  readonly need?: readonly string[] | undefined;
  readonly target?: string | undefined;
  readonly json?: boolean | undefined;
}

export async function explain(terminal: Terminal, name: string, flags: ExplainFlags): Promise<void> {
  const { need, target } = flags;
  // What no function can do is known before anybody is asked; a dotted name may look like a file.
  if (/\.(json|toml|[cm]?[jt]s)$/.test(name) && existsSync(name))
    throw new UsageError(`${name} is a file, and there is no plan of workflows: name a function`);
  const plan = await withClient(flags, (client) => client.explain(name, { need, target }));
  terminal.out(flags.json ? JSON.stringify(plan) : planText(plan));
}

export function planText({ steps }: Plan): string {
  return steps.map(stepText).join('\n');
}

function stepText({ name, server, version, reasons, offers }: Plan['steps'][number]): string {
  const place = server === undefined ? `${name}: no server would take it` : `${name}: ${server}, version ${version}`;
  const rows = offers.map((offer) => [offer.isCandidate ? '*' : '', offer.server, offer.version, offer.why]);
  return [place, ...reasons.map((reason) => `  ${reason}`), table([['', 'SERVER', 'VERSION', 'WHY'], ...rows])].join('\n');
}
