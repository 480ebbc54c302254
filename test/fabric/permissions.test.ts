import { describe, expect } from 'vitest';
import type { Client, Server } from '../../src/fabric/api/api.ts';
import { newsMsMax } from '../../src/fabric/call/told-runners.ts';
import { readVitals } from '../../src/fabric/client/vitals-inspection.ts';
import type { Permission } from '../../src/identity/permissions.ts';
import { defineFunction, HeddleError } from '../../src/index.ts';
import type { FabricEvent } from '../../src/observe/events.ts';
import { held } from './held.ts';
import { type FabricWorld, worldTest as test } from './world.ts';

const servers: Permission = { who: ['server:*'], may: ['serve', 'relay', 'call', 'submit'], names: ['*'] };
const rules: readonly Permission[] = [
  servers,
  { who: ['alice'], may: ['call', 'submit'], names: ['image.*'] },
  { who: ['admin'], may: ['administer'], names: ['*'] },
  { who: ['watcher'], may: ['observe'], names: ['*'] },
];
/** Servers call one another's pictures, and nothing else. */
const nesting: Permission = { who: ['server:*'], may: ['serve', 'relay'], names: ['*'] };
const pictures: Permission = { who: ['server:*'], may: ['call'], names: ['image.*'] };

const functions = {
  resize: defineFunction({ name: 'image.resize', handler: (ctx, width: number) => `${ctx.caller} ${width}` }),
  clean: defineFunction({ name: 'rows.clean', handler: () => 'cleaned' }),
  slow: defineFunction({ name: 'image.slow', handler: (ctx) => ctx.sleep(60_000) }),
  nested: defineFunction({ name: 'image.nested', handler: (ctx): Promise<unknown> => ctx.call('rows.clean', []) }),
  hidden: defineFunction({ name: 'image._sweep', handler: () => 'swept' }),
  rows: defineFunction({
    name: 'image.rows',
    handler: async function* (_ctx) {
      yield 1;
    },
  }),
};

/** What another server has: one calls a function that calls another, one calls that itself. */
const further = {
  outer: defineFunction({ name: 'image.outer', handler: (ctx): Promise<unknown> => ctx.call('image.nested', []) }),
  deep: defineFunction({ name: 'image.deep', handler: (ctx): Promise<unknown> => ctx.call('rows.clean', []) }),
};

/** Clients are called as the test says; servers as they are. */
function certified(world: FabricWorld, ...clients: readonly string[]): void {
  world.certify = (process) => {
    const client = /^client-(\d+)$/.exec(process)?.[1];
    if (client === undefined) return { name: process, isServer: true };
    const name = clients[Number(client) - 1];
    return name === undefined ? undefined : { name, isServer: false };
  };
}

/** An entry without functions, and the server that has them. */
async function pair(world: FabricWorld, permissions: readonly Permission[] = rules, ofOwner = permissions) {
  const entry = await world.start('entry', {}, { permissions });
  const owner = await world.start('owner', functions, { permissions: ofOwner });
  return { entry, owner, denied: deniedAt(entry), deniedAtOwner: deniedAt(owner) };
}

function deniedAt(server: Server): string[] {
  const denied: string[] = [];
  server.on('access.denied', ({ identity, verb, name }) => denied.push(`${identity} ${verb} ${name}`));
  return denied;
}

async function codeOf(world: FabricWorld, promise: Promise<unknown>): Promise<string> {
  try {
    return `gave ${JSON.stringify(await world.settle(promise))}`;
  } catch (error) {
    return HeddleError.is(error) ? `${error.code} ${error.executed}` : String(error);
  }
}

