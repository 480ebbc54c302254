/**
 * One process of the benchmark: plays one part of one contestant, told and asked over the channel to its parent.
 * Arguments: the contestant, the part (`serve`, `between`, `open`), the address of the process before, and the place between.
 */

import type { Calling, Contestant, Serving, Stop } from './contestant.ts';
import { contestants, isContestant } from './contestants.ts';
import { drive, type Load, type Measured } from './load.ts';
import { settledMemory } from './memory.ts';
import { Profile, type ProfileKind, type Shares } from './profile.ts';

/** What an actor is told. */
export type Order =
  | { readonly kind: 'drive'; readonly load: Load }
  | { readonly kind: 'cpu' | 'memory' | 'profiled' | 'stop' }
  | { readonly kind: 'profile'; readonly of: ProfileKind };

/** What it says: first that it is ready, then one answer an order. */
export type Report =
  | { readonly kind: 'ready'; readonly address: string }
  | { readonly kind: 'measured'; readonly measured: Measured }
  /** Processor time since the process began. */
  | { readonly kind: 'cpu'; readonly micros: number }
  /** After a collection. */
  | { readonly kind: 'memory'; readonly heapBytes: number; readonly residentBytes: number }
  | { readonly kind: 'profiling' }
  | { readonly kind: 'profiled'; readonly shares: Shares }
  | { readonly kind: 'failed'; readonly message: string };

const [name = '', part = '', address = '', place = '0'] = process.argv.slice(2);
let profile: Profile | undefined;

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
    follow(player, order).then((report) => report && say(report), sayFailed);
  });
  process.on('disconnect', () => void leave(player.stop));
  say({ kind: 'ready', address: itsAddress });
}

async function follow(player: Serving | Calling, order: Order): Promise<Report | undefined> {
  switch (order.kind) {
    case 'drive':
      return 'call' in player ? { kind: 'measured', measured: await drive(player, order.load) } : undefined;
    case 'cpu': {
      const { user, system } = process.cpuUsage();
      return { kind: 'cpu', micros: user + system };
    }
    case 'memory':
      return { kind: 'memory', ...settledMemory() };
    case 'profile':
      profile = new Profile(order.of);
      await profile.start();
      return { kind: 'profiling' };
    case 'profiled':
      return { kind: 'profiled', shares: (await profile?.stop()) ?? {} };
    case 'stop':
      await leave(player.stop);
      return undefined;
  }
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
