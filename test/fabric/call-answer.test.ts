/** A2 and A4 of src/fabric/serve/call-answer.ts: who gives a call up, and what is kept of it then. */

import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { ReplyLedger } from '../../src/core/outcome/reply-ledger.ts';
import type { Incoming } from '../../src/fabric/link/conversation.ts';
import type { HeldOutcome } from '../../src/fabric/link/held-outcome.ts';
import type { Peer } from '../../src/fabric/link/peer.ts';
import { failure } from '../../src/fabric/link/responses.ts';
import { cancelledVerdict } from '../../src/fabric/link/verdicts.ts';
import { Outcomes } from '../../src/fabric/serve/outcomes.ts';
import { callFrame } from '../frames.ts';

/** One link as an answer sees it. */
function linkOf(instance: string) {
  const open = new Map<number, Incoming>();
  const replied: number[] = [];
  const ledger = new ReplyLedger<HeldOutcome>();
  const peer = {
    identity: { name: instance, instance },
    closed: undefined,
    ledger,
    serve: (id: number, incoming: Incoming) => open.set(id, incoming),
    finish: (id: number) => open.delete(id),
    reply: (id: number) => {
      open.delete(id);
      replied.push(id);
      ledger.sent();
    },
  };
  return { open, replied, ledger, peer: peer as unknown as Peer }; // what of it is asked here
}

function rig(caller: string) {
  const outcomes = new Outcomes({ clock: new VirtualClock(), server: 'here' });
  const link = linkOf('c');
  outcomes.opened(link.peer);
  const answer = outcomes.enter(callFrame('f', [], { id: 7, callNumber: 3, caller }), link.peer);
  const cancelled: string[] = [];
  answer.handle = {
    cancel: (reason) => {
      cancelled.push(reason);
      answer.settled({ outcome: failure(cancelledVerdict(reason, 'maybe')) });
    },
    stream: () => {},
  };
  const ask = () => outcomes.standing({ caller, callNumber: 3 }, { round: 1, asker: 'z' }).state;
  return { ...link, outcomes, answer, cancelled, ask };
}

describe('a `once` call that is given up', () => {
  test('by its caller, who has left, is stopped, answered to nobody and held for nobody (A4)', () => {
    const { open, replied, ledger, cancelled, answer } = rig('c');
    open.get(7)?.cancel('enough', true);
    expect([cancelled, answer.hasLeft, replied, open.size, ledger.isEmpty]).toEqual([['enough'], true, [], 0, true]);
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
