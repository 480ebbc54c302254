/**
 * Whoever has papers of their own and says that they are somebody else, against one server on real sockets (issue 7): another's
 * process, another's calls, a client's name on a server's certificate, words that only servers say. Written against the proto files.
 */

import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import type { Server } from '../../src/fabric/api/api.ts';
import { defineFunction } from '../../src/fabric/api/define.ts';
import { startServer } from '../../src/fabric/server/server.ts';
import { Authority } from '../certificates.ts';
import { within } from '../within.ts';
import { AttackingServer, encode, type Fields, type Papers, push } from './attacker.ts';

const cluster = `impostors-${process.pid}`;
const ca = new Authority();
const permissions = [
  { who: ['alice', 'mallory'], may: ['call'], names: ['echo', 'held', 'who'] },
  { who: ['stepper'], may: ['submit'], names: ['echo'] },
  { who: ['ops'], may: ['administer'], names: ['*'] },
  { who: ['server:one'], may: ['serve'], names: ['*'] },
  { who: ['server:evil'], may: ['call'], names: ['echo'] },
  { who: ['server:evil'], may: ['serve'], names: ['evil.*'] },
] as const;
const held = deferred<void>();
const functions = {
  echo: defineFunction({ name: 'echo', effect: 'pure', handler: (_ctx, value: unknown) => value }),
  held: defineFunction({ name: 'held', effect: 'pure', handler: () => held.promise.then(() => 'for alice') }),
  who: defineFunction({ name: 'who', effect: 'pure', handler: ({ caller }) => caller }),
};
let server: Server;
const callers: string[] = [];
const open: AttackingServer[] = [];

beforeAll(async () => {
  server = await startServer({ name: 'one', cluster, permissions, tls: ca.server('one'), functions });
  server.on('call.served', ({ caller }) => callers.push(caller));
});
afterAll(async () => {
  held.resolve();
  for (const one of open) one.close();
  await server.stop();
});

const newInstance = (): string => randomBytes(16).toString('hex');

/** A session; gives the answer to its greeting as well. */
async function session(papers: Papers, hello: Fields = {}): Promise<readonly [AttackingServer, Fields]> {
  const one = new AttackingServer(server.url, papers, { name: 'x', cluster });
  open.push(one);
  const greeting = { instance: newInstance(), name: 'somebody', protocol_min: 1, protocol_max: 1, ...hello };
  return [one, await one.open('/heddle.v1.Fabric/Session', encode('SessionHello', greeting), 'SessionAck')];
}

function called(call: number, name: string, value: unknown, more: Fields = {}): Fields {
  const args = { data: Buffer.from(JSON.stringify([value])), encoding: 0 };
  return { call_number: call, function: name, args, effect: 1, timeout_ms: 20_000, attempt: 1, is_json_only: true, ...more };
}

/** What is answered to a frame: a result, the code of an error, or the state of a call. */
async function answer(to: AttackingServer, frame: Fields & { readonly id: number }): Promise<unknown> {
  to.send(frame);
  const found = await within(`${Object.keys(frame)[1]} is answered`, 2_000, () =>
    to.heard.find((heard) => Number(heard['id']) === frame.id && (heard['reply'] ?? heard['standing']) !== undefined),
  );
  const standing = found['standing'] as { state?: number } | undefined;
  if (standing) return ['forgotten', 'done', 'running', 'never'][standing.state ?? 0];
  const { error, value } = found['reply'] as { error?: { code: string }; value?: { data: Buffer } };
  return error?.code ?? JSON.parse(String(value?.data));
}

