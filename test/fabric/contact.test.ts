/** Whether a server has heard all that others announced: C1 and C2 of src/fabric/serve/contact.ts, and what comes of it over a whole fabric. */
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { defineFunction } from '../../src/fabric/api/define.ts';
import { newsMsMax } from '../../src/fabric/call/told-runners.ts';
import { Contact, lapseMsMin } from '../../src/fabric/serve/contact.ts';
import { ProcessClock } from '../../src/testing/process-clock.ts';
import { failureOf } from '../within.ts';
import { held } from './held.ts';
import { type FabricWorld, worldTest as test } from './world.ts';

describe('what others announced is known', () => {
  function inTouch() {
    const clock = new VirtualClock();
    const own = new ProcessClock(clock);
    const contact = new Contact(own);
    clock.advance(newsMsMax);
    const doubt = (instance: string, forMs: number): void => {
      contact.memberChanged({ instance, status: 'suspect' });
      clock.advance(forMs);
    };
    return { clock, own, contact, doubt };
  }

  it('as long after a lapse as after the start, and not before (C1)', () => {
    const { clock, contact } = inTouch();
    expect(contact.isWhole('any')).toBe(true);
    contact.stalled(lapseMsMin - 1);
    expect(contact.isWhole('any')).toBe(true);
    contact.stalled(lapseMsMin);
    clock.advance(newsMsMax - 1);
    expect(contact.isWhole('any')).toBe(false);
    clock.advance(1);
    expect(contact.isWhole('any')).toBe(true);
  });

  it('as long after this machine has slept (C1)', () => {
    const { clock, own, contact } = inTouch();
    own.step(newsMsMax);
    expect(contact.isWhole('any')).toBe(false);
    clock.advance(newsMsMax);
    expect(contact.isWhole('any')).toBe(false);
    clock.advance(1);
    expect(contact.isWhole('any')).toBe(true);
  });

  it('as long after a server that was doubted has come back, if it was for as long as a lapse takes (C1)', () => {
    const { clock, contact, doubt } = inTouch();
    doubt('short', lapseMsMin - 1);
    contact.memberChanged({ instance: 'short', status: 'alive' });
    expect(contact.isWhole('any')).toBe(true);
    doubt('long', lapseMsMin - 1);
    contact.memberChanged({ instance: 'long', status: 'unreachable' });
    clock.advance(1);
    contact.memberChanged({ instance: 'long', status: 'alive' });
    expect(contact.isWhole('any')).toBe(false);
    clock.advance(newsMsMax);
    expect(contact.isWhole('long')).toBe(true);
  });

  it('as long after more servers are doubted than are remembered: the first may have come back (C1)', () => {
    const { contact, doubt } = inTouch();
    doubt('first', lapseMsMin);
    for (let at = 1; at < 1_000; at += 1) doubt(`other-${at}`, 0);
    expect(contact.isWhole('any')).toBe(true);
    doubt('one more', 0);
    expect(contact.isWhole('any')).toBe(false);
  });

  it('but for what a server was told that has been doubted for as long as a lapse takes (C2)', () => {
    const { clock, contact, doubt } = inTouch();
    doubt('far', lapseMsMin - 1);
    expect(contact.isWhole('far')).toBe(true);
    clock.advance(1);
    expect([contact.isWhole('far'), contact.isWhole('any')]).toEqual([false, true]);
  });
});

const lapses = ['stood still', 'slept', 'was cut off'] as const;
const others = ['first', 'third', 'owner'] as const;

/** What befalls the server `second`; gives what ends it. */
function begin(world: FabricWorld, lapse: (typeof lapses)[number]): () => void {
  const { weather } = world.network;
  const clock = world.processes.get('second')?.clock;
  const startMs = world.clock.nowMs();
  if (lapse === 'was cut off') {
    for (const other of others) weather.cut(other, 'second');
    return () => {
      for (const other of others) weather.heal(other, 'second');
    };
  }
  weather.pause('second');
  clock?.pause();
  if (lapse === 'slept') clock?.setRate(1e-9);
  return () => {
    if (lapse === 'slept') clock?.step(world.clock.nowMs() - startMs);
    clock?.setRate(1);
    weather.resume('second');
    clock?.resume();
  };
}

describe('a `once` call may have run where the next entry has not heard of its owner, because that entry', () => {
  for (const lapse of lapses)
    for (const isOffered of [true, false])
      test(`${lapse}, and ${isOffered ? 'knows another that offers it' : 'knows nobody who offers it'}`, async ({ world }) => {
        world.routing = 'entry';
        const { fn, state, entered } = held('once', '2.0.0');
        const handler = (): void => {
          state.runs += 1;
        };
        const older = defineFunction({ name: 'held', version: '1.0.0', handler });
        const first = await world.start('first', { plain: () => 1 });
        const second = await world.start('second');
        await world.start('third', isOffered ? { older } : {});
        const client = await world.connect(first, second);
        await world.advance(newsMsMax);
        const end = begin(world, lapse);
        await world.advance(3_000);
        const owner = world.made('owner', { fn }, { join: [first.url] });
        await world.settle(owner.start());
        await world.advance(newsMsMax + 1_000);
        const call = failureOf(client.call('held', []));
        await world.settle(entered);
        end();
        if (lapse === 'was cut off') await world.advance(300);
        world.kill('first');
        const { executed } = await world.settle(call);
        await world.settle(owner.stop());
        expect([executed, state.runs]).toEqual(['maybe', 1]);
      });
});
