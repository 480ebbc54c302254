import { setTimeout as pause } from 'node:timers/promises';
import { type Client, connect } from 'heddle';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeRecord, recordBytes } from '../../src/wire/mesh-record.ts';
import { failureOf, tell, within } from '../within.ts';
import { builtModule } from './built-module.ts';
import { connected } from './connected.ts';
import { giveUpAtOnce } from './giving-up.ts';
import { NewerBuild, unknownField } from './newer-build.ts';
import { functionsModule, type ServerProcess, Stage } from './processes.ts';

const stage = new Stage();
const elsewhere = new Stage(); // has a cluster of its own
let one: ServerProcess;
let client: Client;

beforeAll(async () => {
  one = await stage.serve('one', '--settings', await pinned('ab'), functionsModule, builtModule('load-functions.ts'));
  client = await connected(one.url);
});

afterAll(() => client.close());

/** A settings file that pins the cluster's uid. */
const pinned = (byte: string) => stage.file(`${byte}.toml`, `[cluster]\npinUid = "${byte.repeat(16)}"\n`);
const isAlive = async () => expect(await client.call('whoami', [])).toMatchObject({ pid: one.process.pid });

describe('a server process', () => {
  test('fault 6: a fresh dial to a stopped process ends at the watchdog, and the next address is taken', async () => {
    const stopped = await stage.serve('stopped');
    stopped.process.signal('SIGSTOP');
    const startMs = performance.now();
    const other = await connected([stopped.url, one.url]);
    tell('a client passed the stopped process', startMs, 1000);
    expect(await other.call('whoami', [])).toMatchObject({ server: 'one' });
    await other.close();
    expect(await failureOf(connect([stopped.url]))).toMatchObject({ code: 'unreachable', executed: 'no' });
    stopped.process.signal('SIGCONT');
    await (await connected([stopped.url])).close();
  });

  test('that was stopped does not run what waited for it past its deadline', async () => {
    const path = await stage.path('never made');
    one.process.signal('SIGSTOP');
    const late = await failureOf(client.call('holdOnce', [path], { timeoutMs: 300 }));
    expect(late).toMatchObject({ code: 'deadline_exceeded', executed: 'maybe' });
    await pause(1_500); // the stall is the case
    one.process.signal('SIGCONT');
    await isAlive();
    expect(one.process.lines.filter((line) => line.includes(path))).toEqual([]);
  });

  test('fault 16: refuses a newcomer of another cluster, which says so and ends with code 3', async () => {
    const newcomer = elsewhere.heddle('serve', '--name', 'theirs', '--join', one.url);
    expect(await newcomer.finished).toEqual({ code: 3, signal: null });
    expect(newcomer.errors.join('\n')).toContain('cluster_mismatch');
    expect((await client.members()).map(({ name }) => name)).toEqual(['one']);
  });

  test('fault 16: with another `pinUid` it is refused as well, of the same cluster name though it is, and lists nobody', async () => {
    const newcomer = stage.heddle('serve', '--settings', await pinned('cd'), '--name', 'theirs', '--join', one.url);
    expect(await newcomer.finished).toEqual({ code: 3, signal: null });
    expect(newcomer.errors.join('\n')).toContain('cluster_mismatch');
    expect((await client.members()).map(({ name }) => name)).toEqual(['one']);
    expect((await client.catalog()).filter(({ server }) => server !== 'one')).toEqual([]);
  });

  test('fault 18: a result of 100 MB is refused, and the process goes on with the memory it had', async () => {
    const before = Number(await client.call('memory', []));
    for (let turn = 0; turn < 3; turn += 1) {
      expect(await failureOf(client.call('bytes', [100_000_000]))).toMatchObject({ code: 'bad_result', executed: 'yes' });
    }
    expect(Number(await client.call('memory', [])) - before).toBeLessThan(200_000_000); // the three results themselves would be 300 MB
    await isAlive();
  });

  test('fault 24: keys that mean something to JavaScript are data or refused in its process as well', async () => {
    for (const key of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      const value: unknown = JSON.parse(`{"${key}": {"polluted": 1}}`);
      const outcome: unknown = await client.call('echo', [value]).catch((error: unknown) => error);
      if (outcome instanceof Error) expect(outcome).toMatchObject({ code: 'bad_argument', executed: 'no' });
      else expect(JSON.stringify(outcome)).toBe(JSON.stringify(value));
    }
    expect(await client.call('echo', [{}])).toEqual({});
    await isAlive();
  });

  test('fault 30: 10,000 calls given up at once, in flight or waiting for room, free everything', async () => {
    const { told, running, clientMicros, serverMicros, heapBefore, heapAfter } = await giveUpAtOnce(one.url, {
      clients: 5,
      callsEach: 2_000,
    });
    console.log(`processor time: ${clientMicros.toFixed(1)} us a call here, ${serverMicros.toFixed(1)} us a handler there`);
    expect(told).toEqual({ 'cancelled maybe': running, 'cancelled no': 10_000 - running });
    expect(heapAfter).toBeLessThan(heapBefore + 20 * 2 ** 20);
    await isAlive();
  });

  test('fault 33: with seeds that are down or unresolvable it serves its own functions', async () => {
    const lonely = await stage.serve('lonely', functionsModule, '--join', '127.0.0.1:1', 'no-such-host.invalid:7420');
    const friend = await connected(lonely.url);
    expect(await friend.call('whoami', [])).toEqual({ server: 'lonely', pid: lonely.process.pid });
    await friend.close();
    await lonely.process.said(/none of 127\.0\.0\.1:1, no-such-host\.invalid:7420 answers; trying on$/);
    expect(await lonely.process.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  });

  test('fault 35: whatever a handler throws is one typed reply, and one that never settles ends at the deadline', async () => {
    expect(await failureOf(client.call('fails', ['text']))).toMatchObject({ code: 'function_failed', executed: 'yes' });
    expect(await failureOf(client.call('fails', ['undefined']))).toMatchObject({ code: 'function_failed', executed: 'yes' });
    expect(await failureOf(client.call('fails', ['never'], { timeoutMs: 100 }))).toMatchObject({
      code: 'deadline_exceeded',
      executed: 'maybe',
    });
    await isAlive();
  });

  test('fault 17: refuses a build that speaks no protocol of its own, with the reason', async () => {
    const alien = new NewerBuild('alien', { cluster: stage.cluster, protocolMin: 90, protocolMax: 99 });
    expect((await alien.greet(one.url)).refusal).toEqual({
      code: 'version_mismatch',
      message: expect.stringContaining('speaks protocol 1'),
    });
    expect((await client.members()).map(({ name }) => name)).toEqual(['one']);
    await alien.close();
  });

  test('fault 17: takes a build that knows more, and passes its words on to others as they are', async () => {
    const two = await stage.serve('two', '--join', one.url);
    const newer = new NewerBuild('newer', { cluster: stage.cluster });
    const { refusal, features } = await newer.greet(one.url);
    expect([refusal, features]).toEqual([undefined, []]); // what both know is what is used
    const { name: owner, epoch, instance, url } = newer.hello;
    const head = { owner, epoch, instance, final: 'none', version: 1 } as const;
    const member = {
      ...head,
      kind: 'member',
      incarnation: 0,
      url,
      isLeaving: false,
      bodyHash: '',
      resources: ['far'],
      adopters: [],
    } as const;
    const words = Buffer.concat([recordBytes(member), unknownField]);
    // Of a later kind: the same with another number in its first field.
    const riddle = Buffer.from(words);
    riddle[riddle.indexOf(Uint8Array.of(0x08, 0x01)) + 1] = 99;
    newer.say({ kind: 'push', records: [decodeRecord(words), decodeRecord(riddle)] });
    await within('two lists it', 1_000, async () => (await membersOf(two.url)).includes('newer'));
    const reader = new NewerBuild('reader', { cluster: stage.cluster });
    await reader.greet(two.url);
    await within('two holds both as they were said', 1_000, async () => {
      const held = await reader.records();
      return isSame(held.get('newer'), words) && isSame(held.get('99/newer'), riddle);
    });
    await Promise.all([newer.close(), reader.close()]);
    await isAlive();
  });
});

async function membersOf(url: string): Promise<readonly string[]> {
  const reader = await connected(url);
  const members = await reader.members();
  await reader.close();
  return members.map(({ name }) => name);
}

function isSame(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && Buffer.compare(a, b) === 0;
}
