/**
 * Rows of the fault page that speak of calls and runs: whole servers with functions, in virtual time.
 */

import { seededRandom } from '../../../src/base/random.ts';
import { HeddleError } from '../../../src/errors.ts';
import { defineFunction } from '../../../src/fabric/api/define.ts';
import { FabricWorld } from '../../fabric/fabric-world.ts';
import type { WholeRow } from './row.ts';

/** Servers of a whole fabric, at the most: each costs as much as a hundred bare members. */
const serversMax = 12;

export const wholeRows: readonly WholeRow[] = [
  {
    row: '3',
    what: 'the coordinator of an ephemeral run is killed: coordinator_lost, its steps cancelled within 2 s',
    sizeMin: 2,
    playWhole: async ({ seed, sizeMin, sizeMax }) => {
      const random = seededRandom(`row ${seed}`);
      const world = new FabricWorld(seed);
      const problems: string[] = [];
      const seen = { started: 0, aborted: 0 };
      const wait = defineFunction({
        name: 'wait',
        effect: 'pure',
        handler: async (ctx): Promise<void> => {
          seen.started += 1;
          ctx.signal.addEventListener('abort', () => {
            seen.aborted += 1;
          });
          await ctx.sleep(600_000);
        },
      });
      const size = sizeMin + random.integer(Math.min(sizeMax, serversMax) - sizeMin + 1);
      const coordinator = await world.start('coordinator');
      for (let at = 1; at < size; at += 1) await world.start(`s${at}`, { wait });
      const client = await world.connect(coordinator);
      const steps = 1 + random.integer(8);
      const run = client.submit(Array.from({ length: steps }, (_, at) => ({ name: `step${at}`, fun: 'wait' })));
      const failure = run.result.then(
        () => undefined,
        (error: unknown) => error,
      );
      await world.until('all steps run', () => seen.started === steps, 10_000);
      await world.advance(random.next() * 3_000);
      const killedMs = world.clock.nowMs();
      world.kill('coordinator');
      const error = await world.settle(failure);
      if (!HeddleError.is(error) || error.code !== 'coordinator_lost') problems.push(`the client was told ${String(error)}`);
      await world.until('every step is cancelled', () => seen.aborted === steps, 60_000);
      const tookMs = world.clock.nowMs() - killedMs;
      if (tookMs > 2_000) problems.push(`the last step was cancelled after ${tookMs} ms`);
      await world.close();
      return problems;
    },
  },
  {
    row: '8',
    what: '10 % of the servers slow 10 x: their share drops by 80 % within 10 s, p99 at most 2 x the baseline',
    sizeMin: 10,
    playWhole: async ({ seed, sizeMin, sizeMax }) => {
      const random = seededRandom(`row ${seed}`);
      const world = new FabricWorld(seed);
      const size = sizeMin + random.integer(Math.min(sizeMax, 2 * sizeMin) - sizeMin + 1);
      const names = Array.from({ length: size }, (_, at) => `s${at}`);
      const slow = new Set<string>();
      const workMs = 20 + random.integer(30);
      const work = defineFunction({
        name: 'work',
        effect: 'pure',
        handler: async (ctx): Promise<string> => {
          await ctx.sleep(workMs * (0.7 + 0.6 * ctx.random()) * (slow.has(ctx.server) ? 10 : 1));
          return ctx.server;
        },
      });
      const entry = await world.start('entry');
      for (const name of names) await world.start(name, { work });
      const client = await world.connect(entry);
      const calls: { readonly atMs: number; readonly tookMs: number; readonly server: string }[] = [];
      const end = { isNear: false };
      const caller = async (): Promise<void> => {
        while (!end.isNear) {
          const atMs = world.clock.nowMs();
          const server = await client.call(work, []);
          calls.push({ atMs, tookMs: world.clock.nowMs() - atMs, server });
        }
      };
      const callers = Array.from({ length: size }, caller);
      const measured = async (ms: number) => {
        const fromMs = world.clock.nowMs();
        await world.advance(ms);
        const made = calls.filter(({ atMs }) => atMs >= fromMs);
        const toSlow = made.filter(({ server }) => victims.includes(server)).length;
        const times = made.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
        return { share: toSlow / made.length, p99Ms: times[Math.ceil(times.length * 0.99) - 1] ?? 0 };
      };
      const victims = names.slice(0, Math.floor(size / 10));
      await world.advance(2_000);
      const before = await measured(3_000);
      for (const name of victims) slow.add(name);
      await world.advance(10_000);
      const after = await measured(3_000);
      end.isNear = true;
      await world.settle(Promise.all(callers));
      await world.close();
      const problems: string[] = [];
      if (after.share > 0.2 * before.share) problems.push(`their share went from ${before.share.toFixed(3)} to ${after.share.toFixed(3)}`);
      if (after.p99Ms > 2 * before.p99Ms)
        problems.push(`p99 went from ${before.p99Ms.toFixed(0)} to ${after.p99Ms.toFixed(0)} ms, their share to ${after.share.toFixed(4)}`);
      return problems;
    },
  },
];
