import { describe, expect, test } from 'vitest';

import { meshLimits } from '../../../src/core/gossip/settings.ts';
import { helloOf, Rig, recordOf } from './rig.ts';

const members = Array.from({ length: 23 }, (_, at) => `m${`${at}`.padStart(2, '0')}`);

/** A member of 24, to which so many newcomers come at once. */
function visited(count: number): { readonly rig: Rig; readonly newcomers: readonly string[] } {
  const rig = new Rig(members);
  rig.advance(500);
  const newcomers = Array.from({ length: count }, (_, at) => `n${`${at}`.padStart(2, '0')}`);
  for (const [at, name] of newcomers.entries()) {
    rig.links.set(name, 100 + at);
    rig.feed({ kind: 'greeted', link: 100 + at, hello: helloOf(name, { isJoining: true }) });
    rig.hear(name, { kind: 'push', records: [recordOf(name)] });
    rig.hear(name, beat);
  }
  rig.advance(200);
  rig.take();
  return { rig, newcomers };
}

/** What a newcomer says that knows nobody else yet: it needs the link. */
const beat = {
  kind: 'beat',
  sequence: 1,
  ackedSequence: 0,
  ackDelayMs: 0,
  root: { high: 0, low: 0 },
  health: 1,
  uid: { uid: '1'.padStart(32, '0'), isSettled: true },
  isMesh: true,
  isBusy: false,
} as const;

/** Who of them is told of a new record within a batch. */
function told(rig: Rig, among: readonly string[], owner: string): readonly string[] {
  rig.take();
  rig.hear('m00', { kind: 'push', records: [recordOf(owner)] });
  rig.advance(50);
  const pushes = rig.takeSent('push').filter(({ message }) => message.records.some((record) => record.owner === owner));
  return pushes.map(({ to }) => to).filter((name) => among.includes(name));
}

describe('newcomers that come together', () => {
  test('are all told of news at once while they are no crowd', () => {
    const { rig, newcomers } = visited(meshLimits.crowd);
    expect(told(rig, newcomers, 'news')).toEqual(newcomers);
  });

  test('are told of it as neighbours alone once they are one more (C1)', () => {
    const { rig, newcomers } = visited(meshLimits.crowd + 1);
    const { overlay } = rig.gossip.inspection;
    const neighbours = newcomers.filter((name) => overlay.isNeighbour(name));
    expect(neighbours.length).toBeLessThan(newcomers.length);
    expect(told(rig, newcomers, 'news')).toEqual(newcomers.filter((name) => overlay.isNeighbour(name)));
  });

  test('are a crowd no more when some have gone', () => {
    const { rig, newcomers } = visited(meshLimits.crowd + 1);
    rig.feed({ kind: 'linkDown', link: rig.linkOf('n00'), evidence: 'reset' });
    expect(told(rig, newcomers, 'news')).toEqual(newcomers.slice(1));
  });

  test('are newcomers for three seconds, whatever they say (C2)', () => {
    const { rig, newcomers } = visited(2 * meshLimits.crowd);
    rig.advance(2_000);
    expect(told(rig, newcomers, 'news').length).toBeLessThan(newcomers.length);
    rig.advance(1_000);
    expect(told(rig, newcomers, 'more')).toEqual(newcomers);
    expect(rig.gossip.inspection.crowd.size).toBe(0);
  });
});
