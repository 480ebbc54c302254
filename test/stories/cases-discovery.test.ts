import { once } from 'node:events';
import { createServer, connect as dial } from 'node:net';
import getPort from 'get-port';
import { describe, expect } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import type { Server } from '../../src/index.ts';
import { within } from '../within.ts';
import { allKnown, namesSeenBy, test } from './story.ts';

const reply = (text: string) => () => text;

describe('one fabric', () => {
  test('case 14: what either server offers before or after joining is callable from both within 1 s', async ({ fabric }) => {
    const first = await fabric.startAlone({ name: 'first', functions: { early1: reply('early1') } });
    const second = await fabric.startAlone({ name: 'second', join: [first.url], functions: { early2: reply('early2') } });
    await first.offer({ late1: reply('late1') });
    await second.offer({ late2: reply('late2') });
    for (const server of [first, second]) {
      for (const name of ['early1', 'early2', 'late1', 'late2']) {
        expect(await within(`${server.name} calls ${name}`, 1000, () => server.call(name, []))).toBe(name);
      }
    }
  });

  test('case 14: a function that was unknown a moment ago is callable within 1 s of its registration', async ({ fabric }) => {
    const first = await fabric.start('first', []);
    const second = await fabric.start('second', []);
    const client = await fabric.connect(first);
    await expect(client.call('born', [])).rejects.toMatchObject({ code: 'no_such_function', executed: 'no' });
    await second.offer({ born: reply('here') });
    expect(await within('the new function answers', 1000, () => client.call('born', []))).toBe('here');
    await second.withdraw('born');
    await within('the withdrawn function is unknown', 1000, () =>
      client.call('born', []).then(
        () => false,
        (error: { code: string }) => error.code === 'no_such_function',
      ),
    );
  });

  test('case 15: a hub and two spokes that know only the hub: every server lists three', async ({ fabric }) => {
    const hub = await fabric.startAlone({ name: 'hub' });
    const spokes = await Promise.all(['spoke-a', 'spoke-b'].map((name) => fabric.startAlone({ name, join: [hub.url] })));
    for (const server of [hub, ...spokes]) {
      await within(`${server.name} lists three`, 1000, async () => (await namesSeenBy(server)).length === 3);
      expect(await namesSeenBy(server)).toEqual(['hub', 'spoke-a', 'spoke-b']);
    }
  });
});

describe('leaving and coming back', () => {
  test('case 16: a server that leaves is gone everywhere within 1 s and is not dialled again', async ({ fabric }) => {
    const [a, b, c] = await trio(fabric.start);
    const port = Number(c.url.split(':').at(-1));
    const heard: string[] = [];
    for (const server of [a, b]) {
      for (const kind of ['member.left', 'member.died'] as const)
        server.on(kind, ({ name }) => heard.push(`${server.name}: ${name} ${kind}`));
    }
    await c.stop();
    const knocks = await listenAt(port);
    await allGone([a, b], 'c');
    expect(heard.sort()).toEqual(['a: c member.left', 'b: c member.left']); // its own word, not a conviction
    // long enough for a dialler to try: a whole server joins and is known meanwhile
    await fabric.startAlone({ name: 'd', join: [a.url] });
    await within('the newcomer is known', 1000, async () => (await namesSeenBy(b)).includes('d'));
    expect(knocks.count()).toBe(0);
    await knocks.close();
  });

  test('case 16: restarted at once on the same port, it is back within 1 s of listening', async ({ fabric }) => {
    const [a, b, c] = await trio(fabric.start);
    const port = Number(c.url.split(':').at(-1));
    await c.stop();
    const listening = deferred<void>();
    const again = fabric.startAlone({
      name: 'c',
      port,
      join: [a.url],
      functions: { back: reply('back') },
      onListening: () => listening.resolve(),
    });
    await listening.promise;
    for (const server of [a, b]) expect(await within(`${server.name} calls c again`, 1000, () => server.call('back', []))).toBe('back');
    await allKnown([a, b, await again]);
  });
});

describe('ports', () => {
  test('case 23: ten servers started at once on automatic ports get ten, each announced after it listens', async ({ fabric }) => {
    const answered: Promise<number>[] = [];
    const servers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        fabric.startAlone({ name: `s${index}`, port: 'auto', onListening: ({ port }) => answered.push(answersAt(port)) }),
      ),
    );
    const ports = await Promise.all(answered);
    expect(new Set(ports).size).toBe(10);
    expect(ports.map((port) => `127.0.0.1:${port}`).sort()).toEqual(servers.map((server) => server.url).sort());
  });

  test('case 24: a port that is taken is named in the error, with what to do', async ({ fabric }) => {
    const first = await fabric.startAlone({ name: 'first' });
    const port = Number(first.url.split(':').at(-1));
    const second = fabric.startAlone({ name: 'second', port });
    await expect(second).rejects.toMatchObject({
      message: expect.stringMatching(new RegExp(`${port}.*(taken|in use).*(auto|another|free)`, 's')),
    });
  });
});

describe('seeds', () => {
  const orders: readonly (readonly [string, readonly (readonly string[])[]])[] = [
    ['two at once', [['a', 'b']]],
    ['two, one after the other', [['b'], ['a']]],
    ['three at once', [['a', 'b', 'c']]],
    ['three, the last listed first', [['c'], ['b'], ['a']]],
    ['three, two at once after a pause', [['b'], ['a', 'c']]],
  ];
  test.for(orders)('case 26: servers that list each other in `join` become one fabric: %s', async ([, waves], { fabric }) => {
    const names = waves.flat().toSorted();
    const ports = new Map<string, number>();
    for (const name of names) ports.set(name, await getPort());
    const servers: Server[] = [];
    for (const wave of waves) {
      const started = wave.map((name) => {
        const join = names.filter((other) => other !== name).map((other) => `127.0.0.1:${ports.get(other)}`);
        return fabric.startAlone({ name, join, port: ports.get(name) });
      });
      servers.push(...(await Promise.all(started)));
    }
    await allKnown(servers, 2000);
    for (const server of servers) expect(await namesSeenBy(server)).toEqual(names);
  });
});

async function trio(start: (name: string, resources: readonly string[]) => Promise<Server>): Promise<[Server, Server, Server]> {
  return [await start('a', []), await start('b', []), await start('c', [])];
}

async function allGone(servers: readonly Server[], name: string): Promise<void> {
  for (const server of servers) {
    await within(`${server.name} has let go of ${name}`, 1000, async () => {
      const member = (await server.members()).find((one) => one.name === name);
      return member === undefined || member.status === 'left';
    });
  }
}

/** The port, once a connection to it has been made. */
async function answersAt(port: number): Promise<number> {
  const socket = dial(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.destroy();
  return port;
}

/** A bare listener in place of a server: counts who knocks. */
async function listenAt(port: number) {
  let count = 0;
  const listener = createServer((socket) => {
    count += 1;
    socket.destroy();
  });
  listener.listen(port, '127.0.0.1');
  await once(listener, 'listening');
  return { count: () => count, close: () => new Promise<void>((resolve) => listener.close(() => resolve())) };
}
