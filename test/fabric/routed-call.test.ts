/** One call's life against scripted servers, on virtual time: K1, K2 and the walk through choosing, waiting and retrying. */
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { type Effect, stricter } from '../../src/core/catalog/offer.ts';
import { type ErrorCode, HeddleError } from '../../src/errors.ts';
import { RoutedCall } from '../../src/fabric/call/routed-call.ts';
import type { AttemptEnd, CallPeer, Routing, Tried } from '../../src/fabric/call/routing-port.ts';
import { WaitingRoom } from '../../src/fabric/call/waiting-room.ts';
import type { Conversation, RoomWaiter } from '../../src/fabric/link/conversation.ts';
import type { CallWait, Invocation, Settlement } from '../../src/fabric/link/invocation.ts';
import { fromWireError, toWireError } from '../../src/wire/error.ts';
import type { CallFrame, CallTerms, Frame, StandingFrame } from '../../src/wire/frame.ts';
import { decodeValue, encodeValue } from '../../src/wire/value.ts';
import { callContext, invocationFor } from '../invocations.ts';

/** A server whose answers the test gives by hand. */
class ScriptedPeer implements CallPeer {
  readonly ledger = { received: 0 };
  isFull = false;
  readonly sent: Frame[] = [];
  readonly conversations = new Map<number, Conversation>();
  readonly waiters = new Set<RoomWaiter>();
  #nextId = 1;

  reserve(conversation: Conversation): number {
    const id = this.#nextId++;
    this.conversations.set(id, conversation);
    return id;
  }
  release(id: number): void {
    this.conversations.delete(id);
  }
  send(frame: Frame): void {
    this.sent.push(frame);
  }
  whenRoom(waiter: RoomWaiter): boolean {
    this.waiters.add(waiter);
    return true;
  }
  leaveQueue(waiter: RoomWaiter): void {
    this.waiters.delete(waiter);
  }

  get calls(): CallFrame[] {
    return this.sent.filter((frame) => frame.kind === 'call');
  }
  answer(value: unknown): void {
    this.#end((conversation, id) =>
      conversation.onReply({ kind: 'reply', id, outcome: { ok: true, value: encodeValue(value) }, server: 'owner' }),
    );
  }
  refuse(error: HeddleError): void {
    this.#end((conversation, id) => conversation.onReply({ kind: 'reply', id, outcome: { ok: false, error: toWireError(error) } }));
  }
  stand(state: StandingFrame['state']): void {
    const [[id, conversation] = []] = this.conversations;
    if (id !== undefined && (state === 'never' || state === 'forgotten')) this.conversations.delete(id);
    if (id !== undefined) conversation?.onStanding?.({ kind: 'standing', id, state });
  }
  lose(): void {
    this.#end((conversation) => conversation.onLost('reset'));
  }
  #end(tell: (conversation: Conversation, id: number) => void): void {
    const [[id, conversation] = []] = this.conversations;
    if (id === undefined || !conversation) throw new Error('no call is in flight here');
    this.conversations.delete(id);
    tell(conversation, id);
  }
}

interface Rig {
  readonly clock: VirtualClock;
  readonly room: WaitingRoom;
  readonly peers: Map<string, ScriptedPeer>;
  readonly ends: (ErrorCode | undefined)[];
  readonly settled: Settlement[];
  readonly waits: CallWait[];
  readonly call: RoutedCall<string>;
}

interface RigOptions {
  readonly servers?: readonly string[];
  readonly effect?: Effect;
  /** What the offers of some servers say instead. */
  readonly effects?: Readonly<Record<string, Effect>>;
  readonly kind?: Invocation['kind'];
  /** Whoever asked does not wait for the end any more. */
  readonly hasLeft?: boolean;
  readonly timeoutMs?: number;
  readonly isDirect?: boolean;
  readonly isOverloadFinal?: boolean;
  readonly canPay?: boolean;
  readonly roundTripMs?: number;
  /** No further call may wait for a provider. */
  readonly isCrowded?: boolean;
  readonly terms?: CallTerms;
  /** Connections lost on earlier hops. */
  readonly lost?: number;
  readonly breakersOpenUntilMs?: number;
  /** Nobody offers the function. */
  readonly isUnknown?: boolean;
  readonly before?: (peers: ReadonlyMap<string, ScriptedPeer>) => void;
}

