import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { within } from '../within.ts';
import { FaultProxy } from './fault-proxy.ts';
import { canTellOwners, findOwner } from './socket-owner.ts';

/** An echo: what it hears it says. */
let target: Server;
const arrived: Socket[] = [];
const open: Socket[] = [];
let proxy: FaultProxy;
/** Names of diallers in the order in which they come. */
let names: string[];
const known = new Map<Socket, string | undefined>();
const nameOf = (socket: Socket): string | undefined => {
  if (!known.has(socket)) known.set(socket, names.shift());
  return known.get(socket);
};

beforeEach(async () => {
  arrived.length = 0;
  names = [];
  target = createServer((socket) => {
    arrived.push(socket);
    socket.on('error', () => {});
    socket.pipe(socket);
  });
  target.listen(0, '127.0.0.1');
  await once(target, 'listening');
  const { port } = target.address() as AddressInfo; // a TCP listener's address is one
  proxy = await FaultProxy.start({ target: `127.0.0.1:${port}`, dialler: nameOf });
});

afterEach(async () => {
  for (const socket of [...open.splice(0), ...arrived]) socket.destroy();
  await proxy[Symbol.asyncDispose]();
  target.close();
});

/** A dialler, with what it heard. */
class Caller {
  readonly socket: Socket;
  heard = '';
  ended: 'reset' | 'closed' | undefined;

  constructor(url: string) {
    const [host = '', port = ''] = url.split(':');
    this.socket = connect({ host, port: Number(port) });
    open.push(this.socket);
    this.socket.on('data', (chunk) => {
      this.heard += chunk.toString();
    });
    this.socket.on('error', () => {
      this.ended = 'reset';
    });
    this.socket.on('close', () => {
      this.ended ??= 'closed';
    });
  }

  async hears(text: string): Promise<void> {
    await within(`"${text}" is heard`, 500, () => this.heard === text);
  }
}

/** A dialler whose first word was echoed. */
async function connected(): Promise<Caller> {
  const caller = new Caller(proxy.url);
  caller.socket.write('a');
  await caller.hears('a');
  return caller;
}

/** Resolves when something else has gone all the way and back: what was to arrive before has arrived. */
async function roundTrip(): Promise<void> {
  const other = await connected();
  other.socket.destroy();
}

describe('a fault proxy', () => {
  test('passes everything on, and the end of either side', async () => {
    const caller = await connected();
    arrived[0]?.end();
    await within('the dialler hears the end', 500, () => caller.ended === 'closed');
    const second = await connected();
    second.socket.destroy();
    await within('nothing is left open', 500, () => proxy.open === 0);
    expect(proxy.connections).toBe(2);
  });

  test('delays both ways, in order', async () => {
    const caller = await connected();
    proxy.set({ kind: 'delay', ms: 40 });
    const startMs = performance.now();
    caller.socket.write('b');
    caller.socket.write('c');
    await caller.hears('abc');
    expect(performance.now() - startMs).toBeGreaterThan(75); // twice 40 ms, less what a timer may be early
  });

  test('cuts what is open, and what comes', async () => {
    const caller = await connected();
    proxy.set({ kind: 'cut' });
    await within('the dialler is reset', 500, () => caller.ended === 'reset');
    const second = new Caller(proxy.url);
    await within('the next one as well', 500, () => second.ended !== undefined);
    proxy.heal();
    await connected();
  });

  test('silences one way, and passes on late what it held back', async () => {
    const caller = await connected();
    names = ['', 'quiet'];
    proxy.set({ kind: 'oneWay', silent: 'towardsTarget' }, 'quiet');
    await roundTrip();
    const quiet = new Caller(proxy.url);
    quiet.socket.write('held back');
    await within('it has come in', 500, () => proxy.connections === 3);
    await within('and has been dialled on', 500, () => arrived.length === 3);
    arrived[2]?.write('from there ');
    await quiet.hears('from there ');
    caller.socket.write('b');
    await caller.hears('ab');
    expect(quiet.heard).toBe('from there ');
    proxy.heal();
    await quiet.hears('from there held back');
  });

  test('leaves the dialler of a half-open connection alone until it heals', async () => {
    names = ['half'];
    const caller = await connected();
    proxy.set({ kind: 'halfOpen' }, 'half');
    await within('the target has lost it', 500, () => arrived[0]?.destroyed ?? false);
    caller.socket.write('b');
    await roundTrip();
    expect(caller).toMatchObject({ heard: 'a', ended: undefined });
    proxy.heal();
    await within('then it is reset', 500, () => caller.ended === 'reset');
  });

  test('accepts as a black hole does, says nothing, and lets go of who hangs up', async () => {
    proxy.set({ kind: 'blackHole' });
    const callers = Array.from({ length: 20 }, () => new Caller(proxy.url));
    for (const { socket } of callers) socket.write('anybody?');
    await within('all are let in', 500, () => proxy.open === 20);
    for (const { socket } of callers.slice(1)) socket.destroy();
    await within('one is left', 500, () => proxy.open === 1);
    expect(arrived).toHaveLength(0);
    expect(callers[0]).toMatchObject({ heard: '', ended: undefined });
    proxy.heal();
    await callers[0]?.hears('anybody?');
  });

  test.skipIf(!canTellOwners)('can ask which process dials', async () => {
    const asked: (number | undefined)[] = [];
    const url = proxy.url.replace('127.0.0.1:', '');
    await using second = await FaultProxy.start({
      target: `127.0.0.1:${url}`,
      dialler: (socket) => {
        asked.push(findOwner(socket, [1, process.pid]));
        return undefined;
      },
    });
    const caller = new Caller(second.url);
    caller.socket.write('a');
    await caller.hears('a');
    expect(asked).toEqual([process.pid]);
  });
});
