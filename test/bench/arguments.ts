/**
 * The command line of the benchmark: `[row...] [--json] [--rounds 5] [--seconds 2]`. What nobody knows is refused by name.
 */

import { parseArgs } from 'node:util';

export interface Wanted {
  /** Rows in the order in which they were named; a group stands for its rows. */
  readonly ids: readonly string[];
  readonly json: boolean;
  readonly rounds: number;
  readonly roundMs: number;
}

export interface Known {
  readonly ids: readonly string[];
  /** Several rows under one name. */
  readonly groups: Readonly<Record<string, readonly string[]>>;
  /** What runs when nothing is named. */
  readonly usual: readonly string[];
}

/** Wrong usage: one line for the terminal, and exit code 2. */
export class WrongUsage extends Error {
  override readonly name = 'WrongUsage';
}

const options = {
  json: { type: 'boolean' },
  rounds: { type: 'string' },
  seconds: { type: 'string' },
} as const;

/** Throws `WrongUsage` that says what was found and what is known. */
export function readArguments(args: readonly string[], known: Known): Wanted {
  const { values, positionals, tokens } = parseArgs({ args: [...args], options, allowPositionals: true, strict: false, tokens: true });
  for (const token of tokens) if (token.kind === 'option') checkFlag(token);
  for (const id of positionals) {
    if (known.ids.includes(id) || Object.hasOwn(known.groups, id)) continue;
    throw new WrongUsage(
      `there is no row ${id}; the rows are ${known.ids.join(', ')}; several at once: ${Object.keys(known.groups).join(', ')}`,
    );
  }
  const ids = positionals.length === 0 ? known.usual : positionals.flatMap((id) => known.groups[id] ?? [id]);
  const rounds = numberOf('rounds', values.rounds ?? '5');
  if (!Number.isInteger(rounds)) throw new WrongUsage(`--rounds takes a whole number, not ${rounds}`);
  return { ids: [...new Set(ids)], json: values.json === true, rounds, roundMs: numberOf('seconds', values.seconds ?? '2') * 1000 };
}

function checkFlag({
  name,
  rawName,
  value,
}: {
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
}): void {
  if (!Object.hasOwn(options, name))
    throw new WrongUsage(`there is no flag ${rawName}; the flags are --${Object.keys(options).join(', --')}`);
  const takesValue = options[name as keyof typeof options].type === 'string'; // hasOwn has said so
  if (!takesValue && value !== undefined) throw new WrongUsage(`--${name} takes no value, found ${value}`);
}

function numberOf(name: string, text: unknown): number {
  const number = typeof text === 'string' && text !== '' ? Number(text) : Number.NaN;
  if (number > 0 && Number.isFinite(number)) return number;
  throw new WrongUsage(`--${name} takes a number over 0, found ${typeof text === 'string' ? `"${text}"` : 'none'}`);
}
