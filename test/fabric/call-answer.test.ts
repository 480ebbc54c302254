/**
 * A2 and A4 of src/fabric/serve/call-answer.ts: who gives a call up, and what is kept of it then; T3 of src/core/outcome/outcome-table.ts
 * wherever an outcome may be.
 */

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
