import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from 'heddle';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { within } from '../within.ts';
import { connected } from './connected.ts';
import { FaultLines } from './fault-lines.ts';
import { FaultProxy } from './fault-proxy.ts';
import { freePort } from './free-port.ts';
import { functionsModule, type ServerProcess, Stage } from './processes.ts';
import { canTellOwners } from './socket-owner.ts';

/**
 * Three servers, and a client of each. The mesh's times are shorter than the defaults by a factor of about 2.5, so
 * that what must not happen is waited for as much less.
 */
const settings = `
[mesh]
beatIntervalMs = 200
silenceMinMs = 600
silenceMaxMs = 1_200
burySilentMs = 1_000
buryStalledMs = 3_500
reportExpiryMs = 4_000
`;
/** From the last message of a silent server to its end, at the most: silence, the check, the time to refute, the spread. */
const buriedMs = 1_200 + 500 + 1_000 + 200;

const stage = new Stage();
const elsewhere = new Stage(); // has a cluster of its own
const lines = new FaultLines(stage, settings);
const servers = new Map<string, ServerProcess>();
const clients = new Map<string, Client>();

beforeAll(async () => {
  servers.set('a', await lines.serve('a', functionsModule, '--resource', 'far'));
  const near = ['--resource', 'near', '--join', servers.get('a')?.url ?? ''];
  for (const server of await Promise.all(['b', 'c'].map((name) => lines.serve(name, functionsModule, ...near))))
    servers.set(server.name, server);
  for (const { name, url } of servers.values()) clients.set(name, await connected(url));
  await allAlive();
});

afterAll(async () => {
  await Promise.all([...clients.values()].map((client) => client.close()));
  await lines[Symbol.asyncDispose]();
});

const through = (name: string): Client => {
  const client = clients.get(name);
  if (!client) throw new Error(`there is no client of ${name}`);
  return client;
};
/** What `observer` thinks of a server; undefined when it lists none of that name. */
const statusOf = async (observer: string, name: string) =>
  (await through(observer).members()).find((member) => member.name === name)?.status;
const allAlive = () =>
  within('all three are alive to one another', 2000, async () => {
    const seen = await Promise.all([...servers.keys()].flatMap((observer) => [...servers.keys()].map((name) => statusOf(observer, name))));
    return seen.every((status) => status === 'alive');
  });
/** Servers that have said that they buried somebody. */
const burials = () =>
  [...servers.values()].flatMap(({ name, process }) =>
    process.errors.filter((line) => / died$/.test(line)).map((line) => `${name}: ${line}`),
  );

/** Calls of one server through another, one after the other, until it is told to end. */
class SteadyCalls {
  readonly failures: unknown[] = [];
  done = 0;
  #isOver = false;
  readonly #loop: Promise<void>;

  constructor(from: string, to: string) {
    this.#loop = this.#run(from, to);
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.#loop;
  }

  async #run(from: string, to: string): Promise<void> {
    while (!this.#isOver) {
      try {
        expect(await through(from).call('whoami', [], { target: to })).toMatchObject({ server: to });
        this.done += 1;
      } catch (problem) {
        this.failures.push(problem);
      }
      await pause(20);
    }
  }
}

describe.skipIf(!canTellOwners)('with only the link between two of three servers harmed', () => {
  const harms = {
    cut: () => lines.between('a', 'b', { kind: 'cut' }),
    'silent from one of them only (fault 10)': () => lines.silence('a', 'b'),
  };
  for (const [how, harm] of Object.entries(harms)) {
    test(`${how}: the third one's calls go on, and nobody is dead anywhere`, async () => {
      const toB = new SteadyCalls('c', 'b');
      const toA = new SteadyCalls('c', 'a');
      harm();
      const startMs = performance.now();
      await within('a is in doubt about b', 2_500, async () => (await statusOf('a', 'b')) !== 'alive');
      await within('b is in doubt about a', 2_500, async () => (await statusOf('b', 'a')) !== 'alive');
      // Routed around: a has somebody else for what b offers.
      for (let turn = 0; turn < 10; turn += 1) {
        expect(await through('a').call('whoami', [], { need: ['near'], timeoutMs: 1_000 })).toMatchObject({ server: 'c' });
      }
      await pause(Math.max(0, buriedMs - (performance.now() - startMs))); // what must not happen would have happened by now
      await Promise.all([toA.end(), toB.end()]);
      expect(burials()).toEqual([]);
      expect([await statusOf('c', 'a'), await statusOf('c', 'b')]).toEqual(['alive', 'alive']);
      expect([...toA.failures, ...toB.failures]).toEqual([]);
      console.log(`${toA.done} calls to a and ${toB.done} to b meanwhile`);
      expect(Math.min(toA.done, toB.done)).toBeGreaterThan(5);
      lines.heal();
      await allAlive();
    });
  }
});

