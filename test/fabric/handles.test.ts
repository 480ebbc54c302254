import { expect, test } from 'vitest';
import { connect } from '../../src/fabric/client/client.ts';
import { startServer } from '../../src/fabric/server/server.ts';
import { failureOf, within } from '../within.ts';
import { gate, same, waitOnce } from './runs.ts';

/** What keeps a process alive, but for what was there before. */
function openBeyond(before: readonly string[]): readonly string[] {
  const left = [...before];
  return process.getActiveResourcesInfo().filter((resource) => {
    const at = left.indexOf(resource);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

const cluster = 'handles';

/** The resources of a first use (lookups, thread pool) stay for a moment; what is left must go by itself. */
async function nothingBeyond(before: readonly string[]): Promise<void> {
  await within('nothing is left open', 1_000, () => openBeyond(before).length === 0);
}

test('after close and stop no timer, socket or listener is left, whatever was under way', async () => {
  const before = process.getActiveResourcesInfo();
  const { wait, entered } = gate();
  const one = await startServer({ name: 'one', cluster, functions: { same, wait } });
  const two = await startServer({ name: 'two', cluster, functions: { wait }, join: [one.url] });
  const client = await connect([one.url, two.url]);
  const direct = await connect([one.url], { routing: 'direct' });
  await client.call('same', [new Uint8Array(300_000)]);
  const pending = [
    direct.call('wait', [], { target: 'one' }),
    direct.call('wait', [], { target: 'two' }),
    client.call('wait', [], { target: 'one' }),
    two.call('wait', [], { target: 'one' }),
    client.submit(waitOnce).result,
    one.submit(waitOnce).result,
  ];
  const ends = pending.map(failureOf);
  await entered;
  await client.close();
  await direct.close();
  await two.stop();
  await one.stop();
  await Promise.all(ends);
  await nothingBeyond(before);
});

test('a start, a connect or a call that fails leaves nothing open either', async () => {
  const before = process.getActiveResourcesInfo();
  const one = await startServer({ name: 'one', cluster, functions: { same } });
  const port = Number(one.url.split(':')[1]);
  expect(await failureOf(startServer({ name: 'two', cluster, port }))).toMatchObject({ code: 'bad_settings' });
  expect(await failureOf(startServer({ name: 'two', cluster: 'other', join: [one.url] }))).toMatchObject({ code: 'cluster_mismatch' });
  const client = await connect([one.url]);
  expect(await failureOf(client.call('nobody', []))).toMatchObject({ code: 'no_such_function' });
  await one.stop();
  expect(await failureOf(client.call('same', [1], { timeoutMs: 50 }))).toMatchObject({ executed: 'no' });
  await client.close();
  expect(await failureOf(connect([one.url]))).toMatchObject({ code: 'unreachable' });
  await nothingBeyond(before);
});

test('neither does a start with nothing but wrong options, or a connect to what is no address', async () => {
  const before = process.getActiveResourcesInfo();
  const wrong: readonly (readonly [object, string])[] = [
    [{ nam: 'x' }, 'nam'],
    [{ slots: { gpu: 0.5 } }, 'slots'],
    [{ name: '' }, 'name'],
    [{ resources: 'gpu' }, 'resources'],
    [{ functions: [] }, 'functions'],
    [{ join: 'localhost:1' }, 'join'],
    [{ join: ['nowhere'] }, 'join'],
    [{ port: 70_000 }, 'port'],
    [{ port: { from: 9, to: 8 } }, 'port'],
    [{ host: '0.0.0.0' }, 'advertise'],
    [{ onListening: true }, 'onListening'],
    [{ cluster: 7 }, 'cluster'],
  ];
  for (const [options, named] of wrong) {
    const failure = await failureOf(startServer(options));
    expect([named, failure.code, failure.executed]).toEqual([named, 'bad_argument', 'no']);
    expect(failure.message).toContain(named);
  }
  for (const urls of [[], [''], ['host'], ['host:0'], [7], ['a b:1'], 7, 'http://x:1']) {
    expect([urls, (await failureOf(connect(urls as never))).code]).toEqual([urls, 'bad_argument']);
  }
  expect((await failureOf(connect([]))).message).toContain('found an empty list');
  for (const options of [{ routing: 'fast' }, { routing: 1 }, { route: 'direct' }, []]) {
    expect(await failureOf(connect(['127.0.0.1:1'], options as never))).toMatchObject({ code: 'bad_argument' });
  }
  expect(openBeyond(before)).toEqual([]);
});
