/**
 * `heddle drain SERVER`: any server of the fabric, asked through any other one.
 *
 * D1 stderr says what the server still waits for, stdout how the drain ended.
 * D2 a drain that had to end work is no success: exit code 4, for its grace time was over.
 * D3 who stops waiting, or has to, is told that the drain goes on.
 */

import { type Client, HeddleError } from '../index.ts';
import { type ConnectFlags, withClient } from './connection.ts';
import { type ExitCode, exitCodes } from './exit-code.ts';
import type { Terminal } from './terminal.ts';

export interface DrainFlags extends ConnectFlags {
  readonly timeoutMs?: number | undefined;
  readonly json?: boolean | undefined;
}

type Drained = Awaited<ReturnType<Client['drain']>>;
type UnderWay = Drained['ended'];

export async function drain(terminal: Terminal, server: string, { timeoutMs, json, ...flags }: DrainFlags): Promise<ExitCode> {
  let said = '';
  const onWaiting = (underWay: UnderWay): void => {
    const text = `${server} is draining, with ${underWayText(underWay)} under way`;
    if (text !== said) terminal.note(text);
    said = text;
  };
  const drained = await withClient(flags, (client, signal) => client.drain(server, { timeoutMs, signal, onWaiting })).catch(
    (error: unknown) => {
      const isGivenUp = HeddleError.is(error, 'deadline_exceeded') || HeddleError.is(error, 'cancelled');
      if (isGivenUp && said !== '') terminal.note(`${server} goes on draining, whoever waits for it`);
      throw error;
    },
  );
  terminal.out(json ? JSON.stringify(drained) : `${server} has drained in ${(drained.elapsedMs / 1000).toFixed(1)} s`);
  if (isNothing(drained.ended)) return exitCodes.done;
  terminal.note(`its grace time was over with ${underWayText(drained.ended)} under way, which had to be ended`);
  return exitCodes.deadline;
}

function isNothing({ calls, sent, runs }: UnderWay): boolean {
  return calls + sent + runs === 0;
}

function underWayText(underWay: UnderWay): string {
  const { calls, sent, runs } = underWay;
  if (isNothing(underWay)) return 'nothing';
  const parts = [
    [calls, 'call', 'served'],
    [sent, 'call', 'sent or passed on'],
    [runs, 'run', 'coordinated'],
  ] as const;
  return parts
    .filter(([count]) => count > 0)
    .map(([count, noun, what]) => `${count} ${noun}${count === 1 ? '' : 's'} ${what}`)
    .join(', ');
}
