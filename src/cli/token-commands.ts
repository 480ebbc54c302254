/**
 * `heddle token keys` and `heddle token issue`, as commands.
 */

import type { Command } from 'commander';
import type { Terminal } from './terminal.ts';

export function addTokens(program: Command, terminal: Terminal): void {
  const token = program.command('token').description('tokens, by which servers know clients, and the keys that sign them');
  token
    .command('keys')
    .description('the keys that sign tokens, where there are none yet; the path of the public one on stdout')
    .option('--dir <folder>', 'where the keys are', 'certs')
    .action(async (flags: { readonly dir: string }) => (await import('./token.ts')).keys(terminal, flags));
  token
    .command('issue')
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