function start(options: RigOptions = {}): Rig {
  const { servers = ['a', 'b'], effect = 'once', timeoutMs = 1_000, isDirect = true } = options;
  const clock = new VirtualClock();
  const peers = new Map(servers.map((server) => [server, new ScriptedPeer()]));
  const ends: (ErrorCode | undefined)[] = [];
  const settled: Settlement[] = [];
  const waits: CallWait[] = [];
  const room = new WaitingRoom(clock);
  const routing: Routing<string> = {
    choose: (_call: Invocation, tried: Tried | undefined) =>
      servers.find((server) => !tried?.has(server)) ??
      (options.isUnknown
        ? new HeddleError('no_such_function', { function: 'f', nearest: [] })
        : new HeddleError('no_route', { function: 'f', offers: [] })),
    mayComeBack: () => options.isUnknown ?? false,
    whenChanged: (patienceMs, changed) => (options.isCrowded ? undefined : room.enter(patienceMs, changed)),
    roundTripMsOf: () => options.roundTripMs ?? 0,
    hedgeAfterMs: () => undefined,
    mayHedge: () => false,
    mayPay: () => options.canPay ?? true,
    breakersOpenUntilMs: () => options.breakersOpenUntilMs,
    peerOf: (server) => peers.get(server),
    reach: () => () => {},
    serverOf: (server) => ({ name: server, instance: server }),
    isDirect: () => isDirect,
    versionOf: () => '1.0.0',
    effectOf: (server) => stricter(effect, options.effects?.[server ?? ''] ?? effect),
    newsOf: () => [],
    began: () => 1,
    ended: (_server, _permit, end: AttemptEnd) => ends.push(end.code),
  };
  const invocation = invocationFor({
    effect,
    timeoutMs,
    kind: options.kind ?? 'call',
    lost: options.lost ?? 0,
    terms: options.terms,
    isOverloadFinal: options.isOverloadFinal ?? false,
  });
  const context = callContext(clock, 'routed-call');
  options.before?.(peers);
  const sink = {
    settled: (end: Settlement) => settled.push(end),
    waiting: (reason: CallWait) => waits.push(reason),
    hasLeft: options.hasLeft,
  };
  const call = new RoutedCall(routing, context, { invocation, sink }).start();
  return { clock, room, peers, ends, settled, waits, call };
}

function fillUp(peers: ReadonlyMap<string, ScriptedPeer>): void {
  for (const one of peers.values()) one.isFull = true;
}

function peer(rig: Rig, server: string): ScriptedPeer {
  const found = rig.peers.get(server);
  if (!found) throw new Error(`no server ${server}`);
  return found;
}

function errorOf(rig: Rig): HeddleError {
  const [end] = rig.settled;
  if (!end || end.outcome.ok) throw new Error('the call did not fail');
  return fromWireError(end.outcome.error);
}

