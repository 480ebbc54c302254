/**
 * One member's process: joins, says at once what it sees, and does what it is told over the channel to its parent.
 * Arguments: whose member, where it stands (JSON), and the package.json of the folder of peers. Times are nanoseconds of
 * the machine's monotonic clock, which all processes share.
 */

import { createRequire } from 'node:module';
import { joinHeddle } from './heddle-member.ts';
import type { Join, Opinion, Place } from './member.ts';
import { joinMoleculer, type Moleculer } from './moleculer-member.ts';

/** What a member is told. */
export type Order =
  | { readonly kind: 'offer'; readonly fn: string }
  /** Says `known` as soon as somebody offers it. */
  | { readonly kind: 'expect'; readonly fn: string }
  /** Calls that server every 20 ms from now on; the next `count` says how that went. */
  | { readonly kind: 'call'; readonly server: string }
  /** Calls nobody any more. */
  | { readonly kind: 'rest' }
  /** Says how much it has seen. */
  | { readonly kind: 'count' }
  | { readonly kind: 'stop' };

/** Calls since the first was asked for. */
export interface Calls {
  readonly done: number;
  readonly failed: number;
}

/** What it says. */
export type Report =
  | { readonly kind: 'joined'; readonly address: string }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'offered'; readonly fn: string; readonly nanos: string }
  | { readonly kind: 'known'; readonly fn: string; readonly nanos: string }
  | { readonly kind: 'opinion'; readonly server: string; readonly opinion: Opinion; readonly nanos: string }
  | { readonly kind: 'counted'; readonly alive: number; readonly working: number; readonly calls: Calls };

const [whose = '', place = '{}', peers = ''] = process.argv.slice(2);
const callEveryMs = 20;
const expected = new Set<string>();
const calls = { done: 0, failed: 0 };
const calling = new Set<NodeJS.Timeout>();
let look = (): void => undefined;

try {
  const member = await joinOf(whose)(JSON.parse(place) as Place, { onCatalog: () => look(), onOpinion: sayOpinion }); // written by our parent
  look = () => {
    for (const fn of expected) {
      if (member.offering(fn).length === 0) continue;
      expected.delete(fn);
      say({ kind: 'known', fn, nanos: now() });
    }
  };
  const callOnce = async (server: string): Promise<void> => {
    try {
      await member.call(server);
      calls.done += 1;
    } catch {
      calls.failed += 1;
    }
  };
  process.on('message', (order: Order) => {
    switch (order.kind) {
      case 'offer': {
        const nanos = now();
        return void member.offer(order.fn).then(() => say({ kind: 'offered', fn: order.fn, nanos }));
      }
      case 'expect':
        expected.add(order.fn);
        return look();
      case 'call':
        return void calling.add(setInterval(() => void callOnce(order.server), callEveryMs));
      case 'rest':
        return calling.forEach(clearInterval);
      case 'count':
        return say({ kind: 'counted', alive: member.alive().length, working: member.offering('work').length, calls: { ...calls } });
      case 'stop':
        return void member.stop().then(() => process.exit(0));
    }
  });
  process.on('disconnect', () => process.exit(0));
  say({ kind: 'joined', address: member.address });
} catch (error) {
  say({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
  process.disconnect();
}

function joinOf(name: string): Join {
  if (name === 'heddle') return joinHeddle;
  return joinMoleculer(createRequire(peers)('moleculer') as Moleculer); // what of it is used is declared there
}

function sayOpinion(server: string, opinion: Opinion): void {
  say({ kind: 'opinion', server, opinion, nanos: now() });
}

function say(report: Report): void {
  process.send?.(report);
}

function now(): string {
  return `${process.hrtime.bigint()}`;
}
