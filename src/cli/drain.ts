/**
 * `heddle drain SERVER`: any server of the fabric, asked through any other one.
 *
 * D1 stderr says what the server still waits for, whose calls these are, which runs, and when it ends them; stdout how the drain ended.
 * D2 a drain that had to end work is no success: exit code 4, for its grace time was over.
 * D3 who stops waiting, or has to, is told that the drain goes on.
 */

import { type Client, HeddleError } from '../index.ts';
import { type ConnectFlags, withSignal } from './connection.ts';
import { type ExitCode, exitCodes } from './exit-code.ts';
import type { Terminal } from './terminal.ts';

export interface DrainFlags extends ConnectFlags {
  readonly timeoutMs?: number | undefined;
  readonly json?: boolean | undefined;
}

type Drained = Awaited<ReturnType<Client['drain']>>;
type UnderWay = Drained['ended'];
type Draining = Parameters<NonNullable<NonNullable<Parameters<Client['drain']>[1]>['onWaiting']>>[0];

/** Functions that a line names, and runs. */
const namesShown = 5;

export async function drain(terminal: Terminal, server: string, { timeoutMs, json, ...flags }: DrainFlags): Promise<ExitCode> {
  let said = '';
  const onWaiting = (draining: Draining): void => {
    const text = `${server} is draining, with ${underWayText(draining)} under way${namesText(draining)}`;
    // The time that is left is no news by itself.
    if (text !== said) terminal.note(`${text}${endText(draining)}`);
    said = text;
  };
  const drained = await withSignal(flags, (client, signal) => client.drain(server, { timeoutMs, signal, onWaiting })).catch(
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

function namesText(draining: Draining): string {
  const names = [functionsText(draining), runsText(draining)].filter((text) => text !== '');
  return names.length === 0 ? '' : ` (${names.join('; ')})`;
}

function functionsText({ functions }: Draining): string {
  // A server that calls its own function serves and sends one and the same call.
  const countOf = ({ calls, sent }: (typeof functions)[number]): string => (functions.length === 1 ? '' : ` ${Math.max(calls, sent)}`);
  const named = functions.slice(0, namesShown).map((held) => `${held.function}${countOf(held)}`);
  const left = functions.length - named.length;
  const more = left > 0 ? ` and ${left} more function${left === 1 ? '' : 's'}` : '';
  return `${named.join(', ')}${more}`;
}

function runsText({ runs, runIds }: Draining): string {
  if (runIds.length === 0) return '';
  const named = runIds.slice(0, namesShown);
  const left = runs - named.length;
  return `run${runs === 1 ? '' : 's'} ${named.join(', ')}${left > 0 ? ` and ${left} more` : ''}`;
}

function endText(draining: Draining): string {
  if (isNothing(draining)) return '';
  const seconds = (draining.leftMs / 1000).toFixed(1);
  return `; it waits ${seconds} s ${draining.leftMs === draining.graceMs ? '' : 'more '}at most, then it ends what is left`;
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
