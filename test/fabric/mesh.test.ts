import { beforeEach, describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import type { CatalogBody } from '../../src/core/catalog/offer.ts';
import { Mesh } from '../../src/fabric/mesh/mesh.ts';
import type { MeshOptions } from '../../src/fabric/mesh/mesh-port.ts';
import { MemoryNetwork, type MemoryTransport } from '../../src/transport/memory.ts';
import { madeLinks } from './made-links.ts';

/** One server's mesh over the memory transport, with what it was told. */
interface Member {
  readonly mesh: Mesh;
  readonly transport: MemoryTransport;
  /** Function names by server, as the listeners told them. */
  readonly known: Map<string, readonly string[]>;
  readonly told: string[];
}

let clock: VirtualClock;
let network: MemoryNetwork;
let made = 0;

beforeEach(() => {
  clock = new VirtualClock();
  network = new MemoryNetwork({ clock, delayMs: 1 });
  made = 0;
});

async function makeMember(name: string, port: number, options: Partial<MeshOptions> = {}): Promise<Member> {
  made += 1;
  const transport = network.transport(`${name} ${made}`);
  const random = seededRandom(`${name} ${made}`);
  const links = madeLinks(clock);
  const known = new Map<string, readonly string[]>();
  const told: string[] = [];
  const mesh: Mesh = new Mesh({
    name,
    instance: Buffer.from(random.fork('instance').bytes(16)).toString('hex'),
    cluster: 'default',
    url: `h:${port}`,
    join: ['h:1'],
    resources: [],
    clock,
    random,
    ports: {
      dial: (address, hello, timeoutMs) => transport.dial({ address, kind: 'link', hello, timeoutMs }),
      openLink: (link, identity, callbacks) => links.openLink(link, identity, callbacks),
    },
    listeners: {
      memberChanged: (view) => told.push(`${view.name} ${view.status}`),
      bodyKnown: (view, body) =>
        known.set(
          view.name,
          body.functions.map((record) => record.name),
        ),
      memberGone: (view) => known.delete(view.name),
      stopped: (error) => told.push(`stopped ${error.code}`),
    },
    ...options,
  });
  const nobody = (): never => {
    throw new Error('no foreign clients here');
  };
  await transport.listen({ host: 'h', port }, { accept: (arrival) => mesh.accept(arrival), ask: nobody, follow: nobody });
  return { mesh, transport, known, told };
}

/** Lets virtual time pass, and every promise settle on the way. */
async function pass(ms: number): Promise<void> {
  for (const endMs = clock.nowMs() + ms; clock.nowMs() < endMs; ) {
    clock.advance(1);
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  }
}

function bodyOf(...names: readonly string[]): CatalogBody {
  return { functions: names.map((name) => ({ name, version: '1.0.0', effect: 'once', kind: 'call', resources: [] })) };
}

/** What became of a promise so far. */
function outcomeOf(promise: Promise<unknown>): { now: string } {
  const outcome = { now: 'pending' };
  promise.then(
    () => {
      outcome.now = 'resolved';
    },
    (error: { code: string }) => {
      outcome.now = error.code;
    },
  );
  return outcome;
}

function names(member: Member): readonly string[] {
  return member.mesh.members().map(({ name }) => name);
}

describe('a mesh over links', () => {
  test('tells functions published before the start and after joining to everybody within 1 s (case 14)', async () => {
    const [a, b, c] = [await makeMember('a', 1), await makeMember('b', 2), await makeMember('c', 3)];
    a.mesh.publish(bodyOf('early'));
    for (const { mesh } of [a, b, c]) void mesh.start();
    await pass(1_000);
    for (const member of [a, b, c]) expect(names(member)).toEqual(['a', 'b', 'c']);
    expect(c.known.get('a')).toEqual(['early']);
    b.mesh.publish(bodyOf('late', 'later'));
    await pass(1_000);
    expect([a, c].map(({ known }) => known.get('b'))).toEqual([
      ['late', 'later'],
      ['late', 'later'],
    ]);
    b.mesh.publish(bodyOf());
    await pass(1_000);
    expect(a.known.get('b')).toEqual([]);
  });

  test('moves a catalog of the largest size', async () => {
    const [a, b] = [await makeMember('a', 1), await makeMember('b', 2)];
    const functions = Array.from({ length: 2_000 }, (_, at) => ({
      ...bodyOf(`f${at}`).functions[0],
      inputSchema: 'x'.repeat(90),
    })) as unknown as CatalogBody['functions']; // each of them was made by bodyOf
    a.mesh.publish({ functions });
    void a.mesh.start();
    void b.mesh.start();
    await pass(1_000);
    expect(b.known.get('a')).toHaveLength(2_000);
  });

  test('publishes at once, then at most one version in 250 ms, the last one in the end', async () => {
    const [a, b] = [await makeMember('a', 1), await makeMember('b', 2)];
    void a.mesh.start();
    void b.mesh.start();
    await pass(1_000);
    const seen = new Set<string>();
    for (let at = 0; at < 100; at += 1) {
      a.mesh.publish(bodyOf(`f${at}`));
      await pass(10);
      seen.add(b.known.get('a')?.join() ?? '');
    }
    await pass(300);
    expect(b.known.get('a')).toEqual(['f99']);
    expect(seen.size).toBeLessThanOrEqual(6);
  });

  test('starts when a seed has taken it in; beside seeds that are down, after one round (fault 33)', async () => {
    const a = await makeMember('a', 1);
    await a.mesh.start();
    const b = await makeMember('b', 2, { join: ['h:1', 'h:9'] });
    const bStart = outcomeOf(b.mesh.start());
    const c = await makeMember('c', 3, { join: ['h:9'] });
    const cStart = outcomeOf(c.mesh.start());
    await pass(200);
    expect([bStart.now, names(b)]).toEqual(['resolved', ['a', 'b']]);
    expect([cStart.now, names(c)]).toEqual(['resolved', ['c']]);
  });

  test('does not start under a name that a live server has', async () => {
    const a = await makeMember('a', 1);
    await a.mesh.start();
    const first = await makeMember('x', 2);
    void first.mesh.start();
    await pass(2_000);
    const second = await makeMember('x', 3);
    const start = outcomeOf(second.mesh.start());
    await pass(1_000);
    expect(start.now).toBe('name_taken');
    second.mesh.finish();
    await pass(500);
    expect(a.mesh.members().map(({ name, url }) => `${name} ${url}`)).toEqual(['a h:1', 'x h:2']);
  });

  test('does not start in another cluster, or under another pinned uid (fault 16)', async () => {
    const a = await makeMember('a', 1, { pinUid: '11'.repeat(16) });
    await a.mesh.start();
    const other = await makeMember('b', 2, { cluster: 'other' });
    const pinned = await makeMember('c', 3, { pinUid: '22'.repeat(16) });
    const outcomes = [outcomeOf(other.mesh.start()), outcomeOf(pinned.mesh.start())];
    await pass(1_500);
    expect(outcomes.map(({ now }) => now)).toEqual(['cluster_mismatch', 'cluster_mismatch']);
    expect(names(a)).toEqual(['a']);
  });

  test('that leaves is gone with its functions, and closes its links (case 16)', async () => {
    const [a, b] = [await makeMember('a', 1), await makeMember('b', 2)];
    b.mesh.publish(bodyOf('f'));
    void a.mesh.start();
    void b.mesh.start();
    await pass(1_000);
    const leaving = outcomeOf(b.mesh.leave());
    await pass(50);
    expect(a.mesh.members().find(({ name }) => name === 'b')?.status).toBe('leaving');
    await pass(200);
    expect(leaving.now).toBe('resolved');
    b.mesh.finish();
    await pass(50);
    expect(names(a)).toEqual(['a']);
    expect(a.known.has('b')).toBe(false);
    const told = b.told.length;
    await pass(2_000);
    expect(b.told).toHaveLength(told);
  });

  test('that is killed is avoided within 0.5 s and buried soon after; restarted, it is back within 1 s (faults 1, 14)', async () => {
    const [a, b, c] = [await makeMember('a', 1), await makeMember('b', 2), await makeMember('c', 3)];
    for (const { mesh } of [a, b, c]) void mesh.start();
    await pass(1_000);
    network.kill('c 3');
    c.mesh.finish();
    await pass(500);
    expect([a, b].map((member) => member.mesh.members().find(({ name }) => name === 'c')?.status)).not.toContain('alive');
    await pass(500);
    expect(names(a)).toEqual(['a', 'b']);
    const again = await makeMember('c', 3);
    void again.mesh.start();
    await pass(1_000);
    for (const member of [a, b, again]) expect(names(member)).toEqual(['a', 'b', 'c']);
  });

  test('lets nobody in who cannot say who it is (fault 23)', async () => {
    const a = await makeMember('a', 1);
    await a.mesh.start();
    const raw = network.transport('raw');
    const dialling = raw.dial({ address: 'h:1', kind: 'link', hello: new Uint8Array([0xff, 0xff]) });
    await pass(50);
    expect((await dialling).isAccepted).toBe(false);
    expect(names(a)).toEqual(['a']);
  });
});
