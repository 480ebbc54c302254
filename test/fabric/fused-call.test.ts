/** The call of a step that goes together with others: F1 to F4 of src/fabric/call/fused-call.ts, against a server whose answers are scripted. */
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import type { Effect } from '../../src/core/catalog/offer.ts';
import { HeddleError } from '../../src/errors.ts';
import { FusedCall } from '../../src/fabric/call/fused-call.ts';
import type { StepBack } from '../../src/fabric/call/group-member.ts';
import type { CallPeer, Routing } from '../../src/fabric/call/routing-port.ts';
import type { Conversation } from '../../src/fabric/link/conversation.ts';
import { failure } from '../../src/fabric/link/responses.ts';
import { cancelledVerdict } from '../../src/fabric/link/verdicts.ts';
import { ProcessClock } from '../../src/testing/process-clock.ts';
import { fromWireError } from '../../src/wire/error.ts';
import type { Frame, ReplyFrame, StandingFrame } from '../../src/wire/frame.ts';
import { encodeValue } from '../../src/wire/value.ts';
import { callContext, invocationFor } from '../invocations.ts';

/** `waits`: it begins when another has ended. */
function sent({ effect = 'once', waits = false }: { readonly effect?: Effect; readonly waits?: boolean } = {}) {
  const clock = new VirtualClock();
  const wall = new ProcessClock(clock);
  const told: string[] = [];
  const backs: StepBack[] = [];
  const frames: Frame[] = [];
  const open: Conversation[] = [];
  const peer = {
    ledger: { received: 0 },
    reserve: (conversation: Conversation) => open.push(conversation),
    release: () => {},
    send: (frame: Frame) => frames.push(frame),
  } as unknown as CallPeer; // what of it is asked here
  const routing = {
    began: () => 1,
    ended: () => {},
    peerOf: () => peer,
    serverOf: () => ({ name: 'a', instance: 'a' }),
    versionOf: () => '1.0.0',
    roundTripMsOf: () => 0,
    effectOf: () => effect,
    mayPay: () => true,
  } as unknown as Routing<string>; // the same
  const context = callContext(clock, 'fused', wall);
  const member = {
    route: 'a',
    // What waits for others has the time of its run.
    invocation: invocationFor({ effect, timeoutMs: 10_000, deadlineMs: waits ? 60_000 : 10_000 }),
    step: 's',
    awaits: waits ? [{ callNumber: 9, at: [], path: [] }] : [],
    ownTimeoutMs: 1_000,
    wayMs: 0,
    sink: {
      started: () => told.push('started'),
      settled: ({ outcome }: { readonly outcome: ReplyFrame['outcome'] }) => {
        const error = outcome.ok ? undefined : fromWireError(outcome.error);
        told.push(error ? `${error.code} ${error.executed}` : 'ok');
      },
      back: (back: StepBack) => {
        told.push('back');
        backs.push(back);
      },
    },
  };
  const call = new FusedCall({ routing, context }, member, () => {});
  call.admit();
  call.sendTo(peer);
  call.sent();
  const reply = (outcome: ReplyFrame['outcome']): void => open.at(-1)?.onReply({ kind: 'reply', id: 1, outcome });
  const stand = (state: StandingFrame['state']): void => open.at(-1)?.onStanding?.({ kind: 'standing', id: 1, state });
  return { clock, wall, call, told, backs, frames, reply, stand };
}

const ok = { ok: true, value: encodeValue(1) } as const;

describe('the call of a step of a group', () => {
  it('that ended before the run knows that it began is told after its beginning (F2)', () => {
    const { call, told, reply } = sent({ waits: true });
    reply(ok);
    expect(told).toEqual([]);
    call.begin(1_000);
    expect(told).toEqual(['started', 'ok']);
  });

  it('whose connection is lost is asked for, whatever its effect, and goes by what its server says (F3)', () => {
    for (const [effect, state, end] of [
      ['pure', 'never', 'back'],
      ['once', 'never', 'back'],
      ['pure', 'forgotten', 'back'],
      ['once', 'forgotten', 'connection_lost maybe'],
    ] as const) {
      const { call, told, frames, backs, stand } = sent({ effect });
      call.onLost();
      expect([frames.at(-1)?.kind, told]).toEqual(['outcome', ['started']]);
      stand(state);
      expect(told).toEqual(['started', end]);
      if (state === 'never') expect(backs[0]?.tried?.invocation).toMatchObject({ round: 1, isAgain: false });
      else if (effect === 'pure') expect(backs[0]?.tried?.invocation).toMatchObject({ round: 0, isAgain: true });
    }
  });

  it('may have run, whatever its server says that knows nothing of it, when this machine slept meanwhile (F3)', () => {
    for (const waits of [false, true]) {
      const { wall, call, told, stand } = sent({ waits });
      call.begin(1_000);
      wall.step(3_600_000);
      call.onLost();
      stand('never');
      expect(told).toEqual(['started', 'connection_lost maybe']);
    }
  });

  it('whose end its server tells after a loss has that end (F3)', () => {
    const { call, told, reply, stand } = sent();
    call.onLost();
    stand('running');
    reply(ok);
    expect(told).toEqual(['started', 'ok']);
  });

  it('given up before it began waits for the word of its server; one that began may have run (F4)', () => {
    const waiting = sent({ waits: true });
    waiting.call.cancel('enough');
    expect([waiting.frames.at(-1)?.kind, waiting.told]).toEqual(['cancel', []]);
    waiting.reply(failure(cancelledVerdict('enough', 'no')));
    expect(waiting.told).toEqual(['cancelled no']);
    const begun = sent();
    begun.call.cancel('enough');
    expect([begun.frames.at(-1)?.kind, begun.told]).toEqual(['cancel', ['started', 'cancelled maybe']]);
  });

  it('for which there was no place, or nothing to wait for, goes back untried (F1)', () => {
    for (const error of [
      new HeddleError('overloaded', { function: 'f', server: 'a', retryAfterMs: 10 }),
      new HeddleError('upstream_failed', { step: 's', upstream: 'r' }),
    ]) {
      const { told, backs, reply } = sent({ waits: true });
      reply(failure(error));
      reply(ok);
      expect([told, backs[0]?.tried]).toEqual([['back'], undefined]);
    }
  });
});