describe('a call', () => {
  it('ends with the answer of the server that ran it', () => {
    const rig = start();
    peer(rig, 'a').answer(42);
    const [end] = rig.settled;
    expect(end?.outcome.ok && decodeValue(end.outcome.value)).toBe(42);
    expect(rig.ends).toEqual([undefined]);
  });

  it('is told its end once, though answer, loss and deadline all come (K1)', () => {
    const rig = start();
    const [conversation] = peer(rig, 'a').conversations.values();
    peer(rig, 'a').answer(1);
    rig.clock.advance(2_000);
    rig.call.cancel('late');
    conversation?.onLost('reset');
    expect(rig.settled).toHaveLength(1);
  });

  it('stamps the remaining time less half the round trip and the margin of a hop, a quarter at most', () => {
    const rig = start({ timeoutMs: 1_000 });
    expect(peer(rig, 'a').calls[0]?.timeoutMs).toBe(985);
    expect(peer(start({ timeoutMs: 1_000, roundTripMs: 40 }), 'a').calls[0]?.timeoutMs).toBe(965);
    expect(peer(start({ timeoutMs: 100, roundTripMs: 400 }), 'a').calls[0]?.timeoutMs).toBe(75);
    expect(peer(start({ timeoutMs: 20 }), 'a').calls[0]?.timeoutMs).toBe(15);
  });

  it('stamps a later attempt with what is left then, not with what the call had at first (C2)', () => {
    const rig = start({ servers: ['a'], timeoutMs: 10_000 });
    rig.clock.advance(4_000);
    peer(rig, 'a').refuse(new HeddleError('overloaded', { function: 'f', server: 'a', retryAfterMs: 1 }));
    rig.clock.advance(1_000);
    expect(peer(rig, 'a').calls).toHaveLength(2);
    expect(peer(rig, 'a').calls[1]?.timeoutMs).toBeLessThanOrEqual(6_000);
  });

  it('that was safe to run twice where it was lost goes nowhere where it must not (B3)', () => {
    const rig = start({ effect: 'pure', effects: { b: 'once' }, canPay: false });
    peer(rig, 'a').lose();
    expect(peer(rig, 'b').calls).toEqual([]);
    expect(errorOf(rig)).toMatchObject({ code: 'connection_lost', executed: 'maybe' });
  });

  it('stays as strict as the first offer that was chosen for it', () => {
    const rig = start({ effect: 'pure', effects: { a: 'once' } });
    peer(rig, 'a').refuse(new HeddleError('draining', { server: 'a' }));
    expect(peer(rig, 'b').calls).toMatchObject([{ effect: 'once' }]);
  });

  it('of which an item of its stream has come is not tried again', () => {
    const rig = start({ effect: 'pure', kind: 'stream' });
    const [conversation] = peer(rig, 'a').conversations.values();
    conversation?.onStream?.({ kind: 'item', id: 1, value: encodeValue(1), isFromOpener: false });
    peer(rig, 'a').lose();
    expect(peer(rig, 'b').calls).toEqual([]);
    expect(errorOf(rig).code).toBe('connection_lost');
    const fresh = start({ effect: 'pure', kind: 'stream' });
    peer(fresh, 'a').lose();
    expect(peer(fresh, 'b').calls).toHaveLength(1);
  });

  it('looks at every offer again after a backoff', () => {
    const rig = start({ timeoutMs: 10_000 });
    peer(rig, 'a').refuse(new HeddleError('draining', { server: 'a' }));
    peer(rig, 'b').refuse(new HeddleError('overloaded', { function: 'f', server: 'b', retryAfterMs: 1 }));
    rig.clock.advance(1_000);
    expect([peer(rig, 'a').calls.length, peer(rig, 'b').calls.length]).toEqual([2, 1]);
  });

  it('goes elsewhere after a lost connection only when it is safe', () => {
    const safe = start({ effect: 'idempotent' });
    peer(safe, 'a').lose();
    peer(safe, 'b').answer('again');
    expect(safe.settled[0]?.outcome.ok).toBe(true);
    expect(peer(safe, 'b').calls[0]?.attempt).toBe(2);

    const once = start({ effect: 'once' });
    peer(once, 'a').lose();
    peer(once, 'a').stand('forgotten');
    expect(peer(once, 'b').calls).toHaveLength(0);
    expect(errorOf(once)).toMatchObject({ code: 'connection_lost', executed: 'maybe' });
  });

  it('asks what became of a `once` attempt whose connection was lost, and takes its end', () => {
    for (const state of ['running', 'done'] as const) {
      const rig = start({ effect: 'once' });
      peer(rig, 'a').lose();
      expect(peer(rig, 'a').sent.at(-1)).toMatchObject({ kind: 'outcome', callNumber: 1, round: 0 });
      peer(rig, 'a').stand(state);
      peer(rig, 'a').answer('from before');
      expect(rig.settled[0]?.outcome.ok).toBe(true);
      expect(peer(rig, 'b').calls).toHaveLength(0);
    }
  });

  it('sends a `once` call again, in the next round, when it is fenced where it was lost; a second loss is final', () => {
    const rig = start({ effect: 'once' });
    peer(rig, 'a').lose();
    peer(rig, 'a').stand('never');
    expect(peer(rig, 'a').calls.map(({ round, attempt }) => [round, attempt])).toEqual([
      [0, 1],
      [1, 2],
    ]);
    peer(rig, 'a').lose();
    peer(rig, 'a').stand('never');
    expect(errorOf(rig)).toMatchObject({ code: 'connection_lost', executed: 'no' });
  });

  it('asks for a second at most', () => {
    const rig = start({ effect: 'once' });
    peer(rig, 'a').lose();
    rig.clock.advance(999);
    expect(rig.settled).toEqual([]);
    rig.clock.advance(1);
    expect(errorOf(rig)).toMatchObject({ code: 'connection_lost', executed: 'maybe' });
    expect(peer(rig, 'a').conversations.size).toBe(0);
  });

  it('that loses two servers gives up (R2)', () => {
    const rig = start({ effect: 'pure', servers: ['a', 'b', 'c'] });
    peer(rig, 'a').lose();
    peer(rig, 'b').lose();
    expect(peer(rig, 'c').calls).toHaveLength(0);
    expect(errorOf(rig).code).toBe('connection_lost');
  });

  it('that was refused unrun goes to the next server at once', () => {
    const rig = start();
    peer(rig, 'a').refuse(new HeddleError('draining', { server: 'a' }));
    peer(rig, 'b').answer(1);
    expect(rig.settled[0]?.outcome.ok).toBe(true);
    expect(rig.ends).toEqual(['draining', undefined]);
  });

  it('says the strongest of its attempts (K2)', () => {
    const rig = start({ effect: 'pure' });
    peer(rig, 'a').lose();
    peer(rig, 'b').refuse(new HeddleError('bad_argument', { path: [], expected: 'x', found: 'y' }));
    // bad_argument alone would say that nothing ran.
    expect(errorOf(rig)).toMatchObject({ code: 'connection_lost', executed: 'maybe' });
  });

  it('waits and pays when every server is overloaded, and tells why', () => {
    const rig = start({ servers: ['a'], timeoutMs: 10_000 });
    const overloaded = new HeddleError('overloaded', { function: 'f', server: 'a', retryAfterMs: 10 });
    for (let tries = 0; tries < 4; tries += 1) {
      peer(rig, 'a').refuse(overloaded);
      rig.clock.advance(1_000);
    }
    expect(rig.waits.map((wait) => wait.kind === 'retry' && wait.because)).toEqual(['overloaded', 'overloaded', 'overloaded']);
    expect(peer(rig, 'a').calls.map((frame) => frame.paid)).toEqual([0, 1, 2, 3]);
    expect(errorOf(rig).code).toBe('overloaded');
  });

  it('comes back when the server says, and not at all where that is too late (R5)', () => {
    const shed = new HeddleError('overloaded', { function: 'f', server: 'a', retryAfterMs: 400 });
    const rig = start({ servers: ['a'], timeoutMs: 10_000 });
    peer(rig, 'a').refuse(shed);
    rig.clock.advance(399);
    expect(peer(rig, 'a').calls).toHaveLength(1);
    rig.clock.advance(401);
    expect(peer(rig, 'a').calls).toHaveLength(2);
    const hasty = start({ servers: ['a'], timeoutMs: 300 });
    peer(hasty, 'a').refuse(shed);
    expect([errorOf(hasty).code, errorOf(hasty).executed, hasty.waits]).toEqual(['overloaded', 'no', []]);
  });

  it('ends at once with what went wrong when the budget of its function is spent', () => {
    const rig = start({ servers: ['a', 'b'], canPay: false });
    peer(rig, 'a').refuse(new HeddleError('overloaded', { function: 'f', server: 'a', retryAfterMs: 10 }));
    expect(errorOf(rig).code).toBe('overloaded');
    expect(rig.waits).toEqual([]);
    const free = start({ canPay: false });
    peer(free, 'a').refuse(new HeddleError('draining', { server: 'a' }));
    peer(free, 'b').answer(1);
    expect(free.settled[0]?.outcome.ok).toBe(true);
  });

  it('that lost a connection on an earlier hop loses no second server (R2)', () => {
    const rig = start({ effect: 'pure', servers: ['a', 'b'], lost: 1 });
    peer(rig, 'a').lose();
    expect(peer(rig, 'b').calls).toHaveLength(0);
    expect(errorOf(rig).code).toBe('connection_lost');
  });

  it('is tried as often as its caller allows (R4)', () => {
    const rig = start({ servers: ['a'], terms: { attemptsMax: 2 }, timeoutMs: 10_000 });
    const overloaded = new HeddleError('overloaded', { function: 'f', server: 'a', retryAfterMs: 10 });
    peer(rig, 'a').refuse(overloaded);
    rig.clock.advance(1_000);
    peer(rig, 'a').refuse(overloaded);
    expect(errorOf(rig).code).toBe('overloaded');
    expect(peer(rig, 'a').calls.map((frame) => frame.attempt)).toEqual([1, 2]);
  });

  it('of a run leaves waiting to the run', () => {
    const rig = start({ servers: ['a'], isOverloadFinal: true });
    peer(rig, 'a').refuse(new HeddleError('overloaded', { function: 'f', server: 'a', retryAfterMs: 10 }));
    expect(errorOf(rig).code).toBe('overloaded');
    expect(rig.waits).toEqual([]);
  });

  it("takes an entry server's verdict for the call's", () => {
    const rig = start({ effect: 'pure', isDirect: false });
    peer(rig, 'a').refuse(new HeddleError('connection_lost', { server: 'owner' }));
    expect(peer(rig, 'b').calls).toHaveLength(0);
    expect(errorOf(rig).executed).toBe('maybe');
  });

  it('whose session was lost may have run until an entry has looked for it: one that drains has not (K2, B2)', () => {
    const rig = start({ isDirect: false, isUnknown: true, isCrowded: true });
    peer(rig, 'a').lose();
    for (const server of ['a', 'b']) peer(rig, server).refuse(new HeddleError('draining', { server }));
    expect(errorOf(rig)).toMatchObject({ code: 'connection_lost', executed: 'maybe' });
    const found = start({ isDirect: false });
    peer(found, 'a').lose();
    peer(found, 'a').refuse(new HeddleError('no_such_function', { function: 'f', nearest: [] }));
    expect(errorOf(found)).toMatchObject({ code: 'no_such_function', executed: 'no' });
  });
});

