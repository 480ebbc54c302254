import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import type { WireRunEvent } from '../../src/core/workflow/record.ts';
import type { Peer } from '../../src/fabric/link/peer.ts';
import { Proof } from '../../src/fabric/link/proof.ts';
import { Term } from '../../src/fabric/link/term.ts';
import { PeerFollower, tellMs } from '../../src/fabric/run/peer-follower.ts';
import { identityOf } from '../../src/identity/identity.ts';
import { HeddleError } from '../../src/index.ts';
import type { Frame, ReplyFrame } from '../../src/wire/frame.ts';

function rig() {
  const clock = new VirtualClock();
  const sent: number[] = [];
  const finished: number[] = [];
  const failed: string[] = [];
  const peer = {
    send: (frame: Frame) => void (frame.kind === 'runEvent' && sent.push(frame.event.seq)),
    finish: (id: number) => void finished.push(id),
    reply: (_id: number, { outcome }: Pick<ReplyFrame, 'outcome'>) => void (outcome.ok || failed.push(outcome.error.code)),
  };
  // A follower asks no more of a peer than is here.
  const follower = new PeerFollower(peer as unknown as Peer, 7, clock);
  return { clock, sent, finished, failed, follower };
}

const accepted: WireRunEvent = { seq: 1, atMs: 0, kind: 'run.accepted', runId: 'r', coordinator: 'one', steps: ['a'] };
const started = (seq: number): WireRunEvent => ({ seq, atMs: 0, kind: 'step.started', step: 'a', server: 'one', attempt: 1 });
const settled = (seq: number): WireRunEvent => ({ seq, atMs: 0, kind: 'run.settled', ok: true, elapsedMs: 0 });

describe('a peer that follows a run', () => {
  test('P1: is told at once that it was accepted and that it settled, with all that came between', () => {
    const { sent, finished, follower, clock } = rig();
    follower.onEvent(accepted);
    expect(sent).toEqual([1]);
    follower.onEvent(started(2));
    follower.onEvent(started(3));
    expect(sent).toEqual([1]);
    follower.onEvent(settled(4));
    expect([sent, finished]).toEqual([[1, 2, 3, 4], [7]]);
    clock.advance(10 * tellMs);
    expect(sent).toEqual([1, 2, 3, 4]);
  });

  test('P1: is told of a step within a few milliseconds, each time', () => {
    const { sent, follower, clock } = rig();
    for (const seq of [2, 3]) {
      follower.onEvent(started(seq));
      clock.advance(tellMs - 1);
      expect(sent).not.toContain(seq);
      clock.advance(1);
      expect(sent).toContain(seq);
    }
    expect(sent).toEqual([2, 3]);
  });

  test('that has left is told nothing more, and leaves no timer', () => {
    const { sent, finished, follower, clock } = rig();
    follower.onEvent(started(2));
    follower.cancel();
    clock.advance(10 * tellMs);
    expect([sent, finished, clock.nextMs()]).toEqual([[], [7], Number.POSITIVE_INFINITY]);
  });

  test('P2: hears what there was and is refused when its token has ended, and nothing after', () => {
    const { sent, failed, follower, clock } = rig();
    let unfollowed = 0;
    follower.unfollow = () => {
      unfollowed += 1;
    };
    follower.endWith(termOf(clock, 1_000));
    clock.advance(999);
    follower.onEvent(started(2));
    clock.advance(1);
    follower.onEvent(started(3));
    clock.advance(10 * tellMs);
    expect([sent, failed, unfollowed]).toEqual([[2], ['unauthenticated'], 1]);
  });

  test.each([
    ['it left', (follower: PeerFollower) => follower.cancel()],
    ['the run is over', (follower: PeerFollower) => follower.onEvent(settled(2))],
    ['it was refused', (follower: PeerFollower) => follower.onFailure(new HeddleError('unknown_run', { runId: 'r' }))],
  ])('P2: no token is watched once %s, before or after that was asked', (_what, end) => {
    for (const isBefore of [true, false]) {
      const { follower, clock } = rig();
      if (isBefore) end(follower);
      follower.endWith(termOf(clock, 1_000));
      if (!isBefore) end(follower);
      expect(clock.nextMs()).toBe(Number.POSITIVE_INFINITY);
    }
  });
});

function termOf(clock: VirtualClock, forMs: number): Term {
  const error = (): HeddleError => new HeddleError('unauthenticated', { server: 'here', reason: 'expired', why: 'it has ended' });
  return new Term({ proof: new Proof(identityOf('token', 'alice'), clock.nowMs() + forMs), clock, error });
}
