import { expect, test } from 'vitest';

import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { MemoryNetwork } from '../../src/transport/memory.ts';
import type { Acceptor, Evidence, Link, LinkHandlers, LinkKind } from '../../src/transport/transport.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (value: Uint8Array): string => new TextDecoder().decode(value);

/** Two processes `a` and `b` on a virtual clock; `b` listens at `b:1` and keeps what it is told. */
async function world(options: { readonly keepaliveMs?: number } = {}) {
  const clock = new VirtualClock();
  const network = new MemoryNetwork({ clock, delayMs: 5, ...options });
  const log: string[] = [];
  const links: Link[] = [];
  const acceptor: Acceptor = {
    accept: ({ link, hello }) => {
      links.push(link);
      link.open(logging('b', log));
      return { isAccepted: true, ack: bytes(`${text(hello)} too`) };
    },
    ask: () => Promise.reject(new Error('not a foreign test')),
    follow: () => {
      throw new Error('not a foreign test');
    },
  };
  const listener = await network.transport('b').listen({ host: 'b', port: 1 }, acceptor);
  const dial = async (kind: LinkKind = 'link', timeoutMs = 1000) => {
    const dialled = network.transport('a').dial({ address: 'b:1', kind, hello: bytes('hello'), timeoutMs });
    clock.advance(timeoutMs);
    return dialled;
  };
  return { clock, network, log, links, listener, dial };
}

function logging(name: string, log: string[]): LinkHandlers {
  return {
    onFrame: (frame) => log.push(`${name} frame ${text(frame)}`),
    onLarge: (transfer, value) => log.push(`${name} large ${transfer} of ${value.length}`),
    onWritable: () => log.push(`${name} writable`),
    onClose: (evidence) => log.push(`${name} ${evidence}`),
  };
}

const evidenceOf = (error: unknown): Evidence | undefined => (error as { detail?: { evidence?: Evidence } }).detail?.evidence;

test('a frame takes the delay of its direction, and order outlives a shorter one', async () => {
  const { clock, network, log, dial } = await world();
  const { link } = await dial();
  network.weather.setDelay('a', 'b', 50);
  link.send(bytes('slow'));
  network.weather.setDelay('a', 'b', 1);
  link.send(bytes('fast'));
  clock.advance(49);
  expect(log).toEqual([]);
  clock.advance(1);
  expect(log).toEqual(['b frame slow', 'b frame fast']);
});

test('a cut is silent, and what was sent meanwhile arrives in order after it heals (N3)', async () => {
  const { clock, network, log, dial } = await world();
  const { link } = await dial();
  network.weather.cut('a', 'b');
  link.send(bytes('1'));
  link.send(bytes('2'));
  clock.advance(60_000);
  expect(log).toEqual([]);
  network.weather.heal('a', 'b');
  link.send(bytes('3'));
  clock.advance(5);
  expect(log).toEqual(['b frame 1', 'b frame 2', 'b frame 3']);
});

test('a killed process resets its links, is told nothing itself, and its addresses refuse (N1)', async () => {
  const { clock, network, log, dial } = await world();
  const { link } = await dial();
  link.open(logging('a', log));
  network.kill('b');
  clock.advance(5);
  expect(log).toEqual(['a reset']);
  await expect(dial()).rejects.toSatisfy((error) => evidenceOf(error) === 'refused');
});

test('a paused process is stalled to a dialler and takes everything up when it resumes (N2)', async () => {
  const { clock, network, log, dial } = await world();
  const { link } = await dial();
  network.weather.pause('b');
  link.send(bytes('1'));
  clock.advance(10_000);
  await expect(dial()).rejects.toSatisfy((error) => evidenceOf(error) === 'stalled');
  expect(log).toEqual([]);
  network.weather.resume('b');
  clock.advance(5);
  expect(log).toEqual(['b frame 1', 'b reset']);
});

test.each(['a', 'b'])('an isolated %s is silent to a dialler', async (process) => {
  const { network, dial } = await world();
  network.weather.isolate(process);
  await expect(dial()).rejects.toSatisfy((error) => evidenceOf(error) === 'silent');
  network.weather.rejoin(process);
  expect((await dial()).isAccepted).toBe(true);
});

test('a reset that a cut swallowed reaches the peer once the cut heals', async () => {
  const { clock, network, log, dial } = await world();
  await dial();
  network.weather.cut('a', 'b');
  network.kill('a');
  clock.advance(60_000);
  expect(log).toEqual([]);
  network.weather.heal('a', 'b');
  clock.advance(5);
  expect(log).toEqual(['b reset']);
});

test('with a keepalive, a link that is cut closes at both ends in time, one that heals before does not (N3)', async () => {
  const { clock, network, log, dial } = await world({ keepaliveMs: 15_000 });
  const { link } = await dial();
  link.open(logging('a', log));
  clock.advance(5);
  network.weather.cut('a', 'b');
  clock.advance(14_000);
  network.weather.healAll();
  network.weather.cut('b', 'a');
  clock.advance(14_999);
  expect(log).toEqual([]);
  clock.advance(1);
  expect(log).toEqual(['a silent', 'b silent']);
});

test('a connection that is forgotten on the way is reset at both ends, and another is made', async () => {
  const { clock, network, log, dial } = await world();
  const { link } = await dial();
  link.open(logging('a', log));
  clock.advance(5);
  network.reset('a', 'b');
  clock.advance(5);
  expect(log).toEqual(['a reset', 'b reset']);
  expect((await dial()).isAccepted).toBe(true);
});

test('equal worlds give equal histories', async () => {
  const run = async (): Promise<string[]> => {
    const { clock, network, log, links, dial } = await world();
    const { link } = await dial();
    link.open(logging('a', log));
    for (let turn = 0; turn < 20; turn += 1) {
      network.weather.setDelay('a', 'b', (turn * 7) % 11);
      link.send(bytes(`to b ${turn}`));
      links[0]?.send(bytes(`to a ${turn}`));
      clock.advance(3);
    }
    clock.advance(100);
    return log;
  };
  const first = await run();
  expect(first).toHaveLength(40);
  expect(await run()).toEqual(first);
});