describe('a call that finds no route', () => {
  it('waits for a breaker when breakers stand before every offer, else to try again', () => {
    const behind = start({ servers: [], breakersOpenUntilMs: 700 });
    expect(behind.waits).toEqual([{ kind: 'breaker', untilMs: 700 }]);
    const other = start({ servers: [] });
    expect(other.waits).toEqual([{ kind: 'retry', untilMs: expect.any(Number) as unknown, because: 'no_route' }]);
  });
});

describe('an absent provider', () => {
  it('that was there a moment ago is waited for', () => {
    const servers: string[] = [];
    const rig = start({ servers, isUnknown: true });
    rig.clock.advance(100);
    // Said once, however often it looks.
    expect(rig.waits).toEqual([{ kind: 'no_offer', function: 'f' }]);
    servers.push('a');
    rig.peers.set('a', new ScriptedPeer());
    rig.room.changed();
    rig.clock.advance(0);
    peer(rig, 'a').answer(1);
    expect(rig.settled[0]?.outcome.ok).toBe(true);
    expect(rig.room.size).toBe(0);
  });

  it('is waited for as long as the caller says, also one that was refused a moment ago and comes back', () => {
    const servers = ['a'];
    const rig = start({ servers, terms: { waitMs: 5_000 }, timeoutMs: 10_000 });
    peer(rig, 'a').refuse(new HeddleError('draining', { server: 'a' }));
    rig.clock.advance(4_990);
    expect(rig.settled).toHaveLength(0);
    rig.room.changed();
    rig.clock.advance(5);
    expect(peer(rig, 'a').calls).toHaveLength(2);
    peer(rig, 'a').answer(1);
    expect(rig.settled[0]?.outcome.ok).toBe(true);
  });

  it('is not waited for when the caller says 0, nor when there is no room to wait in', () => {
    expect(errorOf(start({ servers: [], isUnknown: true, terms: { waitMs: 0 } })).code).toBe('no_such_function');
    const call = start({ servers: [], isUnknown: true, isCrowded: true });
    expect(errorOf(call).code).toBe('no_such_function');
  });

  it('is waited for no longer than the call has time, and not after it was cancelled', () => {
    const late = start({ servers: [], terms: { waitMs: 60_000 }, timeoutMs: 500 });
    late.clock.advance(520);
    expect(errorOf(late)).toMatchObject({ code: 'deadline_exceeded', executed: 'no' });
    const given = start({ servers: [], terms: { waitMs: 60_000 } });
    given.call.cancel('enough');
    expect(errorOf(given)).toMatchObject({ code: 'cancelled', executed: 'no' });
    expect([late.room.size, given.room.size]).toEqual([0, 0]);
  });

  it('that stays away ends the call after 250 ms', () => {
    const rig = start({ servers: [], isUnknown: true });
    rig.clock.advance(240);
    expect(rig.settled).toHaveLength(0);
    rig.clock.advance(40);
    expect(errorOf(rig)).toMatchObject({ code: 'no_such_function', executed: 'no' });
  });
});