describe('a call', () => {
  test('is made by whom a rule lets make it, wherever it runs, and the function hears a proved name', async ({ world }) => {
    certified(world, 'alice', 'alice');
    const { entry, owner } = await pair(world);
    for (const at of [entry, owner]) {
      const client = await world.connect(at);
      expect(await world.settle(client.call('image.resize', [200]))).toBe('alice 200');
    }
  });

  test('that no rule allows is refused at the entry, says who, what and which rule would, and names nothing else', async ({ world }) => {
    certified(world, 'alice');
    const { entry, denied, deniedAtOwner } = await pair(world);
    const client = await world.connect(entry);
    for (const name of ['rows.clean', 'no.such.function']) {
      const error = await world.settle(client.call(name, []).catch((refused: unknown) => refused));
      expect(error).toMatchObject({ code: 'forbidden', executed: 'no', detail: { who: 'alice', may: 'call', name, server: 'entry' } });
      expect(String(error)).toContain(`[[permissions]] who = ["alice"], may = ["call"], names = ["${name}"]`);
      expect(String(error)).not.toMatch(/owner|image\.|admin/);
    }
    expect(denied).toEqual(['certificate:alice call rows.clean', 'certificate:alice call no.such.function']);
    expect(deniedAtOwner).toEqual([]);
    expect(await codeOf(world, firstOf(client.stream('rows.stream', [])))).toBe('forbidden no');
    expect(await codeOf(world, firstOf(client.stream('image.rows', [])))).toBe('gave 1');
  });

  test('of a name that is allowed and not there is told no other names', async ({ world }) => {
    certified(world, 'alice');
    const { entry } = await pair(world);
    const client = await world.connect(entry);
    const error = await world.settle(client.call('image.resise', [1]).catch((refused: unknown) => refused));
    expect(error).toMatchObject({ code: 'no_such_function', detail: { nearest: [] } });
  });

  test('is refused by the server that runs it as well, whatever the entry let pass', async ({ world }) => {
    certified(world, 'alice');
    const { entry, deniedAtOwner } = await pair(world, [servers, { who: ['*'], may: ['call', 'submit'], names: ['*'] }], rules);
    const client = await world.connect(entry);
    expect(await codeOf(world, client.call('rows.clean', []))).toBe('forbidden no');
    expect(await codeOf(world, client.submit([{ name: 'a', fun: 'rows.clean' }]).result)).toBe('step_failed no');
    expect(await codeOf(world, client.call('image.resize', [1]))).toBe('gave "alice 1"');
    expect(deniedAtOwner).toContain('certificate:alice call rows.clean');
  });

  test('is not believed to be a client’s by a server that may not relay', async ({ world }) => {
    certified(world, 'alice');
    const owner = [{ ...servers, may: ['serve', 'call', 'submit'] }, ...rules.slice(1)] as const;
    const { entry, deniedAtOwner } = await pair(world, rules, owner);
    const client = await world.connect(entry);
    expect(await codeOf(world, client.call('image.resize', [1]))).toBe('forbidden no');
    expect(deniedAtOwner).toEqual(['server:entry relay image.resize']);
  });

  test('out of a handler is its server’s own', async ({ world }) => {
    certified(world, 'alice');
    const { entry } = await pair(world);
    const client = await world.connect(entry);
    expect(await codeOf(world, client.call('image.nested', []))).toBe('gave "cleaned"');
  });

  test('out of a handler is refused where its server may not make it, here or elsewhere', async ({ world }) => {
    certified(world, 'alice');
    const { entry, denied, deniedAtOwner } = await pair(world, [{ ...servers, may: ['serve', 'relay'] }, ...rules.slice(1)]);
    const client = await world.connect(entry);
    expect(await codeOf(world, client.call('image.nested', []))).toBe('function_failed yes');
    expect([denied, deniedAtOwner]).toEqual([[], ['server:owner call rows.clean']]);
  });

  test('out of a handler tells on whose behalf it was, over any number of calls', async ({ world }) => {
    certified(world, 'alice');
    const { entry, owner } = await pair(world, [nesting, pictures, ...rules.slice(1)]);
    const third = await world.start('third', further, { permissions: [nesting, pictures, ...rules.slice(1)] });
    const told: string[] = [];
    for (const at of [entry, owner, third])
      at.on('access.denied', ({ identity, name, onBehalfOf }) => told.push(`${identity} ${name} for ${onBehalfOf}`));
    const client = await world.connect(entry);
    expect(await codeOf(world, client.call('image.nested', []))).toBe('function_failed yes');
    expect(await codeOf(world, client.submit([{ name: 'a', fun: 'image.nested' }]).result)).toBe('step_failed yes');
    expect(await codeOf(world, client.call('image.outer', []))).toBe('function_failed yes');
    expect(await codeOf(world, client.call('image.deep', []))).toBe('function_failed yes');
    const nested = 'server:owner rows.clean for certificate:alice';
    expect(told.splice(0)).toEqual([nested, nested, nested, 'server:third rows.clean for certificate:alice']);
    expect(await codeOf(world, third.call('rows.clean', []))).toBe('forbidden no');
    expect(await codeOf(world, client.call('rows.clean', []))).toBe('forbidden no');
    expect(await codeOf(world, entry.call('image.deep', []))).toBe('function_failed yes');
    const plain = ['server:third rows.clean for undefined', 'certificate:alice rows.clean for undefined'];
    expect(told).toEqual([...plain, 'server:third rows.clean for server:entry']);
  });

  test('of a hidden function is refused to clients, with rules and without', async ({ world }) => {
    const server = await world.start('open', functions);
    const client = await world.connect(server);
    expect(await codeOf(world, client.call('image._sweep', []))).toBe('forbidden no');
    expect(await codeOf(world, client.submit([{ name: 'a', fun: 'image._sweep' }]).result)).toBe('forbidden no');
    expect((await world.settle(client.catalog())).map((offer) => offer.function)).not.toContain('image._sweep');
    expect(await world.settle(server.call('image._sweep', []))).toBe('swept');
  });

  test('of nobody in particular: they do not come in, or may what a rule says', async ({ world }) => {
    certified(world);
    const { owner } = await pair(world);
    await expect(world.connect(owner)).rejects.toMatchObject({ code: 'unauthenticated', detail: { reason: 'no_token' } });
    await world.settle(owner.reloadPermissions([...rules, { who: ['anonymous'], may: ['call'], names: ['image.resize'] }]));
    const client = await world.connect(owner);
    expect(await codeOf(world, client.call('image.resize', [1]))).toMatch(/^gave/);
    expect(await codeOf(world, client.call('rows.clean', []))).toBe('unauthenticated no');
  });
});

