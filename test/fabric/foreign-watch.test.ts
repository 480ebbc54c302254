import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import { defineFunction } from '../../src/fabric/api/define.ts';
import { type Server, startServer } from '../../src/index.ts';
import { within } from '../within.ts';
import { all, ForeignClient, failureOf, json, type Message, read } from './foreign-client.ts';

const cluster = 'foreign-watch';
const tell = defineFunction({ name: 'tell', effect: 'pure', handler: (ctx) => ({ key: ctx.idempotencyKey, attempt: ctx.attempt }) });
const steps = defineFunction({
  name: 'steps',
  handler: (ctx, count: number) => {
    for (let nth = 1; nth <= count; nth += 1) ctx.progress({ nth });
    return count;
  },
});

/** Who waits, and what it waits for; new for each test. */
function newGate() {
  return { entered: deferred<void>(), released: deferred<void>() };
}
let held = newGate();
const wait = defineFunction({
  name: 'wait',
  handler: (ctx) => {
    held.entered.resolve();
    return Promise.race([held.released.promise, new Promise((_, no) => ctx.signal.addEventListener('abort', () => no(ctx.signal.reason)))]);
  },
});
let failures = 0;
const flaky = defineFunction({
  name: 'flaky',
  effect: 'idempotent',
  handler: (ctx) => {
    failures += 1;
    if (ctx.attempt < 3) throw Object.assign(new Error('not yet'), { retryable: true });
    return ctx.attempt;
  },
});

let owner: Server;
let entry: Server;
let client: ForeignClient;

beforeAll(async () => {
  owner = await startServer({ name: 'owner', cluster, resources: ['gpu'], functions: { tell, steps, wait, flaky } });
  entry = await startServer({ name: 'entry', cluster, functions: { here: () => 'entry' }, join: [owner.url] });
  await within('the entry knows the functions', 2_000, async () => (await entry.catalog()).length === 5);
  client = new ForeignClient(entry.url);
});

afterAll(async () => {
  client.close();
  await entry.stop();
  await owner.stop();
});

/** A picture of the catalog, kept by Watch. */
class Picture {
  readonly stream: ReturnType<ForeignClient['follow']>;
  readonly servers = new Map<string, Message>();
  ended: Message | undefined;
  isWhole = false;
  messages = 0;

  constructor(from: ForeignClient) {
    this.stream = from.follow('Watch', {});
    this.stream.on('data', ({ catalog }: Message) => {
      this.messages += 1;
      for (const instance of catalog.gone) this.servers.delete(instance);
      for (const server of catalog.servers)
        this.servers.set(server.instance, { ...server, offers: server.offers ?? this.servers.get(server.instance)?.offers });
      this.isWhole = catalog.isWhole;
    });
    this.stream.on('error', (error) => {
      this.ended = error;
    });
  }

  /** `server: functions`. */
  get text(): string {
    const lines = [...this.servers.values()].map(
      ({ name, offers }) => `${name}: ${offers?.functions.map((one: Message) => one.name).join()}`,
    );
    return lines.sort().join('; ');
  }
}

describe('a foreign client asks why', () => {
  test('and is told in JSON, as the API tells it', async () => {
    const { plan } = await client.ask('Explain', { function: 'tell', need: { all: ['gpu'] } });
    expect(read(plan)).toEqual(JSON.parse(JSON.stringify(await entry.explain('tell', { need: ['gpu'] }))));
    expect(read(plan)).toMatchObject({ steps: [{ name: 'tell', server: 'owner' }] });
    const lacking = await client.ask('Explain', { function: 'tell', need: { all: ['tpu'] } });
    expect((read(lacking.plan) as Message).steps[0].reasons[0]).toContain('no offer of 1 offer matches');
  });

  test.each([
    [{ function: 'tel' }, status.NOT_FOUND, 'no_such_function'],
    [{}, status.INVALID_ARGUMENT, 'bad_argument'],
    [{ function: 'tell', version: 'newest' }, status.INVALID_ARGUMENT, 'bad_argument'],
    [{ function: 'tell', target: '\u0000' }, status.INVALID_ARGUMENT, 'bad_argument'],
  ])('and is refused %j', async (request, grpcStatus, code) => {
    expect(await failureOf(client.ask('Explain', request))).toMatchObject({ status: grpcStatus, code, executed: 'no' });
  });
});