describe('a deadline', () => {
  it('that has passed already ends the call before anything is sent', () => {
    const rig = start({ timeoutMs: 0 });
    expect(errorOf(rig)).toMatchObject({ code: 'deadline_exceeded', executed: 'no' });
    expect(peer(rig, 'a').sent).toEqual([]);
  });

  it("that a later hop tells of first is still the caller's own", () => {
    const rig = start({ timeoutMs: 500 });
    rig.clock.advance(490);
    peer(rig, 'a').refuse(new HeddleError('deadline_exceeded', { timeoutMs: 495 }, { executed: 'maybe' }));
    expect(errorOf(rig)).toMatchObject({ code: 'deadline_exceeded', executed: 'maybe', detail: { timeoutMs: 500 } });
  });

  it("of the function itself is told as the function's", () => {
    const rig = start({ timeoutMs: 500 });
    rig.clock.advance(60);
    peer(rig, 'a').refuse(new HeddleError('deadline_exceeded', { timeoutMs: 50 }, { executed: 'maybe' }));
    expect(errorOf(rig)).toMatchObject({ detail: { timeoutMs: 50 } });
  });

  it('in flight ends the call as `maybe` and tells the server', () => {
    const rig = start({ timeoutMs: 500 });
    rig.clock.advance(520);
    expect(errorOf(rig)).toMatchObject({ code: 'deadline_exceeded', executed: 'maybe', detail: { timeoutMs: 500 } });
    expect(peer(rig, 'a').sent.at(-1)).toMatchObject({ kind: 'cancel' });
  });

  it('before anything was sent ends it as `no`', () => {
    const rig = start({ timeoutMs: 500, before: fillUp });
    rig.clock.advance(520);
    expect(errorOf(rig)).toMatchObject({ code: 'deadline_exceeded', executed: 'no' });
    expect(peer(rig, 'a').waiters.size).toBe(0);
  });
});

