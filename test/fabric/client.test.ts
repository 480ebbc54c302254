import { describe, expect } from 'vitest';
import { failureOf } from '../within.ts';
import { gate, same } from './runs.ts';
import { worldTest as test } from './world.ts';

describe('a client', () => {
  test('takes the first address that answers, and skips those that refuse', async ({ world }) => {
    const server = await world.start('one', { same });
    const client = await world.connect('127.0.0.1:9', server);
    expect(await world.settle(client.call('same', [1]))).toBe(1);
  });

  test('says what the last address answered when none takes it, and leaves nothing open', async ({ world }) => {
    const client = world.madeClient('127.0.0.1:9', '127.0.0.1:10');
    expect(await world.settle(failureOf(client.open()))).toMatchObject({
      code: 'unreachable',
      executed: 'no',
      detail: { address: '127.0.0.1:10' },
    });
    expect(world.processes.get('client-1')?.armed).toBe(0);
  });

  test('sends nothing of a call whose signal has fired already', async ({ world }) => {
    let ran = 0;
    const client = await world.connect(await world.start('one', { count: () => ++ran }));
    const failure = await failureOf(client.call('count', [], { signal: AbortSignal.abort('too late') }));
    await world.advance(100);
    expect(failure).toMatchObject({ code: 'cancelled', executed: 'no', cause: 'too late' });
    expect(ran).toBe(0);
  });

  test('goes on through a server that it learned of when it connected', async ({ world }) => {
    const one = await world.start('one');
    await world.start('two', { same });
    const client = await world.connect(one);
    world.kill('one');
    await world.advance(2);
    expect(await world.settle(client.call('same', [1]))).toBe(1);
  });

  test('goes on through a server that joined after it had connected', async ({ world }) => {
    const client = await world.connect(await world.start('one'));
    await world.start('two', { same });
    await world.advance(1_000);
    world.kill('one');
    await world.advance(2);
    expect(await world.settle(client.call('same', [1]))).toBe(1);
  });

  test('waits for a session, and after its deadline says that nothing ran', async ({ world }) => {
    const client = await world.connect(await world.start('one', { same }));
    world.kill('one');
    await world.advance(10);
    const startMs = world.clock.nowMs();
    const failure = await world.settle(failureOf(client.call('same', [1], { timeoutMs: 3_000 })));
    expect(failure).toMatchObject({ code: 'deadline_exceeded', executed: 'no' });
    expect(world.clock.nowMs() - startMs).toBeLessThanOrEqual(3_020);
  });

  test('tries again for as long as it is open, with growing pauses, and takes a server that comes back', async ({ world }) => {
    const one = await world.start('one', { same }, { port: 7001 });
    const client = await world.connect(one);
    world.kill('one');
    await world.advance(60_000);
    const dials = world.processes.get('client-1')?.transport.dials.length ?? 0;
    expect(dials).toBeGreaterThan(40);
    expect(dials).toBeLessThan(250);
    const pending = client.call('same', ['back']);
    await world.start('one', { same }, { port: 7001 });
    expect(await world.settle(pending)).toBe('back');
  });

  test('reports a `once` call in flight on a lost session as connection_lost, perhaps run', async ({ world }) => {
    const { wait, entered } = gate();
    const one = await world.start('one', { wait });
    const client = await world.connect(one);
    const failed = failureOf(client.call('wait', []));
    await world.settle(entered);
    world.kill('one');
    expect(await world.settle(failed)).toMatchObject({ code: 'connection_lost', executed: 'maybe' });
  });

  test('takes up a call again that its definition calls pure, where it is running', async ({ world }) => {
    const { wait, entered, release, state } = gate('pure');
    const one = await world.start('one', { wait });
    await world.start('two', { wait });
    const client = await world.connect(one);
    const call = client.call(wait, [], { target: 'two' });
    await world.settle(entered);
    world.breakLinks('client-1');
    await world.advance(3_000);
    release();
    expect([await world.settle(call), state.runs]).toEqual(['two', 1]);
  });

  test('takes up such a call again at its only server, over a new session', async ({ world }) => {
    const { wait, entered, release, state } = gate('pure');
    const client = await world.connect(await world.start('one', { wait }));
    const call = client.call(wait, []);
    await world.settle(entered);
    world.breakLinks('client-1');
    await world.advance(3_000);
    release();
    expect([await world.settle(call), state.runs]).toEqual(['one', 1]);
  });
});