describe('other rules', () => {
  test('count from the next call on, also for those who are connected', async ({ world }) => {
    certified(world, 'alice');
    const { owner } = await pair(world);
    const client = await world.connect(owner);
    expect(await codeOf(world, client.call('image.resize', [1]))).toMatch(/^gave/);
    await owner.reloadPermissions([servers]);
    expect(await codeOf(world, client.call('image.resize', [1]))).toBe('forbidden no');
    await expect(owner.reloadPermissions([{ who: ['alice'], may: ['fly'], names: ['*'] }] as never)).rejects.toThrow(/knows no "fly"/);
    await owner.reloadPermissions(rules);
    expect(await codeOf(world, client.call('image.resize', [1]))).toMatch(/^gave/);
  });
});

describe('a run', () => {
  const allowed = [{ name: 'a', fun: 'image.resize', args: [1] }] as const;

  test('is submitted by whom rules let run every one of its functions, undos included', async ({ world }) => {
    certified(world, 'alice');
    const { entry } = await pair(world);
    const client = await world.connect(entry);
    expect(await codeOf(world, client.submit(allowed).result)).toBe('gave {"a":"alice 1"}');
    expect(await codeOf(world, client.submit([...allowed, { name: 'b', fun: 'rows.clean' }]).result)).toBe('forbidden no');
    const undone = [{ ...allowed[0], compensate: { fun: 'rows.clean' } }];
    expect(await codeOf(world, client.submit(undone).result)).toBe('forbidden no');
  });

  test('is its submitter’s: others hear nothing of it, unless they administer its coordinator', async ({ world }) => {
    certified(world, 'alice', 'bob', 'admin');
    const bob: Permission = { who: ['bob'], may: ['call'], names: ['image.*'] };
    const { entry, owner } = await pair(world, [...rules, bob]);
    const [alice, other, admin] = [await world.connect(entry), await world.connect(owner), await world.connect(owner)];
    const administered: string[] = [];
    for (const server of [entry, owner])
      server.on('access.admin', ({ identity, verb, name }) => administered.push(`${identity} ${verb} ${name}`));
    const run = alice.submit([{ name: 'a', fun: 'image.slow' }]);
    await world.settle(run.accepted);
    const { runId } = run;
    expect(await codeOf(world, other.attach(runId).result)).toBe('forbidden no');
    expect(await codeOf(world, other.why({ run: runId }))).toBe('forbidden no');
    expect(await codeOf(world, cancel(other, runId))).toBe('forbidden no');
    expect(await codeOf(world, other.submit([{ name: 'a', fun: 'image.slow' }], { runId }).result)).toBe('forbidden no');
    expect(await runsOf(world, other)).toEqual([]);
    expect(await runsOf(world, alice)).toEqual([runId]);
    expect(await runsOf(world, admin)).toEqual([runId]);
    expect(await codeOf(world, alice.why({ run: runId }))).toMatch(/^gave/);
    expect(administered).toEqual([]);
    await world.settle(cancel(admin, runId));
    expect(await codeOf(world, run.result)).toMatch(/^cancelled/);
    expect(administered).toEqual([`certificate:admin cancel ${runId}`]);
  });
});

