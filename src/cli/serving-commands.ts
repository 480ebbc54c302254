/**
 * The commands that start servers: `heddle serve`, `join` and `dev`.
 */

import type { Command } from 'commander';
import type { ExitCode } from './exit-code.ts';
import { refuseModules, wholeNumber, withExample } from './flags.ts';
import type { Terminal } from './terminal.ts';

const serversMax = 32;
const minutesMax = 7 * 24 * 60;
const usesMax = 10_000;

type ServeFlags = Parameters<typeof import('./serve.ts').serve>[2];

export function addServing(program: Command, terminal: Terminal, end: { code: ExitCode }): void {
  withExample(withServing(program.command('serve'), 'serve'), 'heddle serve train.ts --name gpu-1 --resource gpu --join 10.0.0.5:7420')
    .description('start a server with the functions that these modules export')
    .argument('[module...]', 'files (.ts, .js); a plain function goes by its export name, a definition by its own')
    .option('--cert <file>', 'the certificate of this server, with its key and ca.pem beside it: everything is encrypted; default: none')
    .option('--insecure', 'allow a host that is open to the network without certificates')
    .option('--share', 'print a token with which other machines join; without --cert or [tls], certificates are made in --dir')
    .option('--share-minutes <n>', 'how many minutes the token is good; default: 60', wholeNumber(minutesMax))
    .option('--share-uses <n>', 'how many newcomers may use it; default: 1000', wholeNumber(usesMax))
    .action(async (modules: string[], flags: ServeFlags) => {
      end.code = await (await import('./serve.ts')).serve(terminal, modules, flags);
    });
  withExample(withServing(program.command('join'), 'join'), 'heddle join - train.ts --name gpu-2 < token.txt')
    .description('enter the fabric of a token, and serve there; later starts need no token')
    .argument('[token]', 'what heddle serve --share printed; - reads it from stdin; default: HEDDLE_JOIN_TOKEN')
    .argument('[module...]', 'as of heddle serve')
    .action(async (token: string | undefined, modules: string[], flags: ServeFlags) => {
      const words = token === undefined ? modules : [token, ...modules];
      end.code = await (await import('./join.ts')).join(terminal, words, flags);
    });
  withExample(program.command('dev'), 'heddle dev train.ts --servers 5')
    .description('a local fabric of several server processes in this terminal')
    .argument('[module...]', "default: the quickstart's functions")
    .option('--servers <n>', 'how many servers, each a process of its own', wholeNumber(serversMax), 3)
    .action(async (modules: string[], flags: { servers: number }) => {
      end.code = await (await import('./dev.ts')).dev(terminal, modules, flags);
    });
}

/** What every command takes that starts a server. */
function withServing(command: Command, name: string): Command {
  return command
    .option('--settings <file>', 'a settings file (TOML); it alone can start a whole server; default: none')
    .option('--name <name>', 'unique in its fabric; default: the name of the host and six random characters')
    .option('--resource <tag...>', 'tags that its offers carry; default: none')
    .option('--join <url...>', 'addresses of servers that may be up already; default: none')
    .option('--host <address>', 'the address to listen on; default: this machine alone, or with a token the one that others reach')
    .option('--port <auto|n|a-b>', 'any free port, one, or the first free one of a range; default: auto')
    .option('--dir <folder>', 'where certificates are that a token brings; default: certs')
    .option(
      '--log <level>',
      'write what happens on stderr, one line an event: error, warn, info or debug; JSON unless stderr is a terminal; default: off',
    )
    .option('--ready-file <file>', 'appears, complete, once the server listens: {"name","url","pid"}; default: none')
    .hook('preAction', (_program, used) => {
      const { resource, join }: ServeFlags = used.opts();
      refuseModules(name, '--resource', resource);
      refuseModules(name, '--join', join);
    });
}
