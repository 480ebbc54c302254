/**
 * One process of the benchmark: plays one part of one contestant, told and asked over the channel to its parent.
 * Arguments: the contestant, the part (`serve`, `between`, `open`), the address of the process before, and the place between.
 */

import type { Calling, Contestant, Serving, Stop } from './contestant.ts';
import { contestants, isContestant } from './contestants.ts';
import { drive, type Load, type Measured } from './load.ts';

/** What an actor is told. */
export type Order = { readonly kind: 'drive'; readonly load: Load } | { readonly kind: 'stop' };

/** What it says: first that it is ready, then one answer an order. */
export type Report =
  | { readonly kind: 'ready'; readonly address: string }
  | { readonly kind: 'measured'; readonly measured: Measured }
  | { readonly kind: 'failed'; readonly message: string };

const [name = '', part = '', address = '', place = '0'] = process.argv.slice(2);

try {
  if (!isContestant(name)) throw new Error(`there is no contestant ${name}`);
  if (part === 'open') await play(await contestants[name].open(address));
  else await hold(await start(contestants[name]));
} catch (error) {
  say({ kind: 'failed', message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  process.disconnect();
}

function start(contestant: Contestant): Promise<Serving> {
  const between = contestant.between?.[Number(place)];
  return part === 'between' && between ? between(address) : contestant.serve();
}

async function hold(serving: Serving): Promise<void> {
  process.on('message', (order: Order) => order.kind === 'stop' && void leave(serving.stop));
  process.on('disconnect', () => void leave(serving.stop));
  say({ kind: 'ready', address: serving.address });
}

async function play(calling: Calling): Promise<void> {
  process.on('message', (order: Order) => {
    if (order.kind === 'stop') void leave(calling.stop);
    else
      drive(calling, order.load).then(
        (measured) => say({ kind: 'measured', measured }),
        (error: unknown) => say({ kind: 'failed', message: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
      );
  });
  process.on('disconnect', () => void leave(calling.stop));
  say({ kind: 'ready', address: '' });
}

function say(report: Report): void {
  process.send?.(report);
}

async function leave(stop: Stop): Promise<void> {
  await stop();
  process.exit(0);
}
