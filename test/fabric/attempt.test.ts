/** One try of a call at one server: T1 and T2 of src/fabric/call/attempt.ts, and what its frame says. */
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import type { HeddleError } from '../../src/errors.ts';
import { Attempt, type AttemptOwner } from '../../src/fabric/call/attempt.ts';
import type { AttemptEnd, CallPeer, Routing } from '../../src/fabric/call/routing-port.ts';
import type { RoomWaiter } from '../../src/fabric/link/conversation.ts';
import type { Frame } from '../../src/wire/frame.ts';
import { callContext, invocationFor } from '../invocations.ts';

interface Scene {
  readonly isLinked?: boolean;
  readonly isFull?: boolean;
  /** Nobody else may wait for room. */
  readonly isCrowded?: boolean;
}

function begun({ isLinked = true, isFull = false, isCrowded = false }: Scene = {}) {
  const clock = new VirtualClock();
  const sent: Frame[] = [];
  const told: string[] = [];
  const ends: AttemptEnd[] = [];
  const waiters = new Set<RoomWaiter>();
  const reaching = new Set<(reached: CallPeer | HeddleError) => void>();
  const peer: CallPeer = {
    isFull,
    ledger: { received: 12 },
    reserve: () => 1,
    release: () => {},
    send: (frame) => sent.push(frame),
    whenRoom: (waiter) => !isCrowded && waiters.add(waiter) !== undefined,
    leaveQueue: (waiter) => waiters.delete(waiter),
  };
  const routing = {
    began: () => 5,
    ended: (_route: string, _permit: number, end: AttemptEnd) => ends.push(end),
    peerOf: () => (isLinked ? peer : undefined),
    reach: (_route: string, done: (reached: CallPeer | HeddleError) => void) => {
      reaching.add(done);
      return () => reaching.delete(done);
    },
    serverOf: (route: string) => ({ name: route, instance: route }),
    versionOf: () => '1.0.0',
    isDirect: () => true,
    roundTripMsOf: () => 0,
  } as unknown as Routing<string>; // what of it is asked here
  const owner: AttemptOwner<string> = {
    routing,
    context: callContext(clock, 'attempt'),
    invocation: invocationFor({ timeoutMs: 10_000 }),
    paid: 0,
    lost: 0,
    effect: undefined,
    credit: 0,
    onSending: () => 1,
    onReply: () => told.push('reply'),
    onProgress: () => {},
    onStream: () => {},
    onLost: ({ code }) => told.push(code),
    onBroken: ({ code }) => told.push(code),
  };
  const attempt = new Attempt(owner, 'a');
  attempt.start(clock.nowMs());
  return { clock, attempt, peer, sent, told, ends, waiters, reaching, codes: () => ends.map(({ code }) => code) };
}

describe('an attempt', () => {
  it('is accounted once, whatever comes after its end (T1)', () => {
    const { attempt, codes } = begun();
    attempt.end('draining');
    attempt.giveUp('late', 'deadline_exceeded');
    expect(codes()).toEqual(['draining']);
  });

  it('tells its server how many of its replies have come', () => {
    expect(begun().sent).toMatchObject([{ kind: 'call', acked: 12 }]);
  });

  it('takes as long as its frame is out: what it waited for before is not the fault of its server', () => {
    const { clock, attempt, ends, waiters } = begun({ isFull: true });
    clock.advance(300);
    for (const waiter of waiters) waiter.onRoom();
    clock.advance(20);
    attempt.end(undefined);
    expect(ends[0]?.elapsedMs).toBe(20);
  });

  it('that finds no room to wait in is refused here, which says nothing of its server', () => {
    const { told, codes } = begun({ isFull: true, isCrowded: true });
    expect([told, codes()]).toEqual([['overloaded'], ['cancelled']]);
  });

  it('whose connection breaks while it waits for room has not run (T2)', () => {
    const { attempt, told, codes } = begun({ isFull: true });
    attempt.onLost('reset');
    expect([told, codes()]).toEqual([['unreachable'], ['unreachable']]);
  });
});

describe('an attempt that is given up', () => {
  it('in flight is told to its server, and its owner is told no end (T2)', () => {
    const { attempt, sent, told, codes } = begun();
    expect(attempt.giveUp('enough', 'cancelled')).toBe(true);
    attempt.onLost('reset');
    expect([sent.at(-1), told, codes()]).toEqual([{ kind: 'cancel', id: 1, reason: 'enough', hasLeft: true }, [], ['cancelled']]);
  });

  it('while it waits for room or for a connection waits no longer (T2)', () => {
    const full = begun({ isFull: true });
    expect([full.waiters.size, full.attempt.giveUp('enough', 'cancelled'), full.waiters.size]).toEqual([1, false, 0]);
    const dialled = begun({ isLinked: false });
    expect([dialled.reaching.size, dialled.attempt.giveUp('enough', 'cancelled'), dialled.reaching.size]).toEqual([1, false, 0]);
    expect([full.sent, dialled.sent]).toEqual([[], []]);
  });
});