describe('a client that is closed', () => {
  test('ends with `closed` whatever is under way: calls, runs, questions', async ({ world }) => {
    const { wait, entered } = gate();
    const client = await world.connect(await world.start('one', { wait }));
    const call = failureOf(client.call('wait', []));
    const run = client.submit([{ name: 'a', fun: 'wait' }]);
    await world.settle(Promise.all([entered, run.accepted]));
    const late = failureOf(client.catalog());
    await world.settle(client.close());
    expect(await world.settle(call)).toMatchObject({ code: 'closed', executed: 'maybe' });
    expect(await world.settle(failureOf(run.result))).toMatchObject({ code: 'closed' });
    expect(await world.settle(late)).toMatchObject({ code: 'closed' });
  });

  test('also ends what waits for a session', async ({ world }) => {
    const client = await world.connect(await world.start('one', { same }));
    world.kill('one');
    await world.advance(10);
    const waiting = [
      client.call('same', [1]),
      client.submit([{ name: 'a', fun: 'same' }]).result,
      client.members(),
      client.attach('x').result,
    ];
    const failures = Promise.all(waiting.map(failureOf));
    await world.turn();
    await world.settle(client.close());
    for (const failure of await world.settle(failures)) expect(failure).toMatchObject({ code: 'closed', executed: 'no' });
  });

  test('refuses everything from then on, and may be closed again', async ({ world }) => {
    const client = await world.connect(await world.start('one', { same }));
    await world.settle(client.close());
    await world.settle(client.close());
    const refused = [client.call('same', [1]), client.submit([]).result, client.members(), client.catalog(), client.attach('x').result];
    for (const failure of await world.settle(Promise.all(refused.map(failureOf))))
      expect(failure).toMatchObject({ code: 'closed', executed: 'no' });
  });

  test('leaves no timer and no connection, closed in any state', async ({ world }) => {
    const one = await world.start('one', { same });
    const connected = await world.connect(one);
    await world.settle(connected.call('same', [1]));
    await world.settle(connected.close());
    const dialling = world.madeClient(one);
    const opening = failureOf(dialling.open());
    await world.settle(dialling.close());
    expect(await world.settle(opening)).toMatchObject({ code: expect.stringMatching(/closed|cancelled/) });
    const reconnecting = await world.connect(one);
    world.kill('one');
    await world.advance(5_050);
    await world.settle(reconnecting.close());
    for (const name of ['client-1', 'client-2', 'client-3']) {
      expect([name, world.processes.get(name)?.armed, world.processes.get(name)?.transport.open]).toEqual([name, 0, 0]);
    }
  });

  test('closed between the answer to its dial and its next step, it keeps no session', async ({ world }) => {
    const one = await world.start('one', { same });
    const sessions: string[] = [];
    one.on('session.opened', () => sessions.push('opened'));
    one.on('session.closed', () => sessions.push('closed'));
    for (let steps = 1; steps < 8; steps += 1) {
      const client = world.madeClient(one);
      const opened = client.open().catch(() => undefined);
      for (let step = 0; step < steps; step += 1) world.clock.step();
      await world.settle(client.close());
      await world.settle(opened);
      await world.advance(3_000);
    }
    expect(sessions.filter((what) => what === 'opened').length).toBe(sessions.filter((what) => what === 'closed').length);
    expect(one.url).not.toBe('');
  });
});

describe('a question about the fabric', () => {
  test('is answered by whichever server the session is open to', async ({ world }) => {
    const one = await world.start('one', { same }, { resources: ['db'] });
    await world.start('two');
    const client = await world.connect(one);
    const members = (await world.settle(client.members())) as readonly { readonly name: string; readonly resources: readonly string[] }[];
    expect(members.map(({ name, resources }) => [name, resources])).toEqual([
      ['one', ['db']],
      ['two', []],
    ]);
    expect(await world.settle(client.catalog())).toMatchObject([{ function: 'same', server: 'one', resources: ['db'] }]);
  });

  test('ends after the default deadline when there is nobody to ask', async ({ world }) => {
    const client = await world.connect(await world.start('one'));
    world.kill('one');
    await world.advance(10);
    expect(await world.settle(failureOf(client.members()))).toMatchObject({ code: 'deadline_exceeded', executed: 'no' });
  });

  test('ends as connection_lost when its session breaks', async ({ world }) => {
    const client = await world.connect(await world.start('one'));
    const asked = failureOf(client.members());
    await world.turn();
    world.kill('one');
    expect(await world.settle(asked)).toMatchObject({ code: 'connection_lost' });
  });
});

test('a pure call for the one server that may run it is lost with it, and not refused', async ({ world }) => {
  const { wait, entered } = gate('pure');
  const one = await world.start('one');
  await world.start('two', { wait });
  const client = await world.connect(one);
  const call = failureOf(client.call('wait', [], { target: 'two' }));
  await world.settle(entered);
  world.kill('two');
  expect(await world.settle(call)).toMatchObject({ code: 'connection_lost', executed: 'maybe' });
});
