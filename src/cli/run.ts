/**
 * `heddle run FILE`: submits a workflow, shows its steps on stderr and prints its result as JSON on stdout.
 * Ctrl-C cancels the run.
 */

import type { Client, Run, RunEvent } from '../index.ts';
import { stringifyJson } from '../wire/json-forms.ts';
import { type ConnectFlags, withSignal } from './connection.ts';
import { UsageError } from './exit-code.ts';
import { explainFile, planOf } from './explain.ts';
import { parseArgument } from './json-arguments.ts';
import { analysisText } from './plan-text.ts';
import { showProgress } from './progress.ts';
import type { Terminal } from './terminal.ts';
import { readWorkflowFile, type WorkflowSource } from './workflow-file.ts';

export interface RunFlags extends ConnectFlags {
  readonly bare?: boolean | undefined;
  readonly input?: string | undefined;
  readonly timeoutMs?: number | undefined;
  /** The plan only; nothing runs. */
  readonly explain?: boolean | undefined;
  /** What was predicted beside what came, on stderr. */
  readonly analyze?: boolean | undefined;
  readonly json?: boolean | undefined;
}

export async function run(terminal: Terminal, path: string, flags: RunFlags): Promise<void> {
  if (flags.explain && flags.analyze) throw new UsageError('--explain runs nothing, so there is nothing to --analyze');
  if (flags.json && !flags.explain) throw new UsageError('--json is for --explain; the result is JSON as it is');
  if (flags.explain) return explainFile(terminal, path, flags);
  const source = await readWorkflowFile(path);
  if (source.kind === 'built' && flags.bare) throw new UsageError('--bare is for workflows as data; a built one has explicit references');
  const input = flags.input === undefined ? undefined : parseArgument(flags.input, '--input');
  const result = await withSignal(flags, async (client, signal) => {
    const plan = flags.analyze ? await planOf(client, source, flags) : undefined;
    const started = start(client, source, { flags, input, signal });
    await showProgress(terminal, started.events);
    if (plan) terminal.note(analysisText(plan, await kept(started.events)));
    return started.result;
  });
  terminal.out(stringifyJson(result));
}

/** The events of a run that is over, or was never begun. */
async function kept(events: AsyncIterable<RunEvent>): Promise<readonly RunEvent[]> {
  const all: RunEvent[] = [];
  try {
    for await (const event of events) all.push(event);
  } catch {
    // Refused: the result says so.
  }
  return all;
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