/** Everything that `observer` says of a server until `isOver`. */
async function heardMeanwhile(observer: string, name: string, isOver: Promise<unknown>): Promise<Set<string | undefined>> {
  const heard = new Set<string | undefined>();
  let hasEnded = false;
  void isOver.then(() => {
    hasEnded = true;
  });
  while (!hasEnded) {
    heard.add(await statusOf(observer, name));
    await pause(20);
  }
  return heard;
}

describe('a server process that stands still', () => {
  test('fault 5: for less than a beat or two is not even suspected; for longer it is, as stalled, until 1 s after', async () => {
    const c = servers.get('c')?.process;
    c?.signal('SIGSTOP');
    const short = pause(300).then(() => c?.signal('SIGCONT'));
    expect(await heardMeanwhile('a', 'c', short)).toEqual(new Set(['alive']));
    c?.signal('SIGSTOP');
    await within('a suspects it', 2_000, async () => (await statusOf('a', 'c')) === 'suspect');
    await within('as stalled', 1_000, async () => {
      const seen = (await through('a').members()).find((member) => member.name === 'c');
      return seen?.evidence.includes('stalled');
    });
    c?.signal('SIGCONT');
    await within('a takes it back', 1_000, async () => (await statusOf('a', 'c')) === 'alive');
    expect(burials()).toEqual([]);
  });

  test('fault 7: for its own event loop was blocked suspects nobody', async () => {
    await through('a').call('block', [1_500], { target: 'a', timeoutMs: 10_000 });
    const heard = await heardMeanwhile('a', 'b', pause(500));
    expect(heard).toEqual(new Set(['alive']));
    await allAlive();
    expect(burials()).toEqual([]);
  });
});

describe('a server process', () => {
  test('fault 6, fault 33: with seeds that swallow everything, or are itself, joins by the one that answers', async () => {
    await using hole = await FaultProxy.start({ target: '127.0.0.1:1' });
    hole.set({ kind: 'blackHole' });
    const port = await freePort();
    const late = await stage.serve('late', '--port', `${port}`, '--join', hole.url, `127.0.0.1:${port}`, servers.get('b')?.url ?? '');
    await within('a knows the newcomer', 1_000, async () => (await statusOf('a', 'late')) === 'alive');
    await late.process.kill('SIGTERM');
    await within('nothing dials the black hole any more', 1_000, () => hole.open === 0);
  });

  test('fault 16: on the port of one that died, of another cluster, is refused and never listed', async () => {
    await servers.get('c')?.process.kill('SIGKILL');
    await within('c is dead for a', 1_000, async () => (await statusOf('a', 'c')) === undefined);
    const dialsBefore = lines.connectionsTo('c');
    const stranger = await elsewhere.serve('stranger', functionsModule, '--port', `${lines.portOf('c')}`);
    // A fabric that looks for its lost dials that address again and again: once a second here.
    await within('it was dialled', 3_000, () => lines.connectionsTo('c') > dialsBefore);
    expect((await through('a').members()).map(({ name }) => name)).toEqual(['a', 'b']);
    expect((await through('a').catalog()).filter(({ server }) => server === 'stranger')).toEqual([]);
    await stranger.process.kill('SIGKILL');
  });
});
