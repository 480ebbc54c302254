/**
 * The commands that make what proves who somebody is: `heddle ca issue`, `heddle token keys` and `heddle token issue`.
 */

import type { Command } from 'commander';
import { wholeNumber, withExample } from './flags.ts';
import type { Terminal } from './terminal.ts';

const daysMax = 3_650;

export function addIdentity(program: Command, terminal: Terminal): void {
  addCertificates(program, terminal);
  addTokens(program, terminal);
}

function addCertificates(program: Command, terminal: Terminal): void {
  const ca = program.command('ca').description('certificates of your own for a fabric: for development, and for small ones');
  withExample(ca.command('issue'), 'heddle ca issue gpu-1 --host gpu-1.example.org')
    .description('a certificate of a server or client, and of its CA where there is none yet')
    .argument('<name>', "the server's name, or what the client shall be called")
    .option('--client', 'of a client: nobody takes it for a server')
    .option('--host <host...>', 'hosts and addresses by which clients in other languages reach the server; default: localhost')
    .option('--days <n>', 'how many days it is good', wholeNumber(daysMax), 90)
    .option('--dir <folder>', 'where the certificates are', 'certs')
    .action(async (name: string, flags: Parameters<typeof import('./ca.ts').issue>[2]) => {
      await (await import('./ca.ts')).issue(terminal, name, flags);
    });
}

function addTokens(program: Command, terminal: Terminal): void {
  const token = program.command('token').description('tokens, by which servers know clients, and the keys that sign them');
  withExample(token.command('keys'), 'heddle token keys --dir keys')
    .description('the keys that sign tokens, where there are none yet; the path of the public one on stdout')
    .option('--dir <folder>', 'where the keys are', 'certs')
    .action(async (flags: { readonly dir: string }) => (await import('./token.ts')).keys(terminal, flags));
  withExample(token.command('issue'), 'heddle token issue alice --for 8h')
    .description('a token on stdout: whoever shows it is this client, until it ends')
    .argument('<name>', 'whose token it is')
    .option('--for <time>', 'how long it is good: a number with s, m, h or d', '1h')
    .option('--cluster <name>', 'the cluster that it is for', 'default')
    .option('--dir <folder>', 'where the keys are', 'certs')
    .action(async (name: string, flags: { readonly for: string; readonly cluster: string; readonly dir: string }) => {
      const { durationMs, issue } = await import('./token.ts');
      await issue(terminal, name, { ...flags, for: durationMs(flags.for) });
    });
}
