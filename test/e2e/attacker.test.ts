/**
 * An attacker who has a server's certificate of the fabric, against three servers on real sockets: nothing gets in, nothing dies,
 * memory stays bounded, and nobody is suspected (issue 7; faults 23, 24 and 27 in part). Its client is attacker.ts.
 */

import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Client, Server } from '../../src/fabric/api/api.ts';
import { defineFunction } from '../../src/fabric/api/define.ts';
import { startServer } from '../../src/fabric/server/server.ts';
import { type EventOf, eventTable, type FabricEvent } from '../../src/observe/events.ts';
import { Authority } from '../certificates.ts';
import { within } from '../within.ts';
import { AttackingServer, bomb, encode, type Fields, push } from './attacker.ts';
import { connected } from './connected.ts';

const cluster = `attack-${process.pid}`;
const ca = new Authority();
/** The server that was taken over is in nobody's rules. */
const permissions = [
  { who: ['honest', 'mallory'], may: ['call'], names: ['add', 'echo', 'later', 'constructor'] },
  { who: ['server:one', 'server:two', 'server:three'], may: ['serve', 'relay'], names: ['*'] },
] as const;
const functions = {
  secret: () => 'secret',
  // Pure: whoever asks for what may run once only is handed back an offer of the last seconds, to name its server.
  echo: defineFunction({ name: 'echo', effect: 'pure', handler: (_ctx, value: unknown) => value }),
  add: (a: number, b: number) => a + b,
};
let servers: readonly Server[] = [];
let client: Client;
const events: FabricEvent[] = [];
const [victim, evil] = ['two', 'evil'];

beforeAll(async () => {
  const one = await startServer({ cluster, permissions, tls: ca.server('one') });
  const two = await startServer({ cluster, permissions, tls: ca.server(victim), functions, join: [one.url] });
  const three = await startServer({ cluster, permissions, tls: ca.server('three'), join: [one.url] });
  servers = [one, two, three];
  for (const server of servers)
    for (const kind of Object.keys(eventTable)) server.on(kind as FabricEvent['kind'], (event) => events.push(event));
  client = await connected(one.url, { tls: ca.client('honest') });
  await within('everybody lists everybody', 5_000, async () =>
    (await Promise.all(servers.map((one) => one.members()))).every(({ length }) => length === 3),
  );
});
afterAll(async () => {
  await client.close();
  await Promise.all(servers.map((server) => server.stop()));
});

function eventsOf<K extends FabricEvent['kind']>(kind: K): readonly EventOf<K>[] {
  return events.filter((event): event is EventOf<K> => event.kind === kind);
}

const [one, two] = [() => at(0), () => at(1)];
function at(index: number): Server {
  const server = servers[index];
  if (!server) throw new Error('not started');
  return server;
}

/** A member by its own certificate: taken over, not broken in. */
async function member(): Promise<AttackingServer> {
  const attacker = new AttackingServer(one().url, ca.server(evil), { name: evil, cluster });
  const ack = await attacker.greet();
  expect(ack['refusal']).toBeUndefined();
  attacker.say({ push: { records: [] } });
  return attacker;
}

/** What everybody sees of the victim; and a call to it goes on working. */
async function seen(): Promise<unknown> {
  const views = await Promise.all(servers.map(async (server) => (await server.members()).find(({ name }) => name === victim)));
  const offers = (await one().catalog()).filter(({ server }) => server === victim).map((offer) => offer.function);
  return [views.map((view) => view?.status), new Set(views.map((view) => view?.url)).size, offers.sort(), await client.call('add', [1, 2])];
}
const unharmed = [['alive', 'alive', 'alive'], 1, ['add', 'echo', 'secret'], 3];

/** The victim's record as it is passed on. */
async function overheard(attacker: AttackingServer): Promise<Buffer> {
  attacker.say({ sync_digest: { root: Buffer.alloc(8), buckets: Buffer.alloc(2048) } });
  return within('the record of the victim is given', 2_000, () => recordsIn(attacker).find((bytes) => bytes.includes(victim)));
}

/** Records come as messages; written again by the proto file they are the bytes that came. */
function recordsIn({ heard }: AttackingServer): readonly Buffer[] {
  const lists = heard.flatMap((message) => [message['push'], message['sync_records']]) as ({ records?: Fields[] } | undefined)[];
  return lists.flatMap((list) => (list?.records ?? []).map((record) => encode('Record', record)));
}

async function instanceOf(attacker: AttackingServer): Promise<Buffer> {
  await overheard(attacker);
  const lists = attacker.heard.flatMap((message) => [message['push'], message['sync_records']]) as ({ records?: Fields[] } | undefined)[];
  const record = lists.flatMap((list) => list?.records ?? []).find(({ owner }) => owner === victim);
  return Buffer.from(record?.['instance'] as Uint8Array);
}

