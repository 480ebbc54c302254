import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { HeddleError } from '../../src/errors.ts';
import type { Settlement } from '../../src/fabric/link/invocation.ts';
import type { Peer } from '../../src/fabric/link/peer.ts';
import { failure } from '../../src/fabric/link/responses.ts';
import type { Dispatcher } from '../../src/fabric/serve/dispatcher.ts';
import type { Outcomes } from '../../src/fabric/serve/outcomes.ts';
import { ServedGroup } from '../../src/fabric/serve/served-group.ts';
import type { CallOrigin } from '../../src/fabric/serve/serving.ts';
import { fromWireError } from '../../src/wire/error.ts';
import type { CallFrame } from '../../src/wire/frame.ts';
import { callFrame } from '../frames.ts';
import { openGate } from './open-gate.ts';

/** A chain of calls on a server whose handlers return at once; what happens is told in order, and what was written is said by hand. */
function chain(...effects: readonly ('pure' | 'once')[]) {
  const told: string[] = [];
  const written: (() => void)[] = [];
  const dispatcher = {
    dispatch: ({ function: name }: { readonly function: string }, origin: CallOrigin) => {
      told.push(`${name} begins`);
      origin.settled({ outcome: { ok: true, value: { encoding: 'undefined', bytes: new Uint8Array(0) } } });
      return { isSettled: true };
    },
  };
  const answerOf = (name: string) => ({ settled: () => told.push(`${name} is told`), progress: () => {}, pulling: () => {} });
  const outcomes = { refusal: () => undefined, enter: ({ function: name }: { readonly function: string }) => answerOf(name) };
  const peer = { kind: 'link', identity: { name: 'there', instance: '1' }, whenWritten: (done: () => void) => written.push(done) };
  const parts = { outcomes: outcomes as unknown as Outcomes, dispatcher: dispatcher as unknown as Dispatcher };
  const group = new ServedGroup({ ...parts, clock: { nowMs: () => 0 } as never, server: 's', gate: openGate() }, peer as unknown as Peer);
  group.start(
    effects.map((effect, at) => ({
      call: callFrame(`c${at}`, [], { id: at + 1, callNumber: at + 1, effect }),
      step: `c${at}`,
      awaits: at === 0 ? [] : [{ callNumber: at, at: [], path: [] }],
      ownTimeoutMs: 1_000,
    })),
  );
  const write = (): void => {
    for (const done of written.splice(0)) done();
  };
  return { told, write };
}

describe('the calls of a group', () => {
  it('G3: a once call begins when all that was told before it is written, and others at once', () => {
    const { told, write } = chain('pure', 'pure', 'once', 'pure', 'once');
    const first = ['c0 begins', 'c0 is told', 'c1 begins', 'c1 is told'];
    expect(told).toEqual(first);
    write();
    const second = [...first, 'c2 begins', 'c2 is told', 'c3 begins', 'c3 is told'];
    expect(told).toEqual(second);
    write();
    expect(told).toEqual([...second, 'c4 begins', 'c4 is told']);
  });

  it('G3: a once call with nothing told before it begins at once', () => {
    expect(chain('once').told).toEqual(['c0 begins', 'c0 is told']);
  });
});

describe('a call of a group that waits for others', () => {
  /** Two calls, the second of which awaits the first; the first ends by hand. */
  function pair() {
    const clock = new VirtualClock();
    const begun: { readonly frame: CallFrame; readonly origin: CallOrigin }[] = [];
    const ends = new Map<string, string>();
    const dispatcher = {
      dispatch: (frame: CallFrame, origin: CallOrigin) => {
        begun.push({ frame, origin });
        return { isSettled: false };
      },
    };
    const endOf = ({ outcome }: Settlement): string =>
      outcome.ok ? 'ok' : `${fromWireError(outcome.error).code} ${outcome.error.executed}`;
    const enter = ({ function: name }: CallFrame) => ({
      settled: (end: Settlement) => ends.set(name, endOf(end)),
      progress: () => {},
      pulling: () => {},
    });
    const parts = {
      outcomes: { refusal: () => undefined, enter } as unknown as Outcomes, // what of it is asked here
      dispatcher: dispatcher as unknown as Dispatcher, // the same
      clock,
      server: 's',
      gate: openGate(),
    };
    const peer = { kind: 'link', identity: { name: 'there', instance: '1' }, whenWritten: (done: () => void) => done() } as unknown as Peer;
    new ServedGroup(parts, peer).start(
      [1, 2, 3].map((number) => ({
        call: callFrame(`c${number}`, [], { id: number, callNumber: number, timeoutMs: 1_000, effect: 'pure' }),
        step: `s${number}`,
        awaits: number === 1 ? [] : [{ callNumber: number - 1, at: [], path: [] }],
        ownTimeoutMs: 900,
      })),
    );
    return { clock, begun, ends };
  }

  it('has what is left of its time since the group came, and waits shortly for a place (G2)', () => {
    const { clock, begun } = pair();
    clock.advance(400);
    begun[0]?.origin.settled({ outcome: { ok: true, value: { encoding: 'undefined', bytes: new Uint8Array(0) } } });
    expect(begun.map(({ frame, origin }) => [frame.function, frame.timeoutMs, origin.placeWaitMs])).toEqual([
      ['c1', 900, 5],
      ['c2', 600, 5],
    ]);
  });

  it('has not run when one that it waits for gives no result, nor has what waits for it (G2)', () => {
    const { begun, ends } = pair();
    begun[0]?.origin.settled({ outcome: failure(new HeddleError('draining', { server: 's' })) });
    expect(begun).toHaveLength(1);
    expect([...ends]).toEqual([
      ['c1', 'draining no'],
      ['c2', 'upstream_failed no'],
      ['c3', 'upstream_failed no'],
    ]);
  });
});
