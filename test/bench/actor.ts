/**
 * One process of the benchmark: plays one part of one contestant, told and asked over the channel to its parent.
 * Arguments: the contestant, the part (`serve`, `between`, `open`), the address of the process before, and the place between.
 */

import type { Calling, Contestant, Serving, Stop } from './contestant.ts';
import { contestants, isContestant } from './contestants.ts';
import { drive, type Load, type Measured } from './load.ts';

/** What an actor is told. */
export type Order = { readonly kind: 'drive'; readonly load: Load } | { readonly kind: 'cpu' } | { readonly kind: 'stop' };

/** What it says: first that it is ready, then one answer an order. */
export type Report =
  | { readonly kind: 'ready'; readonly address: string }
  | { readonly kind: 'measured'; readonly measured: Measured }
  /** Processor time since the process began. */
  | { readonly kind: 'cpu'; readonly micros: number }
  | { readonly kind: 'failed'; readonly message: string };

const [name = '', part = '', address = '', place = '0'] = process.argv.slice(2);

try {
  if (!isContestant(name)) throw new Error(`there is no contestant ${name}`);
  if (part === 'open') obey(await contestants[name].open(address), '');
  else {
    const serving = await start(contestants[name]);
    obey(serving, serving.address);
  }
} catch (error) {
  sayFailed(error);
  process.disconnect();
}

function start(contestant: Contestant): Promise<Serving> {
  const between = contestant.between?.[Number(place)];
  return part === 'between' && between ? between(address) : contestant.serve();
}

function obey(player: Serving | Calling, itsAddress: string): void {
  process.on('message', (order: Order) => {
    if (order.kind === 'stop') void leave(player.stop);
    else if (order.kind === 'cpu') sayCpu();
    else if ('call' in player) drive(player, order.load).then((measured) => say({ kind: 'measured', measured }), sayFailed);
  });
  process.on('disconnect', () => void leave(player.stop));
  say({ kind: 'ready', address: itsAddress });
}

function sayCpu(): void {
  const { user, system } = process.cpuUsage();
  say({ kind: 'cpu', micros: user + system });
}

function sayFailed(error: unknown): void {
  say({ kind: 'failed', message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
}

function say(report: Report): void {
  process.send?.(report);
}

async function leave(stop: Stop): Promise<void> {
  await stop();
  process.exit(0);
}