describe('whoever may observe', () => {
  test('sees servers, figures, every function and how runs of others stand, and reads no result of theirs', async ({ world }) => {
    certified(world, 'alice', 'watcher');
    const { entry, owner } = await pair(world);
    const [alice, watcher] = [await world.connect(entry), await world.connect(owner)];
    const { runId, accepted } = alice.submit([{ name: 'a', fun: 'image.slow' }]);
    await world.settle(accepted);
    expect((await world.settle(watcher.members())).map(({ name }) => name)).toEqual(['entry', 'owner']);
    expect((await world.settle(readVitals(watcher))).map(({ server }) => server).sort()).toEqual(['entry', 'owner']);
    expect((await world.settle(watcher.catalog())).map((offer) => offer.function)).toContain('image._sweep');
    expect(await runsOf(world, watcher)).toEqual([runId]);
    expect(await codeOf(world, watcher.why({ run: runId }))).toMatch(/^gave/);
    expect(await codeOf(world, watcher.attach(runId).result)).toBe('forbidden no');
  });

  test('changes nothing: ends no run, drains nobody, calls nothing', async ({ world }) => {
    certified(world, 'alice', 'watcher');
    const { entry, owner } = await pair(world);
    const [alice, watcher] = [await world.connect(entry), await world.connect(owner)];
    const { runId, accepted } = alice.submit([{ name: 'a', fun: 'image.slow' }]);
    await world.settle(accepted);
    expect(await codeOf(world, cancel(watcher, runId))).toBe('forbidden no');
    expect(await codeOf(world, watcher.drain('owner'))).toBe('forbidden no');
    expect(await codeOf(world, watcher.call('image.resize', [1]))).toBe('forbidden no');
    expect(await codeOf(world, watcher.submit([{ name: 'a', fun: 'image.slow' }], { runId }).result)).toBe('forbidden no');
  });

  test('is said in the refusal of whoever may not, with the rule that would do', async ({ world }) => {
    certified(world, 'alice', 'bob');
    const { entry } = await pair(world, [...rules, { who: ['bob'], may: ['call'], names: ['image.*'] }]);
    const [alice, bob] = [await world.connect(entry), await world.connect(entry)];
    const { runId, accepted } = alice.submit([{ name: 'a', fun: 'image.slow' }]);
    await world.settle(accepted);
    for (const [asked, name] of [
      [bob.members(), 'entry'],
      [bob.why({ run: runId }), runId],
    ] as const) {
      const refused: unknown = await world.settle(
        asked.then(
          () => undefined,
          (error: unknown) => error,
        ),
      );
      expect(refused).toMatchObject({ code: 'forbidden', executed: 'no', detail: { may: 'observe', name } });
      expect(String(refused)).toContain('[[permissions]] who = ["bob"], may = ["observe"], names = ["entry"]');
    }
  });
});

