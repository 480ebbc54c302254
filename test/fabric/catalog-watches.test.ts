import { describe, expect } from 'vitest';
import type { CatalogNews, CatalogServer } from '../../src/core/catalog/news.ts';
import type { Server } from '../../src/fabric/api/api.ts';
import { watchCatalog } from '../../src/fabric/client/session-watch.ts';
import { Peer } from '../../src/fabric/link/peer.ts';
import { watchCreditBytes, watchersMax } from '../../src/fabric/mesh/catalog-watches.ts';
import { decodeCatalogNews } from '../../src/wire/catalog-news.ts';
import type { ItemFrame } from '../../src/wire/frame.ts';
import { encodeSessionHello, protocolMax, protocolMin } from '../../src/wire/session-codec.ts';
import { type FabricWorld, worldTest as test } from './world.ts';

/** A client that has a session and nothing else. */
async function sessionTo(world: FabricWorld, server: Server): Promise<Peer> {
  const process = world.process(`watcher-${world.processes.size}`);
  const hello = encodeSessionHello({ instance: `${world.processes.size}`.padStart(32, '0'), name: 'watcher', protocolMin, protocolMax });
  const { link } = await world.settle(process.transport.dial({ address: server.url, kind: 'session', hello }));
  return new Peer(link, { name: server.name, instance: 'entry' }, { onRequest: () => {}, onClosed: () => {} });
}

class Watcher {
  readonly servers = new Map<string, CatalogServer>();
  readonly ends: string[] = [];
  items = 0;
  isWhole = false;

  onNews({ gone, servers, isWhole }: CatalogNews): void {
    this.items += 1;
    this.isWhole = isWhole;
    for (const instance of gone) this.servers.delete(instance);
    for (const server of servers) this.servers.set(server.instance, { ...this.servers.get(server.instance), ...server });
  }

  onEnd({ code }: { readonly code: string }): void {
    this.ends.push(code);
  }

  /** `name status: functions` of each server. */
  get picture(): readonly string[] {
    return [...this.servers.values()]
      .map(({ name, status, offers }) => `${name} ${status}: ${offers?.functions.map((record) => record.name).join()}`)
      .sort();
  }
}

describe('a watch of the catalog over a session', () => {
  test('gives the whole picture first, then what changes', async ({ world }) => {
    const one = await world.start('one', { f: () => 1 });
    const two = await world.start('two', { g: () => 2 });
    const watcher = new Watcher();
    watchCatalog(await sessionTo(world, one), watcher);
    await world.until('the picture is whole', () => watcher.isWhole);
    expect(watcher.picture).toEqual(['one alive: f', 'two alive: g']);
    await two.offer({ h: () => 3 });
    await one.withdraw('f');
    await world.until('both changes are there', () => watcher.picture.join() === 'one alive: ,two alive: g,h');
    world.kill('two');
    await world.until('the dead one is gone', () => watcher.picture.join() === 'one alive: ');
    expect(watcher.ends).toEqual([]);
  });

  test('W1: an asker that grants nothing is sent a megabyte and what fits no more, and then one state, not a history', async ({
    world,
  }) => {
    const big = (nth: number) => Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`f-${nth}-${at}-${'x'.repeat(90)}`, () => at]));
    const one = await world.start('one', {});
    const peer = await sessionTo(world, one);
    const items: number[] = [];
    let last: CatalogNews | undefined;
    const id = peer.reserve({
      onReply: () => expect.fail('the watch ended'),
      onLost: () => {},
      onStream: (frame) => {
        const { value } = frame as ItemFrame;
        items.push(value.bytes.length);
        last = decodeCatalogNews(value.bytes);
      },
    });
    peer.send({ kind: 'watch', id, about: 'catalog' });
    await world.advance(100);
    for (let nth = 0; nth < 60; nth += 1) {
      await one.offer(big(nth));
      await world.advance(50);
      await one.withdraw(...Object.keys(big(nth)));
      await world.advance(50);
    }
    const sent = items.reduce((sum, bytes) => sum + bytes, 0);
    expect(sent).toBeGreaterThan(watchCreditBytes / 2);
    expect(sent).toBeLessThan(watchCreditBytes + 256 * 1024);
    const before = items.length;
    peer.send({ kind: 'credit', id, bytes: watchCreditBytes, isFromOpener: true });
    await world.advance(100);
    expect(items.length).toBe(before + 1);
    expect(last).toMatchObject({ isWhole: true, servers: [{ name: 'one', offers: { functions: [] } }] });
    peer.close();
  });

  test('ends with draining when its server drains, with connection_lost when it dies, with nothing when it is stopped', async ({
    world,
  }) => {
    const one = await world.start('one');
    const two = await world.start('two');
    const [draining, dying, stopped] = [new Watcher(), new Watcher(), new Watcher()];
    watchCatalog(await sessionTo(world, one), draining);
    watchCatalog(await sessionTo(world, two), dying);
    const stop = watchCatalog(await sessionTo(world, two), stopped);
    await world.until('all have begun', () => draining.isWhole && dying.isWhole && stopped.isWhole);
    stop();
    stop();
    await world.advance(50);
    const before = stopped.items;
    const drained = one.drain();
    await world.until('it is told', () => draining.ends.length > 0);
    world.kill('two');
    await world.until('the other is told', () => dying.ends.length > 0);
    expect([draining.ends, dying.ends, stopped.ends, stopped.items]).toEqual([['draining'], ['connection_lost'], [], before]);
    await world.settle(drained);
  });

  test(`W3: is refused as overloaded beyond ${watchersMax} watchers, and room comes back`, async ({ world }) => {
    const one = await world.start('one');
    const peer = await sessionTo(world, one);
    const stops = Array.from({ length: watchersMax }, () => watchCatalog(peer, new Watcher()));
    const beyond = new Watcher();
    watchCatalog(peer, beyond);
    await world.until('the last is refused', () => beyond.ends.length > 0);
    expect(beyond.ends).toEqual(['overloaded']);
    stops[0]?.();
    await world.advance(50);
    const next = new Watcher();
    watchCatalog(peer, next);
    await world.until('the next is taken', () => next.isWhole);
    peer.close();
  });
});
