/** Where calls wait for an absent provider: Z1 and Z2 of src/fabric/call/waiting-room.ts. */
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { WaitingRoom, waitingMax } from '../../src/fabric/call/waiting-room.ts';

describe('a waiting room', () => {
  it('tells everybody of a change, in order, and changes that come together as one (Z1)', () => {
    const clock = new VirtualClock();
    const room = new WaitingRoom(clock);
    const told: string[] = [];
    const comeBack = (name: string) => (): void => {
      told.push(name);
      room.enter(1_000, comeBack(name));
    };
    room.enter(1_000, comeBack('first'));
    room.enter(1_000, comeBack('second'));
    for (let change = 0; change < 5; change += 1) room.changed();
    clock.advance(0);
    expect(told).toEqual(['first', 'second']);
    for (let change = 0; change < 5; change += 1) room.changed();
    clock.advance(5);
    expect(told).toHaveLength(2);
    clock.advance(5);
    expect(told).toEqual(['first', 'second', 'first', 'second']);
  });

  it('tells whoever has waited long enough, and nobody who has left', () => {
    const clock = new VirtualClock();
    const room = new WaitingRoom(clock);
    const told: number[] = [];
    room.enter(250, () => told.push(clock.nowMs()));
    const leave = room.enter(250, () => told.push(-1));
    // One that takes another along while it is told.
    const taken: { leave?: (() => void) | undefined } = {};
    room.enter(300, () => taken.leave?.());
    taken.leave = room.enter(400, () => told.push(-2));
    leave?.();
    clock.advance(260);
    expect(told).toEqual([250]);
    room.changed();
    clock.advance(1_000);
    expect(told).toEqual([250]);
    expect(room.size).toBe(0);
  });

  it('takes 10,000 and no more, and has no timer while it is empty (Z2)', () => {
    const clock = new VirtualClock();
    const room = new WaitingRoom(clock);
    room.changed();
    expect(clock.nextMs()).toBe(Number.POSITIVE_INFINITY);
    const leave = Array.from({ length: waitingMax }, () => room.enter(1_000, () => {}));
    expect(room.enter(1_000, () => {})).toBeUndefined();
    room.changed();
    for (const one of leave) one?.();
    expect(clock.nextMs()).toBe(Number.POSITIVE_INFINITY);
    expect(room.enter(1_000, () => {})).toBeDefined();
  });
});