describe('what one may see', () => {
  test('is what one may use, and all of it for administrators', async ({ world }) => {
    certified(world, 'alice', 'admin');
    const { entry } = await pair(world);
    const [alice, admin] = [await world.connect(entry), await world.connect(entry)];
    const names = async (client: Client): Promise<readonly string[]> =>
      (await world.settle(client.catalog())).map((offer) => offer.function).sort();
    expect(await names(alice)).toEqual(['image.nested', 'image.resize', 'image.rows', 'image.slow']);
    expect(await names(admin)).toContain('rows.clean');
    expect(await codeOf(world, alice.explain('rows.clean'))).toBe('forbidden no');
    expect(await codeOf(world, alice.explain([{ name: 'a', fun: 'rows.clean' }]))).toBe('forbidden no');
    expect(await codeOf(world, alice.why({ function: 'rows.clean' }))).toBe('forbidden no');
    expect(await codeOf(world, alice.explain('image.resize'))).toMatch(/^gave/);
    expect(await codeOf(world, alice.members())).toBe('forbidden no');
    expect((await world.settle(admin.members())).map(({ name }) => name)).toEqual(['entry', 'owner']);
  });

  test('a client that calls directly sees and calls as much as one that does not', async ({ world }) => {
    certified(world, 'alice');
    const { entry } = await pair(world);
    const client = world.clientBy('direct', entry);
    await world.settle(client.open());
    expect(await codeOf(world, client.call('image.resize', [1]))).toBe('gave "alice 1"');
    expect(await codeOf(world, client.call('rows.clean', []))).toBe('forbidden no');
  });
});

describe('a server', () => {
  test('is drained by those who administer it, through any entry', async ({ world }) => {
    certified(world, 'alice', 'admin');
    const { entry, owner } = await pair(world);
    const administered: FabricEvent[] = [];
    owner.on('access.admin', (event) => administered.push(event));
    const [alice, admin] = [await world.connect(entry), await world.connect(entry)];
    expect(await codeOf(world, alice.drain('owner'))).toBe('forbidden no');
    expect(await codeOf(world, admin.drain('owner'))).toMatch(/^gave/);
    expect(administered).toMatchObject([{ identity: 'certificate:admin', verb: 'drain', name: 'owner' }]);
  });

  test('offers what it may serve: more is refused at its start, and not taken by others', async ({ world }) => {
    certified(world, 'alice');
    const narrow = [
      { ...servers, who: ['server:entry'] },
      { who: ['server:owner'], may: ['serve'], names: ['image.*'] },
      ...rules.slice(1),
    ] as const;
    expect(() => world.made('owner', functions, { permissions: narrow })).toThrow(/server:owner may not serve "rows\.clean"/);
    const entry = await world.start('entry', {}, { permissions: narrow });
    const refused: string[] = [];
    entry.on('offer.refused', (offer) => refused.push(`${offer.server} ${offer.function}`));
    const owner = world.made('owner', functions, { permissions: rules, join: [entry.url] });
    await world.settle(owner.start());
    await world.until('the offers are looked at', () => refused.length > 0);
    expect(refused).toEqual(['owner rows.clean']);
    const known = (await world.settle(entry.catalog())).map((offer) => offer.function);
    expect(known).toContain('image.resize');
    expect(known).not.toContain('rows.clean');
    await entry.reloadPermissions(rules);
    expect((await world.settle(entry.catalog())).map((offer) => offer.function)).toContain('rows.clean');
    await world.settle(owner.stop());
  });

  test('without a certificate is nobody in particular: it neither serves nor relays', async ({ world }) => {
    const entry = await world.start('entry', {}, { permissions: [...rules, { who: ['anonymous'], may: ['call'], names: ['image.*'] }] });
    const refused: string[] = [];
    entry.on('offer.refused', (offer) => refused.push(offer.function));
    const owner = world.made('owner', { resize: functions.resize }, { join: [entry.url] });
    await world.settle(owner.start());
    await world.until('the offer is looked at', () => refused.length > 0);
    expect(await world.settle(entry.catalog())).toEqual([]);
    await world.settle(owner.stop());
  });

  test('tells of at most 50 refusals a second, and how many it did not tell of', async ({ world }) => {
    certified(world, 'alice');
    const { entry } = await pair(world);
    const told: number[] = [];
    entry.on('access.denied', ({ untold }) => told.push(untold));
    const client = await world.connect(entry);
    const knock = (): Promise<unknown> => client.call('rows.clean', []).catch(() => undefined);
    await world.settle(Promise.all(Array.from({ length: 80 }, knock)));
    expect(told.length).toBe(50);
    await world.advance(1_000);
    await world.settle(knock());
    expect(told.at(-1)).toBe(30);
  });
});

