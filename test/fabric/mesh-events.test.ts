/** The events of the mesh that a user may listen to, by name, as a server tells them. */
import { describe, expect } from 'vitest';
import type { Server } from '../../src/fabric/api/api.ts';
import { defineFunction } from '../../src/fabric/api/define.ts';
import type { EventKind, EventOf } from '../../src/observe/events.ts';
import { worldTest as test } from './world.ts';

function heard<K extends EventKind>(server: Server, kind: K): EventOf<K>[] {
  const events: EventOf<K>[] = [];
  server.on(kind, (event) => events.push(event));
  return events;
}

test('members() tells what stands against each, and by their roots that they agree', async ({ world }) => {
  const one = await world.start('one');
  await world.start('two');
  await world.start('three');
  await world.advance(2_000);
  const before = await world.settle(one.members());
  expect(before.map(({ evidence }) => evidence)).toEqual([[], [], []]);
  expect(new Set(before.map(({ root }) => root)).size).toBe(1);
  expect(before[0]?.root).toMatch(/^[0-9a-f]{16}$/);
  world.network.weather.isolate('three');
  const seen = async () => (await one.members()).find(({ name }) => name === 'three');
  await world.advance(3_000);
  expect(await world.settle(seen())).toMatchObject({ status: 'suspect', evidence: ['silent'] });
});

describe('a server tells', () => {
  test('offer.conflicted: once, when two servers announce different effects for one version', async ({ world }) => {
    const offering = (effect: 'pure' | 'once') => ({ work: defineFunction({ name: 'work', effect, handler: () => 1 }) });
    const one = await world.start('one', offering('pure'));
    const conflicts = heard(one, 'offer.conflicted');
    await world.start('two', offering('once'));
    expect(conflicts).toEqual([{ kind: 'offer.conflicted', function: 'work', version: '1.0.0' }]);
    await world.advance(5_000);
    expect(conflicts).toHaveLength(1);
  });

  test('mesh.isolated, when most others fall silent at once, and again when they are back; they tell member.refuted', async ({ world }) => {
    const one = await world.start('one');
    await world.start('two');
    const three = await world.start('three');
    const isolated = heard(three, 'mesh.isolated');
    const refuted = heard(one, 'member.refuted');
    const suspected = heard(one, 'member.suspected');
    const died = heard(one, 'member.died');
    world.network.weather.isolate('three');
    await world.until('it knows that it is cut off', () => isolated.length === 1);
    await world.until('the others suspect it', () => suspected.length > 0);
    world.network.weather.rejoin('three');
    await world.until('it is refuted', () => refuted.length > 0);
    await world.until('it knows that it is back', () => isolated.length === 2);
    expect(isolated.map(({ isIsolated }) => isIsolated)).toEqual([true, false]);
    expect(refuted).toMatchObject([{ kind: 'member.refuted', name: 'three' }]);
    expect(died).toEqual([]);
  });
});
