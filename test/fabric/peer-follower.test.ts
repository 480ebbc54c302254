import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import type { WireRunEvent } from '../../src/core/workflow/record.ts';
import type { Peer } from '../../src/fabric/link/peer.ts';
import { PeerFollower, tellMs } from '../../src/fabric/run/peer-follower.ts';
import type { Frame } from '../../src/wire/frame.ts';

function rig() {
  const clock = new VirtualClock();
  const sent: number[] = [];
  const finished: number[] = [];
  const peer = {
    send: (frame: Frame) => void (frame.kind === 'runEvent' && sent.push(frame.event.seq)),
    finish: (id: number) => void finished.push(id),
    reply: () => {},
  };
  // A follower asks no more of a peer than is here.
  const follower = new PeerFollower(peer as unknown as Peer, 7, clock);
  return { clock, sent, finished, follower };
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
});
