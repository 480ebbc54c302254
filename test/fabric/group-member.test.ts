/** What is kept of a call of a group that is made again. */
import { expect, test } from 'vitest';
import { HeddleError } from '../../src/errors.ts';
import { triedAgain } from '../../src/fabric/call/group-member.ts';
import { toWireError } from '../../src/wire/error.ts';
import { invocationFor } from '../invocations.ts';

test('a call that may have run in one try may have run after the next, which says that it has not', () => {
  const lost = new HeddleError('connection_lost', { server: 'a' });
  const shed = new HeddleError('draining', { server: 'b' });
  const first = triedAgain(invocationFor({ isStep: true }), { known: lost, wire: toWireError(lost), decision: 'now', instance: 'a-1' });
  const next = triedAgain(first?.invocation ?? invocationFor({ isStep: true }), {
    known: shed,
    wire: toWireError(shed),
    decision: 'now',
    instance: 'b-1',
  });
  // What each of them came to, its run adds up (core/workflow/past-calls.ts).
  expect([first?.history.executed, next?.invocation.isAgain, next?.invocation.lost, next?.history.mayHaveRun]).toEqual([
    'maybe',
    true,
    1,
    true,
  ]);
});