describe('a foreign client asks for the plan of a workflow', () => {
  const commands = [
    { name: 'first', function: 'tell', args: json([{ $input: true }]), need: { all: ['gpu'] } },
    { name: 'second', function: 'tell', args: json([{ $ref: 'first' }]), after: ['first'] },
  ];
  const data = [
    { name: 'first', fun: 'tell', args: [{ $input: true }], need: ['gpu'] },
    { name: 'second', fun: 'tell', args: [{ $ref: 'first' }], after: ['first'] },
  ] as const;

  test('and is told in JSON, as the API tells it', async () => {
    const { plan } = await client.ask('Explain', { commands, input: json('x'.repeat(1_000)) });
    expect(read(plan)).toEqual(JSON.parse(JSON.stringify(await entry.explain(data, { input: 'x'.repeat(1_000) }))));
    expect(read(plan)).toMatchObject({
      steps: [
        { name: 'first', function: 'tell', needs: [], server: 'owner', group: 1 },
        { name: 'second', needs: ['first'], server: 'owner', group: 1 },
      ],
    });
  });

  test('with bare references when it says so', async () => {
    const bare = [commands[0], { name: 'second', function: 'tell', args: json(['first']) }];
    const needsOf = async (request: object): Promise<unknown> =>
      (read((await client.ask('Explain', request)).plan) as Message).steps.find((step: Message) => step.name === 'second').needs;
    expect(await needsOf({ commands: bare, hasBareReferences: true })).toEqual(['first']);
    expect(await needsOf({ commands: bare })).toEqual([]);
  });

  test.each([
    [{ commands: [{ name: 'a', function: 'tell', after: ['b'] }] }, 'bad_workflow'],
    [{ commands: [{ name: 'a', function: 'tell', args: { data: Buffer.from('[') } }] }, 'bad_workflow'],
    [{ commands: [{ name: 'a', function: 'tell' }], input: { data: Buffer.from('[') } }, 'bad_argument'],
    [{ commands: [{ name: 'a', function: 'tell' }], function: 'tell' }, 'bad_argument'],
    [{ commands: [{ name: 'a', function: 'tell' }], target: 'owner' }, 'bad_argument'],
  ])('and is refused %j', async (request, code) => {
    expect(await failureOf(client.ask('Explain', request))).toMatchObject({ status: status.INVALID_ARGUMENT, code, executed: 'no' });
  });
});

describe('a foreign client asks what something waits for', () => {
  test('of a function and of a run, as the API tells it', async () => {
    expect(read((await client.ask('Why', { function: 'tell' })).waits)).toEqual([]);
    expect(read((await client.ask('Why', { function: 'absent' })).waits)).toEqual(await entry.why({ function: 'absent' }));
    const run = entry.submit([{ name: 'a', fun: 'tell' }]);
    await run.result.catch(() => undefined);
    expect(read((await client.ask('Why', { runId: run.runId })).waits)).toEqual([]);
    const wrongStep = client.ask('Why', { runId: run.runId, step: 'b' });
    expect(await failureOf(wrongStep)).toMatchObject({ status: status.INVALID_ARGUMENT, code: 'bad_argument' });
  });

  test.each([
    [{}, status.INVALID_ARGUMENT, 'bad_argument'],
    [{ runId: 'r', function: 'f' }, status.INVALID_ARGUMENT, 'bad_argument'],
    [{ runId: 'nobody~1' }, status.NOT_FOUND, 'unknown_run'],
  ])('and is refused %j', async (request, grpcStatus, code) => {
    expect(await failureOf(client.ask('Why', request))).toMatchObject({ status: grpcStatus, code, executed: 'no' });
  });
});

