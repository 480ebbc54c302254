/** Several calls that go together or not at all: `startGroup` of src/fabric/call/call-table.ts. */
import { expect, it } from 'vitest';
import { DeadlineWheel } from '../../src/base/deadline-wheel.ts';
import { seededRandom } from '../../src/base/random.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { CallTable } from '../../src/fabric/call/call-table.ts';
import type { GroupMember } from '../../src/fabric/call/group-member.ts';
import type { AttemptEnd, CallPeer, Routing } from '../../src/fabric/call/routing-port.ts';
import type { Frame } from '../../src/wire/frame.ts';
import { invocationFor } from '../invocations.ts';

it('a group of which one call gets no leave is not sent, and the others give theirs back', () => {
  const sent: Frame[] = [];
  const permits = [1, 2, 0];
  const ended: (readonly [permit: number, code: AttemptEnd['code']])[] = [];
  const routing = {
    peerOf: () => ({ isFull: false, send: (frame: Frame) => sent.push(frame) }) as unknown as CallPeer, // what of it is asked here
    began: () => permits.shift() ?? 0,
    ended: (_route: string, permit: number, { code }: AttemptEnd) => ended.push([permit, code]),
  } as unknown as Routing<string>; // the same
  const clock = new VirtualClock();
  const table = new CallTable(routing, { clock, random: seededRandom('table'), wheel: new DeadlineWheel(clock), instance: 'me' });
  const members = [1, 2, 3].map(
    (callNumber): GroupMember<string> => ({
      route: 'a',
      invocation: invocationFor({ callNumber }),
      step: `s${callNumber}`,
      awaits: [],
      ownTimeoutMs: 1_000,
      wayMs: 0,
      sink: { settled: () => {}, back: () => {} },
    }),
  );
  expect(table.startGroup(members)).toBeUndefined();
  expect([sent, table.inFlight, ended]).toEqual([
    [],
    0,
    [
      [1, 'cancelled'],
      [2, 'cancelled'],
    ],
  ]);
});
