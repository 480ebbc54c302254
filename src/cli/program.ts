/**
 * The command line as a tree of commands; what a command does is loaded when it is asked for.
 *
 * C1 results on stdout, everything else on stderr. C2 wrong usage is exit code 2, with what would have been right.
 * C3 a command or flag exists only if it is built.
 */

import { Command, CommanderError, Option } from 'commander';
import { type ExitCode, errorText, exitCodeFor, exitCodes } from './exit-code.ts';
import { addFabric } from './fabric-commands.ts';
import { named, timeoutMsMax, wholeNumber, withExample, withFabric } from './flags.ts';
import { addIdentity } from './identity-commands.ts';
import { addServing } from './serving-commands.ts';
import type { Terminal } from './terminal.ts';

/** Runs one command line and gives its exit code. */
export async function runProgram(args: readonly string[], terminal: Terminal, version: string): Promise<ExitCode> {
  const end: { code: ExitCode } = { code: exitCodes.done };
  try {
    await createProgram(terminal, version, end).parseAsync([...args], { from: 'user' });
    return end.code;
  } catch (error) {
    // Commander has said on stderr what was wrong; help and version are no error.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    terminal.note(errorText(error));
    return exitCodeFor(error);
  }
}

function createProgram(terminal: Terminal, version: string, end: { code: ExitCode }): Command {
  const program = new Command('heddle')
    .description('An RPC fabric with dependency-resolving workflows')
    .version(version)
    .exitOverride()
    .configureOutput({ writeOut: (text) => terminal.out(text.trimEnd()), writeErr: (text) => terminal.note(text.trimEnd()) })
    .showSuggestionAfterError()
    .showHelpAfterError('(--help says what there is)');
  addServing(program, terminal, end);
  addCalling(program, terminal);
  addExplaining(program, terminal);
  addFabric(program, terminal, end);
  addIdentity(program, terminal);
  return program;
}

function addCalling(program: Command, terminal: Terminal): void {
  withExample(withFabric(program.command('call')), `heddle call add 2 3 --timeout-ms 500`)
    .description('call a function; its result is printed as JSON, of a stream one line an item')
    .usage('<function> [json...] [options]')
    .argument('[function]', 'its name')
    .argument('[json...]', 'its arguments, each as JSON')
    .option('--need <resource...>', 'resources that its server must have, all of them; default: none')
    .option('--timeout-ms <n>', 'for the whole call, in milliseconds; default: 30000, of a stream none', wholeNumber(timeoutMsMax))
    .option(
      '--wait-ms <n>',
      'wait for a server that offers it, when none does just now, in milliseconds; default: 250',
      wholeNumber(timeoutMsMax, 0),
    )
    .option('--key <text>', 'calls with equal keys rather go to the same server; default: none')
    .option('--idempotency-key <text>', 'handed to the function; default: one of this call')
    .addOption(
      new Option('--priority <which>', 'which calls go first where there are too many; default: default').choices([
        'batch',
        'default',
        'critical',
      ]),
    )
    .option('--timing', 'where the time went, on stderr')
    .option('--json', 'the timing as JSON')
    .action(async (name: string | undefined, args: string[], flags: Parameters<typeof import('./call.ts').call>[2]['flags']) => {
      await (await import('./call.ts')).call(terminal, named('call', name, flags.need), { args, flags });
    });
  withExample(withFabric(program.command('run')), 'heddle run report.toml --input 5')
    .description('run a workflow; its result is printed as JSON')
    .argument('<file>', '.json, .toml, or a module that exports a workflow')
    .option('--bare', 'a text that equals a step stands for its result')
    .option('--input <json>', 'the input of the workflow; default: none')
    .option('--timeout-ms <n>', 'for the whole run, in milliseconds; default: 300000', wholeNumber(timeoutMsMax))
    .option('--explain', 'the plan only: where each step would go, and why; nothing runs')
    .option('--analyze', 'what was predicted beside what came, on stderr')
    .option('--json', 'with --explain: in the shape of the API')
    .action(async (file: string, flags: Parameters<typeof import('./run.ts').run>[2]) => {
      await (await import('./run.ts')).run(terminal, file, flags);
    });
}

function addExplaining(program: Command, terminal: Terminal): void {
  withExample(withFabric(program.command('explain')), 'heddle explain train --need gpu')
    .description('where a call of a function, or each step of a workflow, would go now, and why')
    .usage('<function|file> [options]')
    .argument('[function]', 'its name, or a workflow file')
    .option('--need <resource...>', 'resources that its server must have, all of them; default: none')
    .option('--target <server>', 'the one server that may run it; default: any')
    .option('--bare', 'of a file: a text that equals a step stands for its result')
    .option('--input <json>', 'of a file: the input of the workflow; default: none')
    .option('--json', 'in the shape of the API')
    .action(async (name: string | undefined, flags: Parameters<typeof import('./explain.ts').explain>[2]) => {
      await (await import('./explain.ts')).explain(terminal, named('explain', name, flags.need), flags);
    });
}
