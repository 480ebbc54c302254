/**
 * A2 to A5 of src/fabric/serve/call-answer.ts: who gives a call up, and what is kept of it then. O2, O3 and O5 of src/fabric/serve/outcomes.ts,
 * and T3 of src/core/outcome/outcome-table.ts wherever an outcome may be.
 */

import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { OutcomeTable } from '../../src/core/outcome/outcome-table.ts';
import { ReplyLedger } from '../../src/core/outcome/reply-ledger.ts';
import { againMsMax } from '../../src/fabric/call/lost-session.ts';
import type { Incoming } from '../../src/fabric/link/conversation.ts';
import type { HeldOutcome } from '../../src/fabric/link/held-outcome.ts';
import { type Settlement, timeoutMsMax } from '../../src/fabric/link/invocation.ts';
import type { Peer } from '../../src/fabric/link/peer.ts';
import { failure } from '../../src/fabric/link/responses.ts';
import { cancelledVerdict } from '../../src/fabric/link/verdicts.ts';
import { Outcomes, orphanMs } from '../../src/fabric/serve/outcomes.ts';
import { fromWireError } from '../../src/wire/error.ts';
import type { CallFrame } from '../../src/wire/frame.ts';
import { encodeValue } from '../../src/wire/value.ts';
import { callFrame } from '../frames.ts';

/** One link as an answer sees it. */
function linkOf(instance: string, heldMax?: number) {
  const open = new Map<number, Incoming>();
  const replied: number[] = [];
  const said: string[] = [];
  const ledger = new ReplyLedger<HeldOutcome>({ heldMax });
  const peer = {
    identity: { name: instance, instance },
    closed: undefined,
    ledger,
    serve: (id: number, incoming: Incoming) => open.set(id, incoming),
    finish: (id: number) => open.delete(id),
    reply: (id: number, { outcome }: Settlement) => {
      open.delete(id);
      replied.push(id);
      said.push(outcome.ok ? 'ok' : `${fromWireError(outcome.error).code} ${outcome.error.executed}`);
      ledger.sent();
    },
  };
  return { open, replied, said, ledger, peer: peer as unknown as Peer }; // what of it is asked here
}

const ok: Settlement = { outcome: { ok: true, value: encodeValue(1) } };

function rig(caller: string, frame: Partial<CallFrame> = {}, heldMax?: number) {
  const clock = new VirtualClock();
  const outcomes = new Outcomes({ clock, server: 'here' });
  const link = linkOf('c', heldMax);
  outcomes.opened(link.peer);
  const answer = outcomes.enter(callFrame('f', [], { id: 7, callNumber: 3, caller, ...frame }), link.peer);
  const cancelled: string[] = [];
  answer.handle = {
    cancel: (reason) => {
      cancelled.push(reason);
      answer.settled({ outcome: failure(cancelledVerdict(reason, 'maybe')) });
    },
    stream: () => {},
  };
  const standing = () => outcomes.standing({ caller, callNumber: 3 }, { round: 1, asker: 'z' });
  return { ...link, clock, outcomes, answer, cancelled, standing, ask: () => standing().state };
}

describe('a `once` call that is given up', () => {
  test('by its caller, who has left, is stopped, answered to nobody and held for nobody (A4)', () => {
    const { open, replied, ledger, cancelled, answer, ask } = rig('c');
    open.get(7)?.cancel('enough', true);
    expect([cancelled, answer.hasLeft, replied, open.size, ledger.isEmpty]).toEqual([['enough'], true, [], 0, true]);
    // It is in no list any more.
    expect(ask()).toBe('never');
  });

  test('by its caller, who waits for the end, is answered', () => {
    const { open, replied, ledger } = rig('c');
    open.get(7)?.cancel('enough', false);
    expect([replied, open.size, ledger.isEmpty]).toEqual([[7], 0, false]);
  });

  test('by a relay is still known to have run to whoever asks next (A4)', () => {
    const { open, ask } = rig('somebody else');
    open.get(7)?.cancel('an orphan', true);
    expect(ask()).toBe('done');
  });

  test('by one of two who wait goes on for the other (A2)', () => {
    const { open, outcomes, answer, cancelled, replied } = rig('c');
    const other = linkOf('d');
    outcomes.join(answer, other.peer, { id: 9, isPart: false });
    open.get(7)?.cancel('enough', true);
    expect([cancelled, open.size, replied]).toEqual([[], 0, []]);
    other.open.get(9)?.cancel('enough', true);
    expect([cancelled, other.replied]).toEqual([['enough'], [9]]);
  });
});