describe('a server that was taken over', () => {
  test('cannot greet as another: not by name, and not by process', async () => {
    const insider = await member();
    const instance = await instanceOf(insider);
    insider.close();
    for (const change of [{ name: victim }, { instance }, { instance_proof: Buffer.alloc(16) }]) {
      const attacker = new AttackingServer(one().url, ca.server(evil), { name: evil, cluster });
      await expect(attacker.greet(change)).rejects.toThrow(/UNAUTHENTICATED/);
      attacker.close();
    }
    // A client's certificate never passes for a server's.
    const asClient = new AttackingServer(one().url, ca.client(evil), { name: evil, cluster });
    await expect(asClient.greet()).rejects.toThrow(/UNAUTHENTICATED/);
    asClient.close();
    expect(await seen()).toEqual(unharmed);
  });

  test('cannot say goodbye for another, give it another catalog or address, or bury it', async () => {
    const attacker = await member();
    const instance = await instanceOf(attacker);
    const about = { owner: victim, instance, epoch: 1, version: 1_000 };
    const forged = [
      attacker.unsigned({ ...about, final: 2 }, { is_leaving: true }),
      attacker.record({ ...about, final: 2 }, { is_leaving: true }),
      attacker.record({ ...about, epoch: 9 }, { is_leaving: true }),
      attacker.record(about, { body_hash: Buffer.alloc(32, 7) }),
      attacker.record(about, { url: '127.0.0.1:9' }),
      attacker.record({ ...about, owner: evil }, { body_hash: Buffer.alloc(32, 7) }),
    ];
    for (const bytes of forged) attacker.write(push(bytes));
    const reports = ['one', 'three', evil].map((observer) => attacker.report({ target: victim, instance, incarnation: 0, observer }));
    attacker.say(
      { suspect: { reports } },
      { suspect: { reports: [{ target: victim, epoch: 1, instance, observer: 'three', evidence: [1, 2] }] } },
    );
    attacker.write(push(encode('Record', { kind: 2, ...about, final: 1, version: 0, body: encode('ObituaryBody', { url: '', reports }) })));
    await within('the forgeries are refused', 2_000, () => new Set(eventsOf('record.refused').map(({ reason }) => reason)).size >= 2);
    expect(new Set(eventsOf('record.refused').map(({ from }) => from))).toEqual(new Set([evil]));
    expect(eventsOf('member.left').filter(({ name }) => name === victim)).toEqual([]);
    expect(await seen()).toEqual(unharmed);
    attacker.close();
  });

  test('cannot bring back what another said before', async () => {
    const attacker = await member();
    const before = await overheard(attacker);
    await two().offer({ later: () => 'later' });
    await within('the new function is known', 2_000, async () => (await one().catalog()).some(({ function: name }) => name === 'later'));
    for (let times = 0; times < 50; times += 1) attacker.write(push(before));
    expect(await client.call('later', [])).toBe('later');
    await two().withdraw('later');
    await within('it is gone again', 2_000, async () => !(await one().catalog()).some(({ function: name }) => name === 'later'));
    expect(await seen()).toEqual(unharmed);
    attacker.close();
  });

  test('may do no more than the rules say of it, whoever it says it asks for', async () => {
    const attacker = new AttackingServer(two().url, ca.server(evil), { name: evil, cluster });
    await attacker.greet();
    const asked = [{}, { identity: 'certificate:honest' }, { identity: 'server:one' }, { identity: 'anonymous' }];
    for (const [at, more] of asked.entries()) {
      const call = {
        call_number: at + 1,
        function: 'secret',
        args: { data: Buffer.from('[]'), encoding: 0 },
        effect: 1,
        timeout_ms: 5_000,
      };
      attacker.send({ id: at + 1, call: { ...call, attempt: 1, is_direct: true, ...more } });
    }
    const replies = () => attacker.heard.flatMap(({ reply }) => (reply === undefined ? [] : [reply as { error?: { code?: string } }]));
    await within('every call is answered', 5_000, () => replies().length === asked.length);
    expect(replies().map(({ error }) => error?.code)).toEqual(asked.map(() => 'forbidden'));
    attacker.close();
    expect(await endOf('secret', Buffer.from('[]'))).toBe('forbidden');
  });

  test('that floods with forgeries and noise keeps nobody from their work', async () => {
    const attacker = await member();
    const instance = await instanceOf(attacker);
    const rssBefore = process.memoryUsage().rss;
    const startMs = performance.now();
    const forged = attacker.record({ owner: victim, instance, version: 5_000 }, {});
    for (let batch = 0; batch < 100; batch += 1) {
      const frames = Array.from({ length: 100 }, (_, at) => {
        const bytes = Buffer.from(forged);
        bytes.writeUInt32LE(batch * 100 + at, bytes.length - 4);
        return push(bytes);
      });
      attacker.write(...frames);
      if (batch % 10 === 0) expect(await client.call('add', [batch, 1], { timeoutMs: 20_000 })).toBe(batch + 1);
    }
    expect(await seen()).toEqual(unharmed);
    const tookMs = performance.now() - startMs;
    const grownMiB = (process.memoryUsage().rss - rssBefore) / 2 ** 20;
    console.log(`10,000 forgeries: ${tookMs.toFixed(0)} ms, ${grownMiB.toFixed(0)} MiB more`);
    expect(grownMiB).toBeLessThan(200);
    attacker.close();
  });
});

