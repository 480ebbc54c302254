/**
 * The command line as a tree of commands; what a command does is loaded when it is asked for.
 *
 * C1 results on stdout, everything else on stderr. C2 wrong usage is exit code 2, with what would have been right.
 * C3 a command or flag exists only if it is built.
 */

import { Command, CommanderError, Option } from 'commander';
import { type ExitCode, errorText, exitCodeFor, exitCodes } from './exit-code.ts';
import { certOption, named, refuseModules, urlOption, wholeNumber } from './flags.ts';
import type { Terminal } from './terminal.ts';
import { addTokens } from './token-commands.ts';

const timeoutMsMax = 2 ** 31 - 1;
const serversMax = 32;
const daysMax = 3_650;
const minutesMax = 7 * 24 * 60;
const usesMax = 10_000;
const intervalMsMax = 3_600_000;

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
  addReading(program, terminal);
  addListings(program, terminal);
  addTop(program, terminal, end);
  addRuns(program, terminal);
  addTypes(program, terminal);
  addOperating(program, terminal, end);
  addCertificates(program, terminal);
  addTokens(program, terminal);
  return program;
}

type ServeFlags = Parameters<typeof import('./serve.ts').serve>[2];

function addServing(program: Command, terminal: Terminal, end: { code: ExitCode }): void {
  withServing(program.command('serve'), 'serve')
    .description('start a server with the functions that these modules export')
    .argument('[module...]', 'files (.ts, .js); a plain function goes by its export name, a definition by its own')
    .option('--cert <file>', 'the certificate of this server, with its key and ca.pem beside it: everything is encrypted')
    .option('--insecure', 'allow a host that is open to the network without certificates')
    .option('--share', 'print a token with which other machines join; without --cert or [tls], certificates are made in --dir')
    .option('--share-minutes <n>', 'how long the token is good; default: 60', wholeNumber(minutesMax))
    .option('--share-uses <n>', 'how many newcomers may use it; default: 1000', wholeNumber(usesMax))
    .action(async (modules: string[], flags: ServeFlags) => {
      end.code = await (await import('./serve.ts')).serve(terminal, modules, flags);
    });
  withServing(program.command('join'), 'join')
    .description('enter the fabric of a token, and serve there; later starts need no token')
    .argument('[token]', 'what heddle serve --share printed; - reads it from stdin; default: HEDDLE_JOIN_TOKEN')
    .argument('[module...]', 'as of heddle serve')
    .action(async (token: string | undefined, modules: string[], flags: ServeFlags) => {
      const words = token === undefined ? modules : [token, ...modules];
      end.code = await (await import('./join.ts')).join(terminal, words, flags);
    });
  program
    .command('dev')
    .description('a local fabric of several server processes in this terminal')
    .argument('[module...]', "default: the quickstart's functions")
    .option('--servers <n>', 'how many', wholeNumber(serversMax), 3)
    .action(async (modules: string[], flags: { servers: number }) => {
      end.code = await (await import('./dev.ts')).dev(terminal, modules, flags);
    });
}

/** What every command takes that starts a server. */
function withServing(command: Command, name: string): Command {
  return command
    .option('--settings <file>', 'a settings file (TOML); it alone can start a whole server')
    .option('--name <name>', 'unique in its fabric')
    .option('--resource <tag...>', 'tags that its offers carry')
    .option('--join <url...>', 'addresses of servers that may be up already')
    .option('--host <address>', 'the address to listen on; by default this machine alone, or with a token the one that others reach')
    .option('--port <auto|n|a-b>', 'any free port, one, or the first free one of a range')
    .option('--dir <folder>', 'where certificates are that a token brings; default: certs')
    .option(
      '--log <level>',
      'write what happens on stderr, one line an event: error, warn, info or debug; JSON unless stderr is a terminal',
    )
    .option('--ready-file <file>', 'appears, complete, once the server listens: {"name","url","pid"}')
    .hook('preAction', (_program, used) => {
      const { resource, join }: ServeFlags = used.opts();
      refuseModules(name, '--resource', resource);
      refuseModules(name, '--join', join);
    });
}