async function firstOf(stream: AsyncIterable<unknown>): Promise<unknown> {
  for await (const item of stream) return item;
  return undefined;
}

async function runsOf(world: FabricWorld, client: Client): Promise<readonly string[]> {
  const runs = await world.settle((client as unknown as { listRuns(): Promise<readonly { runId: string }[]> }).listRuns());
  return runs.map(({ runId }) => runId);
}

function cancel(client: Client, runId: string): Promise<void> {
  return (client as unknown as { cancelRun(runId: string, reason: string): Promise<void> }).cancelRun(runId, 'enough');
}

/** A `once` call under way at `owner` through the entry `first`; `second` is in reach, and its rules do not let `owner` serve it. */
async function runningUnknownTo(world: FabricWorld) {
  certified(world, 'alice');
  world.routing = 'entry';
  const { fn, state, entered, release } = held();
  const callers: Permission = { who: ['alice'], may: ['call'], names: ['*'] };
  const first = await world.start('first', {}, { permissions: [servers, callers] });
  const second = world.made('second', {}, { permissions: [{ ...servers, may: ['relay', 'call'] }, callers], join: [first.url] });
  await world.settle(second.start());
  const owner = world.made('owner', { fn }, { join: [first.url] });
  await world.settle(owner.start());
  const client = await world.connect(first, second.url);
  await world.advance(2 * newsMsMax);
  const call = client.call('held', []).catch((error: unknown) => error);
  await world.settle(entered);
  const end = async (): Promise<unknown> => {
    const told = await world.settle(call);
    await world.settle(Promise.all([owner.stop(), second.stop()]));
    return told;
  };
  return { owner, state, release, end };
}

describe('a `once` call whose entry is lost', () => {
  test('is taken up where it runs, though the next entry does not let that server serve it', async ({ world }) => {
    const { state, release, end } = await runningUnknownTo(world);
    world.network.weather.cut('client-1', 'owner');
    world.kill('first');
    await world.advance(3_000);
    release();
    expect([await end(), state]).toEqual(['owner', { runs: 1, aborts: 0 }]);
  });

  test('may have run where the next entry does not let a server serve it, also once that server offers it no more', async ({ world }) => {
    const { owner, state, end } = await runningUnknownTo(world);
    await owner.withdraw('held');
    await world.advance(1_000);
    world.kill('first');
    const told = await end();
    expect([HeddleError.is(told) && told.executed, state.runs]).toEqual(['maybe', 1]);
  });
});
