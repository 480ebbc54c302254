import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CatalogNews, CatalogServer } from '../../src/core/catalog/news.ts';
import type { CatalogBody } from '../../src/core/catalog/offer.ts';
import { HeddleError } from '../../src/errors.ts';
import { CatalogFeed, type CatalogWatcher } from '../../src/fabric/mesh/catalog-feed.ts';
import { memberView } from './member-view.ts';

const bodyOf = (...names: readonly string[]): CatalogBody => ({
  functions: names.map((name) => ({ name, version: '1.0.0', effect: 'once', kind: 'call', resources: [] })),
});

const silent = { onNews: () => {}, onEnd: () => {} };

/** A watcher's picture of the fabric: all news applied, in order. */
class Picture {
  readonly servers = new Map<string, CatalogServer>();

  apply({ gone, servers }: CatalogNews): void {
    for (const instance of gone) this.servers.delete(instance);
    for (const record of servers) this.servers.set(record.instance, { ...this.servers.get(record.instance), ...record });
  }

  takeAll(watcher: CatalogWatcher): this {
    for (let news = watcher.take(); news; news = watcher.take()) this.apply(news);
    return this;
  }
}

describe('the catalog feed', () => {
  test('tells everything first, then each change, functions only when they differ', () => {
    const feed = new CatalogFeed();
    feed.offersChanged('one-1', bodyOf('f'));
    feed.memberChanged(memberView('one'));
    const watcher = feed.watch(silent);
    const record = { name: 'one', instance: 'one-1', url: 'one:1', status: 'alive', epoch: 1, resources: ['db'] };
    expect(watcher.take()).toEqual({ gone: [], servers: [{ ...record, offers: bodyOf('f') }], isWhole: true });
    expect(watcher.take()).toBeUndefined();
    feed.memberChanged(memberView('one', { status: 'suspect' }));
    expect(watcher.take()).toEqual({ gone: [], servers: [{ ...record, status: 'suspect' }], isWhole: true });
    feed.memberGone('one-1');
    expect(watcher.take()).toEqual({ gone: ['one-1'], servers: [], isWhole: true });
  });

  test('has a first news also when nothing is known', () => {
    expect(new CatalogFeed().watch(silent).take()).toEqual({ gone: [], servers: [], isWhole: true });
  });

  test('D3: does not tell what no record shows', () => {
    const feed = new CatalogFeed();
    let calls = 0;
    feed.memberChanged(memberView('one'));
    const watcher = feed.watch({
      ...silent,
      onNews: () => {
        calls += 1;
      },
    });
    watcher.take();
    feed.memberChanged(memberView('one', { roundTripMs: 3, isLinked: false, incarnation: 4 }));
    expect([watcher.take(), calls]).toEqual([undefined, 0]);
  });

  test('D2: coalesces what changes while nobody looks, and forgets what came and went', () => {
    const feed = new CatalogFeed();
    let calls = 0;
    const watcher = feed.watch({
      ...silent,
      onNews: () => {
        calls += 1;
      },
    });
    watcher.take();
    for (let nth = 0; nth < 1_000; nth += 1) {
      feed.memberChanged(memberView('flapping', { epoch: nth }));
      feed.memberChanged(memberView(`brief-${nth}`));
      feed.memberGone(`brief-${nth}-1`);
    }
    expect(calls).toBe(1);
    const news = watcher.take();
    expect(news?.gone).toEqual([]);
    expect(news?.servers.map(({ name, epoch }) => [name, epoch])).toEqual([['flapping', 999]]);
  });

  test('splits a large picture, and says which news completes it', () => {
    const feed = new CatalogFeed();
    const schema = 'x'.repeat(100_000);
    for (let nth = 0; nth < 10; nth += 1) {
      feed.offersChanged(`s${nth}-1`, {
        functions: [{ name: 'f', version: '1.0.0', effect: 'once', kind: 'call', resources: [], inputSchema: schema }],
      });
      feed.memberChanged(memberView(`s${nth}`));
    }
    const watcher = feed.watch(silent);
    const all: CatalogNews[] = [];
    for (let news = watcher.take(); news; news = watcher.take()) all.push(news);
    expect(all.map(({ servers }) => servers.length)).toEqual([3, 3, 3, 1]);
    expect(all.map(({ isWhole }) => isWhole)).toEqual([false, false, false, true]);
  });

  test('forgets a watcher that closed', () => {
    const feed = new CatalogFeed();
    const watcher = feed.watch({ ...silent, onNews: () => expect.fail('told after its end') });
    watcher.take();
    watcher.close();
    feed.memberChanged(memberView('one'));
    expect(feed.watchers).toBe(0);
  });

  test('D4: tells each watcher once when it ends, and takes new ones', () => {
    const feed = new CatalogFeed();
    const ends: string[] = [];
    const watchers = [1, 2].map(() => feed.watch({ ...silent, onEnd: ({ code }) => ends.push(code) }));
    feed.end(new HeddleError('draining', { server: 'one' }));
    feed.end(new HeddleError('draining', { server: 'one' }));
    expect([ends, feed.watchers, watchers.length]).toEqual([['draining', 'draining'], 0, 2]);
    expect(feed.watch(silent).take()).toBeDefined();
  });

  test('D1: whoever applies all news knows what the feed knows, whatever its pace', () => {
    const name = fc.constantFrom('a', 'b', 'c', 'd');
    const step = fc.oneof(
      fc.record({ kind: fc.constant('view' as const), name, status: fc.constantFrom('alive', 'suspect', 'leaving') }),
      fc.record({ kind: fc.constant('body' as const), name, functions: fc.subarray(['f', 'g', 'h']) }),
      fc.record({ kind: fc.constant('gone' as const), name }),
      fc.record({ kind: fc.constant('look' as const), who: fc.nat({ max: 1 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const feed = new CatalogFeed();
        const lookers = [0, 1].map(() => ({ watcher: feed.watch(silent), picture: new Picture() }));
        for (const one of steps) {
          if (one.kind === 'view') feed.memberChanged(memberView(one.name, { status: one.status }));
          else if (one.kind === 'body') feed.offersChanged(`${one.name}-1`, bodyOf(...one.functions));
          else if (one.kind === 'gone') feed.memberGone(`${one.name}-1`);
          else lookers[one.who]?.picture.takeAll(lookers[one.who]?.watcher as CatalogWatcher);
        }
        const fresh = new Picture().takeAll(feed.watch(silent));
        for (const { watcher, picture } of lookers) expect(sorted(picture.takeAll(watcher))).toEqual(sorted(fresh));
      }),
    );
  });
});

function sorted({ servers }: Picture): readonly CatalogServer[] {
  return [...servers.values()].sort((a, b) => (a.instance < b.instance ? -1 : 1));
}
