/**
 * `heddle run FILE`: submits a workflow, shows its steps on stderr and prints its result as JSON on stdout.
 * Ctrl-C cancels the run.
 */

import type { Client, Run } from '../index.ts';
import { stringifyJson } from '../wire/json-forms.ts';
import { type ConnectFlags, withClient } from './connection.ts';
import { UsageError } from './exit-code.ts';
import { parseArgument } from './json-arguments.ts';
import { showProgress } from './progress.ts';
import type { Terminal } from './terminal.ts';
import { readWorkflowFile, type WorkflowSource } from './workflow-file.ts';

export interface RunFlags extends ConnectFlags {
  readonly bare?: boolean | undefined;
  readonly input?: string | undefined;
  readonly timeoutMs?: number | undefined;
}

export async function run(terminal: Terminal, path: string, flags: RunFlags): Promise<void> {
  const source = await readWorkflowFile(path);
  if (source.kind === 'built' && flags.bare) throw new UsageError('--bare is for workflows as data; a built one has explicit references');
  const input = flags.input === undefined ? undefined : parseArgument(flags.input, '--input');
  const result = await withClient(flags, async (client, signal) => {
    const started = start(client, source, { flags, input, signal });
    await showProgress(terminal, started.events);
    return started.result;
  });
  terminal.out(stringifyJson(result));
}

interface StartOptions {
  readonly flags: RunFlags;
  readonly input: unknown;
  readonly signal: AbortSignal;
}

function start(client: Client, source: WorkflowSource, { flags, input, signal }: StartOptions): Run<unknown> {
  const { timeoutMs, bare } = flags;
  if (source.kind === 'built') return client.run(source.flow, input, { timeoutMs, signal });
  const references = bare ? 'bare' : undefined;
  return client.submit(source.data, { timeoutMs, signal, references, ...(input === undefined ? {} : { input }) });
}
