/** One command line, run in this process, and what it said. */

import { runProgram } from '../../src/cli/program.ts';
import type { Terminal } from '../../src/cli/terminal.ts';

export class FakeTerminal implements Terminal {
  readonly outs: string[] = [];
  readonly notes: string[] = [];
  readonly environment = {};
  readonly isInteractive: boolean;

  constructor({ isInteractive = false }: { readonly isInteractive?: boolean } = {}) {
    this.isInteractive = isInteractive;
  }

  out(text: string): void {
    this.outs.push(text);
  }

  note(text: string): void {
    this.notes.push(text);
  }
}

/** `heddle ARGS`. */
export async function heddle(...args: readonly string[]) {
  const terminal = new FakeTerminal();
  const code = await runProgram(args, terminal, '9.9.9');
  return { code, outs: terminal.outs, notes: terminal.notes };
}

/** The same, what it said as one text each. */
export async function heddleSays(...args: readonly string[]) {
  const { code, outs, notes } = await heddle(...args);
  return { code, out: outs.join('\n'), notes: notes.join('\n') };
}
