/** A running member that loses the trust of others, in virtual time: what is said, what happens, and how it comes back. */

import { describe, expect } from 'vitest';
import type { Server } from '../../src/fabric/api/api.ts';
import { clockSkewMs } from '../../src/fabric/mesh/known-keys.ts';
import { defineFunction, HeddleError } from '../../src/index.ts';
import { SimulatedAuthority } from '../../src/testing/simulated-certificates.ts';
import { type FabricWorld, worldTest as test } from './world.ts';

const functions = { where: defineFunction({ name: 'where', effect: 'pure', handler: (ctx) => ctx.server }) };

/** Four servers of one CA; `where` is a function of `b` and `c`. */
async function four(world: FabricWorld) {
  world.certify = (process) => (process.startsWith('client') ? undefined : { name: process, isServer: true });
  const a = await world.start('a');
  const b = await world.start('b', functions);
  const c = await world.start('c', functions);
  const d = await world.start('d');
  await world.advance(3_000);
  return { a, b, c, d, said: sayingsOf({ a, b, c, d }) };
}

function sayingsOf(servers: Readonly<Record<string, Server>>) {
  const said = { distrusted: [] as string[], suspected: [] as string[], died: [] as string[] };
  for (const [by, server] of Object.entries(servers)) {
    server.on('member.distrusted', ({ name, reason }) => said.distrusted.push(`${by}: ${name} ${reason}`));
    server.on('member.suspected', ({ name, evidence }) => said.suspected.push(`${by}: ${name} ${evidence.join()}`));
    server.on('member.died', ({ name }) => said.died.push(`${by}: ${name}`));
  }
  return said;
}

/** These have certificates of another CA from now on; they trust that alone, or the one before as well. */
function reissue(world: FabricWorld, to: readonly string[], { isOldTrusted = false } = {}): SimulatedAuthority {
  const next = new SimulatedAuthority('next CA');
  for (const name of to) {
    const trusted = isOldTrusted ? [world.authority, next] : [next];
    world.credentials.get(name)?.replace({ own: next.issue(name, { isServer: true }), trusted });
  }
  return next;
}

async function statusAt(server: Server, name: string): Promise<string> {
  const found = (await server.members()).find((member) => member.name === name);
  return found ? `${found.status} ${found.evidence.join()}`.trim() : 'gone';
}

describe('a member whose CA is trusted no more', () => {
  test('is avoided and cut off at once, buried by those who say so together, and back once it can prove itself', async ({ world }) => {
    const { a, b, c, d, said } = await four(world);
    reissue(world, ['a', 'b', 'c', 'd'], { isOldTrusted: true });
    await world.advance(10_000);
    expect([said.distrusted, said.suspected]).toEqual([[], []]);
    // b alone keeps the certificate of the old CA, which nobody trusts any more.
    world.credentials.get('b')?.replace({ own: world.authority.issue('b', { isServer: true }) });
    await world.advance(5_000);
    const next = reissue(world, ['a', 'c', 'd']);
    await world.until('everybody has said it', () => new Set(said.distrusted).size === 3, 5_000);
    expect(new Set(said.distrusted)).toEqual(new Set(['a: b untrusted_key', 'c: b untrusted_key', 'd: b untrusted_key']));
    for (let call = 0; call < 10; call += 1) expect(await world.settle(a.call('where', []))).toBe('c');
    await world.until('it is buried', () => said.died.length >= 3, 15_000);
    expect(new Set(said.died)).toEqual(new Set(['a: b', 'c: b', 'd: b']));
    expect([await statusAt(a, 'b'), await statusAt(a, 'c'), await statusAt(c, 'd')]).toEqual(['gone', 'alive', 'alive']);
    world.credentials.get('b')?.replace({ own: next.issue('b', { isServer: true }), trusted: [next] });
    await world.until('it is back', async () => (await statusAt(a, 'b')) === 'alive' && (await statusAt(d, 'b')) === 'alive', 60_000);
    expect(await statusAt(b, 'a')).toBe('alive');
    expect(said.distrusted).toHaveLength(3);
  });
});

describe('a member whose certificate ends', () => {
  test('is given the difference of clocks, then is as good as gone; and it says nothing against the others', async ({ world }) => {
    const { a, c, said } = await four(world);
    const untilMs = world.clock.wallMs() + 30_000;
    world.credentials.get('b')?.replace({ own: world.authority.issue('b', { isServer: true, untilMs }) });
    await world.advance(5_000);
    for (const { clock } of world.processes.values()) clock.step(clockSkewMs + 15_000);
    await world.advance(5_000);
    expect([said.distrusted, await statusAt(a, 'b')]).toEqual([[], 'alive']);
    await world.until('it is buried', () => said.died.length >= 3, 30_000);
    expect(new Set(said.distrusted.map((text) => text.slice(3)))).toEqual(new Set(['b stale_key']));
    expect([await statusAt(a, 'c'), await statusAt(c, 'a'), await statusAt(c, 'd')]).toEqual(['alive', 'alive', 'alive']);
    // Its own view is its own: nobody else has heard a word against anybody but it.
    expect(said.suspected.filter((text) => !text.startsWith('b: ') && !text.includes(': b '))).toEqual([]);
  });
});

describe('a member that one server alone does not trust', () => {
  test('is avoided there, and stays what it is for everybody else', async ({ world }) => {
    const { a, b, c, d, said } = await four(world);
    const other = new SimulatedAuthority('other CA');
    for (const name of ['a', 'c', 'd']) {
      const own = world.authority.issue(name, { isServer: true });
      world.credentials.get(name)?.replace({ own, trusted: [world.authority, other] });
    }
    await world.advance(5_000);
    world.credentials.get('b')?.replace({ own: other.issue('b', { isServer: true }), trusted: [world.authority, other] });
    await world.advance(5_000);
    // d has taken the CA away too early.
    world.credentials.get('d')?.replace({ trusted: [world.authority] });
    await world.advance(20_000);
    expect(said.distrusted).toEqual(['d: b untrusted_key']);
    expect([await statusAt(a, 'b'), await statusAt(c, 'b'), await statusAt(b, 'a'), said.died]).toEqual(['alive', 'alive', 'alive', []]);
    // d has seen it itself; b has only been told that it is not welcome there, and says nothing of it to others.
    expect([await statusAt(d, 'b'), await statusAt(b, 'd')]).toEqual(['unreachable untrusted', 'suspect untrusted']);
    for (let call = 0; call < 10; call += 1) expect(await world.settle(d.call('where', []))).toBe('c');
  });
});

describe('whoever trusts nobody', () => {
  test('keeps it to itself: no word of it buries anybody', async ({ world }) => {
    const { a, d, said } = await four(world);
    world.credentials.get('d')?.replace({ own: new SimulatedAuthority('lost').issue('d', { isServer: true }), trusted: [] });
    await world.advance(30_000);
    expect(said.died.filter((text) => !text.endsWith(': d'))).toEqual([]);
    for (const name of ['b', 'c']) expect(await statusAt(a, name)).toBe('alive');
    const refused: unknown = await world.settle(
      d.call('where', []).then(
        () => undefined,
        (error: unknown) => error,
      ),
    );
    expect(HeddleError.is(refused) && refused.executed).toBe('no');
  });
});
