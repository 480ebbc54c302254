import { describe, expect, it } from 'vitest';
import type { Peer } from '../../src/fabric/link/peer.ts';
import type { Dispatcher } from '../../src/fabric/serve/dispatcher.ts';
import type { Outcomes } from '../../src/fabric/serve/outcomes.ts';
import { ServedGroup } from '../../src/fabric/serve/served-group.ts';
import type { CallOrigin } from '../../src/fabric/serve/serving.ts';
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
