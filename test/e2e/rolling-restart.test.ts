import { readFile } from 'node:fs/promises';
import { type Client, HeddleError } from 'heddle';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { within } from '../within.ts';
import { connected } from './connected.ts';
import { functionsModule, type ServerProcess, Stage } from './processes.ts';

const stage = new Stage();
const names = ['r1', 'r2', 'r3', 'r4', 'r5'];
const servers = new Map<string, ServerProcess>();
const lanes = 4;

const urls = () => [...servers.values()].map(({ url }) => url);
const serve = async (name: string, join: readonly string[], ...args: readonly string[]) => {
  const server = await stage.serve(name, functionsModule, '--join', ...join, ...args);
  servers.set(name, server);
};

beforeAll(async () => {
  await serve('r1', ['127.0.0.1:9']);
  const join = urls();
  await Promise.all(names.slice(1).map((name) => serve(name, join)));
}, 60_000);

/** What became of one call. */
interface Kept {
  readonly id: string;
  readonly fn: 'keep' | 'keepOnce';
  readonly executed: 'yes' | 'maybe' | 'no';
  readonly problem?: unknown;
}

/** Calls without pause until it is told to stop: every lane one idempotent call and one `once` call in turn. */
class Load {
  readonly kept: Kept[] = [];
  #isOver = false;
  readonly #lanes: Promise<void>[];

  constructor(client: Client, name: string, file: string) {
    this.#lanes = Array.from({ length: lanes }, async (_, lane) => {
      for (let turn = 0; !this.#isOver; turn += 1) {
        const fn = turn % 2 === 0 ? 'keep' : 'keepOnce';
        const id = `${fn}-${name}-${lane}-${turn}`;
        this.kept.push(await keptOf(client.call(fn, [file, id]), { id, fn }));
      }
    });
  }

  async end(): Promise<readonly Kept[]> {
    this.#isOver = true;
    await Promise.all(this.#lanes);
    return this.kept;
  }
}

async function keptOf(call: Promise<unknown>, about: Pick<Kept, 'id' | 'fn'>): Promise<Kept> {
  try {
    await call;
    return { ...about, executed: 'yes' };
  } catch (problem) {
    if (!HeddleError.is(problem)) throw problem;
    return { ...about, executed: problem.executed, problem };
  }
}

/** Resolves when every server lists five that are alive, with their functions. */
async function allThere(): Promise<void> {
  const clients = await Promise.all(urls().map((url) => connected(url)));
  const knowsAll = async (client: Client): Promise<boolean> => {
    const [members, offers] = await Promise.all([client.members(), client.catalog()]);
    const alive = members.filter(({ status }) => status === 'alive').length;
    return alive === names.length && offers.filter((offer) => offer.function === 'keep').length === names.length;
  };
  await within('all five know one another', 2000, async () => (await Promise.all(clients.map(knowsAll))).every(Boolean));
  await Promise.all(clients.map((client) => client.close()));
}

describe('a rolling restart', { timeout: 180_000 }, () => {
  const clients: Client[] = [];
  const loads: Load[] = [];
  afterAll(async () => {
    // Also of a test that failed: a load without a server would fill the memory with failures.
    await Promise.all(loads.map((load) => load.end()));
    await Promise.all(clients.map((client) => client.close()));
  });

  test('fault 36: of all five servers under load fails no idempotent call and runs no `once` call twice', async () => {
    await allThere();
    const file = await stage.file('runs', '');
    clients.push(await connected(urls()), await connected(urls().toReversed()), await connected(urls(), { routing: 'direct' }));
    loads.push(...clients.map((client, at) => new Load(client, `c${at}`, file)));
    for (const [at, name] of names.entries()) {
      const old = servers.get(name);
      if (!old) throw new Error(`${name} was never started`);
      const others = urls().filter((url) => url !== old.url);
      // By turns as a service manager does it, and from another terminal.
      if (at % 2 === 0) void old.process.kill('SIGTERM');
      else {
        const asked = stage.heddle('drain', name, '--url', others.join(','), '--json');
        expect(JSON.parse(await asked.line(/./))).toMatchObject({ server: name, ended: { calls: 0, sent: 0, runs: 0 } });
        expect((await asked.finished).code).toBe(0);
      }
      expect(await old.process.finished).toEqual({ code: 0, signal: null });
      await serve(name, others, '--port', old.url.split(':').at(-1) ?? '');
      await allThere();
    }
    const kept = (await Promise.all(loads.map((load) => load.end()))).flat();
    const runs = new Map<string, number>();
    for (const id of (await readFile(file, 'utf8')).trim().split('\n')) runs.set(id, (runs.get(id) ?? 0) + 1);
    const failed = kept.filter(({ problem }) => problem !== undefined);
    console.log(`${kept.length} calls during five restarts, ${failed.length} failed`, failed);
    expect(failed.filter(({ fn }) => fn === 'keep')).toEqual([]);
    expect(kept.filter(({ id, fn }) => fn === 'keepOnce' && (runs.get(id) ?? 0) > 1)).toEqual([]);
    expect(kept.filter(({ id, executed }) => executed === 'yes' && !runs.has(id))).toEqual([]);
    expect(kept.filter(({ id, executed }) => executed === 'no' && runs.has(id))).toEqual([]);
    expect(kept.length).toBeGreaterThan(500);
  });
});
