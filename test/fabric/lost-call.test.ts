/** B1 to B3 of src/fabric/call/lost-call.ts, and R1 to R3 of src/fabric/call/lost-session.ts, on virtual time. */
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import type { Effect } from '../../src/core/catalog/offer.ts';
import { HeddleError } from '../../src/errors.ts';
import { LostCall } from '../../src/fabric/call/lost-call.ts';
import { againMsMax, asOfNow, sentAgain } from '../../src/fabric/call/lost-session.ts';
import type { CallContext, CallPeer, Routing } from '../../src/fabric/call/routing-port.ts';
import { SleepWatch } from '../../src/fabric/call/sleep-watch.ts';
import type { Conversation } from '../../src/fabric/link/conversation.ts';
import type { Invocation } from '../../src/fabric/link/invocation.ts';
import { ProcessClock } from '../../src/testing/process-clock.ts';
import { viaMax } from '../../src/wire/call-messages.ts';
import type { Frame, StandingFrame } from '../../src/wire/frame.ts';
import { invocationFor } from '../invocations.ts';

const lost = new HeddleError('connection_lost', { server: 'a' });

/** A call that has just lost a connection; `isDirect`: that to the server which runs it. */
function losing(effect: Effect, isDirect: boolean) {
  const clock = new VirtualClock();
  const wall = new ProcessClock(clock);
  const asked: Conversation[] = [];
  const sent: Frame[] = [];
  const state = { isOut: false };
  const went: { readonly call: Invocation; readonly error: HeddleError | undefined }[] = [];
  const peer = {
    reserve: (conversation: Conversation) => asked.push(conversation),
    release: () => {},
    send: (frame: Frame) => sent.push(frame),
  } as unknown as CallPeer; // what of it is asked here
  const routing = {
    isDirect: () => isDirect,
    peerOf: () => peer,
    serverOf: () => ({ name: 'a', instance: 'a' }),
  } as unknown as Routing<string>; // the same
  const owner = {
    routing,
    context: { clock, sleep: new SleepWatch(wall) } as unknown as CallContext, // the same
    invocation: invocationFor({ timeoutMs: 20_000, effect }),
    instance: 'a',
    stopReaching: () => !state.isOut,
    onReply: () => {},
    onProgress: () => {},
    goOn: (call: Invocation, error?: HeddleError) => {
      owner.invocation = call;
      went.push({ call, error });
    },
  };
  const call = new LostCall<string>(owner);
  const lose = (): void => call.onLost(lost, 'route', effect);
  const stand = (standing: StandingFrame['state']): void => asked.at(-1)?.onStanding?.({ kind: 'standing', id: 1, state: standing });
  lose();
  return { clock, wall, call, owner, lose, stand, sent, state, went };
}

describe('a call whose server is lost', () => {
  it('is sent in the next round once it is fenced there, and has not run (B1)', () => {
    const { stand, sent, went } = losing('once', true);
    expect([sent, went]).toMatchObject([[{ kind: 'outcome', round: 0 }], []]);
    stand('never');
    expect(went).toMatchObject([{ call: { round: 1 }, error: { code: 'connection_lost', executed: 'no' } }]);
  });

  it('says that it goes again where it is safe to run twice, so that a server which runs it attaches it (B3)', () => {
    for (const effect of ['pure', 'idempotent'] as const)
      expect(losing(effect, true).went).toMatchObject([{ call: { isAgain: true, round: 0 }, error: { code: 'connection_lost' } }]);
  });

  it('asks for nothing any more once it has its end', () => {
    const { clock, call, stand, went } = losing('once', true);
    call.leave();
    stand('never');
    clock.advance(2_000);
    expect(went).toEqual([]);
  });
});