describe('a foreign client watches', () => {
  test('the catalog: the whole picture first, then what changes', async () => {
    const picture = new Picture(client);
    await within('the picture is whole', 2_000, () => picture.isWhole);
    expect(picture.text).toBe('entry: here; owner: flaky,steps,tell,wait');
    const [server] = [...picture.servers.values()].filter(({ name }) => name === 'owner');
    expect(server).toMatchObject({ url: owner.url, status: 'alive', resources: ['gpu'] });
    expect(server.offers.functions.find((one: Message) => one.name === 'tell')).toMatchObject({
      version: '1.0.0',
      effect: 'EFFECT_PURE',
      kind: 'OFFER_KIND_CALL',
    });
    const third = await startServer({ name: 'third', cluster, join: [entry.url], functions: { more: () => 3 } });
    await within('the newcomer is there', 2_000, () => picture.text.includes('third: more'));
    await third.offer({ evenMore: () => 4 });
    await within('its new function is there', 2_000, () => picture.text.includes('third: evenMore,more'));
    await third.stop();
    await within('it is gone', 2_000, () => !picture.text.includes('third'));
    picture.stream.cancel();
    await within('the watch is over', 2_000, () => picture.ended !== undefined);
    expect(picture.ended.code).toBe(status.CANCELLED);
  });

  test('a run by its id: from its first event on, also after it has settled, and from a later one', async () => {
    const run = entry.submit([{ name: 'a', fun: 'steps', args: [3] }]);
    await run.result;
    const events = (await all(client.follow('Watch', { runId: run.runId }))).map(({ run: event }) => event);
    expect(events[0]).toMatchObject({ event: 'runAccepted', seq: 1 });
    expect(events.at(-1)).toMatchObject({ event: 'runSettled', runSettled: { ok: true } });
    expect(read(events.at(-1).runSettled.result.template)).toEqual({ a: 3 });
    const later = (await all(client.follow('Watch', { runId: run.runId, fromSequence: 3 }))).map(({ run: event }) => event);
    expect(later.map(({ seq }) => seq)).toEqual(events.map(({ seq }) => seq).slice(2));
    const beyond = await all(client.follow('Watch', { runId: run.runId, fromSequence: 3_000 }));
    expect(beyond.map(({ run: event }) => event)).toEqual([events.at(-1)]);
  });

  test('a run that another server coordinates; ending the watch ends nothing else', async () => {
    held = newGate();
    const run = owner.submit([{ name: 'a', fun: 'wait' }]);
    await run.accepted;
    const stream = client.follow('Watch', { runId: run.runId });
    stream.on('error', () => {});
    const seen: string[] = [];
    stream.on('data', ({ run: event }: Message) => seen.push(event.event));
    await within('it sees the step start', 2_000, () => seen.includes('stepStarted'));
    stream.cancel();
    await held.entered.promise;
    held.released.resolve();
    await run.result;
  });

  test('a run that nobody knows, and is told so', async () => {
    const failed = await failureOf(all(client.follow('Watch', { runId: 'nobody-knows' })));
    expect(failed).toMatchObject({ code: 'unknown_run', executed: 'no' });
    expect(await failureOf(client.ask('Cancel', { runId: 'nobody-knows' }))).toMatchObject({ code: 'unknown_run' });
    expect(await failureOf(client.ask('Cancel', {}))).toMatchObject({ status: status.INVALID_ARGUMENT, code: 'bad_argument' });
  });

  test('and cancels a run by its id', async () => {
    held = newGate();
    const run = entry.submit([{ name: 'a', fun: 'wait' }]);
    await held.entered.promise;
    const events = all(client.follow('Watch', { runId: run.runId }));
    expect(await client.ask('Cancel', { runId: run.runId, reason: 'enough' })).toEqual({});
    const last = (await events).at(-1).run.runSettled;
    expect([last.ok, last.error.code]).toEqual([false, 'cancelled']);
    await expect(run.result).rejects.toMatchObject({ code: 'cancelled', detail: { reason: 'enough' } });
    held.released.resolve();
  });

  test('a server that drains ends the watch of its catalog as draining', async () => {
    const leaving = await startServer({ name: 'leaving', cluster, join: [entry.url] });
    const theirs = new ForeignClient(leaving.url);
    const picture = new Picture(theirs);
    await within('the picture is whole', 2_000, () => picture.isWhole);
    const drained = leaving.drain();
    await within('the watch is over', 5_000, () => picture.ended !== undefined);
    expect(picture.ended.code).toBe(status.UNAVAILABLE);
    expect(picture.ended.metadata.get('heddle-code')).toEqual(['draining']);
    theirs.close();
    await drained;
    await leaving.stop();
  });
});

describe('a foreign client says more of a call', () => {
  test('an idempotency key, which the function is handed', async () => {
    const { value } = await client.ask('Call', { function: 'tell', idempotencyKey: 'order-7' });
    expect(read(value)).toMatchObject({ key: 'order-7' });
    const none = await client.ask('Call', { function: 'tell' });
    expect((read(none.value) as Message).key).toMatch(/^[0-9a-f]{32}/);
    const long = { function: 'tell', idempotencyKey: 'x'.repeat(257) };
    expect(await failureOf(client.ask('Call', long))).toMatchObject({ code: 'bad_argument', executed: 'no' });
  });

  test('how many tries it may take', async () => {
    failures = 0;
    expect(read((await client.ask('Call', { function: 'flaky', attemptsMax: 3 })).value)).toBe(3);
    expect(failures).toBe(3);
    const once = await failureOf(client.ask('Call', { function: 'flaky', attemptsMax: 1 }));
    expect([once.code, failures]).toEqual(['function_failed', 4]);
    expect(await failureOf(client.ask('Call', { function: 'flaky', attemptsMax: 1_000 }))).toMatchObject({ code: 'bad_argument' });
  });

  test('that a second server may be tried while the first is slow', async () => {
    expect(read((await client.ask('Call', { function: 'tell', hedge: true })).value)).toMatchObject({ attempt: 1 });
  });

  test('a priority, of which an unknown one is the default', async () => {
    for (const priority of ['PRIORITY_BATCH', 'PRIORITY_CRITICAL', 77]) {
      expect(read((await client.ask('Call', { function: 'steps', args: json([1]), priority })).value)).toBe(1);
    }
  });
});
