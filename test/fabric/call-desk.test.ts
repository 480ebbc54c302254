/** D2 of src/fabric/serve/call-desk.ts, also for groups; what a call that is sent again has fenced (R2 of lost-session.ts); and the drain. */
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { ReplyLedger } from '../../src/core/outcome/reply-ledger.ts';
import { HeddleError } from '../../src/errors.ts';
import type { HeldOutcome } from '../../src/fabric/link/held-outcome.ts';
import type { Invocation } from '../../src/fabric/link/invocation.ts';
import type { Peer } from '../../src/fabric/link/peer.ts';
import { CallDesk } from '../../src/fabric/serve/call-desk.ts';
import { Contact } from '../../src/fabric/serve/contact.ts';
import type { Dispatcher } from '../../src/fabric/serve/dispatcher.ts';
import { Outcomes } from '../../src/fabric/serve/outcomes.ts';
import { fromWireError } from '../../src/wire/error.ts';
import type { CallFrame, GroupedCall, ReplyFrame } from '../../src/wire/frame.ts';
import { catalogOf } from '../core/catalog/fixtures.ts';
import { callFrame } from '../frames.ts';
import { openGate } from './open-gate.ts';

function desk({ refusal }: { readonly refusal?: HeddleError } = {}) {
  const clock = new VirtualClock();
  const outcomes = new Outcomes({ clock, server: 'me' });
  const dispatched: string[] = [];
  const routed: Invocation[] = [];
  const replies: string[] = [];
  const ledger = new ReplyLedger<HeldOutcome>();
  const handle = { isSettled: false, cancel: () => {}, stream: () => {}, stop: () => {} };
  const peer = {
    kind: 'link',
    identity: { name: 'caller', instance: 'c' },
    ledger,
    waitedMs: 0,
    serve: () => {},
    answer: ({ outcome }: ReplyFrame) => {
      const error = outcome.ok ? undefined : fromWireError(outcome.error);
      replies.push(error ? `${error.code} ${error.executed}` : 'ok');
    },
  } as unknown as Peer; // what of it is asked here
  const dispatcher = {
    load: { waitedMs: 0 },
    dispatch: ({ function: name }: CallFrame) => {
      dispatched.push(name);
      return handle;
    },
  } as unknown as Dispatcher; // the same
  const calls = new CallDesk({
    clock,
    outcomes,
    dispatcher,
    catalog: catalogOf(),
    self: { name: 'me', instance: 'me' },
    links: { find: () => undefined, whenLinked: () => () => {} },
    engine: {
      start: (invocation) => {
        routed.push(invocation);
        return handle;
      },
    },
    contact: new Contact(clock),
    refusedOffers: () => [],
    members: () => [],
    gate: openGate(),
    refusal: () => refusal,
  });
  return { clock, calls, outcomes, peer, ledger, dispatched, routed, replies };
}

const frame = (more: Partial<CallFrame> = {}): CallFrame => callFrame('f', [], { id: 7, callNumber: 3, ...more });
const grouped = (call: CallFrame): GroupedCall => ({ call, step: 's', awaits: [], ownTimeoutMs: 1_000 });
const outcome = { outcome: { ok: true, value: { encoding: 'undefined', bytes: new Uint8Array(0) } } } as const;

describe('a call of which somebody was told that it never ran here', () => {
  it('is refused when its frame comes after all, alone and in a group; the next round is not (D2)', () => {
    for (const isGrouped of [false, true]) {
      const { calls, outcomes, peer, dispatched, replies } = desk();
      const take = (call: CallFrame): void => {
        if (isGrouped) calls.takeGroup({ kind: 'group', calls: [grouped(call)] }, peer);
        else calls.take(call, peer, 0);
      };
      expect(outcomes.standing({ caller: 'c', callNumber: 3 }, { round: 0, asker: 'other' })).toEqual({ state: 'never' });
      take(frame());
      expect([replies, dispatched]).toEqual([['cancelled no'], []]);
      take(frame({ round: 1 }));
      expect([replies, dispatched]).toEqual([['cancelled no'], ['f']]);
    }
  });
});

describe('replies that have come', () => {
  it('are let go, be it by a call or by a group that says so (O2 of outcomes.ts)', () => {
    for (const isGrouped of [false, true]) {
      const { calls, outcomes, peer, ledger } = desk();
      outcomes.opened(peer);
      for (const at of [1, 2]) {
        ledger.sent();
        ledger.hold({ id: { caller: 'c', callNumber: at }, round: 0, outcome, bytes: 0, untilMs: 1_000, isShared: false }, () => {});
      }
      if (isGrouped) calls.takeGroup({ kind: 'group', calls: [grouped(frame({ acked: 1 }))] }, peer);
      else calls.take(frame({ acked: 1 }), peer, 0);
      expect(ledger.held().map(({ id }) => id.callNumber)).toEqual([2]);
    }
  });
});

describe('a call that is to be routed on', () => {
  it('is refused while no new work is taken, and what runs here is not', () => {
    const { calls, peer, dispatched, routed, replies } = desk({ refusal: new HeddleError('draining', { server: 'me' }) });
    calls.take(frame({ isDirect: false }), peer, 0);
    expect([routed, replies]).toEqual([[], ['draining no']]);
    calls.take(frame(), peer, 0);
    expect(dispatched).toEqual(['f']);
  });

  it('through another entry than before is fenced here in all rounds before its own, and in no later one (R2)', () => {
    const { calls, outcomes, peer, routed } = desk();
    calls.take(frame({ isDirect: false, isAgain: true, via: ['me'], round: 1_024 }), peer, 0);
    expect(routed).toMatchObject([{ round: 1_024, isAgain: false, via: undefined }]);
    expect(outcomes.refusal(frame({ round: 1_023 }), peer)).toMatchObject({ code: 'cancelled', executed: 'no' });
    expect(outcomes.refusal(frame({ round: 1_024 }), peer)).toBeUndefined();
  });
});
