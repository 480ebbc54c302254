import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { eventsKept, type FeedMessage } from '../../src/dashboard/feed.ts';
import { beatMs, LiveFeed, promptMs } from '../../src/dashboard/live-feed.ts';
import { FakeSource } from './fake-source.ts';

function fabric(servers = 3) {
  const clock = new VirtualClock();
  const source = new FakeSource(clock, servers);
  const feed = new LiveFeed(source, '0.1.0');
  const told: FeedMessage[] = [];
  const watch = () => feed.watch((message) => told.push(message));
  const kinds = () => told.splice(0).map(({ kind }) => kind);
  /** Time passes, and what was asked is answered meanwhile. */
  const pass = async (ms: number) => {
    for (let left = ms; left >= 0; left -= 100) {
      clock.advance(Math.min(100, left));
      for (let turn = 0; turn < 8; turn += 1) await Promise.resolve();
    }
  };
  return { pass, source, told, watch, kinds };
}

const died = { kind: 'member.died', name: 'server-2', instance: 'instance-2', observers: [] } as const;

describe('the feed', () => {
  test('asks nothing while nobody looks, nor after the last one has left (L1)', async () => {
    const { pass, source, watch } = fabric();
    await pass(60_000);
    expect(source.asked).toEqual([]);
    const leave = watch();
    await pass(3 * beatMs);
    expect(source.asked.length).toBeGreaterThan(6);
    leave();
    source.asked.length = 0;
    source.observer.emit(died);
    await pass(60_000);
    expect(source.asked).toEqual([]);
  });

  test('listens to nothing that comes with every call or step', () => {
    const { source } = fabric();
    for (const kind of ['attempt.settled', 'call.served', 'step.started', 'step.settled', 'handler.logged'] as const)
      expect(source.observer.wants(kind), kind).toBe(false);
    expect(source.observer.wants('member.died')).toBe(true);
  });

  test('tells a newcomer everything at once, and then only what has changed (L2)', async () => {
    const { pass, told, watch, kinds } = fabric();
    watch();
    await pass(0);
    expect(new Set(kinds())).toEqual(new Set(['hello', 'events', 'servers', 'functions', 'vitals', 'runs']));
    await pass(beatMs);
    expect(new Set(kinds())).toEqual(new Set(['vitals']));
    watch();
    expect(new Set(told.map(({ kind }) => kind))).toEqual(new Set(['hello', 'events', 'servers', 'functions', 'runs']));
  });

  test('tells of a server that is gone, with its event, within a blink (L2)', async () => {
    const { pass, source, told, watch, kinds } = fabric();
    watch();
    await pass(10);
    kinds();
    source.servers = 2;
    source.observer.emit(died);
    await pass(promptMs);
    expect(told.find(({ kind }) => kind === 'servers')).toMatchObject({ servers: [{ name: 'server-0' }, { name: 'server-1' }] });
    expect(told.find(({ kind }) => kind === 'events')).toMatchObject({ events: [{ kind: 'member.died', fields: { name: 'server-2' } }] });
  });

  test('asks the others more seldom the more there are, whoever looks (L3)', async () => {
    const { pass, source, watch } = fabric(300);
    watch();
    watch();
    await pass(30_500);
    const passes = source.asked.filter((what) => what === 'elsewhere').length;
    expect(passes).toBeGreaterThanOrEqual(5);
    expect(passes).toBeLessThanOrEqual(7);
  });

  test('keeps the last events for whoever comes, and no stack of a handler', () => {
    const { source, told, watch } = fabric();
    for (let at = 0; at < 3 * eventsKept; at += 1) source.observer.emit({ ...died, name: `server-${at}` });
    source.observer.emit({ kind: 'handler.failed', function: 'f', version: '1.0.0', callId: 'c', stack: 'Error: secret' });
    watch();
    const events = told.flatMap((message) => (message.kind === 'events' ? message.events : []));
    expect(events.length).toBeLessThanOrEqual(eventsKept);
    expect(events.at(-1)).toMatchObject({ sequence: 3 * eventsKept + 1, kind: 'handler.failed', fields: { function: 'f' } });
    expect(JSON.stringify(told)).not.toContain('secret');
  });
});