describe('the end of a call', () => {
  test('is no `no` for who waits for the whole of which it may be a part (A3)', () => {
    const { outcomes, answer, said } = rig('c');
    const whole = linkOf('d');
    outcomes.join(answer, whole.peer, { id: 9, isPart: true });
    answer.settled({ outcome: failure(cancelledVerdict('enough', 'no')) });
    expect([said, whole.said]).toEqual([['cancelled no'], ['connection_lost maybe']]);
  });

  test('is held until it is confirmed, of whatever effect in a group, and not when nothing ran (O2)', () => {
    const unrun = failure(cancelledVerdict('enough', 'no'));
    for (const [effect, isGrouped, end, isHeld] of [
      ['once', false, ok, true],
      [undefined, false, ok, true],
      ['pure', false, ok, false],
      ['pure', true, ok, true],
      ['once', false, { outcome: unrun }, false],
    ] as const) {
      const outcomes = new Outcomes({ clock: new VirtualClock(), server: 'here' });
      const { peer, ledger } = linkOf('c');
      outcomes.opened(peer);
      outcomes.enter(callFrame('f', [], { id: 7, effect }), peer, isGrouped).settled(end);
      expect(ledger.isEmpty).toBe(!isHeld);
    }
  });

  test('is not said to be of a call that never ran when it had to make room, or was that of a stream (O2)', () => {
    const first = rig('c', {}, 1);
    first.answer.settled(ok);
    first.outcomes.enter(callFrame('f', [], { id: 8, callNumber: 4 }), first.peer).settled(ok);
    expect([first.ledger.held().length, first.ask()]).toEqual([1, 'forgotten']);
    const stream = rig('c', { isStream: true });
    expect(stream.ask()).toBe('forgotten');
    stream.answer.settled(ok);
    expect(stream.ask()).toBe('forgotten');
  });

  test('is known to have run when one has it and another waited for it, who may ask, or have to pass it on (O2)', () => {
    for (const [caller, joins, lost] of [
      ['c', 'd', undefined],
      ['c', 'd', 'c'],
      ['c', 'd', 'd'],
      // The relay goes on asking when its caller has found another way.
      ['d', 'd', 'c'],
    ] as const) {
      const { open, outcomes, peer, answer, ask } = rig(caller);
      const other = linkOf(joins);
      outcomes.opened(other.peer);
      outcomes.join(answer, other.peer, { id: 9, isPart: false });
      if (lost === 'c') open.get(7)?.lost?.();
      if (lost === 'd') other.open.get(9)?.lost?.();
      answer.settled(ok);
      outcomes.acknowledge(lost === 'c' ? other.peer : peer, 1);
      expect([caller, lost, ask()]).toEqual([caller, lost, 'forgotten']);
    }
  });

  test('leaves nothing behind once its caller has it, when nobody else has asked for it (O2)', () => {
    for (const isAsked of [false, true]) {
      const { outcomes, peer, answer, ask } = rig('c');
      answer.settled(ok);
      if (isAsked) expect(ask()).toBe('done');
      outcomes.acknowledge(peer, 1);
      expect(ask()).toBe(isAsked ? 'forgotten' : 'never');
    }
  });

  test('that was passed on is known until nobody can ask for it; then it is said again of a fresh call that it never ran (O2, O5)', () => {
    const clock = new VirtualClock();
    const outcomes = new Outcomes({ clock, server: 'here', table: new OutcomeTable({ spentMax: 1, callersMax: 1 }) });
    const { peer } = linkOf('relay');
    outcomes.opened(peer);
    for (const caller of ['a', 'b', 'c']) outcomes.enter(callFrame('f', [], { caller, timeoutMs: 50_000 }), peer).settled(ok);
    outcomes.acknowledge(peer, 3);
    const ask = (caller: string, callNumber: number) => outcomes.standing({ caller, callNumber }, { round: 0, asker: 'z' }).state;
    clock.advance(99_999);
    expect(['a', 'b', 'c', 'fresh'].map((caller) => ask(caller, 1))).toEqual(['forgotten', 'forgotten', 'forgotten', 'forgotten']);
    clock.advance(1);
    expect(['b', 'c', 'fresh'].map((caller) => ask(caller, 1))).toEqual(['forgotten', 'forgotten', 'never']);
  });

  test('of a stream, which nobody asks for, is known for no longer than others, however long it may take', () => {
    const clock = new VirtualClock();
    const outcomes = new Outcomes({ clock, server: 'here', table: new OutcomeTable({ spentMax: 1, callersMax: 1 }) });
    const { peer } = linkOf('relay');
    for (const caller of ['a', 'b', 'c'])
      outcomes.enter(callFrame('f', [], { caller, isStream: true, timeoutMs: timeoutMsMax }), peer).settled(ok);
    const ask = (callNumber: number) => outcomes.standing({ caller: 'fresh', callNumber }, { round: 0, asker: 'z' }).state;
    clock.advance(againMsMax - 1);
    expect(ask(1)).toBe('forgotten');
    clock.advance(1);
    expect(ask(1)).toBe('never');
  });

  test('is let go when nobody can ask for it any more, over the link and after it (O2, O5)', () => {
    for (const [timeoutMs, askedForMs] of [
      [5_000, againMsMax],
      [50_000, 100_000],
    ] as const) {
      const open = rig('c', { timeoutMs });
      open.answer.settled(ok);
      open.clock.advance(askedForMs - 1);
      expect(open.ask()).toBe('done');
      open.clock.advance(20_000);
      expect(open.ledger.isEmpty).toBe(true);
      const kept = rig('c', { timeoutMs });
      kept.answer.settled(ok);
      kept.outcomes.closed(kept.peer);
      kept.clock.advance(askedForMs - 1);
      expect(kept.ask()).toBe('done');
      kept.clock.advance(20_000);
      // That it ran it is not let go of: whoever asks now slept meanwhile, or goes by another clock.
      expect([open.ask(), kept.ask()]).toEqual(['forgotten', 'forgotten']);
    }
  });
});

