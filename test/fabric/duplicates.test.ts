/**
 * Whole servers whose links break, and hear the last news of a broken link once more over the next one (fault 13).
 */

import { describe, expect, vi } from 'vitest';

import { seededRandom } from '../../src/base/random.ts';
import { Gossip } from '../../src/core/gossip/gossip.ts';
import type { MeshMessage } from '../../src/core/gossip/message.ts';
import { isSameRoot } from '../../src/core/gossip/sync.ts';
import type { Server } from '../../src/fabric/api/api.ts';
import { worldTest as test } from './world.ts';

const names = ['s0', 's1', 's2', 's3', 's4'];
/** News that a member may hear twice; a beat belongs to its link. */
const repeatable: ReadonlySet<MeshMessage['kind']> = new Set<MeshMessage['kind']>(['push', 'suspect', 'syncRecords', 'body']);
const recentMax = 8;

interface Heard {
  link: number;
  recent: MeshMessage[];
}

/**
 * From now on every machine hears the last news of a link again when the next one to the same member is up. `times`: how much
 * was repeated; `changes`: after how much of it the machine knew anything else than before.
 */
function repeatNews(): { readonly times: () => number; readonly changes: () => number } {
  const { handle } = Gossip.prototype;
  const heard = new Map<Gossip, Map<string, Heard>>();
  let times = 0;
  let changes = 0;
  vi.spyOn(Gossip.prototype, 'handle').mockImplementation(function (this: Gossip, input, nowMs) {
    const peers = heard.get(this) ?? new Map<string, Heard>();
    heard.set(this, peers);
    const { links, records } = this.inspection;
    const from = input.kind === 'received' ? links.find(input.link)?.instance : undefined;
    const before = from === undefined ? undefined : peers.get(from);
    if (before && input.kind === 'received' && repeatable.has(input.message.kind))
      before.recent = [...before.recent, input.message].slice(-recentMax);
    handle.call(this, input, nowMs);
    for (const { instance, id } of [...links.used()]) {
      const known = peers.get(instance);
      peers.set(instance, { link: id, recent: known?.link === id ? known.recent : [] });
      if (known === undefined || known.link === id) continue;
      times += known.recent.length;
      for (const message of known.recent) {
        const root = records.root();
        handle.call(this, { kind: 'received', link: id, message }, nowMs);
        if (!isSameRoot(root, records.root())) changes += 1;
      }
    }
  });
  return { times: () => times, changes: () => changes };
}

describe('servers that hear old news again whenever a link comes back', () => {
  test('end with one catalog, the one that their owners mean, and bury nobody', async ({ world }) => {
    const news = repeatNews();
    const random = seededRandom('duplicates');
    const servers = new Map<string, Server>();
    for (const name of names) servers.set(name, await world.start(name, { [`${name}.base`]: () => name }));
    const died: unknown[] = [];
    for (const server of servers.values()) server.on('member.died', (event) => died.push(event));
    const offered = new Map(names.map((name) => [name, false]));
    for (let round = 0; round < 25; round += 1) {
      const [one = '', two = ''] = [random.integer(5), random.integer(4)].map((at) => names[at]);
      if (one !== two) world.network.reset(one, two);
      if (one !== two) world.network.reset(two, one);
      const changing = servers.get(one);
      if (offered.get(one)) await changing?.withdraw(`${one}.extra`);
      else await changing?.offer({ [`${one}.extra`]: () => `${one} extra` });
      offered.set(one, !offered.get(one));
      await world.advance(100 + random.integer(400));
    }
    await world.advance(5_000);
    expect(news.times()).toBeGreaterThan(20);
    expect(news.changes()).toBe(0);
    expect(died).toEqual([]);
    const extras = names.filter((name) => offered.get(name)).map((name) => `${name}.extra`);
    const meant = [...names.map((name) => `${name}.base`), ...extras].sort();
    for (const server of servers.values()) {
      const offers = await world.settle(Promise.resolve(server.catalog()));
      expect(offers.map((offer) => offer.function).sort()).toEqual(meant);
      const members = await world.settle(Promise.resolve(server.members()));
      expect(members.map(({ name, status }) => `${name} ${status}`)).toEqual(names.map((name) => `${name} alive`));
      expect(new Set(members.map(({ root }) => root)).size).toBe(1);
    }
    const client = await world.connect(...servers.values());
    for (const name of meant) expect(await world.settle(client.call(name, []))).toBe(name.replace('.base', '').replace('.', ' '));
    vi.restoreAllMocks();
  });
});