describe('a call whose session is lost', () => {
  it('of effect `once` may have run when there is no other within a second (B2)', () => {
    const { clock, call, went } = losing('once', false);
    expect(went).toMatchObject([{ call: { isAgain: true, via: ['a'] }, error: undefined }]);
    clock.advance(999);
    expect([went.length, call.unresolved]).toEqual([1, lost]);
    clock.advance(1);
    expect(went[1]).toMatchObject({ error: { code: 'connection_lost', executed: 'maybe' } });
  });

  it('has a second anew for the next session when that is lost too (B2)', () => {
    const { clock, lose, went } = losing('once', false);
    clock.advance(600);
    lose();
    clock.advance(999);
    expect(went).toHaveLength(2);
    clock.advance(1);
    expect(went[2]).toMatchObject({ error: { code: 'connection_lost' } });
  });

  it('goes out as old as it is then, or as this machine slept meanwhile (B2)', () => {
    const young = losing('once', false);
    const old = losing('once', false);
    old.clock.advance(againMsMax + 1);
    const asleep = losing('idempotent', false);
    asleep.wall.step(3_600_000);
    const via = [young, old, asleep].map(({ call, owner }) => {
      call.onSending();
      return owner.invocation.via;
    });
    expect(via).toEqual([['a'], ['me', 'a'], ['me', 'a']]);
  });

  it('waits as long as it takes for the answer of an entry that has it, and no longer for a session (B2)', () => {
    const { clock, state, call, went } = losing('once', false);
    state.isOut = true;
    clock.advance(10_000);
    expect([went.length, call.isOpen]).toEqual([1, true]);
    call.resolve();
    expect(call.isOpen).toBe(false);
  });

  it('is not waited for after the end of the call', () => {
    const { clock, call, went } = losing('once', false);
    call.leave();
    clock.advance(2_000);
    expect(went).toHaveLength(1);
  });
});

describe('a call as it is sent through the next entry', () => {
  const call = invocationFor({ timeoutMs: 120_000 });
  const { caller } = call;
  const clock = new VirtualClock();
  const wall = new ProcessClock(clock);
  const sleep = new SleepWatch(wall);

  it('names each former entry once, as many as a call may name (R1)', () => {
    expect(sentAgain({ ...call, via: ['a', 'b'] }, 'a').via).toEqual(['a', 'b']);
    const via = Array.from({ length: viaMax - 1 }, (_, at) => `e${at}`);
    expect(sentAgain({ ...call, via }, 'last').via).toEqual([...via, 'last']);
  });

  it('begins the rounds of its own session (R2)', () => {
    expect([0, 1, 1_023, 1_024, 2_047].map((round) => sentAgain({ ...call, round }, 'a').round)).toEqual([
      1_024, 1_024, 1_024, 2_048, 2_048,
    ]);
  });

  it('is no older than a minute, by any clock of this machine (R3)', () => {
    const again = sentAgain(call, 'a');
    clock.advance(againMsMax);
    expect(asOfNow(again, { clock, sleep })).toBe(again);
    const made = { ...again, deadlineMs: clock.nowMs() + again.timeoutMs };
    clock.advance(1);
    expect(asOfNow(again, { clock, sleep }).via).toEqual([caller, 'a']);
    expect(asOfNow(made, { clock, sleep })).toBe(made);
    wall.step(3_600_000);
    expect(asOfNow(made, { clock, sleep }).via).toEqual([caller, 'a']);
  });

  it('names its caller when it is older, or went through too many, and does so ever after (R3)', () => {
    const via = Array.from({ length: viaMax }, (_, at) => `e${at}`);
    const late = sentAgain({ ...call, via }, 'last');
    expect(late).toMatchObject({ isAgain: true, round: 1_024, via: [caller, ...via.slice(2), 'last'] });
    expect(sentAgain(late, 'b').via).toEqual([caller, ...via.slice(3), 'last', 'b']);
    expect(sentAgain({ ...call, via: [caller, 'a'] }, 'b').via).toEqual([caller, 'a', 'b']);
  });

  it('says nothing of entries when it was lost behind none', () => {
    const direct = { ...call, isAgain: true };
    expect(asOfNow(direct, { clock, sleep })).toBe(direct);
  });
});
