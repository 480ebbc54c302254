/** When the second of a hedged call goes out, and as what: Q1 to Q3 of src/fabric/call/hedged-call.ts. */
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { HeddleError } from '../../src/errors.ts';
import type { CallHistory } from '../../src/fabric/call/call-history.ts';
import { HedgedCall } from '../../src/fabric/call/hedged-call.ts';
import type { CallContext, Routing } from '../../src/fabric/call/routing-port.ts';
import type { CallSink, Invocation } from '../../src/fabric/link/invocation.ts';
import { failure } from '../../src/fabric/link/responses.ts';
import { encodeValue } from '../../src/wire/value.ts';
import { invocationFor } from '../invocations.ts';

const afterMs = 20;

function hedged({ canPay = true } = {}) {
  const clock = new VirtualClock();
  const ends: boolean[] = [];
  const legs: { readonly call: Invocation; readonly sink: CallSink; readonly history: CallHistory; readonly lost: number }[] = [];
  const routing = { choose: () => 'b', mayHedge: () => canPay } as unknown as Routing<string>; // what of it is asked here
  new HedgedCall(
    {
      routing,
      context: { clock } as unknown as CallContext, // the same
      afterMs,
      start: (call, sink, history) => {
        legs.push({ call, sink, history, lost: history.lost });
        return { instance: 'a', cancel: () => {}, stream: () => {} };
      },
    },
    invocationFor({ effect: 'pure', attempt: 3 }),
    { settled: ({ outcome }) => ends.push(outcome.ok) },
  ).start();
  return { clock, legs, ends, first: legs[0]?.sink };
}

describe('the second of a hedged call', () => {
  it('goes out once, as the next attempt, paid for and in place of the failover (Q1, Q3)', () => {
    const { clock, legs, first } = hedged();
    first?.started?.('a', 3);
    clock.advance(afterMs - 1);
    expect(legs).toHaveLength(1);
    clock.advance(1);
    expect(legs).toMatchObject([{ lost: 0 }, { call: { attempt: 4, paid: 1, terms: { waitMs: 0, attemptsMax: 1 } }, lost: 1 }]);
    first?.started?.('c', 5);
    clock.advance(10 * afterMs);
    expect(legs).toHaveLength(2);
  });

  it('stays where the budget does not pay for it (Q1)', () => {
    const { clock, legs, first } = hedged({ canPay: false });
    first?.started?.('a', 3);
    clock.advance(10 * afterMs);
    expect(legs.map(({ history }) => [history.lost, history.tried?.size ?? 0])).toEqual([[0, 0]]);
  });

  it('stays while the first is not in flight, and goes when that has been for long again (Q1)', () => {
    const { clock, legs, first } = hedged();
    first?.started?.('a', 3);
    clock.advance(afterMs - 1);
    first?.waiting?.({ kind: 'retry', untilMs: 100, because: 'overloaded' });
    clock.advance(10 * afterMs);
    expect(legs).toHaveLength(1);
    first?.started?.('a', 4);
    clock.advance(afterMs);
    expect(legs).toHaveLength(2);
  });
});

describe('a hedged call of which one ends with an error', () => {
  it('goes on while the other is under way (Q2)', () => {
    const { clock, legs, ends, first } = hedged();
    first?.started?.('a', 3);
    clock.advance(afterMs);
    first?.settled({ outcome: failure(new HeddleError('draining', { server: 'a' })) });
    expect(ends).toEqual([]);
    legs[1]?.sink.settled({ outcome: { ok: true, value: encodeValue(1) } });
    expect(ends).toEqual([true]);
  });
});
