import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import type { WireRunEvent } from '../../src/core/workflow/record.ts';
import { HeddleError } from '../../src/errors.ts';
import { defineFunction } from '../../src/fabric/api/define.ts';
import { ForeignRuns } from '../../src/fabric/foreign/foreign-runs.ts';
import type { Sight } from '../../src/fabric/link/sight.ts';
import type { RunFollower } from '../../src/fabric/run/run-engine.ts';
import { startServer } from '../../src/index.ts';
import { FaultProxy } from '../e2e/fault-proxy.ts';
import { freePort } from '../e2e/free-port.ts';
import { within } from '../within.ts';
import { definition, ForeignClient, json } from './foreign-client.ts';

const accepted: WireRunEvent = { seq: 1, atMs: 0, kind: 'run.accepted', runId: 'r', coordinator: 'there', steps: ['a'] };

/** One Submit, to an engine that does what the test says. */
function rig(isDetached = false) {
  const told: string[] = [];
  const followed = deferred<RunFollower>();
  const engine = {
    submit: (_request: unknown, follower: RunFollower) => {
      followed.resolve(follower);
      return () => void told.push('unfollowed');
    },
    attach: () => () => {},
    cancel: async (runId: string, reason: string) => void told.push(`cancel ${runId}: ${reason}`),
  };
  const leaving = new AbortController();
  const message = (definition['heddle.v1.SubmitRequest'] as unknown as { serialize(request: object): Uint8Array }).serialize({
    commands: [{ name: 'a', function: 'f' }],
    isDetached,
  });
  const request = { message, timeoutMs: undefined, signal: leaving.signal, remoteAddress: '127.0.0.1' };
  const allowed = { demand: () => {} } as unknown as Sight; // nothing else is asked of it
  const read = async (): Promise<string> => {
    // Nothing of these runs is large.
    for await (const _ of new ForeignRuns(engine, {} as never).submit(request, allowed)) told.push('event');
    return 'ended';
  };
  return { told, follower: followed.promise, leave: () => leaving.abort(), ended: read() };
}

describe('F4: a client that leaves', () => {
  test('after its run was accepted ends it at once', async () => {
    const { told, follower, leave, ended } = rig();
    (await follower).onEvent(accepted);
    leave();
    await ended;
    expect(told).toEqual(['event', 'cancel r: the client ended its call', 'unfollowed']);
  });

  test('before that ends it the moment it is accepted, and follows it no longer', async () => {
    const { told, follower, leave, ended } = rig();
    const engine = await follower;
    leave();
    await ended;
    expect(told).toEqual([]);
    engine.onEvent(accepted);
    expect(told).toEqual(['cancel r: the client ended its call', 'unfollowed']);
  });

  test('before its run was refused has nothing to end', async () => {
    const { told, follower, leave, ended } = rig();
    leave();
    await ended;
    (await follower).onFailure(new HeddleError('draining', { server: 'there' }));
    expect(told).toEqual([]);
  });

  test('leaves a detached run alone', async () => {
    const { told, follower, leave, ended } = rig(true);
    leave();
    await ended;
    (await follower).onEvent(accepted);
    expect(told).toEqual(['unfollowed']);
  });

  test('while another server is being asked to coordinate has its steps ended as soon as that one answers, over gRPC', async () => {
    const state = { aborts: 0 };
    const work = defineFunction({
      name: 'work',
      handler: async (ctx, ms: number): Promise<void> => {
        ctx.signal.addEventListener('abort', () => {
          state.aborts += 1;
        });
        await ctx.sleep(ms);
      },
    });
    const cluster = 'foreign-runs';
    const ports = [await freePort(), await freePort(), await freePort()] as const;
    const proxies = await Promise.all(ports.map((port) => FaultProxy.start({ target: `127.0.0.1:${port}` })));
    const delay = (ms: number): void => proxies.forEach((proxy) => void proxy.set({ kind: 'delay', ms }));
    // Whoever of two dials, it is far.
    const [near, ...far] = proxies.map(({ url }, at) => ({ cluster, advertise: url, port: ports[at], join: [proxies[0]?.url ?? ''] }));
    delay(20);
    await using entry = await startServer({ name: 'entry', ...near, join: [] });
    await using one = await startServer({ name: 'cloud-1', ...far[0], functions: { work } });
    await using two = await startServer({ name: 'cloud-2', ...far[1], functions: { work } });
    const commands = Array.from({ length: 10 }, (_, at) => ({
      name: `s${at}`,
      function: 'work',
      args: json([60_000]),
      after: at === 0 ? [] : [`s${at - 1}`],
      target: at % 2 === 0 ? 'cloud-1' : 'cloud-2',
    }));
    await within('the entry knows the functions', 2_000, async () => (await entry.catalog()).length === 2);
    for (const target of ['cloud-1', 'cloud-2']) await entry.call('work', [1], { target });
    const coordinated = deferred<void>();
    for (const cloud of [one, two]) cloud.on('run.accepted', () => coordinated.resolve());
    const client = new ForeignClient(`127.0.0.1:${ports[0]}`);
    // Its word takes so long to come back.
    delay(300);
    const stream = client.follow('Submit', { commands });
    const ended = once(stream, 'error');
    await coordinated.promise;
    stream.cancel();
    await ended;
    // Without a follower a run lives for ten seconds.
    await within('the handler hears of it', 1_000, () => state.aborts === 1);
    client.close();
    delay(0);
    for (const proxy of proxies) await proxy[Symbol.asyncDispose]();
  });
});