function addCalling(program: Command, terminal: Terminal): void {
  program
    .command('call')
    .description('call a function; its result is printed as JSON, of a stream one line an item')
    .usage('<function> [json...] [options]')
    .argument('[function]', 'its name')
    .argument('[json...]', 'its arguments, each as JSON')
    .addOption(urlOption())
    .addOption(certOption())
    .option('--need <resource...>', 'resources that its server must have, all of them')
    .option('--timeout-ms <n>', 'for the whole call', wholeNumber(timeoutMsMax))
    .option('--wait-ms <n>', 'for a server that offers it, when none does just now', wholeNumber(timeoutMsMax, 0))
    .option('--key <text>', 'calls with equal keys rather go to the same server')
    .option('--idempotency-key <text>', 'handed to the function; default: one of this call')
    .addOption(new Option('--priority <which>', 'which calls go first where there are too many').choices(['batch', 'default', 'critical']))
    .option('--timing', 'where the time went, on stderr')
    .option('--json', 'the timing as JSON')
    .action(async (name: string | undefined, args: string[], flags: Parameters<typeof import('./call.ts').call>[2]['flags']) => {
      await (await import('./call.ts')).call(terminal, named('call', name, flags.need), { args, flags });
    });
  program
    .command('run')
    .description('run a workflow; its result is printed as JSON')
    .argument('<file>', '.json, .toml, or a module that exports a workflow')
    .addOption(urlOption())
    .addOption(certOption())
    .option('--bare', 'a text that equals a step stands for its result')
    .option('--input <json>', 'the input of the workflow')
    .option('--timeout-ms <n>', 'for the whole run', wholeNumber(timeoutMsMax))
    .option('--explain', 'the plan only: where each step would go, and why; nothing runs')
    .option('--analyze', 'what was predicted beside what came, on stderr')
    .option('--json', 'with --explain: in the shape of the API')
    .action(async (file: string, flags: Parameters<typeof import('./run.ts').run>[2]) => {
      await (await import('./run.ts')).run(terminal, file, flags);
    });
}

function addReading(program: Command, terminal: Terminal): void {
  program
    .command('explain')
    .description('where a call of a function, or each step of a workflow, would go now, and why')
    .usage('<function|file> [options]')
    .argument('[function]', 'its name, or a workflow file')
    .addOption(urlOption())
    .addOption(certOption())
    .option('--need <resource...>', 'resources that its server must have, all of them')
    .option('--target <server>', 'the one server that may run it')
    .option('--bare', 'of a file: a text that equals a step stands for its result')
    .option('--input <json>', 'of a file: the input of the workflow')
    .option('--json', 'in the shape of the API')
    .action(async (name: string | undefined, flags: Parameters<typeof import('./explain.ts').explain>[2]) => {
      await (await import('./explain.ts')).explain(terminal, named('explain', name, flags.need), flags);
    });
}

function addListings(program: Command, terminal: Terminal): void {
  const json = ['--json', 'in the shape of the API'] as const;
  program
    .command('members')
    .description('the servers of the fabric')
    .addOption(urlOption())
    .addOption(certOption())
    .option(...json)
    .action(async (flags: Parameters<typeof import('./listings.ts').members>[1]) => {
      await (await import('./listings.ts')).members(terminal, flags);
    });
  program
    .command('catalog')
    .description('what they offer')
    .addOption(urlOption())
    .addOption(certOption())
    .option(...json)
    .action(async (flags: Parameters<typeof import('./listings.ts').catalog>[1]) => {
      await (await import('./listings.ts')).catalog(terminal, flags);
    });
}