describe('a call of which the last connection is lost', () => {
  test('goes on for a while; then, given up, it broke with its connection (O3, A5)', () => {
    const { clock, open, cancelled, standing } = rig('c');
    open.get(7)?.lost?.();
    clock.advance(orphanMs - 1);
    expect([cancelled.length, standing().state]).toEqual([0, 'running']);
    clock.advance(1);
    expect(cancelled).toHaveLength(1);
    const end = standing();
    expect(end.state === 'done' && !end.outcome.outcome.ok && fromWireError(end.outcome.outcome.error)).toMatchObject({
      code: 'connection_lost',
      executed: 'maybe',
    });
  });

  test('is given up at once when it has a stream: nobody else can take that over (A5)', () => {
    const { open, cancelled } = rig('c', { isStream: true });
    open.get(7)?.lost?.();
    expect(cancelled).toHaveLength(1);
  });
});

describe('whoever asks what became of a call in an older round than it runs in', () => {
  // A later entry has fenced that round and goes on with the call: told `no`, or joined, the former one would go on with it too.
  function overtaken() {
    const outcomes = new Outcomes({ clock: new VirtualClock(), server: 'here' });
    const link = linkOf('later');
    outcomes.opened(link.peer);
    const answer = outcomes.enter(callFrame('f', [], { id: 7, callNumber: 3, caller: 'c', round: 1_024 }), link.peer);
    const ask = (round: number) => outcomes.standing({ caller: 'c', callNumber: 3 }, { round, asker: 'former' }).state;
    return { outcomes, link, answer, ask };
  }

  test('does not hear that it runs, nor that it never did (T3)', () => {
    const { ask } = overtaken();
    expect([ask(0), ask(1_024)]).toEqual(['forgotten', 'running']);
  });

  test('does not hear its end, while that is held and when it is kept (T3)', () => {
    const { outcomes, link, answer, ask } = overtaken();
    answer.settled({ outcome: failure(cancelledVerdict('enough', 'maybe')) });
    expect([link.ledger.isEmpty, ask(0), ask(1_024)]).toEqual([false, 'forgotten', 'done']);
    outcomes.closed(link.peer);
    expect([link.ledger.isEmpty, ask(0), ask(1_024)]).toEqual([true, 'forgotten', 'done']);
  });
});
