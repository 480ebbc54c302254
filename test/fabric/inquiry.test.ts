/** What one server says of a call whose connection was lost, step by step on virtual time: I1 to I4 of src/fabric/call/inquiry.ts. */
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { HeddleError } from '../../src/errors.ts';
import { Inquiry } from '../../src/fabric/call/inquiry.ts';
import type { CallPeer } from '../../src/fabric/call/routing-port.ts';
import { SleepWatch } from '../../src/fabric/call/sleep-watch.ts';
import type { Conversation } from '../../src/fabric/link/conversation.ts';
import { ProcessClock } from '../../src/testing/process-clock.ts';
import type { Frame, ReplyFrame, StandingFrame } from '../../src/wire/frame.ts';
import { encodeValue } from '../../src/wire/value.ts';

/** One connection as an inquiry sees it. */
function peerOf() {
  const open = new Map<number, Conversation>();
  const sent: Frame[] = [];
  const peer = {
    reserve: (conversation: Conversation) => {
      open.set(sent.length, conversation);
      return sent.length;
    },
    release: (id: number) => open.delete(id),
    send: (frame: Frame) => sent.push(frame),
  };
  return { open, sent, peer: peer as unknown as CallPeer }; // what of it is asked here
}

const reply: ReplyFrame = { kind: 'reply', id: 0, outcome: { ok: true, value: encodeValue(1) } };

/** `isLinked`: there is a connection; otherwise it is waited for, until `linked` is called. */
function asked({ deadlineMs = 60_000, isLinked = true } = {}) {
  const clock = new VirtualClock();
  const wall = new ProcessClock(clock);
  const told: string[] = [];
  const link = peerOf();
  const reaching = new Set<(reached: CallPeer | HeddleError) => void>();
  const inquiry = new Inquiry(
    { clock, sleep: new SleepWatch(wall) },
    {
      id: { caller: 'c', callNumber: 1 },
      round: 0,
      deadlineMs,
      sinceMs: 0,
      find: () => (isLinked ? link.peer : undefined),
      reach: (done) => {
        reaching.add(done);
        return () => reaching.delete(done);
      },
    },
    {
      onReply: () => told.push('end'),
      onProgress: () => {},
      onNever: () => told.push('never'),
      onUnknown: () => told.push('unknown'),
    },
  ).start();
  const stand = (state: StandingFrame['state']): void => inquiry.onStanding({ kind: 'standing', id: 0, state });
  const linked = (reached: CallPeer | HeddleError): void => {
    for (const done of reaching) done(reached);
  };
  const questions = () => link.sent.filter(({ kind }) => kind === 'outcome').length;
  return { clock, wall, told, inquiry, stand, linked, questions, reaching, ...link };
}

describe('asking what became of a call', () => {
  it('takes a reply for its end only once the server has said that it knows it (I1)', () => {
    const stranger = asked();
    stranger.inquiry.onReply(reply);
    expect(stranger.told).toEqual(['unknown']);
    for (const state of ['running', 'done'] as const) {
      const { told, stand, inquiry } = asked();
      stand(state);
      inquiry.onReply(reply);
      inquiry.onReply(reply);
      expect(told).toEqual(['end']);
    }
  });

  it('does not take what was said over a connection that is lost for said over the next one (I1)', () => {
    const { told, stand, inquiry } = asked();
    stand('running');
    inquiry.onLost();
    inquiry.onReply(reply);
    expect(told).toEqual(['unknown']);
  });

  it('takes a second at most, those over lost connections together, and lets go of the conversation (I2)', () => {
    const { clock, told, inquiry, open } = asked();
    clock.advance(600);
    inquiry.onLost();
    open.delete(0);
    clock.advance(399);
    expect([told, open.size]).toEqual([[], 1]);
    clock.advance(1);
    expect([told, open.size]).toEqual([['unknown'], 0]);
  });

  it('takes no longer than the call has, and is not begun when that is over (I2)', () => {
    const { clock, told } = asked({ deadlineMs: 200 });
    clock.advance(200);
    expect(told).toEqual(['unknown']);
    const late = asked({ deadlineMs: 0 });
    expect([late.told, late.questions()]).toEqual([['unknown'], 0]);
  });

  it('waits for the end of one that is running as long as that runs, also after a connection was lost (I2)', () => {
    const { clock, told, stand, inquiry } = asked();
    clock.advance(100);
    inquiry.onLost();
    stand('running');
    clock.advance(30_000);
    expect(told).toEqual([]);
    inquiry.onReply(reply);
    expect(told).toEqual(['end']);
  });

  it('does not believe that it never ran when this machine slept meanwhile, before it asked or after (I4)', () => {
    for (const isLost of [false, true]) {
      const { wall, told, stand, inquiry } = asked();
      wall.step(3_600_000);
      if (isLost) inquiry.onLost();
      stand('never');
      expect(told).toEqual(['unknown']);
    }
    const { wall, told, stand, inquiry } = asked();
    wall.step(3_600_000);
    stand('done');
    inquiry.onReply(reply);
    expect(told).toEqual(['end']);
  });

  it('is repeated when the connection is lost, four times in all (I3)', () => {
    const { told, inquiry, questions } = asked();
    for (let losses = 0; losses < 3; losses += 1) inquiry.onLost();
    expect([told, questions()]).toEqual([[], 4]);
    inquiry.onLost();
    expect([told, questions()]).toEqual([['unknown'], 4]);
  });

  it('ends where there is no connection to be had (I1)', () => {
    const { told, linked, questions } = asked({ isLinked: false });
    linked(new HeddleError('unreachable', { address: 'a', evidence: 'refused' }));
    expect([told, questions()]).toEqual([['unknown'], 0]);
  });
});

describe('asking that is given up', () => {
  it('is told to who runs the call, and nothing is told to who asked (I1)', () => {
    const { clock, told, inquiry, stand, sent, open } = asked();
    stand('running');
    inquiry.giveUp('enough');
    expect([sent.at(-1), open.size]).toEqual([{ kind: 'cancel', id: 0, reason: 'enough', hasLeft: false }, 0]);
    inquiry.onReply(reply);
    inquiry.onLost();
    clock.advance(2_000);
    expect(told).toEqual([]);
  });

  it('waits for no connection any more', () => {
    const { inquiry, reaching } = asked({ isLinked: false });
    expect(reaching.size).toBe(1);
    inquiry.giveUp('enough');
    expect(reaching.size).toBe(0);
  });
});