function addTop(program: Command, terminal: Terminal, end: { code: ExitCode }): void {
  program
    .command('top')
    .description('what every server, function, run and breaker does, live; keys: q, tab, s, r, /')
    .addOption(urlOption())
    .addOption(certOption())
    .option('--interval-ms <n>', 'between two questions', wholeNumber(intervalMsMax, 100), 1_000)
    .option('--once', 'print how it is now, and end; also where stdout is no terminal')
    .option('--json', 'the same as JSON')
    .action(async (flags: Parameters<typeof import('./top.ts').top>[1]) => {
      end.code = await (await import('./top.ts')).top(terminal, flags);
    });
}

function addRuns(program: Command, terminal: Terminal): void {
  program
    .command('runs')
    .description('the runs of workflows: those under way, and those that ended within the last minutes')
    .addOption(urlOption())
    .addOption(certOption())
    .option('--json', 'as JSON')
    .action(async (flags: Parameters<typeof import('./runs.ts').runs>[1]) => {
      await (await import('./runs.ts')).runs(terminal, flags);
    });
  program
    .command('cancel')
    .description('end a run: its steps under way are told, no other starts')
    .argument('<run>', 'its id, as `heddle runs` lists it')
    .addOption(urlOption())
    .addOption(certOption())
    .option('--reason <text>', 'what those who follow the run are told')
    .action(async (runId: string, flags: Parameters<typeof import('./runs.ts').cancel>[2]) => {
      await (await import('./runs.ts')).cancel(terminal, runId, flags);
    });
  program
    .command('why')
    .description('how a run stands, step by step; what it, or a call of a function, waits for, and what would end that')
    .argument('<run|function>', 'the id of a run, or the name of a function')
    .addOption(urlOption())
    .addOption(certOption())
    .option('--step <name>', 'of a run: what this step waits for')
    .option('--follow', 'of a run: shown anew as it goes on, until it ends')
    .option('--json', 'what waits, in the shape of the API')
    .action(async (name: string, flags: Parameters<typeof import('./runs.ts').why>[2]) => {
      await (await import('./runs.ts')).why(terminal, name, flags);
    });
}

function addTypes(program: Command, terminal: Terminal): void {
  program
    .command('types')
    .description('TypeScript declarations of the functions that the fabric offers now, for connect<Fabric>() and remote<Fabric>()')
    .addOption(urlOption())
    .addOption(certOption())
    .option('--out <file>', 'a .d.ts to write; one that something else wrote is left alone')
    .option('--json', 'the catalog with its JSON Schemas, in the shape of the API')
    .action(async (flags: Parameters<typeof import('./types.ts').types>[1]) => {
      await (await import('./types.ts')).types(terminal, flags);
    });
}

function addOperating(program: Command, terminal: Terminal, end: { code: ExitCode }): void {
  program
    .command('drain')
    .description('let a server finish its work and take no more; one that `heddle serve` started then stops')
    .argument('<server>', 'its name')
    .addOption(urlOption())
    .addOption(certOption())
    .option('--timeout-ms <n>', 'how long to wait for it; the drain goes on in any case', wholeNumber(timeoutMsMax))
    .option('--json', 'how it ended, as JSON')
    .action(async (server: string, flags: Parameters<typeof import('./drain.ts').drain>[2]) => {
      end.code = await (await import('./drain.ts')).drain(terminal, server, flags);
    });
}

function addCertificates(program: Command, terminal: Terminal): void {
  const ca = program.command('ca').description('certificates of your own for a fabric: for development, and for small ones');
  ca.command('issue')
    .description('a certificate of a server or client, and of its CA where there is none yet')
    .argument('<name>', "the server's name, or what the client shall be called")
    .option('--client', 'of a client: nobody takes it for a server')
    .option('--host <host...>', 'hosts and addresses by which clients in other languages reach the server; default: localhost')
    .option('--days <n>', 'how long it is good', wholeNumber(daysMax), 90)
    .option('--dir <folder>', 'where the certificates are', 'certs')
    .action(async (name: string, flags: Parameters<typeof import('./ca.ts').issue>[2]) => {
      await (await import('./ca.ts')).issue(terminal, name, flags);
    });
}
