/** H1 and H2 of src/fabric/call/handed-back.ts, W1 and W2 of src/fabric/call/told-runners.ts. */
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { HeddleError } from '../../src/errors.ts';
import { handedBack, untoldRunners } from '../../src/fabric/call/handed-back.ts';
import type { Routing } from '../../src/fabric/call/routing-port.ts';
import { newsMsMax, ToldRunners } from '../../src/fabric/call/told-runners.ts';
import { viaMax } from '../../src/wire/call-messages.ts';
import { toWireError } from '../../src/wire/error.ts';
import type { Failure } from '../../src/wire/frame.ts';
import { invocationFor } from '../invocations.ts';

const failure = (more: Partial<Failure>): Failure => ({
  ok: false,
  error: toWireError(new HeddleError('connection_lost', { server: 'a' })),
  ...more,
});
const some = (count: number, name = 's') => Array.from({ length: count }, (_, at) => `${name}${at}`);

describe('a call that is handed back', () => {
  it('after a lost connection goes out once more, and only once over all sessions and hops (H1)', () => {
    const call = invocationFor({ effect: 'pure' });
    expect(handedBack(call, failure({ mayFailOver: true }), 0)).toMatchObject({ isAgain: true });
    expect(handedBack(call, failure({ mayFailOver: true }), 1)).toBeUndefined();
    expect(handedBack(call, failure({}), 0)).toBeUndefined();
  });

  it('for servers that it did not know names them from then on, and comes back for the same ones no more (H2)', () => {
    const again = handedBack(invocationFor({ isAgain: true }), failure({ runners: ['a'] }), 3);
    expect(again).toMatchObject({ runners: ['a'], isAgain: false });
    expect(handedBack(invocationFor({ runners: ['a'] }), failure({ runners: ['a'] }), 0)).toBeUndefined();
  });
});

describe('a `once` call that would go to a young offer', () => {
  const routing = { newsOf: () => ['b'], serverOf: () => ({ name: 'a', instance: 'a' }) } as unknown as Routing<string>; // what is asked
  const untold = (runners?: readonly string[]) => untoldRunners({ routing, invocation: invocationFor({ runners }) }, 'route', 0);

  it('is told of it and of every other young one, unless it knows already (H2)', () => {
    expect([untold(), untold(['a'])]).toEqual([['a', 'b'], undefined]);
  });

  it('has nobody to go to when it can be told of no more (H2)', () => {
    expect(untold(some(viaMax))).toEqual([]);
  });
});

describe('what a client was told of servers', () => {
  it('is said with every call of the function for as long as it is news (W1)', () => {
    const clock = new VirtualClock();
    const told = new ToldRunners(clock);
    told.note('f', ['a']);
    clock.advance(newsMsMax - 1);
    expect(told.named(invocationFor()).runners).toEqual(['a']);
    expect(told.named(invocationFor({ function: 'g' })).runners).toBeUndefined();
    expect(told.named(invocationFor({ runners: ['b'] })).runners).toEqual(['b']);
    clock.advance(1);
    expect(told.named(invocationFor()).runners).toBeUndefined();
  });

  it('is half of what a call may name at most: of more than that nothing is kept (W2)', () => {
    const told = new ToldRunners(new VirtualClock());
    told.note('f', some(viaMax / 2));
    expect(told.named(invocationFor()).runners).toHaveLength(viaMax / 2);
    told.note('f', some(viaMax / 2 + 1));
    expect(told.named(invocationFor()).runners).toBeUndefined();
  });
});
