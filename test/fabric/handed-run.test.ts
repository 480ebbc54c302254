import { describe, expect, test } from 'vitest';
import type { WireRunEvent } from '../../src/core/workflow/record.ts';
import { HeddleError } from '../../src/errors.ts';
import type { Conversation } from '../../src/fabric/link/conversation.ts';
import type { Peer } from '../../src/fabric/link/peer.ts';
import { failure } from '../../src/fabric/link/responses.ts';
import { HandedRun } from '../../src/fabric/run/handed-run.ts';
import type { RunFollower } from '../../src/fabric/run/run-engine.ts';
import type { Frame } from '../../src/wire/frame.ts';

function rig({ hasId = true } = {}) {
  const sent: string[] = [];
  const told: string[] = [];
  const peer = {
    reserve: (_conversation: Conversation) => 7,
    send: (frame: Frame) => void sent.push(frame.kind),
    release: () => void sent.push('released'),
  };
  let again: RunFollower | undefined;
  const options = {
    request: { runId: hasId ? 'r' : undefined, commands: [], returns: { kind: 'leaves' }, isDetached: false, looksBare: [] },
    follower: {
      onEvent: (event: WireRunEvent) => void told.push(`event ${event.seq}`),
      onFailure: (error: HeddleError) => void told.push(`${error.code} ${error.executed}`),
    },
    runHere: () => {
      told.push('run here');
      return () => void told.push('left here');
    },
    lookAgain: (id: string, from: number, follower: RunFollower) => {
      told.push(`look for ${id} from ${from}`);
      again = follower;
      return () => void told.push('left there');
    },
    onAccepted: (id: string) => void told.push(`accepted ${id}`),
    onOver: () => void told.push('over'),
  } as const;
  // A handed run asks no more of a peer than is here.
  const run = new HandedRun(options, peer as unknown as Peer);
  const refuse = (error: HeddleError): void => run.onReply({ kind: 'reply', id: 7, outcome: failure(error) });
  const happen = (event: WireRunEvent): void => run.onRunEvent({ kind: 'runEvent', id: 7, event });
  return { run, sent, told, refuse, happen, again: () => again };
}

const accepted: WireRunEvent = { seq: 1, atMs: 0, kind: 'run.accepted', runId: 'r', coordinator: 'there', steps: [] };
const settled: WireRunEvent = { seq: 2, atMs: 0, kind: 'run.settled', ok: true, elapsedMs: 0 };
const draining = new HeddleError('draining', { server: 'there' });

describe('a run that was handed over', () => {
  test('H1: is run here when it is refused, and left here when nobody follows it', () => {
    const { run, told, refuse } = rig();
    refuse(draining);
    expect(told).toEqual(['over', 'run here']);
    run.leave();
    expect(told).toEqual(['over', 'run here', 'left here']);
  });

  test('H1: is not run again when it may have run, or has begun', () => {
    const maybe = rig();
    maybe.refuse(new HeddleError('connection_lost', { server: 'there' }, { executed: 'maybe' }));
    expect(maybe.told).toEqual(['over', 'connection_lost maybe']);
    const begun = rig();
    begun.happen(accepted);
    begun.refuse(draining);
    expect(begun.told).toEqual(['accepted r', 'event 1', 'over', 'coordinator_lost maybe']);
  });

  test('H2, H3: is looked for again when the link is lost, from the event after the last one seen', () => {
    const { run, told, happen, again } = rig();
    happen(accepted);
    run.onLost();
    again()?.onEvent(accepted);
    again()?.onEvent(settled);
    expect(told).toEqual(['accepted r', 'event 1', 'look for r from 2', 'over', 'event 2']);
  });

  test('H2: is lost, and may have run, when it is not known there any more, or has no id yet', () => {
    const known = rig();
    known.run.onLost();
    known.again()?.onFailure(new HeddleError('unknown_run', { runId: 'r' }));
    expect(known.told).toEqual(['look for r from 1', 'over', 'coordinator_lost maybe']);
    const nameless = rig({ hasId: false });
    nameless.run.onLost();
    expect(nameless.told).toEqual(['over', 'coordinator_lost maybe']);
  });

  test('is let go when its follower leaves, before and after the link was lost', () => {
    const before = rig();
    before.run.leave();
    expect([before.sent, before.told]).toEqual([['submit', 'cancel', 'released'], ['over']]);
    const after = rig();
    after.run.onLost();
    after.run.leave();
    expect(after.told).toEqual(['look for r from 1', 'left there', 'over']);
  });
});
