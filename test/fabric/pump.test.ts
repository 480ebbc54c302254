import { describe, expect, test } from 'vitest';

import type { Machine } from '../../src/base/machine.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { Pump } from '../../src/fabric/link/pump.ts';

/** Echoes each input as effects, and wakes when it was told to. */
class EchoMachine implements Machine<string, string> {
  wakeMs = Number.POSITIVE_INFINITY;
  readonly handled: string[] = [];
  #effects: string[] = [];

  handle(input: string, nowMs: number): void {
    this.handled.push(`${input}@${nowMs}`);
    if (input === 'wake') this.wakeMs = Number.POSITIVE_INFINITY;
    this.#effects.push(...(input === 'wake' ? ['woken'] : input.split(' ')));
  }

  takeEffects(): readonly string[] {
    return this.#effects.splice(0);
  }

  nextWakeMs(): number {
    return this.wakeMs;
  }
}

function rig(execute: (effect: string, feed: (input: string) => void) => void | Promise<void> = () => {}) {
  const clock = new VirtualClock();
  const machine = new EchoMachine();
  const executed: string[] = [];
  const pump: Pump<string, string> = new Pump<string, string>({
    machine,
    clock,
    wake: () => ['early', 'wake'],
    execute: (effect) => {
      executed.push(effect);
      return execute(effect, (input) => pump.feed(input));
    },
  });
  return { clock, machine, executed, pump };
}

describe('the pump', () => {
  test('executes effects in order, and queues what is fed from within one (Q1)', () => {
    const { machine, executed, pump } = rig((effect, feed) => (effect === 'a' ? feed('c d') : undefined));
    pump.feed('a b');
    expect(executed).toEqual(['a', 'b', 'c', 'd']);
    expect(machine.handled).toEqual(['a b@0', 'c d@0']);
  });

  test('holds up later effects, and no input, while one is pending (Q2)', async () => {
    let release = (): void => {};
    const pending = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { machine, executed, pump } = rig((effect) => (effect === 'persist' ? pending : undefined));
    pump.feed('persist send');
    pump.feed('reply');
    expect(machine.handled).toEqual(['persist send@0', 'reply@0']);
    expect(executed).toEqual(['persist']);
    release();
    await pending;
    expect(executed).toEqual(['persist', 'send', 'reply']);
  });

  test('wakes the machine when it asked for it, once, and not after it was closed (Q3)', () => {
    const { clock, machine, pump } = rig();
    machine.wakeMs = 40;
    pump.feed('a');
    machine.wakeMs = 70;
    pump.feed('b');
    clock.advance(69);
    expect(machine.handled).toEqual(['a@0', 'b@0']);
    clock.advance(100);
    expect(machine.handled).toEqual(['a@0', 'b@0', 'early@70', 'wake@70']);
    machine.wakeMs = 300;
    pump.feed('c');
    pump.close();
    clock.advance(1_000);
    expect(machine.handled).toHaveLength(5);
    expect(clock.nextMs()).toBe(Number.POSITIVE_INFINITY);
  });
});
