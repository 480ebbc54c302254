import { afterEach, describe, expect, test, vi } from 'vitest';

import { defineFunction } from '../../src/index.ts';
import { type SimulateOptions, simulate } from '../../src/testing.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

type Books = Map<string, number>;

/** Books a payment once for each time that it runs, though it says that running it again is safe. */
const paying = (books: Books) => ({
  pay: defineFunction({
    name: 'pay',
    effect: 'idempotent',
    handler: async (ctx, order: string): Promise<string> => {
      books.set(order, (books.get(order) ?? 0) + 1);
      await ctx.sleep(50);
      return order;
    },
  }),
});

const shop: SimulateOptions<Books> = {
  seed: 4,
  state: () => new Map(),
  servers: { a: { functions: paying }, b: { functions: paying }, c: { functions: paying }, gate: {} },
  faults: { everyMs: 120, untilMs: 2_500 },
};

/** Twenty payments; no order may be booked twice. */
function pays(options: SimulateOptions<Books> = shop) {
  return simulate(options, async (world) => {
    const client = await world.connect({ to: ['gate'] });
    for (let order = 0; order < 20; order += 1) {
      await client.call('pay', [`order ${order}`], { timeoutMs: 5_000 }).catch(() => undefined);
      await world.sleep(50);
    }
    const twice = [...world.state].find(([, times]) => times > 1);
    if (twice) throw new Error(`${twice[0]} was booked ${twice[1]} times`);
  });
}

async function messageOf(running: Promise<unknown>): Promise<string> {
  return running.then(
    () => 'no error',
    (error: Error) => error.message,
  );
}

describe('a simulation that fails', () => {
  test('is made small, and says in one line how to run it again (U2)', async () => {
    const message = await messageOf(pays());
    expect(message).toMatch(/^order \d+ was booked 2 times\nreplay: HEDDLE_SIMULATE='/);
    expect(message).not.toContain('went another way');
    const line = /HEDDLE_SIMULATE='(.*)'/.exec(message)?.[1] ?? '';
    const plan = JSON.parse(line) as { readonly seed: string; readonly servers: readonly string[]; readonly faults: readonly unknown[] };
    const whole = await messageOf(pays({ ...shop, shrink: false }));
    const wholePlan = JSON.parse(/HEDDLE_SIMULATE='(.*)'/.exec(whole)?.[1] ?? '') as typeof plan;
    expect(wholePlan.faults.length).toBeGreaterThan(10);
    expect(plan.faults.length).toBeLessThanOrEqual(3);
    expect(plan.servers.length).toBeLessThan(4);

    vi.stubEnv('HEDDLE_SIMULATE', line);
    expect((await messageOf(pays())).split('\n').slice(0, 2)).toEqual(message.split('\n').slice(0, 2));
    // One of another seed runs as it is written.
    expect((await simulate({ ...shop, seed: 2, faults: [] }, () => 5)).faults).toEqual([]);
  });

  test('says so when it does not fail again (U3)', async () => {
    let runs = 0;
    const running = simulate({ seed: 1, servers: { a: {} } }, () => {
      runs += 1;
      if (runs === 1) throw new Error('only the first time');
    });
    expect(await messageOf(running)).toMatch(/only the first time[\s\S]*a second run of the same seed went another way/);
  });
});

describe('simulate refuses', () => {
  const servers = { a: {}, b: {} };
  test.each([
    [{ seed: 1, servers, fault: [] }, /unknown option "fault".*faults/],
    [{ servers }, /seed.*a number or a text/],
    [{ seed: 1, servers: {} }, /1 to 100 servers/],
    [{ seed: 1, servers: { a: { function: {} } } }, /unknown option "function".*functions/],
    [{ seed: 1, servers: { 'client-1': {} } }, /names other than body and client-1/],
    [{ seed: 1, servers, faults: [{ kind: 'explode', atMs: 0 }] }, /one of kill, pause/],
    [{ seed: 1, servers, faults: [{ kind: 'pause', server: 'c', atMs: 0, forMs: 5 }] }, /one of the servers a, b/],
    [{ seed: 1, servers, faults: [{ kind: 'pause', server: 'a', atMs: 0 }] }, /forMs.*milliseconds, 0 or more/],
    [
      { seed: 1, servers, faults: [{ kind: 'cut', from: 'a', to: 'b', atMs: 0, forMs: 5, oneWay: true }] },
      /unknown option "oneWay".*isOneWay/,
    ],
    [{ seed: 1, servers, faults: { everyMs: 0, untilMs: 5 } }, /everyMs.*above 0/],
    [{ seed: 1, servers, faults: { everyMs: 1, untilMs: 5, kinds: ['fire'] } }, /some of kill/],
    [{ seed: 1, servers, network: { loss: 1 } }, /a share from 0 to below 1/],
    [{ seed: 1, servers, maxMs: 0 }, /maxMs.*1 or more/],
  ])('%j', async (options, message) => {
    const running = simulate(options as unknown as SimulateOptions, () => {});
    await expect(running).rejects.toMatchObject({ code: 'bad_argument', executed: 'no' });
    await expect(running).rejects.toThrow(message);
  });

  test('a replay that is about other servers, or no JSON', async () => {
    vi.stubEnv('HEDDLE_SIMULATE', '{"seed":"1","servers":["z"],"faults":[]}');
    await expect(simulate({ seed: 1, servers }, () => {})).rejects.toThrow(/some of the servers a, b/);
    vi.stubEnv('HEDDLE_SIMULATE', '{');
    await expect(simulate({ seed: 1, servers }, () => {})).rejects.toThrow(/the JSON that a failing run prints/);
  });
});
