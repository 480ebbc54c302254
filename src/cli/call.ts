/**
 * `heddle call FUN [JSON-ARG...]`: one call, its result as JSON on stdout; of a stream one line an item, as it comes. With
 * `--timing` where its time went, on stderr.
 */

import { type CallTiming, timedCall } from '../fabric/client/timed-call.ts';
import { type CallOptions, type Client, HeddleError } from '../index.ts';
import { stringifyJson } from '../wire/json-forms.ts';
import { type ConnectFlags, withSignal } from './connection.ts';
import { UsageError } from './exit-code.ts';
import { parseArguments } from './json-arguments.ts';
import type { Terminal } from './terminal.ts';

export interface CallFlags extends ConnectFlags {
  readonly need?: readonly string[] | undefined;
  readonly timeoutMs?: number | undefined;
  readonly key?: string | undefined;
  readonly idempotencyKey?: string | undefined;
  readonly waitMs?: number | undefined;
  readonly priority?: 'batch' | 'default' | 'critical' | undefined;
  readonly timing?: boolean | undefined;
  /** Of the timing; the result is JSON anyway. */
  readonly json?: boolean | undefined;
}

export async function call(
  terminal: Terminal,
  name: string,
  options: { readonly args: readonly string[]; readonly flags: CallFlags },
): Promise<void> {
  const { need, timeoutMs, key, idempotencyKey, waitMs, priority, timing, json } = options.flags;
  if (json && !timing) throw new UsageError('--json goes with --timing; the result of a call is JSON anyway');
  const args = parseArguments(options.args);
  const tell = (found: CallTiming): void => terminal.note(json ? JSON.stringify(found) : timingText(found));
  await withSignal(options.flags, async (client, signal) => {
    const asked = { name, args, options: { need, timeoutMs, key, idempotencyKey, waitMs, priority, signal } };
    try {
      terminal.out(stringifyJson(await (timing ? timedCall(client, asked, tell) : client.call(name, args, asked.options))));
    } catch (error) {
      if (!isOfStream(error)) throw error;
      if (timing) throw new UsageError(`--timing goes with calls; "${name}" is a stream`);
      await printItems(terminal, client, asked);
    }
  });
}

/** Whether the call was refused, unrun, because the function is a stream: all that is wrong with a name that was found. */
function isOfStream(error: unknown): boolean {
  return HeddleError.is(error, 'bad_argument') && error.detail.path[0] === 'function';
}

interface Asked {
  readonly name: string;
  readonly args: readonly unknown[];
  readonly options: CallOptions;
}

/** A reader of stdout that is slow slows the stream down, and one that leaves ends it. */
async function printItems(terminal: Terminal, client: Client, { name, args, options }: Asked): Promise<void> {
  for await (const item of client.stream(name, args, options)) {
    terminal.out(stringifyJson(item));
    if ((await terminal.taken?.()) === false) return;
  }
}

/** One line: `total 3.20 ms = server one 1.10 ms + fabric and network 2.10 ms`. */
export function timingText({ totalMs, server, serverMs, fabricMs }: CallTiming): string {
  if (serverMs === undefined || fabricMs === undefined) return `total ${shown(totalMs)}; no server has said how much of it was its own`;
  return `total ${shown(totalMs)} = server ${server ?? '(unnamed)'} ${shown(serverMs)} + fabric and network ${shown(fabricMs)}`;
}

function shown(ms: number): string {
  return `${ms.toFixed(2)} ms`;
}
