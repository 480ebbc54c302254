/**
 * `heddle call FUN [JSON-ARG...]`: one call, its result as JSON on stdout.
 */

import { stringifyJson } from '../wire/json-forms.ts';
import { type ConnectFlags, withClient } from './connection.ts';
import { parseArguments } from './json-arguments.ts';
import type { Terminal } from './terminal.ts';

export interface CallFlags extends ConnectFlags {
  readonly need?: readonly string[] | undefined;
  readonly timeoutMs?: number | undefined;
}

export async function call(
  terminal: Terminal,
  name: string,
  options: { readonly args: readonly string[]; readonly flags: CallFlags },
): Promise<void> {
  const { need, timeoutMs } = options.flags;
  const args = parseArguments(options.args);
  const result = await withClient(options.flags, (client, signal) => client.call(name, args, { need, timeoutMs, signal }));
  terminal.out(stringifyJson(result));
}
