/**
 * Fault 5 in full: processes stopped for 1, 5 and 30 s with the default settings.
 */

import { setTimeout as pause } from 'node:timers/promises';
import { type Client, connect } from 'heddle';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tell, within } from '../within.ts';
import { FaultProxy } from './fault-proxy.ts';
import { functionsModule, type ServerProcess, Stage } from './processes.ts';

const stage = new Stage();
const servers: ServerProcess[] = [];
const clients: Client[] = [];

beforeAll(async () => {
  servers.push(await stage.serve('a', functionsModule));
  const join = ['--join', servers[0]?.url ?? ''];
  servers.push(...(await Promise.all(['b', 'c'].map((name) => stage.serve(name, functionsModule, ...join)))));
  clients.push(...(await Promise.all(servers.map(({ url }) => connect(url)))));
  await within('all are there', 2_000, async () => (await viewsOfC()).every((view) => view?.status === 'alive'));
});

afterAll(() => Promise.all(clients.map((client) => client.close())));

/** What a and b think of c. */
const viewsOfC = () =>
  Promise.all(clients.slice(0, 2).map(async (client) => (await client.members()).find((member) => member.name === 'c')));

/** Stops c for so long; gives every status that a and b have seen meanwhile. */
async function stopFor(ms: number): Promise<Set<string>> {
  const seen = new Set<string>();
  servers[2]?.process.signal('SIGSTOP');
  for (const untilMs = performance.now() + ms; performance.now() < untilMs; await pause(50)) {
    for (const view of await viewsOfC()) seen.add(view ? [view.status, ...view.evidence].join(' ') : 'gone');
  }
  servers[2]?.process.signal('SIGCONT');
  return seen;
}

describe('fault 5: a process that is stopped', () => {
  test('for 1 s is not even suspected', async () => {
    expect(await stopFor(1_000)).toEqual(new Set(['alive']));
    await pause(1_000);
    expect((await viewsOfC()).map((view) => view?.status)).toEqual(['alive', 'alive']);
  });

  test('for 5 s is suspected as stalled, and taken back within 1 s after', async () => {
    const seen = await stopFor(5_000);
    const startMs = performance.now();
    expect([...seen].some((view) => view.includes('stalled'))).toBe(true);
    expect(seen).not.toContain('gone');
    await within('it is alive for both', 1_000, async () => (await viewsOfC()).every((view) => view?.status === 'alive'));
    tell('it was taken back after it went on', startMs, 1_000);
  });

  test('for 30 s is dead, and returns with a new epoch', async () => {
    const [before] = await viewsOfC();
    expect(await stopFor(30_000)).toContain('gone');
    await within('it is back', 2_000, async () => (await viewsOfC()).every((view) => view?.status === 'alive'));
    const [after] = await viewsOfC();
    expect(after?.epoch).toBeGreaterThan(before?.epoch ?? 0);
    expect(await clients[0]?.call('whoami', [], { target: 'c' })).toMatchObject({ server: 'c' });
  });
});

test('fault 6: two thousand dials to what accepts and says nothing leave nothing behind', async () => {
  await using hole = await FaultProxy.start({ target: '127.0.0.1:1' });
  hole.set({ kind: 'blackHole' });
  const before = process.getActiveResourcesInfo().length;
  for (let turn = 0; turn < 40; turn += 1) {
    const dials = Array.from({ length: 50 }, () =>
      connect(hole.url).then(
        () => 'connected',
        () => 'refused',
      ),
    );
    expect(new Set(await Promise.all(dials))).toEqual(new Set(['refused']));
  }
  await within('nothing is open', 1_000, () => hole.open === 0);
  await within('and nothing is left here', 1_000, () => process.getActiveResourcesInfo().length <= before + 2);
  expect(hole.connections).toBeGreaterThanOrEqual(2_000);
});
