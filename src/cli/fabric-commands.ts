/**
 * The commands that look at a fabric as it runs, or change how it does: `heddle members`, `catalog`, `top`, `runs`, `cancel`,
 * `why`, `types` and `drain`.
 */

import type { Command } from 'commander';
import type { ExitCode } from './exit-code.ts';
import { timeoutMsMax, wholeNumber, withExample, withFabric } from './flags.ts';
import type { Terminal } from './terminal.ts';

const intervalMsMax = 3_600_000;

export function addFabric(program: Command, terminal: Terminal, end: { code: ExitCode }): void {
  addListings(program, terminal);
  addTop(program, terminal, end);
  addRuns(program, terminal);
  addTypes(program, terminal);
  addDraining(program, terminal, end);
}

function addListings(program: Command, terminal: Terminal): void {
  const json = ['--json', 'in the shape of the API'] as const;
  withExample(withFabric(program.command('members')), 'heddle members --url 10.0.0.5:7420')
    .description('the servers of the fabric')
    .option(...json)
    .action(async (flags: Parameters<typeof import('./listings.ts').members>[1]) => {
      await (await import('./listings.ts')).members(terminal, flags);
    });
  withExample(withFabric(program.command('catalog')), 'heddle catalog --json')
    .description('what they offer')
    .option(...json)
    .action(async (flags: Parameters<typeof import('./listings.ts').catalog>[1]) => {
      await (await import('./listings.ts')).catalog(terminal, flags);
    });
}

function addTop(program: Command, terminal: Terminal, end: { code: ExitCode }): void {
  withExample(withFabric(program.command('top')), 'heddle top --interval-ms 500')
    .description('what every server, function, run and breaker does, live; keys: q, tab, s, r, /')
    .option('--interval-ms <n>', 'between two questions, in milliseconds', wholeNumber(intervalMsMax, 100), 1_000)
    .option('--once', 'print how it is now, and end; also where stdout is no terminal')
    .option('--json', 'the same as JSON')
    .action(async (flags: Parameters<typeof import('./top.ts').top>[1]) => {
      end.code = await (await import('./top.ts')).top(terminal, flags);
    });
}

function addRuns(program: Command, terminal: Terminal): void {
  withExample(withFabric(program.command('runs')), 'heddle runs')
    .description('the runs of workflows: those under way, and those that ended within the last minutes')
    .option('--json', 'as JSON')
    .action(async (flags: Parameters<typeof import('./runs.ts').runs>[1]) => {
      await (await import('./runs.ts')).runs(terminal, flags);
    });
  withExample(withFabric(program.command('cancel')), "heddle cancel gpu-1~9f86d081884c7d65 --reason 'not needed'")
    .description('end a run: its steps under way are told, no other starts')
    .argument('<run>', 'its id, as `heddle runs` lists it')
    .option('--reason <text>', 'what those who follow the run are told; default: cancelled from the command line')
    .action(async (runId: string, flags: Parameters<typeof import('./runs.ts').cancel>[2]) => {
      await (await import('./runs.ts')).cancel(terminal, runId, flags);
    });
  withExample(withFabric(program.command('why')), 'heddle why gpu-1~9f86d081884c7d65 --follow')
    .description('how a run stands, step by step; what it, or a call of a function, waits for, and what would end that')
    .argument('<run|function>', 'the id of a run, or the name of a function')
    .option('--step <name>', 'of a run: what this step waits for; default: all of them')
    .option('--follow', 'of a run: shown anew as it goes on, until it ends')
    .option('--json', 'what waits, in the shape of the API')
    .action(async (name: string, flags: Parameters<typeof import('./runs.ts').why>[2]) => {
      await (await import('./runs.ts')).why(terminal, name, flags);
    });
}

function addTypes(program: Command, terminal: Terminal): void {
  withExample(withFabric(program.command('types')), 'heddle types --out fabric.d.ts')
    .description('TypeScript declarations of the functions that the fabric offers now, for connect<Fabric>() and remote<Fabric>()')
    .option('--out <file>', 'a .d.ts to write; one that something else wrote is left alone; default: stdout')
    .option('--json', 'the catalog with its JSON Schemas, in the shape of the API')
    .action(async (flags: Parameters<typeof import('./types.ts').types>[1]) => {
      await (await import('./types.ts')).types(terminal, flags);
    });
}

function addDraining(program: Command, terminal: Terminal, end: { code: ExitCode }): void {
  withExample(withFabric(program.command('drain')), 'heddle drain gpu-1 --url 10.0.0.5:7420')
    .description('let a server finish its work and take no more; one that `heddle serve` started then stops')
    .argument('<server>', 'its name')
    .option(
      '--timeout-ms <n>',
      'how long to wait for it, in milliseconds; the drain goes on in any case; default: 300000',
      wholeNumber(timeoutMsMax),
    )
    .option('--json', 'how it ended, as JSON')
    .action(async (server: string, flags: Parameters<typeof import('./drain.ts').drain>[2]) => {
      end.code = await (await import('./drain.ts')).drain(terminal, server, flags);
    });
}