/** How a call over a session of its own ends: `ok`, an error's code, or with its session. */
async function endOf(name: string, data: Buffer, more: Fields = {}): Promise<string> {
  const attacker = new AttackingServer(two().url, ca.client('mallory'), { name: 'mallory', cluster });
  const hello = encode('SessionHello', { instance: randomBytes(16).toString('hex'), name: 'mallory', protocol_min: 1, protocol_max: 1 });
  await attacker.open('/heddle.v1.Fabric/Session', hello, 'SessionAck');
  const call = {
    call_number: 1,
    function: name,
    args: { data, encoding: 0 },
    effect: 1,
    timeout_ms: 5_000,
    attempt: 1,
    is_json_only: true,
  };
  attacker.send({ id: 1, call: { ...call, ...more } });
  const end = await within(`${name} ends`, 5_000, () => {
    const reply = attacker.heard.find((frame) => frame['reply'] !== undefined)?.['reply'] as Fields | undefined;
    if (reply) return (reply['error'] as { code?: string } | undefined)?.code ?? 'ok';
    return attacker.hasEnded ? 'session lost' : undefined;
  });
  attacker.close();
  return end;
}

describe('a client that sends what it likes', () => {
  test('of __proto__, constructor and depth gets an answer or loses its session, and changes nothing', async () => {
    const deep = `${'['.repeat(25_000)}${']'.repeat(25_000)}`;
    const meta = JSON.parse('{"__proto__":"polluted","constructor":"x"}') as Fields;
    const sent: Readonly<Record<string, readonly [string, string, Fields?]>> = {
      keys: ['echo', '[{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}]'],
      map: ['echo', '[{"$map":[["__proto__",1]]}]'],
      'no list': ['echo', '{"__proto__":[]}'],
      depth: ['echo', `[${deep}]`],
      'a name': ['__proto__', '[]'],
      'another name': ['constructor', '[]'],
      meta: ['echo', '[1]', { meta }],
      'what is not UTF-8': ['echo', '["\xff\xfe"]'],
    };
    const ends = Object.entries(sent).map(async ([what, [name, data, more]]) => [
      what,
      await endOf(name, Buffer.from(data, 'latin1'), more),
    ]);
    const found = Object.fromEntries(await Promise.all(ends)) as Readonly<Record<string, string>>;
    expect(found).toEqual({
      keys: 'bad_argument',
      map: 'ok',
      'no list': 'bad_argument',
      depth: 'bad_argument',
      // Hidden, as every name with a part that begins with _.
      'a name': 'forbidden',
      'another name': 'no_such_function',
      meta: 'session lost',
      'what is not UTF-8': 'bad_argument',
    });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(await seen()).toEqual(unharmed);
  });

  test('of a message that unpacks to a thousand times its size is refused without unpacking it', async () => {
    const packed = gzipSync(Buffer.alloc(64 * 2 ** 20));
    const rssBefore = process.memoryUsage().rss;
    const statuses = await Promise.all(
      ['/heddle.v1.Fabric/Call', '/heddle.v1.Fabric/Session', '/heddle.v1.Mesh/Link'].map((path) =>
        bomb(one().url, ca.client('mallory'), path, packed),
      ),
    );
    const grownMiB = (process.memoryUsage().rss - rssBefore) / 2 ** 20;
    console.log(`3 bombs of 64 MiB: ${grownMiB.toFixed(0)} MiB more, statuses ${statuses.join(' ')}`);
    expect(statuses).not.toContain('0');
    expect(grownMiB).toBeLessThan(120);
    expect(await seen()).toEqual(unharmed);
  });

  test('of streams without end, and of noise, is held up, and nobody else is', async () => {
    const attackers = Array.from({ length: 4 }, () => new AttackingServer(two().url, ca.client('mallory'), { name: 'mallory', cluster }));
    const opened = attackers.flatMap((attacker) =>
      Array.from({ length: 100 }, () =>
        attacker.open('/heddle.v1.Fabric/Session', Buffer.alloc(200, 0xff), 'SessionAck').catch(() => 'refused'),
      ),
    );
    expect(await client.call('add', [1, 2], { timeoutMs: 20_000 })).toBe(3);
    for (const attacker of attackers) attacker.close();
    await Promise.all(opened);
    expect(await seen()).toEqual(unharmed);
  });
});

test('through all of it nobody honest was suspected, and no server stopped', () => {
  const honest = new Set(['one', victim, 'three']);
  const suspected = [...eventsOf('member.suspected'), ...eventsOf('member.died'), ...eventsOf('member.left')].filter(({ name }) =>
    honest.has(name),
  );
  expect(suspected).toEqual([]);
  expect([eventsOf('server.failed'), eventsOf('server.stopped')]).toEqual([[], []]);
});