describe('a client', () => {
  test('that says it is the process of another hears nothing of its calls, and cannot have them refused', async () => {
    const instance = newInstance();
    const [alice] = await session(ca.client('alice'), { instance });
    alice.send({ id: 1, call: called(1, 'held', 0) });
    expect(await answer(alice, { id: 2, call: called(2, 'echo', 2) })).toBe(2);
    const [mallory] = await session(ca.client('mallory'), { instance });
    // Of its own process there is no such call.
    expect(await answer(mallory, { id: 1, outcome: { caller: instance, call_number: 1, round: 1 } })).toBe('never');
    expect(await answer(mallory, { id: 2, call: called(2, 'echo', 'mine', { is_again: true, is_direct: true, version: '1.0.0' }) })).toBe(
      'mine',
    );
    expect(await answer(mallory, { id: 3, outcome: { caller: instance, call_number: 3, round: 9 } })).toBe('never');
    expect(await answer(alice, { id: 3, call: called(3, 'echo', 3) })).toBe(3);
    // The same process of the same client is found again, over another session.
    const [again] = await session(ca.client('alice'), { instance });
    again.send({ id: 1, outcome: { caller: instance, call_number: 1, round: 1 } });
    await within('it is told that its call runs', 2_000, () =>
      again.heard.some(({ standing }) => (standing as Fields | undefined)?.['state'] === 2),
    );
    held.resolve();
    for (const one of [alice, again])
      await within('alice has the result', 2_000, () => one.heard.some(({ id, reply }) => Number(id) === 1 && reply !== undefined));
  });

  test('cannot say another process or another caller in a call, nor that it is a step', async () => {
    const [mallory] = await session(ca.client('mallory'));
    expect(await answer(mallory, { id: 1, call: called(1, 'echo', 1, { caller: newInstance() }) })).toBe('unauthenticated');
    expect(await answer(mallory, { id: 2, outcome: { caller: newInstance(), call_number: 1, round: 1 } })).toBe('forgotten');
    callers.length = 0;
    expect(await answer(mallory, { id: 3, call: called(3, 'who', 0, { caller_name: 'alice', identity: 'certificate:alice' }) })).toBe(
      'mallory',
    );
    expect(callers).toEqual(['somebody']);
    const [stepper] = await session(ca.client('stepper'));
    expect(await answer(stepper, { id: 1, call: called(1, 'echo', 1, { is_step: true }) })).toBe('forbidden');
  });

  test('says 128 bits of its process, and a name that a terminal can show', async () => {
    for (const instance of ['', 'x', newInstance().repeat(2), newInstance().toUpperCase().replace(/^./, 'G')]) {
      const [, ack] = await session(ca.client('mallory'), { instance });
      expect(ack['refusal']).toMatchObject({ code: 'protocol_error' });
    }
    const names: string[] = [];
    const off = server.on('session.opened', ({ client }) => names.push(client));
    await session(ca.client('mallory'), { name: `\u001b[31mred\nHEDDLE\u202e${'y'.repeat(1_000)}` });
    off();
    expect(names).toEqual([`?[31mred?HEDDLE?${'y'.repeat(48)}`]);
  });

  test('with the certificate of a server of that name is not the client of that name', async () => {
    const members = { id: 1, query: { about: 1 } };
    const [ops] = await session(ca.client('ops'));
    expect(await answer(ops, members)).toMatchObject([{ name: 'one' }]);
    const [thief] = await session(ca.server('ops'));
    expect(await answer(thief, members)).toBe('forbidden');
    const [other] = await session(ca.server('alice'));
    expect(await answer(other, { id: 1, call: called(1, 'echo', 1) })).toBe('forbidden');
  });
});

describe('a server that may relay nothing', () => {
  test('hears of no calls but its own, and cannot have those of others refused', async () => {
    const instance = newInstance();
    const [alice] = await session(ca.client('alice'), { instance });
    const evil = new AttackingServer(server.url, ca.server('evil'), { name: 'evil', cluster });
    open.push(evil);
    await evil.greet();
    const ofServer = Buffer.from(evil.instance).toString('hex');
    for (const [at, caller] of [instance, newInstance()].entries())
      expect(await answer(evil, { id: at + 1, outcome: { caller, call_number: 7, round: 9 } })).toBe('forgotten');
    expect(await answer(alice, { id: 7, call: called(7, 'echo', 7) })).toBe(7);
    const again = { is_direct: true, version: '1.0.0', is_again: true };
    expect(await answer(evil, { id: 3, call: called(7, 'echo', 1, { ...again, caller: instance }) })).toBe('forbidden');
    expect(await answer(evil, { id: 4, call: called(8, 'echo', 'own', again) })).toBe('own');
    expect(await answer(evil, { id: 5, outcome: { caller: ofServer, call_number: 9, round: 1 } })).toBe('never');
  });

  test('offers what its rules let it offer, and nothing else that it announces', async () => {
    const refused: string[] = [];
    const off = server.on('offer.refused', ({ function: name, server: by }) => refused.push(`${by} ${name}`));
    const evil = new AttackingServer(server.url, ca.server('evil'), { name: 'evil', cluster });
    open.push(evil);
    await evil.greet();
    evil.write(push(evil.offering(['echo', 'evil.own', '_sweep', '*', 'evil'], 5)));
    const offers = async (): Promise<readonly string[]> =>
      (await server.catalog()).flatMap((offer) => (offer.server === 'evil' ? [offer.function] : []));
    await within('what it may offer is known', 2_000, async () => (await offers()).length > 0);
    off();
    expect(await offers()).toEqual(['evil.own']);
    expect(refused.sort()).toEqual(['evil *', 'evil _sweep', 'evil echo', 'evil evil']);
  });
});