describe('room', () => {
  it('is waited for, in line, and then used', () => {
    const rig = start({ before: fillUp });
    expect(peer(rig, 'a').calls).toHaveLength(0);
    for (const waiter of peer(rig, 'a').waiters) waiter.onRoom();
    peer(rig, 'a').answer(1);
    expect(rig.settled[0]?.outcome.ok).toBe(true);
  });
});

describe('cancelling', () => {
  it('tells the server and ends as `maybe`', () => {
    const rig = start();
    rig.call.cancel('enough');
    expect(errorOf(rig)).toMatchObject({ code: 'cancelled', executed: 'maybe', detail: { reason: 'enough' } });
    expect(peer(rig, 'a').sent.at(-1)).toMatchObject({ kind: 'cancel', reason: 'enough' });
  });

  it('for one who has left tells the server, and nobody an end (K1)', () => {
    const rig = start({ hasLeft: true });
    rig.call.cancel('enough');
    rig.clock.advance(2_000);
    expect([peer(rig, 'a').sent.at(-1), rig.ends, rig.settled]).toMatchObject([{ kind: 'cancel' }, ['cancelled'], []]);
  });

  it('in a backoff ends as `no`, and nothing is sent any more', () => {
    const rig = start({ servers: ['a'], timeoutMs: 10_000 });
    peer(rig, 'a').refuse(new HeddleError('overloaded', { function: 'f', server: 'a', retryAfterMs: 10 }));
    rig.call.cancel('enough');
    rig.clock.advance(5_000);
    expect(errorOf(rig)).toMatchObject({ code: 'cancelled', executed: 'no' });
    expect(peer(rig, 'a').calls).toHaveLength(1);
  });
});
