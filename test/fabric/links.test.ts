import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { MemoryNetwork } from '../../src/transport/memory.ts';
import type { Link } from '../../src/transport/transport.ts';
import { encodeFrame } from '../../src/wire/frame-codec.ts';
import { madeLinks } from './made-links.ts';

async function rig() {
  const clock = new VirtualClock();
  const network = new MemoryNetwork({ clock });
  const links = madeLinks(clock);
  const arrived: Link[] = [];
  await network.transport('other').listen(
    { host: '127.0.0.1', port: 1 },
    {
      accept: ({ link }) => {
        link.open({ onFrame: () => {}, onLarge: () => {}, onWritable: () => {}, onClose: () => {} });
        arrived.push(link);
        return { isAccepted: true, ack: new Uint8Array() };
      },
      ask: () => Promise.reject(new Error('not here')),
      follow: () => {
        throw new Error('not here');
      },
    },
  );
  const transport = network.transport('self');
  const turn = async (ms = 0): Promise<void> => {
    clock.advance(ms);
    await new Promise(setImmediate);
    clock.advance(0);
  };
  const dial = async (kind: 'link' | 'session'): Promise<Link> => {
    const dialled = transport.dial({ address: '127.0.0.1:1', kind, hello: new Uint8Array() });
    await turn();
    return (await dialled).link;
  };
  const closed: string[] = [];
  const open = async (instance: string) => {
    const identity = { name: instance, instance, url: `${instance}:1`, isDialler: true };
    const callbacks = { onMesh: () => {}, onHeard: () => {}, onClosed: (evidence: string) => void closed.push(`${instance} ${evidence}`) };
    return links.openLink(await dial('link'), identity, callbacks);
  };
  return { clock, links, arrived, dial, open, turn, closed };
}

describe('the links of a server', () => {
  test('H1: the newest one to a server takes new calls; when it closes, an older one does', async () => {
    const { links, open, turn, closed } = await rig();
    const older = await open('a');
    const first = links.find('a');
    const newer = await open('a');
    expect(links.find('a')).not.toBe(first);
    expect(links.servers('a').length).toBe(1);
    newer.close();
    await turn();
    expect(links.find('a')).toBe(first);
    older.close();
    await turn();
    expect(links.find('a')).toBe(undefined);
    expect(links.servers()).toEqual([]);
    expect(closed).toEqual(['a local', 'a local']);
  });

  test('H3: a link that is retired takes no new calls, and closes once it is quiet and the other side has retired it too', async () => {
    const { links, arrived, open, turn, closed } = await rig();
    const link = await open('a');
    const peer = links.find('a');
    const id = peer?.reserve({ onReply: () => {}, onLost: () => {} }) ?? 0;
    link.retire();
    expect(links.find('a')).toBe(undefined);
    await turn();
    expect(closed).toEqual([]);
    peer?.release(id);
    await turn();
    expect(closed).toEqual([]);
    arrived[0]?.send(encodeFrame({ kind: 'servers', addresses: [], isMoving: true }));
    await turn();
    expect(closed).toEqual(['a local']);
  });

  test('H3: a link that the other side retires takes no new calls either', async () => {
    const { links, arrived, open, turn, closed } = await rig();
    await open('a');
    arrived[0]?.send(encodeFrame({ kind: 'servers', addresses: [], isMoving: true }));
    await turn();
    expect(links.find('a')).toBe(undefined);
    expect(closed).toEqual(['a local']);
  });

  test('H2: a call that waits for a link gets the one that the mesh opens, and no timer stays', async () => {
    const { clock, links, open } = await rig();
    const told: unknown[] = [];
    links.whenLinked({ name: 'a', instance: 'a' }, (reached) => told.push(reached));
    const takeBack = links.whenLinked({ name: 'a', instance: 'a' }, (reached) => told.push(reached));
    takeBack();
    await open('a');
    expect(told).toEqual([links.find('a')]);
    clock.advance(60_000);
    expect(told.length).toBe(1);
  });

  test('H2: it waits one dial, then hears that the server is unreachable', async () => {
    const { clock, links } = await rig();
    const told: unknown[] = [];
    links.whenLinked({ name: 'a', instance: 'a' }, (reached) => told.push(reached));
    clock.advance(999);
    expect(told).toEqual([]);
    clock.advance(1);
    expect(told).toMatchObject([{ code: 'unreachable', executed: 'no' }]);
    expect(clock.nextMs()).toBe(Number.POSITIVE_INFINITY);
  });

  test('sessions are told where else to go, and forgotten when they close', async () => {
    const { links, dial, turn, arrived } = await rig();
    links.openSession(await dial('session'), { name: 'client', instance: 'c' });
    links.openSession(await dial('session'), { name: 'client', instance: 'd' });
    expect(links.sessions).toBe(2);
    arrived[0]?.close();
    await turn();
    expect(links.sessions).toBe(1);
    links.tellSessions({ kind: 'servers', addresses: ['a:1'], isMoving: true });
    links.close();
    await turn();
    expect(links.sessions).toBe(0);
  });

  test('H2: nobody waits for a link to an address that refuses, or to a server that is gone', async () => {
    const { links, clock, open, turn } = await rig();
    const reached: string[] = [];
    const wait = (instance: string) =>
      links.whenLinked({ name: instance, instance }, (peer) => reached.push(`${instance} ${'code' in peer ? peer.code : 'linked'}`));
    wait('a');
    links.setRefusing('a', true);
    expect(reached).toEqual(['a unreachable']);
    wait('a');
    clock.advance(0);
    expect(reached).toEqual(['a unreachable', 'a unreachable']);
    links.setRefusing('a', false);
    wait('a');
    clock.advance(10);
    await open('a');
    await turn();
    wait('b');
    links.forget('b');
    expect(reached.slice(2)).toEqual(['a linked', 'b unreachable']);
  });
});
