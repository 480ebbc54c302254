/** What a server says of calls that it does not take up: R1 of src/fabric/link/refusals.ts. */
import { expect, it } from 'vitest';
import { overloadedReply } from '../../src/fabric/link/refusals.ts';
import { callFrame } from '../frames.ts';

const via = ['a'];

it.each([
  ['is sent for the first time', {}, 'overloaded', 'no'],
  ['was begun over a session that was lost', { isAgain: true, via }, 'connection_lost', 'maybe'],
  ['was begun without one: whoever sent it knows what became of that', { isAgain: true }, 'overloaded', 'no'],
  ['was found out not to have run since', { isAgain: false, via }, 'overloaded', 'no'],
  ['is an attempt of a server`s', { isAgain: true, isDirect: true }, 'overloaded', 'no'],
] as const)('a call that is refused at the door, and %s (R1)', (_what, more, code, executed) => {
  const { outcome } = overloadedReply(callFrame('f', [], { isDirect: false, ...more }));
  expect(outcome).toMatchObject({ error: { code, executed } });
});
