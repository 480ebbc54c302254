/**
 * Where the command line speaks: results on stdout, everything else on stderr.
 *
 * O1 a script that reads stdout gets the result and nothing else. O2 what moves (spinners) is only for a terminal.
 * A test brings its own and reads what was said.
 */

export interface Terminal {
  /** One line, or several, of result. */
  out(text: string): void;
  /** One line for the person watching. */
  note(text: string): void;
  /** Whether stderr is a terminal. */
  readonly isInteractive: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export function processTerminal(): Terminal {
  return {
    out: (text) => process.stdout.write(`${text}\n`),
    note: (text) => process.stderr.write(`${text}\n`),
    isInteractive: process.stderr.isTTY === true && process.env['CI'] === undefined,
    environment: process.env,
  };
}

/** Rows as columns; the first row is the heading. */
export function table(rows: readonly (readonly string[])[]): string {
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
