/**
 * Where the command line speaks: results on stdout, everything else on stderr.
 *
 * O1 a script that reads stdout gets the result and nothing else. O2 what moves (spinners) is only for a terminal.
 * O3 what others wrote (a name, an error's message) does nothing to a terminal.
 * A test brings its own and reads what was said.
 */

import { printable } from '../observe/printable.ts';
import type { Tty } from './screen.ts';

export interface Terminal {
  /** One line, or several, of result. */
  out(text: string): void;
  /** Resolves when what was printed has been taken: true, or false when nobody reads it any more (`| head`). Default: at once. */
  taken?(): Promise<boolean>;
  /** One line for the person watching. */
  note(text: string): void;
  /** Takes the last lines that were noted away, for others in their place. Absent: they stay. */
  unsay?(lines: number): void;
  /** For what draws on the whole terminal; undefined where stdin or stdout is none. */
  tty?(): Tty | undefined;
  /** Whether stderr is a terminal. */
  readonly isInteractive: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export function processTerminal(): Terminal {
  const { stdout } = process;
  let isGone = false;
  // Without a listener a reader that leaves would end this process with a stack trace.
  stdout.on('error', () => {
    isGone = true;
  });
  return {
    out: (text) => stdout.write(`${text}\n`),
    taken: async () => {
      if (!isGone && stdout.writableNeedDrain) {
        await new Promise<void>((resolve) => {
          for (const event of ['drain', 'error', 'close']) stdout.once(event, () => resolve());
        });
      }
      return !isGone;
    },
    note: (text) => process.stderr.write(`${printable(text)}\n`),
    unsay: (lines) => process.stderr.write(`\u001b[${lines}F\u001b[J`),
    tty: () =>
      process.stdin.isTTY && stdout.isTTY && process.env['TERM'] !== 'dumb' ? { input: process.stdin, output: stdout } : undefined,
    isInteractive: process.stderr.isTTY === true && process.env['CI'] === undefined,
    environment: process.env,
  };
}

/** Rows as columns; the first row is the heading. */
export function table(given: readonly (readonly string[])[]): string {
  const rows = given.map((row) => row.map(printable));
  const widths = rows.reduce<number[]>((most, row) => row.map((cell, at) => Math.max(most[at] ?? 0, cell.length)), []);
  return rows
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
